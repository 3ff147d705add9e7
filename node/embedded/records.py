"""The journal's bytes: framed, checksummed records, and how damage is told from a torn tail.

- Frame: magic `MPJ1` ‖ length of body (uint32) ‖ 16 bytes of sha256(offset ‖ length ‖ body) ‖ body, little endian.
  The offset is the frame's own in its file: a frame smuggled in as transaction data is sound nowhere.
- Body: one kind byte (0 header, 1 block), then the record. A header opens each segment and pins what hashes rest on.
- A frame stands alone: after damage the next sound frame can still be found, which tells rot (something sound follows)
  from a write that a crash cut short (nothing does).
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"MPJ1"
_FRAME: Final = struct.Struct("<4sI16s")
_BLOCK: Final = struct.Struct("<QQ32s32sI")
_SIZE: Final = struct.Struct("<I")
_PLACE: Final = struct.Struct("<QI")

BODY_MAX: Final = 64 << 20
"""Longest body in bytes; a block's transactions are far below it (gas limit over 16 gas a byte)."""
FORMAT: Final = 1
"""Version of this layout; another number is refused."""

KIND_HEADER: Final = 0
KIND_BLOCK: Final = 1


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block by number, time (unix seconds) and hash (32 bytes)."""

    number: int
    timestamp: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One mined block: what must be sent again, and what must come out. `transactions`: raw signed bytes, in order."""

    number: int
    timestamp: int
    parent_hash: bytes
    hash: bytes
    transactions: tuple[bytes, ...]

    @property
    def ref(self) -> BlockRef:
        """The block without its transactions."""
        return BlockRef(self.number, self.timestamp, self.hash)


@dataclass(frozen=True, slots=True)
class HeaderRecord:
    """Opens a segment: everything that block hashes depend on, and where the segment continues."""

    engine_version: str
    engine_commit: str
    hardfork: str
    flags: tuple[str, ...]
    genesis: Mapping[str, object]
    genesis_hash: bytes
    first_block: int
    parent_hash: bytes


Record = HeaderRecord | BlockRecord


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record: where they begin, and where the next sound frame is (None: nothing sound follows)."""

    offset: int
    next_sound: int | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A sound frame: its record and the offset where it ends."""

    start: int
    end: int
    record: Record


class RecordFormatError(ValueError):
    """A frame whose checksum holds carries a body that this version cannot read."""


def encode(record: Record, *, at: int) -> bytes:
    """Frame one record for the offset `at` of its file. Raises ValueError if its body exceeds BODY_MAX."""
    body = _encode_header(record) if isinstance(record, HeaderRecord) else _encode_block(record)
    if len(body) > BODY_MAX:
        raise ValueError(f"a record of {len(body)} bytes exceeds {BODY_MAX}")
    return _FRAME.pack(MAGIC, len(body), _checksum(body, at)) + body


def scan(data: bytes) -> Iterator[Frame | Damage]:
    """Yield every frame from the start; the last item is a Damage if the bytes do not end with a sound frame.

    Cost: one pass; after damage, one search for the next sound frame.
    Raises RecordFormatError for a sound frame with an unreadable body (a later format).
    """
    at = 0
    while at < len(data):
        end = _frame_end(data, at)
        if end is None:
            yield Damage(at, _next_sound(data, at + 1))
            return
        yield Frame(at, end, _decode(data[at + _FRAME.size : end]))
        at = end


def _checksum(body: bytes | memoryview, at: int) -> bytes:
    digest = hashlib.sha256(_PLACE.pack(at, len(body)))
    digest.update(body)
    return digest.digest()[:16]


def _frame_end(data: bytes, at: int) -> int | None:
    if at + _FRAME.size > len(data):
        return None
    magic, size, checksum = _FRAME.unpack_from(data, at)
    end = at + _FRAME.size + size
    if magic != MAGIC or size > BODY_MAX or end > len(data):
        return None
    return end if _checksum(memoryview(data)[at + _FRAME.size : end], at) == checksum else None


def _next_sound(data: bytes, start: int) -> int | None:
    at = data.find(MAGIC, start)
    while at >= 0:
        if _frame_end(data, at) is not None:
            return at
        at = data.find(MAGIC, at + 1)
    return None


def _encode_block(record: BlockRecord) -> bytes:
    head = _BLOCK.pack(record.number, record.timestamp, record.parent_hash, record.hash, len(record.transactions))
    parts = [bytes([KIND_BLOCK]), head]
    for raw in record.transactions:
        parts += (_SIZE.pack(len(raw)), raw)
    return b"".join(parts)


def _encode_header(record: HeaderRecord) -> bytes:
    fields = {
        "format": FORMAT,
        "engine": "anvil",
        "engine_version": record.engine_version,
        "engine_commit": record.engine_commit,
        "hardfork": record.hardfork,
        "flags": list(record.flags),
        "genesis": dict(record.genesis),
        "genesis_hash": record.genesis_hash.hex(),
        "first_block": record.first_block,
        "parent_hash": record.parent_hash.hex(),
    }
    return bytes([KIND_HEADER]) + json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _decode(body: bytes) -> Record:
    try:
        if body[0] == KIND_BLOCK:
            return _decode_block(body)
        if body[0] == KIND_HEADER:
            return _decode_header(body)
    except (struct.error, ValueError, KeyError, TypeError, IndexError) as error:
        raise RecordFormatError(f"unreadable record: {error}") from error
    raise RecordFormatError(f"unknown kind of record: {body[0]}")


def _decode_block(body: bytes) -> BlockRecord:
    number, timestamp, parent_hash, block_hash, count = _BLOCK.unpack_from(body, 1)
    at = 1 + _BLOCK.size
    transactions = []
    for _ in range(count):
        (size,) = _SIZE.unpack_from(body, at)
        at += _SIZE.size + size
        transactions.append(body[at - size : at])
    if at != len(body):
        raise ValueError("the transactions do not fill the record")
    return BlockRecord(number, timestamp, parent_hash, block_hash, tuple(transactions))


def _decode_header(body: bytes) -> HeaderRecord:
    fields = json.loads(body[1:])
    if fields["format"] != FORMAT or fields["engine"] != "anvil":
        raise ValueError(f"format {fields['format']} of {fields['engine']}")
    return HeaderRecord(
        engine_version=str(fields["engine_version"]),
        engine_commit=str(fields["engine_commit"]),
        hardfork=str(fields["hardfork"]),
        flags=tuple(str(flag) for flag in fields["flags"]),
        genesis=dict(fields["genesis"]),
        genesis_hash=bytes.fromhex(fields["genesis_hash"]),
        first_block=int(fields["first_block"]),
        parent_hash=bytes.fromhex(fields["parent_hash"]),
    )
