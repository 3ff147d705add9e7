"""`ledger backup` and `ledger restore`: a copy that is consistent, taken while the ledger runs, and put back checked.

- What was shown is what is copied. The mark `acknowledged` is read first, and everything up to it is durable: a running
  ledger only appends to its journal, and a snapshot is a file that never changes (an older one may vanish meanwhile).
- A stopped ledger is held by its lock, and its whole journal is copied.
- A backup is believed when its files are those of its manifest and every block, mined again, gets its recorded hash.
"""

import re
import time
from pathlib import Path
from shutil import copyfile
from typing import Final

from node.embedded.check import check_ledger
from node.embedded.disk import replace_file, storage
from node.embedded.errors import BackupDamagedError, FolderTakenError, LedgerLockedError, StorageError
from node.embedded.genesis import FILE as GENESIS_FILE
from node.embedded.genesis import identity_of, write_genesis
from node.embedded.journal import MARK, Journal, Segment, mark_line, read_journal
from node.embedded.lock import HomeLock
from node.embedded.manifest import Manifest, entries_of, entry_of, new_folder, read_manifest, write_manifest
from node.embedded.records import BlockRecord, BlockRef, Damage, HeaderRecord, scan
from node.embedded.recovery import OnProgress, Progress
from node.embedded.relayers import FILE as RELAYERS_FILE
from node.embedded.snapshot import SnapshotDamagedError, block_number_of, read_snapshot, snapshot_paths

KIND: Final = "mapae-ledger-backup"
_NAME: Final = re.compile(
    rf"journal-\d{{12}}\.log|snapshot-\d{{12}}\.bin|{MARK}|{re.escape(GENESIS_FILE)}|{re.escape(RELAYERS_FILE)}"
)
"""The files that a backup may hold; a manifest that names another is refused."""
_LOCK: Final = "lock"
"""A folder that holds only this counts as empty."""


def write_backup(home: Path, destination: Path, *, on_progress: OnProgress = lambda _: None) -> Manifest:
    """Copy the ledger in `home` to the new folder `destination`; what was written is read back and checked.

    Raises FolderTakenError, StorageError, StorageFullError, and the errors of a journal that is not sound.
    """
    if not home.is_dir():
        raise StorageError(f"there is no ledger in {home}")
    try:
        lock: HomeLock | None = HomeLock(home)
    except LedgerLockedError:
        lock = None
    try:
        journal = read_journal(home)
        header, head = journal.header, journal.head if lock else journal.acknowledged
        if header is None:
            raise StorageError(f"there is no ledger in {home}")
        if head is None:
            raise StorageError(f"{home} has no mark of the newest block shown: stop the ledger, then take the backup")
        with new_folder(destination) as folder:
            _copy_journal(folder, journal, head, on_progress)
            _copy_snapshot(home, folder, head)
            _copy_rest(home, folder, head, header)
            identity = identity_of(header)
            manifest = Manifest(
                kind=KIND,
                network=identity.network,
                chain_id=identity.chain_id,
                genesis_hash=identity.genesis_hash,
                head=head,
                engine_version=header.engine_version,
                made_at=int(time.time()),
                files=entries_of(folder, [path.name for path in folder.iterdir()]),
            )
            write_manifest(folder, manifest)
            _require_head(folder, head)
        return manifest
    finally:
        if lock is not None:
            lock.release()


def restore_backup(source: Path, home: Path, *, on_progress: OnProgress = lambda _: None) -> Manifest:
    """Check a backup, replay it in a scratch engine, and put it in place as the ledger's folder `home`.

    `home` must hold no ledger. Cost: a replay of everything. Main thread only (it starts an engine).
    Raises FolderTakenError, BackupDamagedError, StorageError, LedgerLockedError.
    """
    manifest = read_manifest(source, kind=KIND)
    _clear(home)
    with new_folder(home) as folder:
        for entry in manifest.files:
            if not _NAME.fullmatch(entry.name):
                raise BackupDamagedError(f"the manifest names a file that is none of a ledger's: {entry.name[:80]!r}")
            with storage(f"copying {entry.name}"):
                copyfile(source / entry.name, folder / entry.name)
                (folder / entry.name).chmod(0o600)
            if entry_of(folder / entry.name) != entry:
                raise BackupDamagedError(f"{entry.name} is not the file that the manifest names", file=entry.name)
        _require_head(folder, manifest.head)
        _require_identity(folder, manifest)
        report = check_ledger(folder, replay=True, on_progress=on_progress)
        wrong = next((finding for finding in report.findings if not finding.ok), None)
        if wrong is not None:
            raise BackupDamagedError(f"{wrong.what}: {wrong.detail}")
        (folder / _LOCK).unlink(missing_ok=True)
    return manifest


def _copy_journal(folder: Path, journal: Journal, head: BlockRef, on_progress: OnProgress) -> None:
    for segment in journal.segments:
        if segment.first_block <= head.number or segment.first_block == 1:
            with storage(f"writing {folder / segment.path.name}"):
                replace_file(folder / segment.path.name, _up_to(segment, head))
            last = min(segment.first_block + segment.block_count - 1, head.number)
            on_progress(Progress("copy", last, head.number))


def _copy_rest(home: Path, folder: Path, head: BlockRef, header: HeaderRecord) -> None:
    write_genesis(folder, header.genesis)
    with storage(f"writing in {folder}"):
        replace_file(folder / MARK, mark_line(head))
        if (home / RELAYERS_FILE).exists():
            replace_file(folder / RELAYERS_FILE, (home / RELAYERS_FILE).read_bytes())


def _up_to(segment: Segment, head: BlockRef) -> bytes:
    """Read a segment's sound bytes up to and with the block `head`."""
    data = segment.path.read_bytes()[: segment.end]
    end = 0
    for item in scan(data):
        if isinstance(item, Damage):
            raise StorageError(f"{segment.path.name} changed while it was read")
        if isinstance(item.record, BlockRecord) and item.record.number > head.number:
            break
        end = item.end
    return data[:end]


def _copy_snapshot(home: Path, folder: Path, head: BlockRef) -> None:
    """Copy the newest snapshot that is sound and not above `head`; a backup without one only takes longer to start."""
    for path in snapshot_paths(home):
        if block_number_of(path) > head.number:
            continue
        try:
            read_snapshot(path)
            with storage(f"copying {path.name}"):
                replace_file(folder / path.name, path.read_bytes())
        except (SnapshotDamagedError, StorageError):  # damaged, or removed by the ledger that runs
            (folder / path.name).unlink(missing_ok=True)
            continue
        return


def _require_head(folder: Path, head: BlockRef) -> None:
    found = read_journal(folder).head
    if found != head:
        raise BackupDamagedError(f"the journal in {folder} does not end with block {head.number} 0x{head.hash.hex()}")


def _require_identity(folder: Path, manifest: Manifest) -> None:
    header = read_journal(folder).header
    identity = identity_of(header) if header else None
    if identity is None or (identity.chain_id, identity.genesis_hash) != (manifest.chain_id, manifest.genesis_hash):
        raise BackupDamagedError("the journal is of another ledger than the manifest says")


def _clear(home: Path) -> None:
    """Make room for a restored ledger; whatever is there stays there. Raises FolderTakenError, LedgerLockedError."""
    with storage(f"looking into {home}"):
        names = {path.name for path in home.iterdir()} if home.is_dir() else set()
        kept = sorted(names - {_LOCK})
        if kept:
            raise FolderTakenError(f"{home} holds {', '.join(kept[:3])}", path=str(home))
        if names:
            HomeLock(home).release()
            (home / _LOCK).unlink(missing_ok=True)
