"""`ledger check`: is what is on the disk whole? Reads, never writes; the ledger must be stopped.

Journal: every record's checksum, numbers, parent hashes, times; every raw transaction parses, and what it hashes to.
Snapshots: checksum, and that the journal knows their block. With `replay`, a fresh engine mines everything from genesis
and each hash is compared: that also checks the engine, and the newest snapshot by loading it.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.anvil import Anvil
from node.embedded.binary import Engine, find_engine
from node.embedded.capacity import SLOTS_MAX
from node.embedded.check_words import SUBJECTS, in_korean
from node.embedded.errors import EmbeddedLedgerError, StorageError
from node.embedded.genesis import chain_id_of, network_name, write_genesis
from node.embedded.journal import Journal, blocks_after, read_journal
from node.embedded.lock import HomeLock
from node.embedded.records import BlockRecord, HeaderRecord
from node.embedded.recovery import OnProgress, Progress
from node.embedded.replay import head_of
from node.embedded.replay import replay as replay_blocks
from node.embedded.snapshot import SnapshotDamagedError, load_snapshot, read_snapshot, snapshot_paths
from node.embedded.transactions import TransactionMalformedError, parse_transaction
from registry_client.cli.text import pad

_REPORT_BLOCKS: Final = 256
"""A replay reports each time it has mined so many blocks."""
_TITLES: Final = {
    "en": {
        "sound": "the ledger is sound",
        "unsound": "the ledger is NOT sound",
        "next": "next",
        "ok": "ok ",
        "bad": "BAD",
    },
    "ko": {
        "sound": "원장이 온전합니다",
        "unsound": "원장이 온전하지 않습니다",
        "next": "다음 단계",
        "ok": "정상",
        "bad": "이상",
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `ok` False makes the ledger unsound; a note is ok and worth saying."""

    what: str
    ok: bool
    detail: str
    remedy: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that was found, in order."""

    home: Path
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """True when nothing is wrong."""
        return all(finding.ok for finding in self.findings)

    def as_dict(self) -> dict[str, object]:
        """Return {home, sound, findings: [{what, ok, detail, remedy?{en,ko}}]}."""
        return {
            "home": str(self.home),
            "sound": self.is_sound,
            "findings": [
                {"what": finding.what, "ok": finding.ok, "detail": finding.detail}
                | ({"remedy": dict(zip(("en", "ko"), finding.remedy, strict=True))} if finding.remedy[0] else {})
                for finding in self.findings
            ],
        }

    def as_text(self, language: str = "en") -> str:
        """Return the report for people, one line a finding, the verdict last."""
        words = _TITLES["ko" if language == "ko" else "en"]
        lines = []
        for finding in self.findings:
            what, detail = finding.what, finding.detail
            if language == "ko":
                what, detail = SUBJECTS[what], in_korean(detail)
            mark = words["ok" if finding.ok else "bad"]
            lines.append(f"{mark} {pad(what, 10)} {detail}")
            remedy = finding.remedy[1 if language == "ko" else 0]
            if remedy:
                lines.append(f"    {words['next']}: {remedy}")
        lines.append(words["sound" if self.is_sound else "unsound"])
        return "\n".join(lines)


def check_ledger(home: Path, *, replay: bool = False, on_progress: OnProgress = lambda _: None) -> CheckReport:
    """Check the ledger in `home`. `on_progress`: called while it replays.

    Raises LedgerLockedError while it runs, StorageError if there is nothing to check.
    """
    if not home.is_dir():
        raise StorageError(f"there is no ledger in {home}")
    lock = HomeLock(home)
    try:
        return CheckReport(home, tuple(_findings(home, on_progress if replay else None)))
    finally:
        lock.release()


def _findings(home: Path, replay: OnProgress | None) -> list[Finding]:
    try:
        journal = read_journal(home)
    except EmbeddedLedgerError as error:
        return [_failed("journal", error), *_snapshots(home, None)]
    if journal.header is None:
        return [Finding("journal", ok=not snapshot_paths(home), detail="nothing was ever written")]
    found = [_identity(journal.header), _journal(journal), _mark(journal)]
    if journal.torn is not None:
        size, name = journal.torn.size, journal.torn.path.name
        found.append(Finding("tail", ok=True, detail=f"{size} bytes of an unfinished record end {name}"))
    found.append(_transactions(journal, journal.header))
    found += _snapshots(home, journal)
    if replay is not None and all(finding.ok for finding in found):
        found += _replayed(home, journal, journal.header, replay)
    return found


def _failed(what: str, error: EmbeddedLedgerError) -> Finding:
    return Finding(what, ok=False, detail=error.detail, remedy=(error.remedy.en, error.remedy.ko))


def _identity(header: HeaderRecord) -> Finding:
    return Finding(
        "identity",
        ok=True,
        detail=f"{network_name(header.genesis_hash)}, chain {chain_id_of(header.genesis)}, "
        f"genesis 0x{header.genesis_hash.hex()}, anvil {header.engine_version} {header.hardfork}",
    )


def _journal(journal: Journal) -> Finding:
    head = journal.head.number if journal.head else 0
    return Finding(
        "journal",
        ok=True,
        detail=f"{head} blocks, {journal.transaction_count} transactions, {journal.size} bytes in "
        f"{len(journal.segments)} segments; every checksum, number and parent hash holds",
    )


def _mark(journal: Journal) -> Finding:
    if journal.acknowledged is None:
        return Finding("shown", ok=True, detail="no mark of the newest block shown: a lost end could not be noticed")
    return Finding("shown", ok=True, detail=f"block {journal.acknowledged.number} was the newest shown; it is there")


def _transactions(journal: Journal, header: HeaderRecord) -> Finding:
    chain_id = chain_id_of(header.genesis)
    for block in blocks_after(journal, 0):
        for position, raw in enumerate(block.transactions):
            try:
                found = parse_transaction(raw)
            except TransactionMalformedError as error:
                return Finding("content", ok=False, detail=f"block {block.number}, transaction {position}: {error}")
            if found.chain_id != chain_id:
                return Finding(
                    "content", ok=False, detail=f"block {block.number}, transaction {position}: of another chain"
                )
    return Finding("content", ok=True, detail="every transaction is signed, and for this chain")


def _snapshots(home: Path, journal: Journal | None) -> list[Finding]:
    found = []
    for path in snapshot_paths(home):
        try:
            snapshot = read_snapshot(path)
        except SnapshotDamagedError as error:  # a cache: passed over, not missed
            found.append(Finding("snapshot", ok=True, detail=f"{error}; starts pass it over (it may be deleted)"))
            continue
        except StorageError as error:
            found.append(_failed("snapshot", error))
            continue
        ok = journal is None or _knows(journal, snapshot.block.number, snapshot.block.hash)
        detail = f"{path.name}, {snapshot.slot_count} of about {SLOTS_MAX} slots, {len(snapshot.dump)} bytes"
        found.append(
            Finding("snapshot", ok=ok, detail=detail if ok else f"{path.name} holds a block that the journal does not")
        )
    return found


def _knows(journal: Journal, number: int, block_hash: bytes) -> bool:
    first = next(blocks_after(journal, number - 1), None)
    return first is not None and first.number == number and first.hash == block_hash


def _replayed(home: Path, journal: Journal, header: HeaderRecord, on_progress: OnProgress) -> list[Finding]:
    """Mine everything again in a scratch folder, then load the newest good snapshot."""
    try:
        engine = find_engine()
        with tempfile.TemporaryDirectory(prefix="mapae-check-") as scratch:
            genesis_path = write_genesis(Path(scratch), header.genesis)
            anvil = Anvil(engine, genesis_path, header.flags)
            try:
                started, count = time.monotonic(), 0

                def on_block(block: BlockRecord) -> None:
                    nonlocal count
                    count += len(block.transactions)
                    if journal.head and (block.number % _REPORT_BLOCKS == 0 or block.number == journal.head.number):
                        on_progress(Progress("replay", block.number, journal.head.number))

                replay_blocks(anvil.rpc, journal, 0, on_block)
                took = time.monotonic() - started
            finally:
                anvil.stop()
            replayed = Finding("replay", ok=True, detail=f"all hashes reproduced, {count} transactions in {took:.1f} s")
            return [replayed, *_loaded(home, engine, genesis_path, header)]
    except EmbeddedLedgerError as error:
        return [_failed("replay", error)]


def _loaded(home: Path, engine: Engine, genesis_path: Path, header: HeaderRecord) -> list[Finding]:
    """Load each sound snapshot into a fresh engine and compare its head."""
    found = []
    for path in snapshot_paths(home):
        try:
            snapshot = read_snapshot(path)
        except SnapshotDamagedError:
            continue
        anvil = Anvil(engine, genesis_path, header.flags)
        try:
            load_snapshot(anvil.rpc, snapshot)
            same = head_of(anvil.rpc) == snapshot.block
        finally:
            anvil.stop()
        found.append(Finding("load", ok=same, detail=f"{path.name} {'loads' if same else 'loads to another block'}"))
    return found
