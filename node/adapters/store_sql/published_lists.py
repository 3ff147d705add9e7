"""Published status lists: a table of its own beside the index, which anybody may empty; agencies fill it again."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Engine, LargeBinary, Table, Text, delete, insert, select

from node.adapters.store_sql.engine import one_at_a_time, writing
from node.adapters.store_sql.tables import index_metadata
from node.domain.published import StoredList
from node.ports import Freshness

published_lists = Table(
    "published_lists",
    index_metadata,
    Column("list_id", LargeBinary, primary_key=True),
    Column("form", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ttl_s", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Column("etag", Text, nullable=False),
)
_COLUMNS: Final = tuple(column.name for column in published_lists.columns)


class SqlPublishedLists:
    """Implements node.ports.PublishedStore. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def replace(self, forms: Sequence[StoredList]) -> bool:
        """Store every form of one list at once; False, and nothing stored, if a newer or the same one is there."""
        table, first = published_lists, forms[0]
        here = table.c.list_id == first.list_id
        with writing(self._engine).begin() as db:
            one_at_a_time(db, f"published list {first.list_id.hex()}")
            known = db.execute(select(table.c.seq, table.c.signed_at).where(here)).first()
            if known is not None and (known.seq, known.signed_at) >= (first.seq, first.signed_at):
                return False
            db.execute(delete(table).where(here))
            db.execute(insert(table), [{name: getattr(form, name) for name in _COLUMNS} for form in forms])
            return True

    def get(self, list_id: bytes, form: str) -> StoredList | None:
        """Return one form of a list."""
        table = published_lists
        with self._engine.begin() as db:
            row: Any = db.execute(select(table).where(table.c.list_id == list_id, table.c.form == form)).first()
        return StoredList(**{name: getattr(row, name) for name in _COLUMNS}) if row else None

    def freshness(self, *, now: int) -> Freshness:
        """Return how old the lists are, by their token form, which each of them has."""
        table = published_lists
        lists = select(table.c.signed_at, table.c.expires_at).where(table.c.form == "token")
        with self._engine.begin() as db:
            rows = db.execute(lists).all()
        valid = [row for row in rows if row.expires_at > now]
        return Freshness(
            len(valid),
            len(rows) - len(valid),
            min((row.signed_at for row in valid), default=None),
            min((row.expires_at for row in valid), default=None),
        )

    def urls(self, *, alive_at: int, limit: int) -> list[str]:
        """Return the URLs of the token lists that are valid at a time (unix seconds)."""
        table = published_lists
        query = select(table.c.url).where(table.c.form == "token", table.c.expires_at > alive_at)
        with self._engine.begin() as db:
            return list(db.execute(query.order_by(table.c.url).limit(limit)).scalars())
