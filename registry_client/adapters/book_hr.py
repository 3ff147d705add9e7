"""What the book keeps of the HR feed: each event for each credential once, until it has taken effect.

- What happened and the note are sealed; in the clear stand a tag, the credential, the due time and whether it is done.
- A line is entered once, with the credentials that its reference had then: reading a file again, after a reissue even,
  enters nothing.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from registry_client.adapters.book import IssuerBook
from registry_client.adapters.book_file import change, query
from registry_client.core.hr import Event, FeedRow

TABLES: Final = """
CREATE TABLE IF NOT EXISTS hr_events (
  number INTEGER PRIMARY KEY,
  tag BLOB NOT NULL UNIQUE,
  credential TEXT NOT NULL REFERENCES credentials,
  due_at INTEGER NOT NULL,
  done_at INTEGER,
  content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS hr_lines (tag BLOB PRIMARY KEY, entered_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hr_open ON hr_events (done_at, due_at);
"""
_EPOCH: Final = "hr_epoch"


@dataclass(frozen=True, slots=True)
class HrEvent:
    """One event of one credential. `number`: its order of entry."""

    number: int
    credential: str
    event: Event
    effective: date
    due_at: int
    done_at: int | None
    note: str


class HrBook:
    """The HR events of an open book."""

    def __init__(self, book: IssuerBook) -> None:
        self._sql, self._seal = book.parts

    def is_known(self, row: FeedRow) -> bool:
        """Tell whether a line was entered before: then it is not looked up again, whoever has its reference by now."""
        tag = self._seal.tag("hr_lines", row.key)
        return self._is_there() and bool(query(self._sql, "SELECT 1 FROM hr_lines WHERE tag = ?", (tag,)))

    def enter(self, lines: Sequence[tuple[FeedRow, Sequence[str]]], *, at: int) -> int:
        """Enter new lines with their credentials, all or nothing; return how many events. `at`: unix seconds."""
        if not self._is_there():
            self._sql.executescript(TABLES)
        count = 0
        with change(self._sql):
            for row, entry_ids in lines:
                if self.is_known(row):
                    continue
                self._sql.execute("INSERT INTO hr_lines VALUES (?, ?)", (self._seal.tag("hr_lines", row.key), at))
                content = {"event": row.event, "effective": row.effective.isoformat(), "note": row.note}
                for entry_id in entry_ids:
                    tag = secrets.token_bytes(16)
                    self._sql.execute(
                        "INSERT INTO hr_events (tag, credential, due_at, content) VALUES (?, ?, ?, ?)",
                        (tag, entry_id, row.due_at, self._seal.seal(_place(tag), content)),
                    )
                    count += 1
        return count

    def open(self) -> list[HrEvent]:
        """Return the events that have not taken effect, in the order in which they do."""
        return [event for event in self.all() if event.done_at is None]

    def all(self) -> list[HrEvent]:
        """Return every event, in the order in which they take effect."""
        if not self._is_there():
            return []
        found = []
        for row in query(self._sql, "SELECT * FROM hr_events ORDER BY due_at, number"):
            content = self._seal.open(_place(row["tag"]), row["content"])
            found.append(
                HrEvent(
                    row["number"],
                    row["credential"],
                    cast("Event", content["event"]),
                    date.fromisoformat(content["effective"]),
                    row["due_at"],
                    row["done_at"],
                    content["note"],
                )
            )
        return found

    def finish(self, events: Sequence[HrEvent], *, at: int) -> None:
        """Note that events have taken effect. `at`: unix seconds."""
        with change(self._sql):
            self._sql.executemany(
                "UPDATE hr_events SET done_at = ? WHERE number = ? AND done_at IS NULL",
                [(at, event.number) for event in events],
            )

    @property
    def epoch(self) -> date | None:
        """The last day whose epoch was sent, None before the first."""
        rows = query(self._sql, "SELECT value FROM meta WHERE name = ?", (_EPOCH,))
        return date.fromisoformat(rows[0][0].decode("ascii")) if rows else None

    def close_epoch(self, day: date) -> None:
        """Note that the epoch of a day was sent."""
        with change(self._sql):
            self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_EPOCH, day.isoformat().encode("ascii")))

    def _is_there(self) -> bool:
        return bool(query(self._sql, "SELECT 1 FROM sqlite_master WHERE name = 'hr_lines'"))


def _place(tag: bytes) -> str:
    return f"hr_events|{tag.hex()}|content"
