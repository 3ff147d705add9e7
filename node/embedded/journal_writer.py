"""The journal, written: one record a block, durable before anybody may see the block."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from node.embedded.disk import storage, sync_directory, write_all
from node.embedded.journal import MARK, Journal, genesis_time, mark_line, segment_path
from node.embedded.records import BlockRecord, BlockRef, HeaderRecord, encode

SEGMENT_BYTES: Final = 16 << 20
"""A segment that has grown past this many bytes is closed; a start reads one segment at a time into memory."""


class JournalWriter:
    """Appends records to the last segment. One writer a ledger (the lock sees to that); not thread safe."""

    def __init__(self, home: Path, header: HeaderRecord, journal: Journal) -> None:
        """`header` pins what every segment must pin; `journal` is what was read, its torn tail already cut."""
        self._home = home
        self._header = header
        self._head = journal.head or BlockRef(0, genesis_time(header), header.genesis_hash)
        self.size = journal.size
        with storage(f"opening the journal in {home}"):
            self._mark = os.open(home / MARK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if journal.segments:
            last = journal.segments[-1]
            self._descriptor = _open_append(last.path)
            self._offset, self._block_count = last.end, last.block_count
        else:
            self._begin_segment()

    @property
    def head(self) -> BlockRef:
        """The newest durable block; block 0 is the genesis."""
        return self._head

    def append(self, record: BlockRecord) -> None:
        """Write one block and return when it is durable. After an error this writer must not be used again.

        Raises StorageFullError, StorageError, and RuntimeError for a record that does not follow the head.
        """
        if record.number != self._head.number + 1 or record.parent_hash != self._head.hash:
            raise RuntimeError(f"block {record.number} does not follow block {self._head.number}")
        if self._offset >= SEGMENT_BYTES and self._block_count:
            self.roll()
        self._write(encode(record, at=self._offset))
        self._head = record.ref
        self._block_count += 1

    def acknowledge(self) -> None:
        """Note the head as shown. Not fsynced: it may lag behind the journal, never lead it."""
        with storage(f"noting the acknowledged block in {self._home}"):
            os.pwrite(self._mark, mark_line(self._head), 0)

    def roll(self) -> None:
        """Close the segment and begin the next one, unless this one holds no block yet."""
        if self._block_count:
            closed, self._descriptor = self._descriptor, -1
            os.close(closed)
            self._begin_segment()

    def close(self) -> None:
        """Close the files; everything appended is durable already."""
        for descriptor in (self._descriptor, self._mark):
            if descriptor >= 0:
                os.close(descriptor)

    def _begin_segment(self) -> None:
        path = segment_path(self._home, self._head.number + 1)
        pinned = replace(self._header, first_block=self._head.number + 1, parent_hash=self._head.hash)
        self._descriptor = _open_append(path)
        self._offset, self._block_count = 0, 0
        self._write(encode(pinned, at=0))
        with storage(f"creating {path}"):
            sync_directory(self._home)

    def _write(self, frame: bytes) -> None:
        with storage(f"writing the journal in {self._home}"):
            write_all(self._descriptor, frame)
            os.fdatasync(self._descriptor)
        self._offset += len(frame)
        self.size += len(frame)


def _open_append(path: Path) -> int:
    with storage(f"opening {path}"):
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
