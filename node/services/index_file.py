"""The file that carries an index to another node: its events, one JSON line each, gzip.

- First line: what ledger, up to which block, and the index's digest there. Last line: count, and sha256 of all before.
- Events, not facts: who reads the file establishes every fact himself, and holds the result against his own ledger.
- Bounded on the way in: length of a line, number of lines, and what a compressed byte may become.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import orjson

from node.domain import fact
from node.domain.event_json import read_hex, read_number
from node.files import make_private_file
from node.ports import IndexView
from registry_client.errors import InvalidInputError

KIND: Final = "mapae-index"
FORMAT: Final = 1
LINE_MAX: Final = 4 << 20  # bytes
"""Longest line: a call of 60 million gas cannot write a longer event."""
UNKNOWN_HASH: Final = bytes(32)
"""In place of a block's hash that the index does not keep."""
_EVENTS_MAX: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFileHead:
    """What the file says of itself. Hashes as bytes; `digest`: `index digest` of the final index at this block."""

    network: str
    chain_id: int
    genesis_hash: bytes
    directory: bytes
    block_number: int
    block_hash: bytes
    digest: bytes

    def as_dict(self) -> dict[str, Any]:
        """Return the first line's object."""
        return {
            "kind": KIND,
            "format": FORMAT,
            "network": self.network,
            "chain_id": self.chain_id,
            "genesis_hash": "0x" + self.genesis_hash.hex(),
            "directory": "0x" + self.directory.hex(),
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
            "digest": "0x" + self.digest.hex(),
        }

    @classmethod
    def of(cls, value: Any) -> Self:
        """Read what `as_dict` returned. Raises ValueError, KeyError, TypeError."""
        if value["kind"] != KIND or value["format"] != FORMAT:
            raise ValueError(f"kind {str(value['kind'])[:40]}, format {str(value['format'])[:10]}")
        return cls(
            network=str(value["network"]),
            chain_id=read_number(value["chain_id"]),
            genesis_hash=read_hex(value["genesis_hash"], length=32),
            directory=read_hex(value["directory"], length=20),
            block_number=read_number(value["block_number"]),
            block_hash=read_hex(value["block_hash"], length=32),
            digest=read_hex(value["digest"], length=32),
        )


def write_index_file(
    path: Path, head: IndexFileHead, view: IndexView, *, on_event: Callable[[int], None] = lambda _: None
) -> int:
    """Write everything final in an index; the number of events. The file appears whole or not at all.

    Raises OSError, FileExistsError if there is one.
    """
    if path.exists():
        raise FileExistsError(17, "a file is there already; it is not written over", str(path))
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    make_private_file(partial)
    places, count, digest = _Places(view, head.directory), 0, hashlib.sha256()
    try:
        with partial.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as out:

            def write(value: Mapping[str, Any]) -> bytes:
                line = orjson.dumps(value) + b"\n"
                out.write(line)
                return line

            digest.update(write(head.as_dict()))
            for count, row in enumerate(view.event_rows(), 1):
                digest.update(write(_event_line(row, places)))
                on_event(count)
            write({"events": count, "sha256": digest.hexdigest()})
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return count


class IndexFile:
    """A file being read: `head` first, then `events` once, which ends only if the whole file was as it should be."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the head. Raises InvalidInputError."""
        self._lines = _lines(file)
        self._digest = hashlib.sha256()
        try:
            self.head = IndexFileHead.of(self._next())
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInputError(f"this is no index file of ours: {error}") from error

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Yield every event's object. Raises InvalidInputError where the file is damaged, cut short or too long."""
        for count in range(_EVENTS_MAX):
            before = self._digest.hexdigest()
            value = self._next()
            if "sha256" in value:
                if value != {"events": count, "sha256": before}:
                    raise InvalidInputError("the file's last line does not fit what comes before it", events=count)
                if next(self._lines, None) is not None:
                    raise InvalidInputError("something follows the file's last line")
                return
            yield value
        raise InvalidInputError(f"more than {_EVENTS_MAX} events")

    def _next(self) -> Any:
        line = next(self._lines, None)
        if line is None:
            raise InvalidInputError("the file ends too early: it was cut, or its writing was interrupted")
        self._digest.update(line)
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidInputError(f"a line of the file is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise InvalidInputError("a line of the file is no object")
        return value


def _lines(file: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as text:
            while line := text.readline(LINE_MAX + 1):
                if len(line) > LINE_MAX:
                    raise InvalidInputError(f"a line of more than {LINE_MAX} bytes")
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"the file cannot be read to its end: {error}") from error


def _event_line(row: Mapping[str, Any], places: "_Places") -> dict[str, Any]:
    fields = orjson.loads(row["fields"])
    return {
        "block_number": row["block_number"],
        "log_index": row["log_index"],
        "seen_block": row["seen_block"],
        "block_time": row["block_time"],
        "block_hash": "0x" + places.block_hash_of(row, fields).hex(),
        "transaction": "0x" + row["transaction_hash"].hex(),
        "contract": row["contract"],
        "address": "0x" + places.address_of(row, fields).hex(),
        "type": row["type"],
        "fields": fields,
    }


class _Places:
    """Which generation of a contract spoke: the one current then; for a list, the one that opened it."""

    def __init__(self, view: IndexView, directory: bytes) -> None:
        self._entries: dict[str, list[fact.DirectoryEntry]] = {}
        for entry in view.facts(fact.DirectoryEntry):
            self._entries.setdefault(entry.name, []).append(entry)
        self._lists = {item.list_id: item.registry for item in view.every(fact.StatusList)}
        self._directory, self._view = directory, view

    def block_hash_of(self, row: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
        """Return the hash of an event's block where the index keeps it: for versions of DIDs."""
        if "previousDigest" not in fields:
            return UNKNOWN_HASH
        key = {"did_id": bytes.fromhex(fields["id"][2:]), "version": fields["version"]}
        version = self._view.last(fact.DidVersion, **key)
        return version.block_hash if version and version.block_number == row["block_number"] else UNKNOWN_HASH

    def address_of(self, row: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
        """Return the 20-byte address that an event came from."""
        list_id = fields.get("list")
        if isinstance(list_id, str) and (registry := self._lists.get(bytes.fromhex(list_id[2:]))) is not None:
            return registry
        entries = self._entries.get(row["contract"], [])
        place = row["block_number"], row["log_index"]
        named = [entry for entry in entries if (entry.block_number, entry.log_index) <= place]
        # before it was first named: what its constructor said
        later = [entry for entry in entries if entry.block_number == row["seen_block"] != row["block_number"]]
        return (later or named[-1:] or entries[:1])[-1].address if entries else self._directory
