"""Checks of this machine: files and their rights, disk, database, clock, and the node's own HTTP."""

import shutil
import stat
import time
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import Engine, text

from node.adapters.store_sql.engine import is_postgresql, writing
from node.adapters.store_sql.leases import owner_of_lease
from node.adapters.store_sql.migrate import INDEX, OUTBOX, revision
from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.published_lists import SqlPublishedLists
from node.adapters.store_sql.reads import SqlReads
from node.config import Config
from node.doctor.finding import Finding, State, graded, unknown
from node.doctor.ledger import Entries
from node.domain import fact
from node.services.health import FREE_MIN
from node.stores import INDEXER, SENDER, open_index, open_outbox

FREE_WARN: Final = 1024**3
QUEUED_LONG_S: Final = 600
EXPIRES_SOON_S: Final = 3_600
DRIFT_MAX_S: Final = 0.5


def permissions(config: Config) -> Finding:
    """Nothing of the node's folder is for others."""
    folder = config.index_path.parent
    if not folder.is_dir():
        return unknown("permissions", f"{folder} is not there yet")
    open_to_others = [path.name for path in (folder, *sorted(folder.iterdir())) if _is_open(path)]
    secret = {Path(config.relayer_keystore).name, Path(config.relayer_passphrase).name, "outbox.sqlite", "token"}
    is_bad = any(name in secret or ".retired-" in name for name in open_to_others)
    return graded("permissions", fails=is_bad, warns=bool(open_to_others), files=", ".join(open_to_others[:5]) or "-")


def _is_open(path: Path) -> bool:
    mode = path.lstat().st_mode
    return not stat.S_ISLNK(mode) and path.name != "config.toml" and bool(stat.S_IMODE(mode) & 0o077)


def disk(config: Config) -> Finding:
    """Room on the home's disk."""
    place = next(path for path in (config.home, *config.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    return graded("disk", fails=free < FREE_MIN, warns=free < FREE_WARN, mib=free // 1024**2)


def drift(*, wall_s: float, monotonic_s: float) -> Finding:
    """Compare the wall clock with the monotonic one since the doctor began."""
    apart = abs(wall_s - monotonic_s)
    return graded("clock_steps", fails=apart > DRIFT_MAX_S, apart=round(apart, 3), over=round(monotonic_s, 1))


def http(config: Config) -> Finding:
    """Ask the node itself, if it serves here."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - compared only
    try:
        answer = httpx.get(f"http://{host}:{config.port}/health/ready", timeout=3, trust_env=False)
        reasons = [str(reason["code"]) for reason in answer.json()["reasons"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return Finding("node", State.WARN, {}, f"{host}:{config.port}")
    return graded("node", warns=bool(reasons), address=f"{host}:{config.port}", reasons=", ".join(reasons) or "-")


class StoreChecks:
    """Looks into index and outbox; makes and changes nothing."""

    def __init__(self, config: Config) -> None:
        self._engines: dict[str, Engine] = {}
        paths = {INDEX: config.index_path, OUTBOX: config.outbox_path}
        for part, open_part in ((INDEX, open_index), (OUTBOX, open_outbox)):
            if config.database or paths[part].exists():
                self._engines[part] = open_part(config)

    def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()

    def writable(self) -> Finding:
        """Whether the database takes a transaction that writes, and at which revisions its tables are."""
        if not self._engines:
            return unknown("database", "nothing is there yet: a node makes it when it starts")
        steps = {part: revision(engine, part) for part, engine in self._engines.items()}
        figures: dict[str, Any] = {part: step.found or "-" for part, step in steps.items()}
        is_old = any(not step.is_current for step in steps.values())
        is_writable = all(_takes_writes(engine) for engine in self._engines.values())
        return graded("database", fails=not is_writable, warns=is_old, **{INDEX: "-", OUTBOX: "-", **figures})

    def index(self) -> tuple[int | None, Entries]:
        """Return how far the index is, and what Directory lists by it."""
        if INDEX not in self._engines:
            return None, ()
        with SqlReads(self._engines[INDEX]).view() as view:
            entries = view.facts(fact.DirectoryEntry)
            return view.head.block.number, [(entry.name, entry.address, entry.code_hash) for entry in entries]

    def outbox(self) -> Finding:
        """Count what is under way, and how long the oldest waits."""
        if OUTBOX not in self._engines:
            return unknown("outbox", "nothing is there yet")
        queue = SqlOutbox(self._engines[OUTBOX]).queue()
        waited = 0 if queue.oldest_queued_at is None else max(0, int(time.time()) - queue.oldest_queued_at)
        return graded("outbox", warns=waited > QUEUED_LONG_S, open=sum(queue.operations.values()), waited=waited)

    def lists(self) -> Finding:
        """How fresh the published status lists are."""
        if INDEX not in self._engines:
            return unknown("lists", "nothing is there yet")
        now = int(time.time())
        found = SqlPublishedLists(self._engines[INDEX]).freshness(now=now)
        left = None if found.next_expiry_at is None else found.next_expiry_at - now
        is_short = found.expired > 0 or (left is not None and left < EXPIRES_SOON_S)
        shown = "-" if left is None else left
        return graded("lists", warns=is_short, valid=found.valid, expired=found.expired, left=shown)

    def leases(self) -> Finding:
        """Who indexes and who sends, where nodes share a database."""
        engines = {INDEXER: self._engines.get(INDEX), SENDER: self._engines.get(OUTBOX)}
        held = {
            name: owner_of_lease(engine, name) or "-"
            for name, engine in engines.items()
            if engine is not None and is_postgresql(engine)
        }
        if not held:
            return graded("leases", indexer="home", sender="home")
        indexer, sender = held.get(INDEXER, "-"), held.get(SENDER, "-")
        return graded("leases", warns="-" in {indexer, sender}, indexer=indexer, sender=sender)


def _takes_writes(engine: Engine) -> bool:
    with writing(engine).connect() as db, db.begin() as transaction:
        try:
            if is_postgresql(engine):
                return str(db.execute(text("SHOW transaction_read_only")).scalar()) == "off"
            db.exec_driver_sql("CREATE TABLE doctor_was_here (x)")
            return True
        finally:
            transaction.rollback()
