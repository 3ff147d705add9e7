"""The start: newest good snapshot, then the journal's later blocks, each of which must get its recorded hash.

What cannot be reproduced is not served: after the last snapshot fails, the genesis is tried; after that, the start is
refused with the block where the histories part.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.anvil import Anvil
from node.embedded.binary import Engine
from node.embedded.errors import EngineFailedError, JournalForeignError, JournalShortError, ReplayMismatchError
from node.embedded.genesis import HARDFORK, engine_flags, new_genesis, write_genesis
from node.embedded.journal import Journal, cut_torn_tail, read_journal
from node.embedded.journal_writer import JournalWriter
from node.embedded.records import BlockRecord, BlockRef, HeaderRecord
from node.embedded.replay import head_of, replay
from node.embedded.rpc import AnvilRpc
from node.embedded.snapshot import (
    SnapshotDamagedError,
    block_number_of,
    load_snapshot,
    read_snapshot,
    snapshot_paths,
)

PROGRESS_S: Final = 0.5
"""A long replay reports about this often."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a start has come, in blocks and transactions; `stage` is `journal`, `snapshot` or `replay`."""

    stage: str
    blocks_done: int
    blocks_total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What a start did: figures in seconds and counts, and everything that was passed over or cut."""

    created: bool
    base_block: int
    head_block: int
    replayed_blocks: int
    replayed_transactions: int
    load_s: float
    replay_s: float
    slot_count: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recovered:
    """A running engine that stands at the journal's head, and the journal open for appending."""

    anvil: Anvil
    writer: JournalWriter
    header: HeaderRecord
    report: RecoveryReport
    replay_debt_s: float


def recover(home: Path, engine: Engine, on_progress: OnProgress) -> Recovered:
    """Start the engine and bring it to the journal's head; create the ledger where there is none. Needs the lock.

    Raises the errors of `node.embedded.errors` for everything that keeps it from that; nothing is left running then.
    """
    on_progress(Progress("journal", 0, 0))
    journal = read_journal(home)
    if journal.header is None:
        return _create(home, engine, journal)
    _require_ours(journal.header, engine)
    _require_snapshots_covered(home, journal)
    notes = []
    if journal.torn is not None:
        notes.append(f"cut {journal.torn.size} bytes of an unfinished record off {journal.torn.path.name}")
        cut_torn_tail(journal)
    anvil, report, debt = _restore(home, engine, journal, notes, on_progress)
    try:
        writer = JournalWriter(home, journal.header, journal)
    except BaseException:
        anvil.stop()
        raise
    return Recovered(anvil, writer, journal.header, report, debt)


def _create(home: Path, engine: Engine, journal: Journal) -> Recovered:
    if snapshot_paths(home):
        raise JournalShortError(f"{home} holds snapshots, and the journal is gone")
    cut_torn_tail(journal)
    started = time.monotonic()
    genesis = new_genesis(now=int(time.time()))
    flags = engine_flags(genesis)
    anvil = Anvil(engine, write_genesis(home, genesis), flags)
    try:
        block = head_of(anvil.rpc)
        header = HeaderRecord(
            engine_version=engine.version,
            engine_commit=engine.commit,
            hardfork=HARDFORK,
            flags=flags,
            genesis=genesis,
            genesis_hash=block.hash,
            first_block=1,
            parent_hash=block.hash,
        )
        writer = JournalWriter(home, header, Journal(None, (), None, 0, None, None))
    except BaseException:
        anvil.stop()
        raise
    report = RecoveryReport(
        created=True,
        base_block=0,
        head_block=0,
        replayed_blocks=0,
        replayed_transactions=0,
        load_s=round(time.monotonic() - started, 3),
        replay_s=0.0,
        slot_count=0,
        notes=(),
    )
    return Recovered(anvil, writer, header, report, 0.0)


def _require_ours(header: HeaderRecord, engine: Engine) -> None:
    if (
        header.engine_version != engine.version
        or header.hardfork != HARDFORK
        or header.flags != engine_flags(header.genesis)
    ):
        raise JournalForeignError(
            f"the journal needs anvil {header.engine_version} with {' '.join(header.flags)}; "
            f"this is anvil {engine.version} with {' '.join(engine_flags(header.genesis))}"
        )


def _require_snapshots_covered(home: Path, journal: Journal) -> None:
    """Refuse a journal that ends before a snapshot: every snapshot was taken of a journaled block."""
    head = journal.head.number if journal.head else 0
    newest = max((block_number_of(path) for path in snapshot_paths(home)), default=0)
    if newest > head:
        raise JournalShortError(
            f"there is a snapshot of block {newest}; the journal ends with block {head}", snapshot=newest
        )


def _restore(
    home: Path, engine: Engine, journal: Journal, notes: list[str], on_progress: OnProgress
) -> tuple[Anvil, RecoveryReport, float]:
    header = journal.header
    if header is None or journal.head is None:
        raise RuntimeError("nothing to restore")
    genesis_path = write_genesis(home, header.genesis)
    for path in [*snapshot_paths(home), None]:
        anvil = None
        try:
            started = time.monotonic()
            on_progress(Progress("snapshot", 0, 0))
            snapshot = read_snapshot(path) if path else None
            anvil = Anvil(engine, genesis_path, header.flags)
            _require_block(header.genesis_hash, head_of(anvil.rpc), "the genesis")
            if snapshot is not None:
                load_snapshot(anvil.rpc, snapshot)
                _require_block(snapshot.block.hash, head_of(anvil.rpc), "the snapshot")
            base = snapshot.block.number if snapshot else 0
            loaded = time.monotonic()
            transactions = _replay_journal(anvil.rpc, journal, base, on_progress)
            report = RecoveryReport(
                created=False,
                base_block=base,
                head_block=journal.head.number,
                replayed_blocks=journal.head.number - base,
                replayed_transactions=transactions,
                load_s=round(loaded - started, 3),
                replay_s=round(time.monotonic() - loaded, 3),
                slot_count=snapshot.slot_count if snapshot else 0,
                notes=tuple(notes),
            )
            return anvil, report, time.monotonic() - loaded
        except (SnapshotDamagedError, EngineFailedError, ReplayMismatchError) as error:
            if anvil is not None:
                anvil.stop()
            if path is None:
                raise
            notes.append(f"passed over {path.name}: {error}")
        except BaseException:
            if anvil is not None:
                anvil.stop()
            raise
    raise RuntimeError("unreachable: the genesis is always tried last")


def _require_block(expected: bytes, found: BlockRef, what: str) -> None:
    if found.hash != expected:
        raise ReplayMismatchError(
            f"{what} should be block {expected.hex()}; the engine made {found.hash.hex()} (block {found.number})",
            expected=expected.hex(),
            found=found.hash.hex(),
        )


def _replay_journal(rpc: AnvilRpc, journal: Journal, base: int, on_progress: OnProgress) -> int:
    """Replay what lies above `base`; returns the number of transactions."""
    total = (journal.head.number if journal.head else 0) - base
    done = transactions = 0
    next_report = 0.0

    def count(block: BlockRecord) -> None:
        nonlocal done, transactions, next_report
        done += 1
        transactions += len(block.transactions)
        if time.monotonic() >= next_report or done == total:
            next_report = time.monotonic() + PROGRESS_S
            on_progress(Progress("replay", done, total))

    replay(rpc, journal, base, count)
    return transactions
