"""What is due between blocks, while the turnstile is shut and nobody mines: snapshots, and counts."""

import time
from pathlib import Path
from typing import Final

from node.embedded.capacity import CapacityMeter
from node.embedded.control import emit
from node.embedded.errors import StorageError, StorageFullError
from node.embedded.journal_writer import JournalWriter
from node.embedded.rpc import AnvilRpc
from node.embedded.snapshot import take_snapshot

COUNT_EVERY_S: Final = 30.0
"""DIDs are counted at the start and then this often, while blocks are mined."""
DUMP_SHARE: Final = 5
"""A snapshot is due when the next replay would take this many times as long as the last snapshot did, or longer: a dump
holds the whole history, so the more it costs, the rarer it is."""


class Housekeeping:
    """Keeps the next start short and the counts current. Blocking; one thread at a time."""

    def __init__(
        self, home: Path, rpc: AnvilRpc, writer: JournalWriter, meter: CapacityMeter, *, replay_s: float
    ) -> None:
        """`replay_s`: what replaying the blocks above the newest snapshot took at this start."""
        self._home = home
        self._rpc = rpc
        self._writer = writer
        self._meter = meter
        self._replay_s = replay_s
        self._dump_s = 0.0
        self._counted_at = 0.0
        self._warned = False

    @property
    def replay_s(self) -> float:
        """About how long replaying what came after the newest snapshot would take: what mining it took."""
        return self._replay_s

    def after_block(self, took_s: float, *, snapshot_after_s: float) -> None:
        """Do what is due after a block that took `took_s`. Raises StorageError if the journal cannot go on."""
        self._replay_s += took_s
        if self._replay_s > max(snapshot_after_s, DUMP_SHARE * self._dump_s):
            self.take_snapshot()
        if time.monotonic() - self._counted_at > COUNT_EVERY_S:
            self.count()

    def take_snapshot(self) -> None:
        """Keep a snapshot of the head and begin a new segment. If it does not fit, warn: the journal suffices."""
        if self._writer.head.number == 0:
            return  # the genesis is its own snapshot
        started = time.monotonic()
        try:
            snapshot = take_snapshot(self._home, self._rpc, self._writer.head)
            self._meter.set_slots(snapshot.slot_count)
        except (StorageError, StorageFullError) as error:
            emit("warning", **error.as_report())
        else:
            self._writer.roll()
        self._dump_s = time.monotonic() - started
        self._replay_s = 0.0

    def count(self) -> None:
        """Count the DIDs up to the head, and warn once when the ledger is 70 % full."""
        self._counted_at = time.monotonic()
        self._meter.count_to(self._rpc, self._writer.head.number)
        capacity = self._meter.current
        if capacity.warning is not None and not self._warned:
            self._warned = True
            emit("warning", code="capacity", capacity=capacity.as_dict(), remedy=capacity.warning.as_dict())
