"""Points in time in and out of text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.times import format_time, parse_time, to_seconds
from registry_client.errors import MalformedValueError


@given(st.integers(0, 253_402_300_799))
def test_text_and_back(seconds):
    assert parse_time(format_time(seconds), "t") == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T09:00:00+09:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1970-01-01T00:00:01.999999999Z", 1),
        ("2026-02-28T23:59:59Z", 1_772_323_199),
    ],
)
def test_time_zones_and_fractions(text, seconds):
    assert parse_time(text, "t") == seconds


@pytest.mark.parametrize(
    "text",
    ["", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T25:00:00Z",
     "2026-01-01T00:00:00z", "2026-01-01T00:00Z", "20260101T000000Z", "2026-01-01T00:00:00+0900", None, 5,
     "2026-01-01T00:00:00.Z", "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00Z\n", "x" * 100],
)  # fmt: skip
def test_what_is_no_time(text):
    with pytest.raises(MalformedValueError):
        parse_time(text, "t")


def test_datetimes_need_a_zone():
    assert to_seconds(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_seconds(datetime(1970, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))) == 0
    with pytest.raises(TypeError):
        to_seconds(datetime(1970, 1, 1))  # noqa: DTZ001
