"""The HR feed: what happened to people, as a CSV file of the agency's personnel system says it.

- Columns (English or Korean header, any order): reference or credential, event, effective, note. See docs/hr-feed.md.
- UTF-8 (with or without BOM) or CP949, told apart by what decodes; a file that is neither is refused.
- Every wrong line is found in one pass: HrFeedError carries all of them, and nothing of such a file is used.
- Loss and theft act at once, a dismissal when its day begins; the rest waits for its date and for the day's epoch.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

from registry_client.errors import HrFeedError

FEED_MAX_BYTES: Final = 4 * 1024 * 1024
ROWS_MAX: Final = 20_000
CELL_MAX: Final = 256  # characters
ERRORS_SHOWN: Final = 50
KST: Final = timezone(timedelta(hours=9))
"""A date is a day of the agency's calendar: it begins at midnight in Korea."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2100

Event = Literal["leave", "return", "transfer", "retirement", "dismissal", "loss", "theft"]
Effect = Literal["Revoke", "Suspend", "Lift"]

EFFECTS: Final[dict[Event, Effect]] = {
    "leave": "Suspend",
    "return": "Lift",
    "transfer": "Revoke",
    "retirement": "Revoke",
    "dismissal": "Revoke",
    "loss": "Revoke",
    "theft": "Revoke",
}
URGENT: Final[frozenset[Event]] = frozenset({"dismissal", "loss", "theft"})
"""Events that never wait for the day's epoch, once their day has come."""
FOUND: Final[frozenset[Event]] = frozenset({"loss", "theft"})
"""Events that somebody found out: they lie behind whoever reports them, and act whatever their date."""
LONG_PAST_DAYS: Final = 90
"""How many days back a date is worth a second look: most often its year is wrong."""
KOREAN_EVENTS: Final[dict[str, Event]] = {
    "휴직": "leave",
    "복직": "return",
    "전출": "transfer",
    "퇴직": "retirement",
    "파면": "dismissal",
    "해임": "dismissal",
    "분실": "loss",
    "도난": "theft",
}
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "reference": ("reference", "참조번호", "인사번호", "사번"),
    "credential": ("credential", "자격증명"),
    "event": ("event", "사건", "발령"),
    "effective": ("effective", "발효일", "발령일"),
    "note": ("note", "비고"),
}
"""Column -> the names that a header may give it."""
_BY_HEADER: Final = {name: column for column, names in COLUMNS.items() for name in names}
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2})|\.(\d{2})\.(\d{2})\.?|(\d{2})(\d{2}))", re.ASCII)
_CREDENTIAL: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One line of the feed. `line`: as editors count it. Exactly one of `reference` and `credential` is given."""

    line: int
    event: Event
    effective: date
    reference: str | None = None
    credential: str | None = None
    note: str = ""

    @property
    def due_at(self) -> int:
        """When it takes effect, unix seconds: at once for what was found out, else midnight of its day in Korea."""
        return 0 if self.event in FOUND else day_begins(self.effective)

    @property
    def key(self) -> str:
        """What makes the line the same line again, whatever the file's name and its place in it."""
        whom = f"reference|{self.reference}" if self.credential is None else f"credential|{self.credential}"
        return f"{whom}|{self.event}|{self.effective.isoformat()}"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was read: its good lines, what is wrong with the others, and whom those name if that is clear."""

    rows: tuple[FeedRow, ...] = ()
    wrong: tuple[tuple[int, str], ...] = ()
    named: tuple[tuple[int, str | None, str | None], ...] = ()
    """(line, reference, credential) of wrong lines, so that an unknown name is told in the same round."""


def day_begins(day: date) -> int:
    """Return midnight in Korea as unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def day_of(now: int) -> date:
    """Return the day in Korea at `now` (unix seconds)."""
    return datetime.fromtimestamp(now, KST).date()


def parse_feed(data: bytes) -> list[FeedRow]:
    """Read a whole feed. Raises HrFeedError with every line that is wrong."""
    feed = read_feed(data)
    if feed.wrong:
        raise feed_error(feed.wrong)
    return list(feed.rows)


def read_feed(data: bytes) -> Feed:
    """Read a whole feed and say what is wrong with its lines. Raises HrFeedError for a file that is no feed."""
    if len(data) > FEED_MAX_BYTES:
        raise HrFeedError(f"the feed has more than {FEED_MAX_BYTES} bytes: split it", length=len(data))
    text = _decoded(data)
    if "\0" in text:
        raise HrFeedError("the feed holds a NUL character: it is no CSV")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    errors: list[tuple[int, str]] = []
    rows: list[FeedRow] = []
    named: list[tuple[int, str | None, str | None]] = []
    columns: list[str] | None = None
    end = 0
    try:
        for cells in reader:
            line, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _header(cells, line)
                continue
            row = _row(columns, [cell.strip() for cell in cells], line, errors, named)
            if row is not None:
                rows.append(row)
            if len(rows) + len(errors) > ROWS_MAX:
                raise HrFeedError(f"the feed has more than {ROWS_MAX} lines: split it")
    except csv.Error as error:
        errors.append((reader.line_num, f"no CSV: {error}"))
    if columns is None and not errors:
        raise HrFeedError("the feed is empty: its first line names the columns")
    return Feed(tuple(rows), (*errors, *_contradictions(rows)), tuple(named))


