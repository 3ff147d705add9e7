"""The HR feed: both encodings, both languages, every wrong line at once, and nothing but our own error."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.hr import (
    COLUMNS,
    EFFECTS,
    FEED_MAX_BYTES,
    KOREAN_EVENTS,
    ROWS_MAX,
    URGENT,
    day_begins,
    day_of,
    parse_feed,
    read_feed,
)
from registry_client.errors import HrFeedError

KOREAN = "사번,발령,발령일,비고\nHR-1,휴직,2026-03-02,육아\nHR-2,퇴직,2026.06.30,\nHR-3,분실,20260225,\n"
ENTRY = "4db521b5-1111-4222-8333-444455556666"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_korean_is_read_in_each_encoding(encoding):
    rows = parse_feed(KOREAN.encode(encoding))
    assert [(row.line, row.reference, row.event, row.effective) for row in rows] == [
        (2, "HR-1", "leave", date(2026, 3, 2)),
        (3, "HR-2", "retirement", date(2026, 6, 30)),
        (4, "HR-3", "loss", date(2026, 2, 25)),
    ]
    assert rows[0].note == "육아"


def test_english_columns_in_any_order_and_quoted_line_breaks():
    first = f'"two\r\nlines",2026-03-02,Leave,{ENTRY.upper()}'
    text = f"note,effective,event,credential\r\n{first}\r\n\r\n,20260303,return,{ENTRY}\r\n"
    rows = parse_feed(text.encode())
    assert [(row.line, row.event, row.credential) for row in rows] == [(2, "leave", ENTRY), (5, "return", ENTRY)]
    assert rows[0].note == "two\r\nlines"


def test_every_wrong_line_is_told_at_once():
    text = (
        "reference,credential,event,effective\n"
        "HR-1,,leave,2026-02-30\n"
        "HR-1,,holiday,2026-03-01\n"
        ",,leave,2026-03-01\n"
        f"HR-1,{ENTRY},leave,2026-03-01\n"
        ",nonsense,leave,2026-03-01\n"
        "HR-1,,leave\n"
        f"{'x' * 300},,leave,1066-10-14\n"
        "HR-9,,leave,2026-03-01\n"
        "HR-9,,return,2026-03-01\n"
    )
    with pytest.raises(HrFeedError) as refused:
        parse_feed(text.encode())
    lines = [item["line"] for item in refused.value.evidence["lines"]]
    assert lines == [2, 3, 4, 5, 6, 7, 8, 8, 10]
    assert "line 2: '2026-02-30' is no date" in refused.value.detail
    assert "which counts?" in refused.value.detail


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xff\xff\xff", "neither UTF-8 nor CP949"),
        (b"reference,event\n", "have to be there"),
        (b"event,effective\n", "have to be there"),
        (b"reference,event,effective,salary\n", "unknown column 'salary'"),
        (b"reference,event,effective,event\n", "named twice"),
        (b"reference,event,effective\nHR\0,leave,20260101\n", "NUL"),
        (b'reference,event,effective\n"HR-1,leave,20260101\n', "no CSV"),
        (b"x" * (FEED_MAX_BYTES + 1), "more than"),
        (b"reference,event,effective\n" + b"H,leave,20260101\n" * (ROWS_MAX + 1), "split it"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_whole(data, says):
    with pytest.raises(HrFeedError, match=says):
        parse_feed(data)


def test_a_loss_is_due_at_once_a_dismissal_on_its_day_and_the_rest_at_midnight_in_korea():
    rows = {row.event: row for row in parse_feed(KOREAN.encode())}
    assert rows["loss"].due_at == 0
    assert rows["leave"].due_at == day_begins(date(2026, 3, 2)) == 1_772_377_200
    assert day_of(1_772_377_199) == date(2026, 3, 1)
    assert day_of(1_772_377_200) == date(2026, 3, 2)
    assert {"dismissal", "loss", "theft"} == URGENT
    dismissed = parse_feed(b"reference,event,effective\nHR-1,dismissal,2026-03-02\n")[0]
    assert dismissed.due_at == day_begins(date(2026, 3, 2))


def test_a_wrong_line_still_says_whom_it_names():
    text = f"reference,credential,event,effective\nHR-1,,holiday,2026-03-01\n,{ENTRY},leave,soon\n,,leave,20260301\n"
    feed = read_feed(f"{text}HR-2,,leave,20260301\n".encode())
    assert [row.reference for row in feed.rows] == ["HR-2"]
    assert [line for line, _ in feed.wrong] == [2, 3, 4]
    assert feed.named == ((2, "HR-1", None), (3, None, ENTRY))


def test_a_line_is_the_same_line_wherever_it_stands():
    first = parse_feed(KOREAN.encode())[0]
    second = parse_feed(b"event,reference,effective\nleave,HR-1,20260302\n")[0]
    assert first.key == second.key
    by_credential = parse_feed(f"event,credential,effective\nleave,{ENTRY},20260302\n".encode())[0]
    assert by_credential.key != second.key


def test_the_page_describes_what_is_read():
    from tests.support.paths import ROOT

    page = (ROOT / "docs" / "hr-feed.md").read_text(encoding="utf-8")
    for names in COLUMNS.values():
        assert all(f"`{name}`" in page for name in names)
    assert all(f"`{name}`" in page for name in [*EFFECTS, *KOREAN_EVENTS])
    example = page[page.index("```csv\n") + 7 :]
    assert len(parse_feed(example[: example.index("```")].encode())) == 3


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: b"reference,event,effective\n" + text.encode()))
def test_any_bytes_are_read_or_refused_by_our_own_error(data):
    try:
        parse_feed(data)
    except HrFeedError:
        return
