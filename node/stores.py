"""The node's stores, opened and closed together: two SQLite files of the home, or two schemas of one PostgreSQL."""

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Engine

from node.adapters.store_sql.engine import on_trouble, open_engine
from node.adapters.store_sql.hot import SqliteHotReads
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.leases import SqlLease
from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.published_lists import SqlPublishedLists
from node.adapters.store_sql.reads import SqlReads
from node.adapters.store_sql.registrations import SqlRegistrations
from node.adapters.store_sql.tokens import SqlTokens
from node.config import Config
from node.measures import Tally
from node.ports import HotReads
from node.services.tokens import Tokens

INDEXER: Final = "indexer"
SENDER: Final = "sender"


def unix_now() -> int:
    """Return the present moment in whole seconds: the edge's clock."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Leases:
    """What this node must hold to write the index, and to send."""

    indexer: SqlLease
    sender: SqlLease


@dataclass(slots=True)
class Stores:
    """The node's stores, opened. `leases`: None where the home's lock already makes this node the only one."""

    index_engine: Engine
    outbox_engine: Engine
    reads_engine: Engine
    index: SqlIndex
    reads: SqlReads
    hot: HotReads
    outbox: SqlOutbox
    registrations: SqlRegistrations
    published: SqlPublishedLists
    tokens: Tokens
    leases: Leases | None
    errors: Tally
    """Statements that the database did not carry out, by part."""

    def close(self) -> None:
        """Close every connection."""
        self.hot.close()
        for engine in (self.index_engine, self.outbox_engine, self.reads_engine):
            engine.dispose()


def open_index(config: Config) -> Engine:
    """Open the index to write to it."""
    if not config.database:
        return open_engine(config.index_path, synchronous="NORMAL")
    from node.adapters.store_sql import postgresql as pg

    access = pg.Access(schema=pg.INDEX_SCHEMA, pool_size=config.database_pool, is_durable=False)
    return pg.open_postgresql(config.database, access)


def open_outbox(config: Config) -> Engine:
    """Open the outbox."""
    if not config.database:
        return open_engine(config.outbox_path, synchronous="FULL")
    from node.adapters.store_sql import postgresql as pg

    return pg.open_postgresql(config.database, pg.Access(schema=pg.OUTBOX_SCHEMA, pool_size=config.database_pool))


def open_stores(config: Config) -> Stores:
    """Open or make the index and the outbox of this ledger. Raises LedgerInconsistentError for another's."""
    index_engine, outbox_engine = open_index(config), open_outbox(config)
    try:
        leases = _leases(index_engine, outbox_engine) if config.database else None
        index = SqlIndex(index_engine, leases.indexer if leases else None)
        outbox = SqlOutbox(outbox_engine, leases.sender if leases else None)
        index.create(config.identity())
        outbox.create(config.identity())
    except BaseException:
        index_engine.dispose()
        outbox_engine.dispose()
        raise
    reads_engine, hot = _reading(config, index_engine)
    return Stores(
        index_engine,
        outbox_engine,
        reads_engine,
        index,
        SqlReads(reads_engine),
        hot,
        outbox,
        SqlRegistrations(outbox_engine),
        SqlPublishedLists(index_engine),
        Tokens(SqlTokens(outbox_engine), now=unix_now),
        leases,
        _counting_errors(index=index_engine, outbox=outbox_engine, reads=reads_engine),
    )


def _counting_errors(**engines: Engine) -> Tally:
    errors = Tally()
    for part, engine in engines.items():
        if part == "reads" and engine is engines["index"]:
            continue
        on_trouble(engine, partial(errors.add, part))
    return errors


def process_name() -> str:
    """Return a name that no other process has, or will have: host, process, random."""
    return f"{socket.gethostname()[:80]}/{os.getpid()}/{secrets.token_hex(6)}"


def _leases(index_engine: Engine, outbox_engine: Engine) -> Leases:
    holder = process_name()
    return Leases(
        SqlLease(index_engine, INDEXER, holder=holder),
        SqlLease(outbox_engine, SENDER, holder=holder),
    )


def _reading(config: Config, index_engine: Engine) -> tuple[Engine, HotReads]:
    """Open what readers use: on PostgreSQL connections of their own, so that they and the writer never wait in line."""
    if not config.database:
        return index_engine, SqliteHotReads(config.index_path)
    from node.adapters.store_sql import postgresql as pg
    from node.adapters.store_sql.hot_postgresql import PostgresHotReads

    access = pg.Access(
        schema=pg.INDEX_SCHEMA, pool_size=config.database_pool, timeout_s=config.database_timeout_s, reads_only=True
    )
    return pg.open_postgresql(config.database, access), PostgresHotReads(config.database, access)


def open_tokens(config: Config) -> tuple[Tokens, Callable[[], None]]:
    """Open only the tokens: what `mapae-node tokens` needs, also while the node runs."""
    engine = open_outbox(config)
    SqlOutbox(engine).create(config.identity())
    return Tokens(SqlTokens(engine), now=unix_now), engine.dispose
