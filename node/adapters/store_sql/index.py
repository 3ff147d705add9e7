"""The index as its writer sees it: chunks in, undo, and what was known before an event.

- A chunk's rows and the cursor are one transaction: after a crash at any point the index is a true state of some block.
- Undo deletes by `seen_block` and takes status masks back by XOR; it never goes below the final block.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, case, delete, insert, inspect, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from node.adapters.store_sql import tables as t
from node.adapters.store_sql.engine import insert_rows, one_at_a_time, upsert, writing
from node.adapters.store_sql.leases import SqlLease
from node.adapters.store_sql.migrate import INDEX, upgrade
from node.adapters.store_sql.rows import EVENT_ROW, ROW_OF, F, fact_of, split_ids
from node.domain import fact
from node.domain.ledger import Block, Head
from node.domain.projection import first_ops_head
from node.ports import Chunk
from registry_client.errors import LedgerInconsistentError

_VERSION: Final = "index_version"
_PLACE: Final = tuple(column for column in t.cursor.c if column is not t.cursor.c.fills_to)
_WORDS_AT_ONCE: Final = 500
"""Words of status lists asked for by one statement."""
_CACHE_MAX = 50_000
"""Entries of the writer's memory of last versions and list heads; beyond it the memory is dropped, not grown."""


