"""PostgreSQL's side of the stores: bounds, read-only readers, the hot read, lost connections, no password in words."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from node.adapters.store_sql.engine import writing
from node.adapters.store_sql.hot_postgresql import PostgresHotReads
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.postgresql import INDEX_SCHEMA, Access, open_postgresql
from node.adapters.store_sql.reads import SqlReads
from node.config import as_toml, load_config, without_secrets
from node.domain.ledger import Block, Head
from node.ports import Chunk, DidHead, StoreUnavailableError
from registry_client.errors import ConfigurationError
from tests.support.databases import Database
from tests.support.postgresql import PASSWORD, Cluster

HEAD = Block(5, b"\5" * 32, b"\4" * 32, 1_005)
READS = Access(schema=INDEX_SCHEMA, pool_size=2, timeout_s=0.2, reads_only=True)


@pytest.fixture
def database(tmp_path: Path, postgresql: Cluster) -> Iterator[Database]:
    made = Database(tmp_path, postgresql, postgresql.create())
    index = SqlIndex(made.index())
    index.create({"network": "x"})
    index.apply(Chunk((), (), (HEAD,), Head(HEAD, HEAD)))
    try:
        yield made
    finally:
        made.close()


def test_reader_without_a_free_connection_is_told_at_once(database: Database) -> None:
    engine = open_postgresql(database.url, READS)
    reads = SqlReads(engine)
    with reads.view(), reads.view(), pytest.raises(StoreUnavailableError, match="in use"), reads.view():
        raise AssertionError("a third view")
    with reads.view() as view:
        assert view.head.block == HEAD
    engine.dispose()


def test_long_statement_is_cancelled_and_a_reader_cannot_write(database: Database) -> None:
    engine = open_postgresql(database.url, READS)
    with pytest.raises(StoreUnavailableError, match="timeout"), engine.begin() as db:
        db.execute(text("SELECT pg_sleep(60)"))
    with pytest.raises(StoreUnavailableError, match="read-only"), engine.begin() as db:
        db.execute(text("DELETE FROM cursor"))
    engine.dispose()


def test_view_is_one_state_however_many_statements_it_takes(database: Database) -> None:
    engine = open_postgresql(database.url, READS)
    newer = Block(6, b"\6" * 32, HEAD.hash, 1_006)
    with SqlReads(engine).view() as view:
        SqlIndex(database.index()).apply(Chunk((), (), (newer,), Head(newer, newer)))
        assert view._db.execute(text("SELECT head_number FROM cursor")).scalar_one() == HEAD.number
    with SqlReads(engine).view() as view:
        assert view.head.block == newer
    engine.dispose()


async def test_hot_reads_are_answered_together_and_survive_a_lost_connection(database: Database) -> None:
    hot = PostgresHotReads(database.url, READS)
    expected = DidHead(HEAD.number, HEAD.hash, HEAD.time, HEAD.number, None, has_pending=False)
    try:
        found = await asyncio.gather(*(hot.did_head(number.to_bytes(20)) for number in range(1_000)))
        assert found == [expected] * 1_000
        with database.outbox().begin() as db:
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            db.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        assert await hot.did_head(bytes(20)) == expected
    finally:
        hot.close()


async def test_hot_read_waits_for_no_lock(database: Database) -> None:
    hot = PostgresHotReads(database.url, READS)
    try:
        with writing(database.index()).begin() as db:
            for statement in ("SELECT * FROM cursor FOR UPDATE", "LOCK TABLE did_versions, leases IN EXCLUSIVE MODE"):
                db.execute(text(statement))
            assert (await hot.did_head(bytes(20))) is not None
    finally:
        hot.close()


async def test_hot_read_of_a_database_that_is_away_is_an_error_of_its_own(postgresql: Cluster) -> None:
    url = f"postgresql://mapae:{PASSWORD}@127.0.0.1:1/nothing"
    hot = PostgresHotReads(url, READS)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError) as told:
            await hot.did_head(bytes(20))
        assert PASSWORD not in str(told.value)
    hot.close()
    engine = open_postgresql(postgresql.admin.replace(PASSWORD, "wrong-" + PASSWORD), READS)
    with pytest.raises(StoreUnavailableError) as told, engine.connect():
        raise AssertionError("a wrong password")
    assert "password authentication failed" in str(told.value)
    assert PASSWORD not in str(told.value)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://mapae:{PASSWORD}@db.example/mapae",
        f"postgres://mapae:{PASSWORD}@one.example:1,two.example:2/mapae?sslmode=verify-full",
        f"postgresql:///mapae?host=/run/postgresql&password={PASSWORD}",
        f"postgresql:///mapae?password={PASSWORD}&host=/run/postgresql#x",
        f"postgresql://mapae:{PASSWORD}%40%2F@[::1]:5432/mapae",
        f"postgresql://mapae:a:{PASSWORD}@db/mapae",
    ],
)
def test_settings_are_shown_without_the_password(url: str, tmp_path: Path) -> None:
    config = load_config({"home": tmp_path, "database": url}, {})
    shown = as_toml(without_secrets(config))
    assert PASSWORD not in shown
    assert "***" in shown
    assert PASSWORD not in repr(config)
    assert config.database == url
    assert load_config({"home": tmp_path}, {"MAPAE_DATABASE": url}).database == url


def test_wrong_urls_are_refused_without_being_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_config({"home": tmp_path, "database": f"mysql://u:{PASSWORD}@h/d"}, {})
    assert PASSWORD not in refused.value.detail
    with pytest.raises(ConfigurationError) as refused:
        open_postgresql(f"postgresql://u:{PASSWORD}@h/d?no_such_option=1", READS)
    assert PASSWORD not in refused.value.detail
    assert refused.value.__cause__ is None
