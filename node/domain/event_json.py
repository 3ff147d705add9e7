"""Events back from JSON, as `EventCodec.json_fields` wrote them: for files that other nodes made.

Strict: a field that is missing, is one too many or does not fit its ABI type is refused with ValueError.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from node.domain.event import UNDECODABLE, LedgerEvent

_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*")
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]*)")
_UNDECODED: Final = {"topics": "bytes32[]", "data": "bytes"}


def read_hex(value: Any, *, length: int | None = None) -> bytes:
    """Read 0x-hex, lower case. Raises ValueError."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("not 0x-hex")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise ValueError(f"{len(data)} bytes where {length} are due")
    return data


def read_number(value: Any, *, bits: int = 63) -> int:
    """Read a whole number that is not negative. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
        raise ValueError(f"no number of {bits} bits")
    return value


class EventReader:
    """Reader for the events of all contracts, from {contract name: ABI}."""

    def __init__(self, abis: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._shapes = {
            (contract, item["name"]): {p["name"]: _reader(p["type"]) for p in item["inputs"]}
            for contract, abi in abis.items()
            for item in abi
            if item["type"] == "event"
        }
        for contract in abis:
            self._shapes[contract, UNDECODABLE] = {name: _reader(kind) for name, kind in _UNDECODED.items()}

    def read(self, row: Mapping[str, Any]) -> LedgerEvent:
        """Read one event: its place, its block's time and hash, transaction, contract, address, type and fields.

        Raises ValueError.
        """
        try:
            contract, kind, fields = row["contract"], row["type"], row["fields"]
            readers = self._shapes.get((contract, kind))
            if readers is None or not isinstance(fields, dict) or fields.keys() != readers.keys():
                raise ValueError(f"no event {str(kind)[:40]} of {str(contract)[:40]} has these fields")
            return LedgerEvent(
                block_number=read_number(row["block_number"]),
                block_hash=read_hex(row["block_hash"], length=32),
                log_index=read_number(row["log_index"]),
                block_time=read_number(row["block_time"]),
                transaction_hash=read_hex(row["transaction"], length=32),
                contract=contract,
                address=read_hex(row["address"], length=20),
                type=kind,
                fields={name: read(fields[name]) for name, read in readers.items()},
                seen_block=read_number(row["seen_block"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no event: {error}") from error


def _reader(kind: str) -> Callable[[Any], Any]:
    if kind.endswith("[]"):
        read = _reader(kind[:-2])
        return lambda value: [read(item) for item in _list(value)]
    if kind == "bool":
        return _bool
    if kind == "string":
        return _text
    if kind.startswith("uint"):
        bits = int(kind[4:])
        return (lambda value: read_number(value, bits=bits)) if bits <= 48 else (lambda value: _quantity(value, bits))
    length = 20 if kind == "address" else int(kind[5:]) if kind != "bytes" else None
    return lambda value: read_hex(value, length=length)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no list")  # noqa: TRY004 - one kind of error for whatever a file holds
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")  # noqa: TRY004
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004
    return value


def _quantity(value: Any, bits: int) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value) or (number := int(value, 16)) >= 1 << bits:
        raise ValueError(f"no quantity of {bits} bits")
    return number
