"""Snapshots: the engine's whole state at one block, so that a start need not replay from genesis.

- `snapshot-<block>.bin`: magic ‖ number ‖ time ‖ storage slots ‖ hash ‖ size ‖ sha256(all before ‖ dump) ‖ dump (gzip).
- A cache of the journal, nothing more: a damaged one is passed over for the one before it, at last for the genesis.
- After loading one, state at older blocks is gone (the engine answers BlockOutOfRange), and BLOCKHASH of older blocks
  is wrong: no contract of ours may use it.
"""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.disk import replace_file, storage
from node.embedded.records import BlockRef
from node.embedded.replay import load
from node.embedded.rpc import AnvilRpc

KEPT: Final = 2
"""Generations on the disk."""
_MAGIC: Final = b"MPS1"
_HEAD: Final = struct.Struct("<4sQQQ32sQ")
_CHECKSUM: Final = 32
_PATTERN: Final = "snapshot-" + "[0-9]" * 12 + ".bin"
_SLOT: Final = re.compile(rb'"0x[0-9a-f]{64}"\s*:\s*"0x[0-9a-f]+"')
_WINDOW: Final = 1 << 20


class SnapshotDamagedError(ValueError):
    """A file that is not the snapshot it claims to be: never loaded, passed over."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sound snapshot in memory: the block it stands at, storage slots in it, and anvil's dump (gzip)."""

    block: BlockRef
    slot_count: int
    dump: bytes


def snapshot_paths(home: Path) -> list[Path]:
    """List the snapshot files, newest first."""
    return sorted(home.glob(_PATTERN), reverse=True)


def block_number_of(path: Path) -> int:
    """Read the block number from a snapshot's name."""
    return int(path.stem.removeprefix("snapshot-"))


def read_snapshot(path: Path) -> Snapshot:
    """Read and check one file. Raises SnapshotDamagedError, StorageError."""
    with storage(f"reading {path}"):
        data = path.read_bytes()
    if len(data) < _HEAD.size + _CHECKSUM:
        raise SnapshotDamagedError(f"{path.name} is cut short")
    magic, number, timestamp, slot_count, block_hash, size = _HEAD.unpack_from(data)
    dump = data[_HEAD.size + _CHECKSUM :]
    checksum = hashlib.sha256(data[: _HEAD.size] + dump).digest()
    if magic != _MAGIC or len(dump) != size or checksum != data[_HEAD.size : _HEAD.size + _CHECKSUM]:
        raise SnapshotDamagedError(f"{path.name} is damaged")
    if number != block_number_of(path):
        raise SnapshotDamagedError(f"{path.name} holds block {number}")
    return Snapshot(BlockRef(number, timestamp, block_hash), slot_count, dump)


def take_snapshot(home: Path, rpc: AnvilRpc, block: BlockRef) -> Snapshot:
    """Dump the engine at `block`, its head, and keep the newest two files. Nobody may mine meanwhile.

    Cost: about 0.13 s and 1.6 MB a thousand transactions of the whole history. Raises StorageError, EngineFailedError.
    """
    dump = bytes.fromhex(str(rpc.call("anvil_dumpState"))[2:])
    snapshot = Snapshot(block, count_slots(dump), dump)
    head = _HEAD.pack(_MAGIC, block.number, block.timestamp, snapshot.slot_count, block.hash, len(dump))
    checksum = hashlib.sha256(head + dump).digest()
    with storage(f"writing a snapshot in {home}"):
        replace_file(home / f"snapshot-{block.number:012d}.bin", head, checksum, dump)
        for old in snapshot_paths(home)[KEPT:]:
            old.unlink()
    return snapshot


def load_snapshot(rpc: AnvilRpc, snapshot: Snapshot) -> None:
    """Load it into a fresh engine of the same genesis. Raises EngineRefusedError, EngineFailedError."""
    load(rpc, snapshot.block, "0x" + snapshot.dump.hex())


def count_slots(dump: bytes) -> int:
    """Count storage slots in a dump (the pairs of 32-byte keys and values in its JSON) without building the JSON.

    Cost: one decompression in windows of 1 MiB; memory stays flat.
    """
    inflate = zlib.decompressobj(wbits=31)
    count, carry, data = 0, b"", dump
    while data and not inflate.eof:
        text = carry + inflate.decompress(data, _WINDOW)
        data = inflate.unconsumed_tail
        end = 0
        for found in _SLOT.finditer(text):
            count, end = count + 1, found.end()
        carry = text[max(end, len(text) - 256) :]
    return count
