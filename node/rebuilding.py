"""The index anew, beside the old one, then in its place: a file of the home, or a schema of the database.

Reads go on meanwhile. Nobody else may write the index: the home's lock or the lease of the index sees to that.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.schema import DropSchema

from node.adapters.store_sql.engine import upsert, writing
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.leases import SqlLease, owner_of_lease
from node.adapters.store_sql.migrate import INDEX, NewerDatabaseError, upgrade
from node.adapters.store_sql.scratch import finish, open_scratch, put_off_indexes
from node.adapters.store_sql.tables import leases
from node.config import Config
from node.lease_keeper import LeaseKeeper
from node.ports import LeaseLostError, StoreUnavailableError
from node.stores import INDEXER, open_index, process_name
from registry_client.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class FreshIndex:
    """An empty index: its writer, and the engine for who reads it before it is put in place."""

    store: SqlIndex
    engine: Engine


@contextmanager
def fresh_index(config: Config) -> Iterator[FreshIndex]:
    """Give an empty index to fill; it takes the old one's place when the block ends without an error.

    With an error the old one stays and nothing of the new one is left. Raises ConfigurationError where a node is
    indexing, StoreUnavailableError.
    """
    with _in_database(config) if config.database else _in_home(config) as index:
        yield index


@contextmanager
def _in_home(config: Config) -> Iterator[FreshIndex]:
    fresh = config.index_path.with_name("index.rebuild.sqlite")
    _remove(fresh)
    engine = open_scratch(fresh)
    try:
        index = SqlIndex(engine)
        index.create(config.identity())
        put_off_indexes(engine)
        yield FreshIndex(index, engine)
        finish(engine, fresh)
    except BaseException:
        engine.dispose()
        _remove(fresh)
        raise
    _remove(config.index_path)
    fresh.replace(config.index_path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _in_database(config: Config) -> Iterator[FreshIndex]:
    from node.adapters.store_sql import postgresql as pg

    old = open_index(config)
    access = pg.Access(
        schema=pg.REBUILD_SCHEMA, pool_size=config.database_pool, idle_s=pg.READ_IDLE_S, is_durable=False
    )
    fresh = pg.open_postgresql(config.database, access)
    lease = SqlLease(old, INDEXER, holder=process_name())
    keeper = LeaseKeeper([lease], silent_s=lambda: 0.0, on_change=lambda: None)
    try:
        _require_tables(old)
        keeper.start()
        if lease.begin() is None:
            raise ConfigurationError(
                f"a node is indexing ({owner_of_lease(old, INDEXER)}): stop every `--role all` and `--role worker` "
                "node of this database first; `--role api` nodes may go on"
            )
        _drop_rebuild(old, lease)
        try:
            index = SqlIndex(fresh)
            index.create(config.identity())
            yield FreshIndex(index, fresh)
            _swap(old, lease)
        except BaseException:
            fresh.dispose()
            with suppress(StoreUnavailableError, LeaseLostError):  # what failed matters more; the next one drops it
                _drop_rebuild(old, lease)
            raise
    finally:
        keeper.stop()
        fresh.dispose()
        old.dispose()


def _drop_rebuild(old: Engine, lease: SqlLease) -> None:
    """Drop what a rebuild left; never what another process is making."""
    from node.adapters.store_sql import postgresql as pg

    with writing(old).begin() as db:
        lease.check(db)
        db.execute(DropSchema(pg.REBUILD_SCHEMA, cascade=True, if_exists=True))


def _require_tables(old: Engine) -> None:
    """Have a lease to take; tables that a newer program made have one."""
    try:
        upgrade(old, INDEX)
    except NewerDatabaseError:
        return


def _swap(old: Engine, lease: SqlLease) -> None:
    """Put the fresh schema in the old one's place, in one transaction; the tokens of its lease go on counting."""
    from node.adapters.store_sql import postgresql as pg

    with writing(old).begin() as db:
        lease.check(db)
        kept = [dict(row._mapping) for row in db.execute(select(leases))]  # noqa: SLF001 - the name that SQLAlchemy documents
        db.execute(DropSchema(pg.INDEX_SCHEMA, cascade=True))
        db.exec_driver_sql(f"ALTER SCHEMA {pg.REBUILD_SCHEMA} RENAME TO {pg.INDEX_SCHEMA}")
        for row in kept:
            new = upsert(db, leases).values(**row)
            db.execute(new.on_conflict_do_update(index_elements=[leases.c.name], set_=row))