class SqlIndex:
    """Implements node.ports.IndexStore over one engine, for one writer: `lease` says who, where nodes share it."""

    def __init__(self, engine: Engine, lease: SqlLease | None = None) -> None:
        self._engine, self._lease = engine, lease
        self._last_versions: dict[bytes, fact.DidVersion] = {}
        self._ops_heads: dict[bytes, bytes] = {}
        self._owners: dict[tuple[str, bytes], bytes] = {}

    def create(self, identity: Mapping[str, str]) -> None:
        """Make or change the tables and check that they are ours; an index that an older program filled is emptied.

        Raises LedgerInconsistentError for another ledger's index, NewerDatabaseError.
        """
        self._require_same(identity)
        upgrade(self._engine, INDEX)
        expected = {**identity, _VERSION: str(t.INDEX_VERSION)}
        with writing(self._engine).begin() as db:
            one_at_a_time(db, "create index")
            if db.execute(select(t.meta)).first() is None:
                new = upsert(db, t.meta).values([{"name": name, "value": value} for name, value in expected.items()])
                db.execute(new.on_conflict_do_nothing())
            found = {row.name: row.value for row in db.execute(select(t.meta))}
            if {**found, _VERSION: expected[_VERSION]} == expected and int(found[_VERSION]) < t.INDEX_VERSION:
                empty(db)
                db.execute(update(t.meta).where(t.meta.c.name == _VERSION).values(value=expected[_VERSION]))
            elif found != expected:
                raise _foreign(found, expected)

    def _require_same(self, identity: Mapping[str, str]) -> None:
        """Look before tables are changed: another ledger's index stays as it is."""
        with self._engine.begin() as db:
            known = inspect(db).has_table(t.meta.name)
            found = {row.name: row.value for row in db.execute(select(t.meta))} if known else {}
        found.pop(_VERSION, None)
        if found and found != dict(identity):
            raise _foreign(found, identity)

    def head(self) -> Head | None:
        """Return the cursor, None before the first block."""
        with self._engine.begin() as db:
            row = db.execute(select(*_PLACE)).first()
        if row is None:
            return None
        return Head(
            Block(row.head_number, row.head_hash, row.head_parent, row.head_time),
            Block(row.final_number, row.final_hash, row.final_parent, row.final_time),
        )

    def block(self, number: int) -> Block | None:
        """Return an indexed header, None where it was not kept."""
        with self._engine.begin() as db:
            row = db.execute(select(t.blocks).where(t.blocks.c.number == number)).first()
        return Block(row.number, row.hash, row.parent_hash, row.time) if row else None

    def apply(self, chunk: Chunk) -> None:
        """Store a chunk and move the cursor, in one transaction."""
        try:
            with writing(self._engine).begin() as db:
                self._check_lease(db)
                self._insert_events(db, chunk)
                for kind, facts in _by_kind(chunk.facts).items():
                    insert_rows(db, t.TABLE_OF[kind], list(map(ROW_OF[kind], facts)))
                _flip(db, [item for item in chunk.facts if isinstance(item, fact.StatusChange)])
                self._insert_blocks(db, chunk)
                _write_cursor(db, chunk.head, fills_to=chunk.fills_to)
        except IntegrityError as error:
            self.forget()
            raise LedgerInconsistentError(
                "the ledger gave an event twice in two places: rebuild the index (`mapae-node index rebuild`)",
                first_block=chunk.blocks[0].number if chunk.blocks else None,
                head=chunk.head.block.number,
                cause=str(error.orig),
            ) from error
        except BaseException:
            self.forget()
            raise
        self._remember(chunk.facts)

    def _check_lease(self, db: Connection) -> None:
        if self._lease is not None:
            self._lease.check(db)

    def _insert_events(self, db: Connection, chunk: Chunk) -> None:
        if not chunk.events:
            return
        insert_rows(db, t.events, list(map(EVENT_ROW, chunk.events)))
        subjects = [
            (did_id, row["block_number"], row["log_index"], row["seen_block"])
            for row in chunk.events
            for did_id in split_ids(row["subjects"])
        ]
        if subjects:
            insert_rows(db, t.event_subjects, subjects)

    def _insert_blocks(self, db: Connection, chunk: Chunk) -> None:
        """Keep the headers from the final block upwards: what links and undo need."""
        final = chunk.head.final.number
        rows = {block.number: block for block in (*chunk.blocks, chunk.head.block, chunk.head.final)}
        wanted = [block for block in rows.values() if block.number >= final]
        numbers = [block.number for block in wanted]
        db.execute(delete(t.blocks).where((t.blocks.c.number < final) | t.blocks.c.number.in_(numbers)))
        db.execute(
            insert(t.blocks),
            [{"number": b.number, "hash": b.hash, "parent_hash": b.parent_hash, "time": b.time} for b in wanted],
        )

    def undo_to(self, block: Block, final: Block) -> int:
        """Forget everything seen after `block`, in one transaction; return how many events that were."""
        with writing(self._engine).begin() as db:
            self._check_lease(db)
            changes = select(t.status_changes).where(t.status_changes.c.seen_block > block.number)
            _flip(db, [fact_of(fact.StatusChange, row) for row in db.execute(changes)])
            undone = 0
            for table in t.FACT_TABLES:
                deleted = db.execute(delete(table).where(table.c.seen_block > block.number))
                undone += deleted.rowcount if table is t.events else 0
            db.execute(delete(t.blocks).where(t.blocks.c.number > block.number))
            _write_cursor(db, Head(block, final))
        self.forget()
        return undone

    def watched(self) -> list[fact.DirectoryEntry]:
        """Return every contract that Directory ever named, oldest first."""
        table = t.directory_entries
        with self._engine.begin() as db:
            rows = db.execute(select(table).order_by(table.c.block_number, table.c.log_index)).all()
        return [fact_of(fact.DirectoryEntry, row) for row in rows]

    def last_version(self, did_id: bytes) -> fact.DidVersion | None:
        """Return the newest version of a DID, as after everything applied so far."""
        if (cached := self._last_versions.get(did_id)) is not None:
            return cached
        table = t.did_versions
        with self._engine.begin() as db:
            row = db.execute(
                select(table).where(table.c.did_id == did_id).order_by(table.c.version.desc()).limit(1)
            ).first()
        return fact_of(fact.DidVersion, row) if row else None

    def ops_head(self, list_id: bytes) -> bytes | None:
        """Return a list's running digest, None before it is opened."""
        if (cached := self._ops_heads.get(list_id)) is not None:
            return cached
        lists, changes = t.status_lists, t.status_changes
        with self._engine.begin() as db:
            opened = db.execute(select(lists.c.list_id).where(lists.c.list_id == list_id)).first()
            last = db.execute(
                select(changes.c.ops_head).where(changes.c.list_id == list_id).order_by(changes.c.seq.desc()).limit(1)
            ).first()
        if opened is None:
            return None
        return bytes(last.ops_head) if last else first_ops_head(list_id)

    def last_service(self, type_id: bytes, code: bytes) -> fact.Service | None:
        """Return the newest version of a service code."""
        return self._newest(fact.Service, t.services, type_id=type_id, code=code)

    def last_admission(self, agency: bytes) -> fact.Admission | None:
        """Return an agency's newest admission or dismissal."""
        return self._newest(fact.Admission, t.admissions, agency=agency)

    def last_term(self, agency: bytes, role: int, grantee: bytes) -> fact.RoleTerm | None:
        """Return the newest term of a key in a role."""
        return self._newest(fact.RoleTerm, t.role_terms, agency=agency, role=role, grantee=grantee)

    def _newest(self, kind: type[F], table: Table, **where: Any) -> F | None:
        rows = select(table).where(*(table.c[name] == value for name, value in where.items()))
        with self._engine.begin() as db:
            row = db.execute(rows.order_by(table.c.block_number.desc(), table.c.log_index.desc()).limit(1)).first()
        return fact_of(kind, row) if row else None

    def owner_of(self, kind: str, key: bytes) -> bytes | None:
        """Return the DID id that owns a status list (`kind` list) or a credential type (`kind` type)."""
        if (cached := self._owners.get((kind, key))) is not None:
            return cached
        table, column = (
            (t.status_lists, t.status_lists.c.list_id) if kind == "list" else (t.schemas, t.schemas.c.type_id)
        )
        with self._engine.begin() as db:
            row = db.execute(select(table.c.owner).where(column == key).limit(1)).first()
        if row is None:
            return None
        self._owners[kind, key] = bytes(row.owner)
        return self._owners[kind, key]

    def forget(self) -> None:
        """Drop the writer's memory: after an undo or a failed chunk it may speak of what is gone."""
        self._last_versions.clear()
        self._ops_heads.clear()
        self._owners.clear()

    def _remember(self, facts: Iterable[fact.Fact]) -> None:
        if len(self._last_versions) + len(self._ops_heads) + len(self._owners) > _CACHE_MAX:
            self.forget()
        for item in facts:
            if isinstance(item, fact.DidVersion):
                self._last_versions[item.did_id] = item
            elif isinstance(item, fact.StatusChange):
                self._ops_heads[item.list_id] = item.ops_head
            elif isinstance(item, fact.StatusList):
                self._owners["list", item.list_id] = item.owner
            elif isinstance(item, fact.Schema):
                self._owners["type", item.type_id] = item.owner