def odd_dates(rows: Sequence[FeedRow], *, now: int) -> tuple[tuple[FeedRow, ...], tuple[FeedRow, ...]]:
    """Return the lines whose day has not come, and those whose day is long past."""
    long_ago = now - LONG_PAST_DAYS * 86_400
    days = [(row, day_begins(row.effective)) for row in rows]
    return tuple(row for row, day in days if day > now), tuple(row for row, day in days if day < long_ago)


def feed_error(errors: Sequence[tuple[int, str]]) -> HrFeedError:
    """Return one error that tells all wrong lines, in order."""
    found = sorted(errors)
    shown = "\n".join(f"line {line}: {reason}" for line, reason in found[:ERRORS_SHOWN])
    more = f"\nand {len(found) - ERRORS_SHOWN} more" if len(found) > ERRORS_SHOWN else ""
    return HrFeedError(
        f"{len(found)} line(s) of the feed cannot be used; nothing was done:\n{shown}{more}",
        lines=[{"line": line, "reason": reason} for line, reason in found],
    )


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HrFeedError("the feed is neither UTF-8 nor CP949 text")


def _header(cells: Sequence[str], line: int) -> list[str]:
    columns = [_BY_HEADER.get(cell.strip().lower(), "") for cell in cells]
    unknown = [cell.strip()[:32] for cell, column in zip(cells, columns, strict=True) if not column]
    if unknown or len(set(columns)) != len(columns):
        known = ", ".join(f"{names[0]} ({'/'.join(names[1:])})" for names in COLUMNS.values())
        reason = f"unknown column {unknown[0]!r}" if unknown else "a column is named twice"
        raise HrFeedError(f"line {line}: {reason}; columns are {known}", line=line)
    if not {"event", "effective"} <= set(columns) or not {"reference", "credential"} & set(columns):
        raise HrFeedError(f"line {line}: event, effective, and reference or credential have to be there", line=line)
    return columns


def _row(
    columns: Sequence[str],
    cells: Sequence[str],
    line: int,
    errors: list[tuple[int, str]],
    named: list[tuple[int, str | None, str | None]],
) -> FeedRow | None:
    if len(cells) != len(columns):
        errors.append((line, f"{len(cells)} cells, the header has {len(columns)}"))
        return None
    values = dict(zip(columns, cells, strict=True))
    before = len(errors)
    errors += [(line, f"{name} has more than {CELL_MAX} characters") for name in values if len(values[name]) > CELL_MAX]
    reference, credential = values.get("reference", ""), values.get("credential", "").lower()
    if bool(reference) == bool(credential):
        errors.append((line, "either a reference or a credential"))
    elif credential and not _CREDENTIAL.fullmatch(credential):
        errors.append((line, "credential is not the id of a line of the book"))
    else:
        named.append((line, reference or None, credential or None))
    event = _event(values["event"])
    if event is None:
        errors.append((line, f"unknown event {values['event'][:32]!r}: {', '.join([*EFFECTS, *KOREAN_EVENTS])}"))
    effective = _date(values["effective"])
    if effective is None:
        errors.append((line, f"{values['effective'][:32]!r} is no date: 2026-03-02, 2026.03.02 or 20260302"))
    if len(errors) > before or event is None or effective is None:
        return None
    named.pop()  # a line that is whole names itself
    return FeedRow(line, event, effective, reference or None, credential or None, values.get("note", ""))


def _event(text: str) -> Event | None:
    known: Mapping[str, Event] = {**{name: name for name in EFFECTS}, **KOREAN_EVENTS}
    return known.get(text.lower())


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    except ValueError:
        return None


def _contradictions(rows: Sequence[FeedRow]) -> list[tuple[int, str]]:
    """Find a person who leaves and returns on the same day: the file does not say which came last."""
    seen: dict[tuple[str, date], FeedRow] = {}
    found = []
    for row in rows:
        if row.event not in {"leave", "return"}:
            continue
        key = (row.reference or row.credential or "", row.effective)
        other = seen.setdefault(key, row)
        if other.event != row.event:
            found.append((row.line, f"{row.event} on the day of line {other.line}'s {other.event}: which counts?"))
    return found
