"""The journal, read: the embedded ledger's only truth, in segments of records (`journal_writer` appends them).

- `journal-<first block>.log`, 12 digits; each opens with a header record, the same pins in every segment.
- A start reads all of it. Numbers, parent hashes and times must run through every segment without a gap.
- Bytes after the last sound record of the last segment, with nothing sound behind them, are a write that a crash cut
  short: never shown to anybody, cut off. Any other damage is refused, and nothing on the disk is changed.
- `acknowledged` names the newest block that was shown. It is written after the record is durable, so it may lag behind
  the journal, never lead it: a journal that ends before it has lost something that clients rely on.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.embedded.disk import storage, sync_directory
from node.embedded.errors import JournalDamagedError, JournalForeignError, JournalShortError
from node.embedded.records import BlockRecord, BlockRef, Damage, HeaderRecord, RecordFormatError, scan

MARK: Final = "acknowledged"
_PATTERN: Final = "journal-" + "[0-9]" * 12 + ".log"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: its first block's number, how many sound bytes and blocks it holds."""

    path: Path
    first_block: int
    end: int
    block_count: int


@dataclass(frozen=True, slots=True)
class TornTail:
    """What a crash left of an unfinished write: cut at the next start."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read from the disk: `header` is None when nothing was ever written."""

    header: HeaderRecord | None
    segments: tuple[Segment, ...]
    head: BlockRef | None
    transaction_count: int
    torn: TornTail | None
    acknowledged: BlockRef | None

    @property
    def size(self) -> int:
        """Sound bytes in all segments."""
        return sum(segment.end for segment in self.segments)


@dataclass(slots=True)
class _Reading:
    """What has been seen so far, from the first segment on."""

    header: HeaderRecord | None = None
    head: BlockRef | None = None
    segments: list[Segment] = field(default_factory=list)
    transaction_count: int = 0
    torn: TornTail | None = None


def segment_path(home: Path, first_block: int) -> Path:
    """Name the segment that begins with this block."""
    return home / f"journal-{first_block:012d}.log"


def read_journal(home: Path) -> Journal:
    """Read and check every record. Changes nothing. Cost: one pass over the files, about 1 s a gigabyte.

    The mark is read first: in a ledger that runs meanwhile, the journal may be ahead of it, never behind.
    Raises JournalDamagedError, JournalShortError, JournalForeignError, StorageError.
    """
    with storage(f"reading the journal in {home}"):
        acknowledged = read_mark(home)
        paths = sorted(home.glob(_PATTERN))
        seen = _Reading()
        for path in paths:
            _read_segment(path, path.read_bytes(), seen, last=path is paths[-1])
    if acknowledged is not None:
        _require_acknowledged(home, acknowledged, seen)
    return Journal(seen.header, tuple(seen.segments), seen.head, seen.transaction_count, seen.torn, acknowledged)


def blocks_after(journal: Journal, number: int) -> Iterator[BlockRecord]:
    """Yield the recorded blocks above `number`, in order; at most one segment is in memory."""
    for position, segment in enumerate(journal.segments):
        following = journal.segments[position + 1 :]
        if following and following[0].first_block <= number + 1:
            continue
        for item in scan(segment.path.read_bytes()[: segment.end]):
            if isinstance(item, Damage):
                raise JournalDamagedError(f"{segment.path.name} changed while it was read")
            if isinstance(item.record, BlockRecord) and item.record.number > number:
                yield item.record


def cut_torn_tail(journal: Journal) -> None:
    """Cut an unfinished write off the last segment; remove the segment if not even its header was finished."""
    if journal.torn is None:
        return
    with storage("cutting the unfinished record"):
        if journal.torn.offset == 0:
            journal.torn.path.unlink()
        else:
            os.truncate(journal.torn.path, journal.torn.offset)
        sync_directory(journal.torn.path.parent)


def read_mark(home: Path) -> BlockRef | None:
    """Read the newest acknowledged block; None if there is no mark, or a power cut spoiled it."""
    try:
        number, timestamp, block_hash = (home / MARK).read_text("ascii").split()
        return BlockRef(int(number), int(timestamp), bytes.fromhex(block_hash))
    except (FileNotFoundError, ValueError):
        return None


def mark_line(head: BlockRef) -> bytes:
    """Write the content of the mark: always of the same length, so that it is replaced in place."""
    return f"{head.number:020d} {head.timestamp:020d} {head.hash.hex()}\n".encode("ascii")