def _by_kind(facts: Iterable[fact.Fact]) -> dict[type[fact.Fact], list[fact.Fact]]:
    sorted_out: dict[type[fact.Fact], list[fact.Fact]] = {}
    for item in facts:
        sorted_out.setdefault(type(item), []).append(item)
    return sorted_out


def _foreign(found: Mapping[str, str], expected: Mapping[str, str]) -> LedgerInconsistentError:
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    return LedgerInconsistentError(
        f"the index was made for another ledger or version ({', '.join(differing)} differ): "
        "point the node at its own ledger, or run `mapae-node index rebuild`",
        index=found,
        expected=expected,
    )


def empty(db: Connection) -> None:
    """Delete everything that came from the ledger: the indexer begins anew."""
    for table in (*t.FACT_TABLES, t.status_words, t.blocks, t.cursor):
        db.execute(delete(table))


def _flip(db: Connection, changes: Sequence[fact.StatusChange]) -> None:
    """XOR masks into the words of their lists: applies changes, or takes them back."""
    masks: dict[tuple[bytes, int], int] = {}
    for change in changes:
        for word, at in enumerate(range(0, len(change.masks), 32), change.first_word):
            if mask := int.from_bytes(change.masks[at : at + 32]):
                masks[change.list_id, word] = masks.get((change.list_id, word), 0) ^ mask
    table = t.status_words
    place = tuple_(table.c.list_id, table.c.word)
    every = list(masks)
    for start in range(0, len(every), _WORDS_AT_ONCE):
        places = every[start : start + _WORDS_AT_ONCE]
        known = {
            (bytes(row.list_id), row.word): row.value for row in db.execute(select(table).where(place.in_(places)))
        }
        rows = [
            {"list_id": at[0], "word": at[1], "value": (int.from_bytes(known.get(at, b"")) ^ masks[at]).to_bytes(32)}
            for at in places
        ]
        new = upsert(db, table)
        keys = [table.c.list_id, table.c.word]
        db.execute(new.on_conflict_do_update(index_elements=keys, set_={"value": new.excluded.value}), rows)


def _write_cursor(db: Connection, head: Head, *, fills_to: int = 0) -> None:
    """Move the cursor; what it has yet to reach is set with the first row, and forgotten once it was there."""
    values = {
        "head_number": head.block.number,
        "head_hash": head.block.hash,
        "head_parent": head.block.parent_hash,
        "head_time": head.block.time,
        "final_number": head.final.number,
        "final_hash": head.final.hash,
        "final_parent": head.final.parent_hash,
        "final_time": head.final.time,
    }
    begun = fills_to if head.block.number < fills_to else 0
    new = upsert(db, t.cursor).values(id=1, **values, fills_to=begun)
    left = case((t.cursor.c.fills_to <= head.block.number, 0), else_=t.cursor.c.fills_to)
    db.execute(new.on_conflict_do_update(index_elements=[t.cursor.c.id], set_={**values, "fills_to": left}))
