"""The file under the issuer's book: private, durable, one writer at a time; and the places that it gives out."""

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from registry_client.core.status import LIST_SIZE
from registry_client.errors import BookError

BUSY_TIMEOUT_S: Final = 10.0
_CROWDED: Final = LIST_SIZE * 3 // 4
"""Above this, free places are listed instead of guessed."""


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read. Raises BookError if there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BookError(f"cannot make a book at {path}: {error.strerror}", path=str(path)) from None
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise BookError(f"there is a book at {path} already", path=str(path)) from None
    except OSError as error:
        raise BookError(f"cannot make a book at {path}: {error.strerror}", path=str(path)) from None


def require_private(path: Path) -> None:
    """Refuse a file that is missing, or that others may read. Raises BookError."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BookError(f"cannot open the book at {path}: {error.strerror}", path=str(path)) from None
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise BookError(f"{path} may be read by others; run: chmod 600 {path}", path=str(path))


def connect(path: Path) -> sqlite3.Connection:
    """Open the file: durable, foreign keys held, deleted text overwritten. Raises BookError if it is no database."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.DatabaseError:
        connection.close()
        raise BookError(f"{path} is not an issuer's book", path=str(path)) from None
    return connection


def query(connection: sqlite3.Connection, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """Read rows. Raises BookError where the file is damaged or held too long."""
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.DatabaseError as error:
        raise BookError(f"the book cannot be read: {error}") from None


@contextmanager
def change(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the file for one transaction; what raises inside changes nothing. SQLite's errors become BookError."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise BookError(f"the book cannot be written: {error}") from None
    try:
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise BookError(f"the book refused the change: {error}") from None
        raise


def draw_places(connection: sqlite3.Connection, count: int) -> list[tuple[bytes, int]]:
    """Draw (list id, index) at random from the whole of the newest open list; call inside a transaction.

    Raises BookError if no list is open or it has not that many free places.
    """
    newest = "SELECT list_id FROM lists WHERE closed_at IS NULL ORDER BY opened_at DESC, list_id LIMIT 1"
    rows = query(connection, newest)
    if not rows:
        raise BookError("the book has no open status list: open one and enter it")
    list_id: bytes = rows[0][0]
    given = query(connection, "SELECT position FROM credentials WHERE list_id = ?", (list_id,))
    taken = {place[0] for place in given}
    if len(taken) + count > LIST_SIZE:
        raise BookError("the status list is full: open another", free=LIST_SIZE - len(taken), wanted=count)
    drawn: list[tuple[bytes, int]] = []
    for _ in range(count):
        place = _draw(taken)
        taken.add(place)
        drawn.append((list_id, place))
    return drawn


def _draw(taken: set[int]) -> int:
    if len(taken) >= _CROWDED:
        return secrets.choice([free for free in range(LIST_SIZE) if free not in taken])
    place = secrets.randbelow(LIST_SIZE)
    while place in taken:
        place = secrets.randbelow(LIST_SIZE)
    return place


def new_id() -> str:
    """Return a random UUID (RFC 9562, version 4)."""
    raw = bytearray(secrets.token_bytes(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