def genesis_time(header: HeaderRecord) -> int:
    """Read the time of block 0, unix seconds."""
    return int(str(header.genesis["timestamp"]), 16)


def _read_segment(path: Path, data: bytes, seen: _Reading, *, last: bool) -> None:
    end, block_count, first_block = 0, 0, int(path.stem.removeprefix("journal-"))
    try:
        for item in scan(data):
            if isinstance(item, Damage):
                _require_torn(path, item, last=last)
                seen.torn = TornTail(path, item.offset, len(data) - item.offset)
                break
            if isinstance(item.record, BlockRecord):
                _check_block(path, item.record, item.start, seen)
                block_count += 1
                seen.transaction_count += len(item.record.transactions)
            else:
                _check_header(path, item.record, first_block, item.start, seen)
            end = item.end
    except RecordFormatError as error:
        raise JournalForeignError(f"{path.name}: {error}; it needs a newer mapae", file=path.name) from error
    if end == 0 and (not data or seen.torn is not None):
        if not last:
            raise JournalDamagedError(f"{path.name} is empty, and later segments exist", file=path.name)
        seen.torn = TornTail(path, 0, len(data))
        return
    seen.segments.append(Segment(path, first_block, end, block_count))


def _require_torn(path: Path, damage: Damage, *, last: bool) -> None:
    """Pass an unfinished write at the very end of the journal; refuse everything else."""
    if damage.next_sound is not None:
        raise JournalDamagedError(
            f"{path.name}: damaged at byte {damage.offset}, and sound records follow at byte {damage.next_sound}",
            file=path.name,
            offset=damage.offset,
            next_sound=damage.next_sound,
        )
    if not last:
        raise JournalDamagedError(
            f"{path.name}: damaged at byte {damage.offset}, and later segments follow",
            file=path.name,
            offset=damage.offset,
        )


def _check_header(path: Path, header: HeaderRecord, first_block: int, offset: int, seen: _Reading) -> None:
    if offset != 0:
        raise JournalDamagedError(f"{path.name}: a second header at byte {offset}", file=path.name, offset=offset)
    if seen.header is None:
        if header.first_block != 1:
            raise JournalDamagedError(
                f"the journal begins with block {header.first_block}: {segment_path(Path(), 1).name} is missing",
                file=path.name,
            )
        seen.header = header
        seen.head = BlockRef(0, genesis_time(header), header.genesis_hash)
    expected = seen.head.number + 1 if seen.head else 1
    if header.first_block != expected or first_block != expected:
        raise JournalDamagedError(
            f"{path.name} begins with block {header.first_block} where block {expected} is due: a segment is missing",
            file=path.name,
            expected=expected,
        )
    if seen.head and header.parent_hash != seen.head.hash:
        raise JournalDamagedError(f"{path.name} continues another history than the segment before it", file=path.name)
    if _pins(header) != _pins(seen.header):
        raise JournalForeignError(f"{path.name} pins another engine or genesis than the first segment", file=path.name)


def _pins(header: HeaderRecord) -> tuple[object, ...]:
    return (header.engine_version, header.hardfork, header.flags, dict(header.genesis), header.genesis_hash)


def _check_block(path: Path, block: BlockRecord, offset: int, seen: _Reading) -> None:
    head = seen.head
    if head is None or offset == 0:
        raise JournalDamagedError(f"{path.name} has no header", file=path.name)
    if block.number != head.number + 1 or block.parent_hash != head.hash or block.timestamp < head.timestamp:
        raise JournalDamagedError(
            f"{path.name}: block {block.number} at byte {offset} does not follow block {head.number}",
            file=path.name,
            offset=offset,
        )
    seen.head = block.ref


def _require_acknowledged(home: Path, mark: BlockRef, seen: _Reading) -> None:
    if seen.head is None or seen.head.number < mark.number:
        last = seen.head.number if seen.head else "none"
        raise JournalShortError(
            f"block {mark.number} was acknowledged; the journal in {home} ends with block {last}",
            acknowledged=mark.number,
        )
    if seen.head.number == mark.number and seen.head.hash != mark.hash:
        raise JournalDamagedError(
            f"block {mark.number} was acknowledged with another hash", acknowledged=mark.hash.hex()
        )
