"""Leases: which of several nodes writes the index, and which one sends. One row a lease, beside what it guards.

- Time is the database's: replicas with wrong clocks agree all the same.
- Every new holder gets a higher token. Each guarded transaction checks holder and token in itself and keeps the row
  from changing hands until it ends: a holder that was paused past its time writes nothing any more.
- Renewal changes no key and goes on beside guarded transactions; a successor waits for them (FOR UPDATE, not waiting
  longer than one try).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    cast,
    func,
    select,
    text,
    update,
)

from node.adapters.store_sql.engine import insert_new, writing
from node.ports import LeaseLostError

LEASE_S: Final = 3.0
"""How long a lease lasts without renewal: with a try twice a second, a successor is there within four seconds."""

_NOW_MS: Any = cast(func.date_part("epoch", func.clock_timestamp()) * 1_000, BigInteger)


def leases_table(metadata: MetaData) -> Table:
    """Return the table of leases for one schema. `expires_at`: milliseconds of the database's clock."""
    return Table(
        "leases",
        metadata,
        Column("name", Text, primary_key=True),
        Column("holder", Text, nullable=False),
        Column("token", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
    )


_leases: Final = leases_table(MetaData())


class SqlLease:
    """Implements node.ports.Lease on PostgreSQL. `holder`: names this process among its replicas, and never again."""

    def __init__(self, engine: Engine, name: str, *, holder: str, lease_s: float = LEASE_S) -> None:
        self._engine, self._name, self._holder = engine, name, holder
        self._lease_ms = int(lease_s * 1_000)
        self._token: int | None = None
        self._acting: int | None = None

    @property
    def name(self) -> str:
        """What it is a lease of."""
        return self._name

    @property
    def token(self) -> int | None:
        """The token while this process holds the lease, as far as it knows."""
        return self._token

    def begin(self) -> int | None:
        """Act from here on with the present token: what was read under an earlier one must not be written under it."""
        self._acting = self._token
        return self._acting

    def keep(self) -> bool:
        """Renew the lease, or take it if nobody holds it; tell whether it is held. Raises StoreUnavailableError."""
        if self._token is not None and self._renew(self._token):
            return True
        self._token = self._take()
        return self._token is not None

    def release(self) -> None:
        """Let the next one have it at once. Raises StoreUnavailableError."""
        token, self._token = self._token, None
        if token is not None:
            with writing(self._engine).begin() as db:
                db.execute(update(_leases).where(*self._mine(token)).values(expires_at=0))

    def check(self, db: Connection) -> None:
        """Make sure, for the rest of a transaction, that this process still holds it. Raises LeaseLostError."""
        token = self._acting
        if token is not None:
            held = select(_leases.c.token).where(*self._mine(token)).with_for_update(key_share=True, read=True)
            if db.execute(held).first() is not None:
                return
        self._acting = None
        raise LeaseLostError(f"another node holds the lease {self._name}: nothing was written")

    def _renew(self, token: int) -> bool:
        with self._unhurried() as db:
            renewed = update(_leases).where(*self._mine(token)).values(expires_at=_NOW_MS + self._lease_ms)
            return db.execute(renewed).rowcount == 1

    def _take(self) -> int | None:
        with self._unhurried() as db:
            here = _leases.c.name == self._name
            insert_new(db, _leases, {"name": self._name, "holder": "", "token": 0, "expires_at": 0})
            free = select(_leases.c.token).where(here, _leases.c.expires_at < _NOW_MS)
            row = db.execute(free.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            token: int = row.token + 1
            values = {"holder": self._holder, "token": token, "expires_at": _NOW_MS + self._lease_ms}
            db.execute(update(_leases).where(here).values(**values))
            return token

    @contextmanager
    def _unhurried(self) -> Iterator[Connection]:
        """Open a transaction whose commit waits for no disk: what depends on it, comes after it in the same log."""
        with writing(self._engine).begin() as db:
            db.execute(text("SET LOCAL synchronous_commit = off"))
            yield db

    def _mine(self, token: int) -> tuple[Any, ...]:
        return (_leases.c.name == self._name, _leases.c.holder == self._holder, _leases.c.token == token)


def owner_of_lease(engine: Engine, name: str) -> str | None:
    """Return who holds a lease now, None if nobody does."""
    query = select(_leases.c.holder).where(_leases.c.name == name, _leases.c.expires_at >= _NOW_MS)
    with engine.begin() as db:
        return db.execute(query).scalar()
