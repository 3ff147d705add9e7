"""Connections: a SQLite file in WAL mode, or a schema of a PostgreSQL database (postgresql.py)."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Literal

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.sql.compiler import SQLCompiler

from node.files import make_private_file
from node.ports import StoreUnavailableError

POSTGRESQL: Final = "postgresql"
BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for another before it gives up."""
_BUSY_PAUSE_S: Final = 0.01
POOL_WAIT_S: Final = 1.0
"""How long anybody waits for a free connection: a reader holds the event loop meanwhile."""
_CACHE_KIB = 65_536
_TROUBLE: Final = frozenset({"OperationalError", "InterfaceError"})
"""What both drivers (DB-API, PEP 249) raise for what is not the statement's fault."""
_SQLITE_CONNECTIONS: Final = (8, 56)  # kept, and beyond them


def open_engine(
    path: Path,
    *,
    synchronous: Literal["OFF", "NORMAL", "FULL"],
    journal: Literal["WAL", "OFF"] = "WAL",
    cache_kib: int = _CACHE_KIB,
) -> Engine:
    """Open (or create) a SQLite file. `synchronous`: FULL where a lost commit loses work, NORMAL where it is redone.
    `journal`: OFF for a file that is thrown away after any failure.

    Transactions that write start IMMEDIATE, so that two writers queue instead of deadlocking. Raises OSError.
    """
    make_private_file(path)  # SQLite gives its -wal and -shm the same mode
    kept, beyond = _SQLITE_CONNECTIONS
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_size=kept,
        max_overflow=beyond,
        pool_timeout=POOL_WAIT_S,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        cursor = connection.cursor()
        _set_journal(cursor, journal)
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute(f"PRAGMA cache_size=-{cache_kib}")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()

    event.listen(engine, "handle_error", _say_what_failed)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _set_journal(cursor: sqlite3.Cursor, journal: str) -> None:
    """Set the journal's mode. Where several open a new file at once, SQLite refuses some at once: they wait here."""
    until = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute(f"PRAGMA journal_mode={journal}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(_BUSY_PAUSE_S)


def on_trouble(engine: Engine, tell: Callable[[], None]) -> None:
    """Call `tell` for each statement that the database did not carry out: unreachable, locked, full, too slow."""

    @event.listens_for(engine, "handle_error", insert=True)
    def _tell(context: ExceptionContext) -> None:
        if any(kind.__name__ in _TROUBLE for kind in type(context.original_exception).__mro__):
            tell()


def writing(engine: Engine) -> Engine:
    """Return the same engine for transactions that write."""
    return engine.execution_options(writes=True)


def is_postgresql(place: Engine | Connection) -> bool:
    """Tell which of the two databases it is."""
    return place.dialect.name == POSTGRESQL


def one_at_a_time(db: Connection, what: str) -> None:
    """Let nobody else pass here with the same `what` until this transaction ends; SQLite has one writer anyway."""
    if is_postgresql(db):
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


def insert_new(db: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert one row; False, and nothing changed, if one of its keys is there already."""
    key = next(iter(table.primary_key.columns))
    new = upsert(db, table).values(**values).on_conflict_do_nothing().returning(key)
    return db.execute(new).first() is not None


def upsert(db: Connection, table: Table) -> Any:
    """Return an insert of this database that can say `on_conflict_do_update`."""
    return (insert_postgresql if is_postgresql(db) else insert_sqlite)(table)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows, each with a value for every column that the driver takes as it is: no detour through types."""
    if is_postgresql(connection):
        from node.adapters.store_sql.postgresql import copy_rows

        copy_rows(connection, table, rows)
        return
    values: Any = rows
    connection.exec_driver_sql(_insert_of(table, connection.dialect).string, values)


def _say_what_failed(context: ExceptionContext) -> None:
    """Raise StoreUnavailableError for what is the disk's or the lock's fault; errors of ours stay as they are."""
    if isinstance(context.original_exception, sqlite3.OperationalError):
        raise StoreUnavailableError(str(context.original_exception)) from context.original_exception


@lru_cache(maxsize=64)
def _insert_of(table: Table, dialect: Dialect) -> SQLCompiler:
    compiled = insert(table).compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("an insert compiles to SQL")
    return compiled
