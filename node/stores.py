"""The node's stores, opened and closed together."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from node.adapters.store_sql.engine import open_engine
from node.adapters.store_sql.hot import SqliteHotReads
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.published_lists import SqlPublishedLists
from node.adapters.store_sql.reads import SqlReads
from node.adapters.store_sql.registrations import SqlRegistrations
from node.adapters.store_sql.tokens import SqlTokens
from node.config import Config
from node.services.tokens import Tokens


def unix_now() -> int:
    """Return the present moment in whole seconds: the edge's clock."""
    return int(time.time())


@dataclass(slots=True)
class Stores:
    """The node's files, opened."""

    index_engine: Engine
    outbox_engine: Engine
    index: SqlIndex
    reads: SqlReads
    hot: SqliteHotReads
    outbox: SqlOutbox
    registrations: SqlRegistrations
    published: SqlPublishedLists
    tokens: Tokens

    def close(self) -> None:
        """Close every connection."""
        self.hot.close()
        self.index_engine.dispose()
        self.outbox_engine.dispose()


def open_stores(config: Config) -> Stores:
    """Open or make the index and the outbox of this ledger. Raises LedgerInconsistentError for another's."""
    index_engine = open_engine(config.index_path, synchronous="NORMAL")
    outbox_engine = open_engine(config.outbox_path, synchronous="FULL")
    index, outbox, tokens = SqlIndex(index_engine), SqlOutbox(outbox_engine), SqlTokens(outbox_engine)
    published = SqlPublishedLists(index_engine)
    try:
        index.create(config.identity())
        outbox.create(config.identity())
        published.create()
    except BaseException:
        index_engine.dispose()
        outbox_engine.dispose()
        raise
    return Stores(
        index_engine,
        outbox_engine,
        index,
        SqlReads(index_engine),
        SqliteHotReads(config.index_path),
        outbox,
        SqlRegistrations(outbox_engine),
        published,
        Tokens(tokens, now=unix_now),
    )


def open_tokens(config: Config) -> tuple[Tokens, Callable[[], None]]:
    """Open only the tokens: what `mapae-node tokens` needs, also while the node runs."""
    engine = open_engine(config.outbox_path, synchronous="FULL")
    SqlOutbox(engine).create(config.identity())
    return Tokens(SqlTokens(engine), now=unix_now), engine.dispose
