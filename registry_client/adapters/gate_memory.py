"""Used codes of one gate group in a file, for gates that are several processes on one machine (SQLite).

- Looking up and noting is one transaction, so of two lanes that read the same code only one lets it in.
- What could still be used is never forgotten; a full memory makes the verdict undetermined.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, Self

from registry_client.core.gate import REMEMBER_S
from registry_client.errors import ConfigurationError, UndeterminedError
from registry_client.gate import MEMORY_MAX

WAIT_S: Final = 5.0
"""How long a lane waits for another that is writing."""
_TABLE: Final = "CREATE TABLE IF NOT EXISTS used (key BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID"
_INDEX: Final = "CREATE INDEX IF NOT EXISTS by_time ON used (at)"


class FileMemory:
    """The memory of one gate group. Close it, or use it as a context."""

    def __init__(self, path: Path, *, limit: int = MEMORY_MAX) -> None:
        """Open or make the file; it holds digests and times, nothing about a person. Raises ConfigurationError."""
        self._limit = limit
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.execute(_TABLE)
            self._base.execute(_INDEX)
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(
                f"the gate's memory {path} cannot be opened: {error}; name another with --memory", path=str(path)
            ) from None

    def remember(self, key: bytes, *, at: int) -> bool:
        """Note a used code; False if it was used within `REMEMBER_S`. Raises UndeterminedError."""
        try:
            with self._base:  # commits, or takes everything back
                self._base.execute("BEGIN IMMEDIATE")
                return self._remember(key, at)
        except sqlite3.Error as error:
            raise UndeterminedError(f"the gate's memory cannot be used: {error}", path=str(self._path)) from None

    def _remember(self, key: bytes, at: int) -> bool:
        base = self._base
        base.execute("DELETE FROM used WHERE at < ?", (at - REMEMBER_S,))
        with closing(base.execute("SELECT 1 FROM used WHERE key = ?", (key,))) as found:
            if found.fetchone() is not None:
                return False
        with closing(base.execute("SELECT count(*) FROM used")) as counted:
            if counted.fetchone()[0] >= self._limit:
                raise UndeterminedError("the gate's memory is full; wait a minute", limit=self._limit)
        base.execute("INSERT INTO used (key, at) VALUES (?, ?)", (key, at))
        return True

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
