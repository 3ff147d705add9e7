"""What a contract says when it refuses: revert data to the error's name and arguments, from the ABIs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.domain.event import json_writer
from node.domain.operation import Refusal
from registry_client.core import abi_codec
from registry_client.errors import AbiError

_STANDARD: Final = (
    {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)
UNKNOWN: Final = "UnknownError"
OUT_OF_GAS: Final = "OutOfGas"


class ErrorCodec:
    """Decoder for every error of every contract, from {contract name: ABI}."""

    def __init__(self, abis: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._errors: dict[bytes, tuple[str, list[tuple[str, str]]]] = {}
        self.names: frozenset[str] = frozenset()
        """Every name that `decode` may give."""
        for item in (*_STANDARD, *(item for abi in abis.values() for item in abi)):
            if item["type"] == "error":
                inputs = [(str(p["name"]) or f"argument{i}", str(p["type"])) for i, p in enumerate(item["inputs"])]
                text = f"{item['name']}({','.join(kind for _, kind in inputs)})"
                self._errors[abi_codec.selector(text)] = (str(item["name"]), inputs)
        self.names = frozenset({UNKNOWN, OUT_OF_GAS, *(name for name, _ in self._errors.values())})

    def decode(self, data: bytes) -> Refusal:
        """Name what a contract reverted with; what nobody knows keeps its bytes as evidence."""
        if not data:
            return Refusal(OUT_OF_GAS, "the call ended without a word, as it does when gas runs out")
        name, inputs = self._errors.get(data[:4], (UNKNOWN, []))
        try:
            values = abi_codec.decode([kind for _, kind in inputs], data[4:]) if name != UNKNOWN else ()
        except AbiError:
            name, values = UNKNOWN, ()
        if name == UNKNOWN:
            return Refusal(name, "the contract refused with data that is in no ABI", {"data": "0x" + data.hex()})
        arguments = {label: json_writer(kind)(value) for (label, kind), value in zip(inputs, values, strict=True)}
        listed = ", ".join(f"{label} {value}" for label, value in arguments.items())
        return Refusal(name, f"the contract refused: {name}({listed})", arguments)
