"""The index as its readers see it: one consistent view a request, bounded by the final block unless asked otherwise."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, bindparam, func, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from node.adapters.store_sql import tables as t
from node.adapters.store_sql.rows import F, fact_of, split_ids
from node.domain import fact
from node.domain.ledger import Block, Head
from node.domain.overlay import StoredEvent
from node.ports import EventQuery, IndexFillingError, NotIndexedError, StoreUnavailableError

_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    t.did_versions.name: ("version",),
    t.grants.name: ("seq",),
    t.issuances.name: ("seq",),
    t.status_changes.name: ("seq",),
    t.snapshots.name: ("seq",),
    t.schemas.name: ("version",),
    t.directory_entries.name: ("generation",),
    t.spent_nonces.name: ("nonce_seq",),
}
"""Facts with a sequence of their own come in its order (it has the index); the others by position."""

_LIST_WORDS: Final = 1_024
_ROWS_AT_ONCE: Final = 1_000
_BOUND: Final = "most_"
"""Prefix of a bound's parameter, so that a column can be compared in both ways."""


@dataclass(frozen=True, slots=True)
class SqlView:
    """Implements node.ports.IndexView over one connection inside one transaction."""

    _db: Connection
    head: Head
    upto: int

    def at_head(self) -> "SqlView":
        """Return the same view with everything seen, final or not."""
        return SqlView(self._db, self.head, self.head.block.number)

    def facts(
        self,
        kind: type[F],
        *,
        newest: bool = False,
        limit: int | None = None,
        at_most: Mapping[str, int] | None = None,
        **equal: Any,
    ) -> list[F]:
        """Return facts whose columns equal `equal` and do not exceed `at_most`, oldest first unless `newest`."""
        bounds = {"block_number": self.upto, **(at_most or {})}
        table = t.TABLE_OF[kind].name
        query = _facts_query(table, equal=tuple(equal), bounds=tuple(bounds), newest=newest, limit=limit)
        values = {**equal, **{_BOUND + name: bound for name, bound in bounds.items()}}
        return [fact_of(kind, row) for row in self._db.execute(query, values)]

    def last(self, kind: type[F], *, at_most: Mapping[str, int] | None = None, **equal: Any) -> F | None:
        """Return the newest such fact."""
        found = self.facts(kind, newest=True, limit=1, at_most=at_most, **equal)
        return found[0] if found else None

    def every(self, kind: type[F]) -> Iterator[F]:
        """Yield all facts of a kind by key, as they are read."""
        table = t.TABLE_OF[kind]
        query = select(table).where(table.c.block_number <= self.upto).order_by(*table.primary_key.columns)
        for row in self._db.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
            yield fact_of(kind, row)

    def count(self, kind: type[fact.Fact]) -> int:
        """Return how many facts of a kind there are."""
        table = t.TABLE_OF[kind]
        query = select(func.count()).select_from(table).where(table.c.block_number <= self.upto)
        return self._db.execute(query).scalar_one()

    def event_rows(self) -> Iterator[Mapping[str, Any]]:
        """Yield all events in the order in which they entered the index, as rows of their table."""
        table = t.events
        query = select(table).where(table.c.seen_block <= self.upto)
        query = query.order_by(table.c.seen_block, table.c.block_number, table.c.log_index)
        for row in self._db.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)).mappings():
            yield dict(row)

    def words(self, list_id: bytes) -> bytes:
        """Return a list's 32,768 bytes as seen at the head (not the final block)."""
        words = bytearray(32 * _LIST_WORDS)
        query = select(t.status_words.c.word, t.status_words.c.value).where(t.status_words.c.list_id == list_id)
        for word, value in self._db.execute(query):
            words[32 * word : 32 * word + 32] = value
        return bytes(words)

    def words_upto(self, list_id: bytes) -> bytes:
        """Return a list's 32,768 bytes as of this view's bound."""
        words = bytearray(self.words(list_id))
        for change in self._changes_after(list_id, self.upto):
            at = 32 * change.first_word
            here = int.from_bytes(words[at : at + len(change.masks)]) ^ int.from_bytes(change.masks)
            words[at : at + len(change.masks)] = here.to_bytes(len(change.masks))
        return bytes(words)

    def changes_after_final(self, list_id: bytes) -> list[fact.StatusChange]:
        """Return a list's changes that are not final yet, oldest first."""
        return self._changes_after(list_id, self.head.final.number)

    def _changes_after(self, list_id: bytes, block_number: int) -> list[fact.StatusChange]:
        table = t.status_changes
        query = (
            select(table).where(table.c.list_id == list_id, table.c.block_number > block_number).order_by(table.c.seq)
        )
        return [fact_of(fact.StatusChange, row) for row in self._db.execute(query)]

    def event_at(self, block_number: int, log_index: int) -> StoredEvent | None:
        """Return the event at a position."""
        table = t.events
        query = select(table).where(table.c.block_number == block_number, table.c.log_index == log_index)
        row = self._db.execute(query).first()
        return _event_of(row) if row else None

    def pending(self, did_id: bytes) -> list[StoredEvent]:
        """Return the events about a DID in blocks that are not final yet."""
        if self.head.is_all_final:
            return []
        query = self._about(did_id).where(t.events.c.block_number > self.head.final.number)
        return [
            _event_of(row) for row in self._db.execute(query.order_by(t.events.c.block_number, t.events.c.log_index))
        ]

    def events(self, wanted: EventQuery) -> list[StoredEvent]:
        """Return events up to the head in (block, log index) order; at most `wanted.limit`."""
        table = t.events
        query = self._about(wanted.did_id) if wanted.did_id is not None else select(table)
        if wanted.types:
            query = query.where(table.c.type.in_(wanted.types))
        for column, low, high in (
            (table.c.block_number, wanted.from_block, wanted.to_block),
            (table.c.block_time, wanted.from_time, wanted.to_time),
        ):
            query = query.where(column >= low) if low is not None else query
            query = query.where(column <= high) if high is not None else query
        if wanted.after is not None:
            block, index = wanted.after
            query = query.where(
                (table.c.block_number > block) | ((table.c.block_number == block) & (table.c.log_index > index))
            )
        query = query.order_by(table.c.block_number, table.c.log_index).limit(wanted.limit)
        return [_event_of(row) for row in self._db.execute(query)]

    def events_of_transaction(self, transaction_hash: bytes) -> list[StoredEvent]:
        """Return the events of one transaction, in order."""
        query = select(t.events).where(t.events.c.transaction_hash == transaction_hash).order_by(t.events.c.log_index)
        return [_event_of(row) for row in self._db.execute(query)]

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has: for people, and for `index digest`."""
        return {
            table.name: self._db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in t.FACT_TABLES
        }

    @staticmethod
    def _about(did_id: bytes) -> Select[Any]:
        subjects, events = t.event_subjects, t.events
        on = (events.c.block_number == subjects.c.block_number) & (events.c.log_index == subjects.c.log_index)
        return select(events).join(subjects, on).where(subjects.c.did_id == did_id)


@lru_cache(maxsize=256)
def _facts_query(
    table_name: str, *, equal: tuple[str, ...], bounds: tuple[str, ...], newest: bool, limit: int | None
) -> Select[Any]:
    """Build a query once for each shape; building one costs more than running it."""
    table = t.index_metadata.tables[table_name]
    query = select(table)
    for name in equal:
        query = query.where(table.c[name] == bindparam(name))
    for name in bounds:
        query = query.where(table.c[name] <= bindparam(_BOUND + name))
    names = _ORDER.get(table_name, ("block_number", "log_index"))
    query = query.order_by(*(table.c[name].desc() if newest else table.c[name] for name in names))
    return query if limit is None else query.limit(limit)


class SqlReads:
    """Implements node.ports.IndexReads over one engine. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except PoolTimeoutError as error:
            raise StoreUnavailableError("every connection for reading is in use: try again in a moment") from error

    @contextmanager
    def view(self) -> Iterator[SqlView]:
        """Open a consistent view of the index.

        Raises NotIndexedError before the first block, IndexFillingError before the index was whole for the first time,
        StoreUnavailableError where no connection is free in time.
        """
        with self._connect() as db, db.begin():
            row = db.execute(select(t.cursor)).first()
            if row is None:
                raise NotIndexedError
            if row.fills_to:
                raise IndexFillingError(row.head_number, row.fills_to)
            head = Head(
                Block(row.head_number, row.head_hash, row.head_parent, row.head_time),
                Block(row.final_number, row.final_hash, row.final_parent, row.final_time),
            )
            yield SqlView(db, head, head.final.number)


def _event_of(row: Any) -> StoredEvent:
    return StoredEvent(
        row.block_number,
        row.log_index,
        row.block_time,
        row.transaction_hash,
        row.contract,
        row.type,
        json.loads(row.fields),
        tuple(split_ids(row.subjects)),
    )
