"""Revisions of the tables: no drift, old homes are taken over, newer ones refused, starters do not collide."""

import importlib
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, func, select, text

from node.adapters.store_sql import tables
from node.adapters.store_sql.engine import open_engine, writing
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.migrate import INDEX, OUTBOX, NewerDatabaseError, revision, upgrade
from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.outbox import metadata as outbox_metadata
from node.adapters.store_sql.tokens import SqlTokens
from node.domain.operation import OperationState
from registry_client.errors import LedgerInconsistentError
from tests.support.databases import Database

OLD = Path(__file__).with_name("before_revisions")
OLD_LEDGER = {"network": "old", "chain_id": "1"}
PARTS = [INDEX, OUTBOX]


def engine_of(database: Database, part: str) -> Engine:
    return database.index() if part == INDEX else database.outbox()


def metadata_of(part: str) -> MetaData:
    for name in ("published_lists", "registrations", "tokens"):
        importlib.import_module(f"node.adapters.store_sql.{name}")
    return tables.index_metadata if part == INDEX else outbox_metadata


@pytest.mark.parametrize("part", PARTS)
def test_revisions_make_the_tables_that_the_program_uses(database: Database, part: str) -> None:
    engine = engine_of(database, part)
    assert revision(engine, part).found is None
    upgrade(engine, part)
    assert revision(engine, part).is_current
    with engine.begin() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata_of(part)) == []


@pytest.mark.parametrize("part", PARTS)
def test_upgrade_of_what_is_current_changes_nothing(database: Database, part: str) -> None:
    engine = engine_of(database, part)
    assert upgrade(engine, part).found is None
    assert upgrade(engine, part).is_current


@pytest.mark.parametrize("part", PARTS)
def test_database_of_a_newer_program_is_refused_with_what_to_do(database: Database, part: str) -> None:
    engine = engine_of(database, part)
    upgrade(engine, part)
    with writing(engine).begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = 'from-2031'"))
    with pytest.raises(NewerDatabaseError) as refused:
        upgrade(engine, part)
    assert "from-2031" in refused.value.detail
    assert "newer program" in refused.value.detail
    assert ("index rebuild" if part == INDEX else "backup") in refused.value.detail


@pytest.mark.parametrize("part", PARTS)
def test_two_starters_at_once_make_one_set_of_tables(database: Database, part: str) -> None:
    engines = [engine_of(database, part) for _ in range(3)]
    together, failed = threading.Barrier(len(engines)), []

    def start(engine: Engine) -> None:
        together.wait()
        try:
            upgrade(engine, part)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=start, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert revision(engines[0], part).is_current


def test_all_that_open_a_new_file_at_once_get_it(tmp_path: Path) -> None:
    """SQLite answers "locked" without waiting while another turns the file's journal on: one round in six did."""
    failed: list[Exception] = []

    def start(engine: Engine, together: threading.Barrier) -> None:
        together.wait()
        try:
            with engine.connect():
                pass
        except Exception as error:
            failed.append(error)

    for number in range(30):
        engines = [open_engine(tmp_path / f"{number}.sqlite", synchronous="NORMAL") for _ in range(4)]
        together = threading.Barrier(len(engines))
        threads = [threading.Thread(target=start, args=(engine, together)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for engine in engines:
            engine.dispose()
    assert failed == []


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """Files as the version before revisions wrote them (dumped from it), with rows in them."""
    for part in PARTS:
        db = sqlite3.connect(tmp_path / f"{part}.sqlite")
        db.executescript((OLD / f"{part}.sql").read_text())
        db.close()
    return tmp_path


def test_old_outbox_is_taken_over_with_everything_in_it(old_home: Path) -> None:
    engine = open_engine(old_home / "outbox.sqlite", synchronous="FULL")
    outbox = SqlOutbox(engine)
    outbox.create(OLD_LEDGER)
    assert revision(engine, OUTBOX).is_current
    kept = outbox.get(b"\x0a" * 32)
    assert kept is not None
    assert (kept.state, kept.label, kept.deadline) == (OperationState.QUEUED, "agency", 2_000)
    assert [token.label for token in SqlTokens(engine).all(now=1_000)] == ["agency"]
    with engine.begin() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata_of(OUTBOX)) == []
    engine.dispose()


def test_old_index_is_taken_over_and_filled_anew(old_home: Path) -> None:
    engine = open_engine(old_home / "index.sqlite", synchronous="NORMAL")
    index = SqlIndex(engine)
    index.create(OLD_LEDGER)
    assert revision(engine, INDEX).is_current
    assert index.head() is None
    with engine.begin() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata_of(INDEX)) == []
        assert db.execute(select(func.count()).select_from(tables.did_versions)).scalar_one() == 0
    index.create(OLD_LEDGER)
    engine.dispose()


def test_old_index_of_another_ledger_is_refused_and_kept(old_home: Path) -> None:
    engine = open_engine(old_home / "index.sqlite", synchronous="NORMAL")
    with pytest.raises(LedgerInconsistentError):
        SqlIndex(engine).create({**OLD_LEDGER, "network": "another"})
    assert SqlIndex(engine).head() is not None
    assert revision(engine, INDEX).found is None
    engine.dispose()
