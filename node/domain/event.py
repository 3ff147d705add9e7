"""Decoded events of the contracts, and the codec made from their ABIs.

- A position (block number, log index) orders all events; the same log always has the same position within one history.
- Values: bytesN and bytes -> bytes, uintN -> int, bool, string -> str, arrays -> lists of these, address -> 20 bytes.
- A log that does not decode is kept as an event of type `Undecodable` with its raw words: it is seen, never swallowed,
  and never stops the index.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from registry_client.core.hashing import keccak256

Value = bytes | int | bool | str | list[Any]

UNDECODABLE = "Undecodable"
"""Type of an event whose log fits no event of its contract's ABI."""


class RawLog(NamedTuple):
    """One log as the ledger gave it. `block_time` is None where the ledger does not put it into logs."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    block_time: int | None
    transaction_hash: bytes
    log_index: int


class LedgerEvent(NamedTuple):
    """One decoded event. `seen_block`: the block with which it entered the index (later than `block_number` only for a
    contract's events from before Directory named it).
    """

    block_number: int
    log_index: int
    block_time: int
    transaction_hash: bytes
    contract: str
    address: bytes
    type: str
    fields: Mapping[str, Value]
    seen_block: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    type: str
    indexed: bool


class LogUndecodableError(ValueError):
    """A log's words do not have the shape its event declares."""


def _static_reader(kind: str) -> Callable[[bytes], Value]:
    if kind.startswith("bytes"):
        size = int(kind[5:])
        return lambda word: word[:size]
    if kind.startswith("uint"):
        return int.from_bytes
    if kind == "bool":
        return lambda word: word[31] != 0
    if kind == "address":
        return lambda word: word[12:]
    raise ValueError(f"no reader for ABI type {kind}")


def _sized(data: bytes, word: bytes) -> tuple[int, int]:
    """(start, length) of the dynamic value that `word` points at; the length is the count its head declares."""
    offset = int.from_bytes(word)
    if offset + 32 > len(data):
        raise LogUndecodableError("offset beyond the data")
    return offset + 32, int.from_bytes(data[offset : offset + 32])


def _reader(kind: str) -> Callable[[bytes, bytes], Value]:
    """Reader of one non-indexed parameter: (all data, its head word) -> value."""
    if kind in {"bytes", "string"}:

        def read_bytes(data: bytes, word: bytes) -> Value:
            start, length = _sized(data, word)
            if start + length > len(data):
                raise LogUndecodableError("bytes beyond the data")
            raw = data[start : start + length]
            # NUL is a character that not every store of texts can hold, and none of ours means it.
            return raw.decode("utf-8").replace("\0", "\ufffd") if kind == "string" else raw

        return read_bytes
    if kind.endswith("[]"):
        item = _static_reader(kind[:-2])

        def read_list(data: bytes, word: bytes) -> Value:
            start, count = _sized(data, word)
            if start + 32 * count > len(data):
                raise LogUndecodableError("array beyond the data")
            return [item(data[at : at + 32]) for at in range(start, start + 32 * count, 32)]

        return read_list
    static = _static_reader(kind)
    return lambda _data, word: static(word)


class EventShape:
    """Name, topic and parameters of one event; decodes its logs and writes its values as JSON."""

    __slots__ = ("_data", "_topics", "name", "topic", "writers")

    def __init__(self, abi: Mapping[str, Any]) -> None:
        parameters = [_Parameter(p["name"], p["type"], bool(p["indexed"])) for p in abi["inputs"]]
        self.name: str = abi["name"]
        self.topic = keccak256(f"{self.name}({','.join(p.type for p in parameters)})".encode())
        self.writers = {p.name: json_writer(p.type) for p in parameters}
        self._topics = [(p.name, _static_reader(p.type)) for p in parameters if p.indexed]
        self._data = [(p.name, _reader(p.type)) for p in parameters if not p.indexed]

    def decode(self, log: RawLog) -> dict[str, Value]:
        """Return the log's values by parameter name, or raise LogUndecodableError."""
        data = log.data
        if len(log.topics) != len(self._topics) + 1 or len(data) < 32 * len(self._data):
            raise LogUndecodableError("wrong number of words")
        values: dict[str, Value] = {}
        for (name, read), topic in zip(self._topics, log.topics[1:], strict=True):
            values[name] = read(topic)
        for position, (name, read_data) in enumerate(self._data):
            try:
                values[name] = read_data(data, data[32 * position : 32 * position + 32])
            except UnicodeDecodeError as error:
                raise LogUndecodableError("a string that is not UTF-8") from error
        return values


def json_writer(kind: str) -> Callable[[Any], Any]:
    """Return what writes values of an ABI type: integers up to 48 bits as numbers, larger ones and bytes as 0x-hex."""
    if kind.endswith("[]"):
        write = json_writer(kind[:-2])
        return lambda values: [write(item) for item in values]
    if kind in {"bool", "string"}:
        return _as_it_is
    if kind.startswith("uint"):
        return _as_it_is if int(kind[4:]) <= 48 else hex
    return _hexed


def _as_it_is(value: Any) -> Any:
    return value


def _hexed(value: bytes) -> str:
    return "0x" + value.hex()


_UNDECODED: Final = {"topics": json_writer("bytes32[]"), "data": json_writer("bytes")}


class EventCodec:
    """Decoder for all contracts, from {contract name: ABI}."""

    def __init__(self, abis: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        shapes = {name: [EventShape(item) for item in abi if item["type"] == "event"] for name, abi in abis.items()}
        self._shapes = {name: {shape.topic: shape for shape in of_contract} for name, of_contract in shapes.items()}
        self._named = {(name, shape.name): shape for name, of_contract in shapes.items() for shape in of_contract}
        self.types = frozenset(shape.name for of_contract in shapes.values() for shape in of_contract) | {UNDECODABLE}

    def decode(self, log: RawLog, *, contract: str, block_time: int, seen_block: int) -> LedgerEvent:
        """Decode one log of `contract`; never raises for what a log contains."""
        shape = self._shapes[contract].get(log.topics[0]) if log.topics else None
        kind, fields = UNDECODABLE, None
        if shape is not None:
            try:
                kind, fields = shape.name, shape.decode(log)
            except LogUndecodableError:
                kind = UNDECODABLE
        if fields is None:
            fields = {"topics": list(log.topics), "data": log.data}
        return LedgerEvent(
            log.block_number,
            log.log_index,
            block_time,
            log.transaction_hash,
            contract,
            log.address,
            kind,
            fields,
            seen_block,
            log.block_hash,
        )

    def json_fields(self, event: LedgerEvent) -> dict[str, Any]:
        """Return the event's fields as JSON values, names as in the ABI."""
        if event.type == UNDECODABLE:
            return {name: _UNDECODED[name](value) for name, value in event.fields.items()}
        writers = self._named[event.contract, event.type].writers
        return {name: writers[name](value) for name, value in event.fields.items()}
