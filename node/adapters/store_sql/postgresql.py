"""PostgreSQL: pooled connections with our bounds, a schema for the index and one for the outbox, rows in bulk.

- Every bound is set when a connection is made: how long a statement, a lock, an idle transaction may last.
- After a failed attempt to connect nobody tries again for a moment: a database that is away must not hold each reader
  for as long as the first.
- The driver is the extra `mapae[postgresql]`; without it this module says so.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Connection, Engine, Table, Text, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError

from node.adapters.store_sql.engine import POOL_WAIT_S
from node.ports import StoreUnavailableError
from registry_client.errors import ConfigurationError

try:
    import psycopg
except ImportError as missing:  # pragma: no cover - the locked environment has it
    raise ConfigurationError(
        "the settings name a PostgreSQL database and its driver is not installed: pip install 'mapae[postgresql]'"
    ) from missing

INDEX_SCHEMA: Final = "mapae_index"
OUTBOX_SCHEMA: Final = "mapae_outbox"
REBUILD_SCHEMA: Final = "mapae_index_rebuild"
CONNECT_TIMEOUT_S: Final = 3
AWAY_S: Final = 1.0
"""After a failed attempt to connect, how long further ones are refused without trying."""
LOCK_TIMEOUT_S: Final = 5
IDLE_IN_TRANSACTION_S: Final = 5
"""A holder of a lease that hangs inside a transaction keeps its successor out for this long at most."""
READ_IDLE_S: Final = 60
"""A reader's transaction lasts until its client has the answer."""
WRITE_TIMEOUT_S: Final = 120
"""A large chunk or an undo takes its time; it is bounded all the same."""
_READ_ONLY_TRANSACTION: Final = "25006"
_COPY_TYPES: Final = ((BigInteger, "int8"), (Boolean, "bool"), (Text, "text"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one part of the node uses the database.

    `timeout_s`: longest statement, 0 for no bound. `idle_s`: longest pause inside a transaction that may write.
    """

    schema: str
    pool_size: int
    timeout_s: float = WRITE_TIMEOUT_S
    idle_s: int = IDLE_IN_TRANSACTION_S
    reads_only: bool = False
    is_durable: bool = True
    """False: a crash of the database may lose the last half second of commits, which are then made again."""


def connection_parameters(url: str, access: Access) -> dict[str, Any]:
    """Return what libpq is told: the operator's URL, with our bounds added. Raises ConfigurationError."""
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "database is not a URL that PostgreSQL's client understands: postgresql://user@host:port/name?option=value "
            "(a password with special characters is percent-encoded, or kept in PGPASSFILE)"
        ) from None  # its text would quote the URL, password and all
    settings = {
        "search_path": access.schema,
        "statement_timeout": int(access.timeout_s * 1_000),
        "lock_timeout": LOCK_TIMEOUT_S * 1_000,
        "idle_in_transaction_session_timeout": (READ_IDLE_S if access.reads_only else access.idle_s) * 1_000,
        "timezone": "UTC",
    }
    if access.reads_only:  # a view is one state of the index, however many statements it takes
        settings |= {"default_transaction_isolation": "repeatable\\ read", "default_transaction_read_only": "on"}
    if not access.is_durable:
        settings["synchronous_commit"] = "off"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    ours = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "mapae-node",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    return {**ours, **given, "options": f"{given.get('options') or ''} {options}".strip()}


class Gatekeeper:
    """Remembers for a moment that the database was away."""

    def __init__(self) -> None:
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise psycopg.OperationalError while the last failure is fresh."""
        with self._lock:
            if time.monotonic() < self._closed_until:
                raise psycopg.OperationalError("the database could not be reached a moment ago")

    def failed(self) -> None:
        """Note a failed attempt."""
        with self._lock:
            self._closed_until = time.monotonic() + AWAY_S


def open_postgresql(url: str, access: Access) -> Engine:
    """Return an engine over a pool of connections to one schema; nothing is connected yet."""
    parameters = connection_parameters(url, access)
    gate = Gatekeeper()

    def connect() -> "psycopg.Connection[Any]":
        gate.check()
        try:
            return psycopg.connect(**parameters)
        except psycopg.OperationalError:
            gate.failed()
            raise

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=access.pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,
        pool_recycle=1_800,
        use_native_hstore=False,
        execution_options={"mapae_schema": access.schema},
    )
    event.listen(engine, "handle_error", _say_what_failed)
    return engine


def what_failed(error: BaseException) -> StoreUnavailableError | None:
    """Return the error of a store that cannot be used now, None for what is a fault of ours."""
    is_away = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    if is_away or (isinstance(error, psycopg.Error) and error.sqlstate == _READ_ONLY_TRANSACTION):
        return StoreUnavailableError("PostgreSQL: " + " ".join(str(error).split())[:300])
    return None


def _say_what_failed(context: ExceptionContext) -> None:
    if (unavailable := what_failed(context.original_exception)) is not None:
        raise unavailable from context.original_exception


def copy_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Append rows by COPY: several times as fast as inserts. Raises IntegrityError, StoreUnavailableError."""
    columns = list(table.columns)
    names = [column.name for column in columns]
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN (FORMAT BINARY)"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([_copy_type(column.type) for column in columns])
            write: Callable[[Sequence[Any]], None] = copy.write_row
            for row in rows:
                write(row)
    except psycopg.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error
    except psycopg.Error as error:
        unavailable = what_failed(error)
        if unavailable is None:
            raise
        if driver.closed:
            connection.invalidate()
        raise unavailable from error


def _copy_type(kind: object) -> str:
    return next((name for known, name in _COPY_TYPES if isinstance(kind, known)), "bytea")
