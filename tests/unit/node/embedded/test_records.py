import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.embedded import records
from node.embedded.records import BlockRecord, Damage, Frame, HeaderRecord, RecordFormatError, encode, scan

HEADER = HeaderRecord(
    engine_version="1.7.1",
    engine_commit="40" * 20,
    hardfork="osaka",
    flags=("--order", "fifo"),
    genesis={"config": {"chainId": 7}, "timestamp": "0x10"},
    genesis_hash=b"\1" * 32,
    first_block=1,
    parent_hash=b"\1" * 32,
)

hashes = st.binary(min_size=32, max_size=32)
blocks = st.builds(
    BlockRecord,
    number=st.integers(0, 2**64 - 1),
    timestamp=st.integers(0, 2**64 - 1),
    parent_hash=hashes,
    hash=hashes,
    transactions=st.lists(st.binary(max_size=200), max_size=4).map(tuple),
)


def segment(*items: records.Record) -> bytes:
    data = b""
    for item in items:
        data += encode(item, at=len(data))
    return data


def frames(data: bytes) -> list[records.Record]:
    return [item.record for item in scan(data) if isinstance(item, Frame)]


def damage(data: bytes) -> Damage | None:
    last = list(scan(data))[-1] if data else None
    return last if isinstance(last, Damage) else None


@given(st.lists(blocks, max_size=5))
def test_what_was_encoded_is_read_back(items: list[BlockRecord]) -> None:
    data = segment(HEADER, *items)
    assert frames(data) == [HEADER, *items]
    assert damage(data) is None


@given(st.lists(blocks, min_size=1, max_size=4), st.data())
def test_every_truncation_is_a_torn_tail_after_whole_records(items: list[BlockRecord], data: st.DataObject) -> None:
    whole = segment(HEADER, *items)
    cut = data.draw(st.integers(0, len(whole) - 1))
    found = frames(whole[:cut])
    assert found == [HEADER, *items][: len(found)]
    ends = [0, *(item.end for item in scan(whole) if isinstance(item, Frame))]
    if cut in ends:
        assert damage(whole[:cut]) is None
    else:
        assert damage(whole[:cut]) == Damage(max(end for end in ends if end <= cut), None)


@given(st.lists(blocks, min_size=2, max_size=4), st.data())
def test_flipped_bit_is_found_and_the_next_sound_record_with_it(items: list[BlockRecord], data: st.DataObject) -> None:
    whole = bytearray(segment(HEADER, *items))
    position = data.draw(st.integers(0, len(whole) - 1))
    spans = [(item.start, item.end) for item in scan(bytes(whole)) if isinstance(item, Frame)]
    whole[position] ^= 1 << data.draw(st.integers(0, 7))
    hit = next(number for number, (start, end) in enumerate(spans) if start <= position < end)
    assert frames(bytes(whole)) == [HEADER, *items][:hit]
    following = spans[hit + 1][0] if hit + 1 < len(spans) else None
    assert damage(bytes(whole)) == Damage(spans[hit][0], following)


def test_frame_inside_a_transaction_is_not_sound_where_it_lies() -> None:
    smuggled = encode(BlockRecord(9, 9, b"\2" * 32, b"\3" * 32, ()), at=0)
    torn = segment(BlockRecord(1, 1, b"\1" * 32, b"\2" * 32, (smuggled,) * 3))[:-1]
    assert smuggled in torn
    assert damage(torn) == Damage(0, None)


def test_garbage_between_records_is_not_passed_over() -> None:
    first, second = BlockRecord(1, 1, b"\1" * 32, b"\2" * 32, ()), BlockRecord(2, 1, b"\2" * 32, b"\3" * 32, ())
    start = segment(first) + b"garbage"
    data = start + encode(second, at=len(start))
    assert frames(data) == [first]
    assert damage(data) == Damage(len(segment(first)), len(start))


@pytest.mark.parametrize("body", [b"", b"\x07", b"\x01short", b"\x00{}", b"\x00[", b"\x01" + b"\0" * 84 + b"more"])
def test_sound_frame_of_an_unknown_format_is_named_so(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_encode_block", lambda _: body)
    data = segment(BlockRecord(1, 1, b"\1" * 32, b"\2" * 32, ()))
    with pytest.raises(RecordFormatError):
        list(scan(data))


def test_record_beyond_the_limit_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BODY_MAX", 100)
    with pytest.raises(ValueError, match="exceeds 100"):
        encode(BlockRecord(1, 1, b"\1" * 32, b"\2" * 32, (b"x" * 100,)), at=0)
