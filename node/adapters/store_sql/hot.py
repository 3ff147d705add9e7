"""The hot path's one read: where the index stands, and which version of a DID is in force there.

- SQLite: plain sqlite3 on one connection of the event loop's thread: about ten microseconds, an order less than any
  driver. PostgreSQL has a counterpart in hot_postgresql.py.
- One statement, so the answer is one state of the index.
"""

import sqlite3
from pathlib import Path

from node.ports import DidHead, StoreUnavailableError

_DID_HEAD = """
SELECT c.head_number, c.head_hash, c.head_time, c.final_number, v.version, EXISTS (
    SELECT 1 FROM event_subjects AS s WHERE s.did_id = ?1 AND s.block_number > c.final_number)
FROM cursor AS c LEFT JOIN did_versions AS v ON v.did_id = ?1 AND v.block_number <= c.final_number
WHERE c.id = 1 AND c.fills_to = 0 ORDER BY v.version DESC LIMIT 1
"""


class SqliteHotReads:
    """Implements node.ports.HotReads; use from one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def did_head(self, did_id: bytes) -> DidHead | None:
        """Return the DID's version in force and the index's head; None before the index was whole for the first time.

        Raises StoreUnavailableError.
        """
        try:
            if self._connection is None:
                uri = f"{self._path.resolve().as_uri()}?mode=ro"
                self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
            row = self._connection.execute(_DID_HEAD, (did_id,)).fetchone()
        except sqlite3.OperationalError as error:
            raise StoreUnavailableError(str(error)) from error
        return DidHead(row[0], row[1], row[2], row[3], row[4], bool(row[5])) if row else None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
