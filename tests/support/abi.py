"""Reading contracts by their ABI: calls, results, errors and logs, straight from the committed artifacts.

Values stay as the ABI gives them: ints, bytes of full length, strings, tuples; addresses are 0x-lowercase-hex.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi import decode, encode

from tests.support.keys import keccak256

ARTIFACTS = Path(__file__).resolve().parents[2] / "contracts" / "artifacts"
NAMES = (
    "Council",
    "Roles",
    "DidRegistry",
    "AccreditationRegistry",
    "IssuanceLog",
    "StatusRegistry",
    "SchemaRegistry",
    "ServiceRegistry",
    "Directory",
)


def type_of(parameter: Mapping[str, Any]) -> str:
    """Canonical ABI type of a parameter, tuples spelled out."""
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        return f"({','.join(type_of(part) for part in parameter['components'])}){kind[5:]}"
    return kind


def types_of(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    return [type_of(parameter) for parameter in parameters]


def signature_of(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({','.join(types_of(item['inputs']))})"


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log."""

    contract: str
    name: str
    fields: dict[str, Any]
    address: str
    block_number: int
    log_index: int

    def __getitem__(self, field: str) -> Any:
        return self.fields[field]


class RevertedError(Exception):
    """The contract refused. `name`: its error; `fields`: the error's evidence."""

    def __init__(self, name: str, fields: Mapping[str, Any], data: bytes = b"") -> None:
        super().__init__(f"{name}({', '.join(f'{k}={v!r}' for k, v in fields.items())})")
        self.name = name
        self.fields = dict(fields)
        self.data = data


@dataclass(frozen=True, slots=True)
class ContractAbi:
    """One contract's ABI, indexed by what is looked up."""

    name: str
    functions: dict[str, dict]
    events: dict[bytes, dict]
    errors: dict[bytes, dict]
    storage_layout: dict

    def call_data(self, function: str, *arguments: Any) -> bytes:
        item = self.functions[function]
        return keccak256(signature_of(item).encode())[:4] + encode(types_of(item["inputs"]), arguments)

    def result(self, function: str, data: bytes) -> Any:
        """Decoded outputs: the value itself if there is one, a dict by name if there are several named ones."""
        outputs = self.functions[function]["outputs"]
        values = decode(types_of(outputs), data)
        if len(values) == 1:
            return values[0]
        return {output["name"]: value for output, value in zip(outputs, values, strict=True)}

    def event(self, log: Mapping[str, Any]) -> Event:
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        item = self.events[topics[0]]
        indexed = [part for part in item["inputs"] if part["indexed"]]
        plain = [part for part in item["inputs"] if not part["indexed"]]
        fields = {
            part["name"]: decode([type_of(part)], topic)[0] for part, topic in zip(indexed, topics[1:], strict=True)
        }
        data = decode(types_of(plain), bytes.fromhex(log["data"][2:]))
        fields |= {part["name"]: value for part, value in zip(plain, data, strict=True)}
        return Event(
            contract=self.name,
            name=item["name"],
            fields={part["name"]: fields[part["name"]] for part in item["inputs"]},
            address=log["address"].lower(),
            block_number=int(log["blockNumber"], 16),
            log_index=int(log["logIndex"], 16),
        )


@cache
def artifact(name: str) -> dict:
    return json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))


@cache
def contract_abi(name: str) -> ContractAbi:
    raw = artifact(name)

    def of(kind: str) -> list[dict]:
        return [item for item in raw["abi"] if item["type"] == kind]

    return ContractAbi(
        name=name,
        functions={item["name"]: item for item in of("function")},
        events={keccak256(signature_of(item).encode()): item for item in of("event")},
        errors={keccak256(signature_of(item).encode())[:4]: item for item in of("error")},
        storage_layout=raw["storageLayout"],
    )


def revert_of(data: bytes) -> RevertedError:
    """Name the error in `data`, searching every contract: an error crosses contracts unchanged."""
    for name in NAMES:
        item = contract_abi(name).errors.get(data[:4])
        if item:
            values = decode(types_of(item["inputs"]), data[4:])
            return RevertedError(
                item["name"], {p["name"]: v for p, v in zip(item["inputs"], values, strict=True)}, data
            )
    if data[:4] == keccak256(b"Panic(uint256)")[:4]:
        return RevertedError("Panic", {"code": int.from_bytes(data[4:], "big")}, data)
    return RevertedError("unknown", {}, data)
