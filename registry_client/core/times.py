"""Points in time: unix seconds inside, XML Schema dateTimeStamp where documents and people read them."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from registry_client.errors import MalformedValueError

_STAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_STAMP_MAX_LENGTH: Final = 40  # characters


def parse_time(text: object, name: str) -> int:
    """Return a dateTimeStamp (time zone required) as unix seconds, a fraction cut off. Raises MalformedValueError."""
    seconds = _seconds_of(text) if type(text) is str and len(text) <= _STAMP_MAX_LENGTH else None
    if seconds is None:
        raise MalformedValueError(
            f"{name} is a date that exists with a time zone, like 2026-01-31T09:00:00Z", member=name
        )
    return seconds


@lru_cache(maxsize=4_096)
def _seconds_of(text: str) -> int | None:
    if not _STAMP.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(_without_fraction(text)).timestamp())
    except ValueError:
        return None


def format_time(seconds: int) -> str:
    """Return unix seconds as `2026-01-31T09:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_seconds(moment: datetime) -> int:
    """Return an aware datetime as unix seconds. A naive one is a programmer's mistake: TypeError."""
    if moment.tzinfo is None:
        raise TypeError("a point in time needs a time zone: an aware datetime, UTC for choice")
    return int(moment.timestamp())


def _without_fraction(text: str) -> str:
    dot = text.find(".")
    if dot < 0:
        return text
    end = dot + 1
    while text[end].isdigit():
        end += 1
    return text[:dot] + text[end:]
