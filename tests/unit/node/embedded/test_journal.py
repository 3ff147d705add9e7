from pathlib import Path

import pytest

from node.embedded import journal_writer
from node.embedded.errors import EmbeddedLedgerError, JournalDamagedError, JournalForeignError, JournalShortError
from node.embedded.journal import blocks_after, cut_torn_tail, read_journal, read_mark, segment_path
from node.embedded.journal_writer import JournalWriter
from node.embedded.records import BlockRecord, HeaderRecord, encode

GENESIS_HASH = b"\1" * 32
HEADER = HeaderRecord(
    engine_version="1.7.1",
    engine_commit="",
    hardfork="osaka",
    flags=("--order", "fifo"),
    genesis={"config": {"chainId": 7}, "timestamp": hex(1_000)},
    genesis_hash=GENESIS_HASH,
    first_block=1,
    parent_hash=GENESIS_HASH,
)


def hash_of(number: int) -> bytes:
    return GENESIS_HASH if number == 0 else number.to_bytes(32, "big")


def block(number: int, **changes: object) -> BlockRecord:
    fields: dict[str, object] = {
        "number": number,
        "timestamp": 1_000 + number,
        "parent_hash": hash_of(number - 1),
        "hash": hash_of(number),
        "transactions": (bytes([number]) * 50,) * (number % 3),
    }
    return BlockRecord(**{**fields, **changes})  # type: ignore[arg-type]


def write(home: Path, *numbers: int, roll_before: tuple[int, ...] = ()) -> None:
    writer = JournalWriter(home, HEADER, read_journal(home))
    for number in numbers:
        if number in roll_before:
            writer.roll()
        writer.append(block(number))
        writer.acknowledge()
    writer.close()


def test_empty_home_has_no_journal(tmp_path: Path) -> None:
    found = read_journal(tmp_path)
    assert (found.header, found.head, found.segments, found.torn) == (None, None, (), None)


def test_blocks_are_read_back_across_segments_and_writers(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, 3, roll_before=(3,))
    write(tmp_path, 4, 5, roll_before=(5,))
    found = read_journal(tmp_path)
    assert found.head == block(5).ref
    assert [segment.first_block for segment in found.segments] == [1, 3, 5]
    assert found.transaction_count == sum(number % 3 for number in range(1, 6))
    for after in range(6):
        assert list(blocks_after(found, after)) == [block(number) for number in range(after + 1, 6)]


def test_full_segment_is_rolled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 600)
    write(tmp_path, *range(1, 10))
    found = read_journal(tmp_path)
    assert len(found.segments) > 1
    assert [record.number for record in blocks_after(found, 0)] == list(range(1, 10))


def test_roll_of_a_segment_without_blocks_does_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, HEADER, read_journal(tmp_path))
    writer.roll()
    writer.close()
    assert [path.name for path in sorted(tmp_path.glob("*.log"))] == ["journal-000000000001.log"]


def test_every_truncation_of_the_last_segment_is_cut_or_refused(tmp_path: Path) -> None:
    """Above the acknowledged block the end may go; below it, never."""
    write(tmp_path, 1, 2)
    writer = JournalWriter(tmp_path, HEADER, read_journal(tmp_path))
    writer.append(block(3))  # durable, not shown
    writer.close()
    path = segment_path(tmp_path, 1)
    whole = path.read_bytes()
    shown = read_journal(tmp_path).size - len(encode(block(3), at=0))
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        if cut < shown:
            with pytest.raises(JournalShortError):
                read_journal(tmp_path)
        else:
            found = read_journal(tmp_path)
            assert found.head == block(2).ref
            cut_torn_tail(found)
            assert path.stat().st_size == shown


def test_segment_whose_header_was_never_finished_is_removed(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    torn = segment_path(tmp_path, 3)
    for content in (b"", b"MPJ1\0\0"):
        torn.write_bytes(content)
        found = read_journal(tmp_path)
        assert found.head == block(2).ref
        cut_torn_tail(found)
        assert not torn.exists()
    write(tmp_path, 3)
    assert read_journal(tmp_path).head == block(3).ref


def test_empty_segment_before_others_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, roll_before=(2,))
    segment_path(tmp_path, 1).write_bytes(b"")
    with pytest.raises(JournalDamagedError, match="later segments exist"):
        read_journal(tmp_path)


def test_missing_middle_segment_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, 3, roll_before=(2, 3))
    segment_path(tmp_path, 2).unlink()
    with pytest.raises(JournalDamagedError, match="begins with block 3 where block 2 is due"):
        read_journal(tmp_path)


def test_renamed_segment_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, roll_before=(2,))
    segment_path(tmp_path, 2).rename(segment_path(tmp_path, 7))
    with pytest.raises(JournalDamagedError):
        read_journal(tmp_path)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (block(4), "does not follow block 2"),
        (block(2), "does not follow block 2"),
        (block(3, parent_hash=b"\7" * 32), "does not follow block 2"),
        (block(3, timestamp=1), "does not follow block 2"),
        (HEADER, "a second header"),
    ],
)
def test_sound_record_out_of_place_is_refused(tmp_path: Path, record: BlockRecord, reason: str) -> None:
    write(tmp_path, 1, 2)
    path = segment_path(tmp_path, 1)
    with path.open("ab") as segment:
        segment.write(encode(record, at=path.stat().st_size))
    with pytest.raises(JournalDamagedError, match=reason):
        read_journal(tmp_path)


def test_segment_without_header_is_refused(tmp_path: Path) -> None:
    segment_path(tmp_path, 1).write_bytes(encode(block(1), at=0))
    with pytest.raises(JournalDamagedError, match="no header"):
        read_journal(tmp_path)


def test_segment_of_another_engine_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1)
    other = HeaderRecord("1.8.0", "", "osaka", HEADER.flags, HEADER.genesis, GENESIS_HASH, 2, hash_of(1))
    segment_path(tmp_path, 2).write_bytes(encode(other, at=0))
    with pytest.raises(JournalForeignError, match="pins another engine"):
        read_journal(tmp_path)


def test_record_that_does_not_follow_is_not_written(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, HEADER, read_journal(tmp_path))
    with pytest.raises(RuntimeError, match="does not follow"):
        writer.append(block(2))
    writer.append(block(1))
    writer.close()
    assert read_journal(tmp_path).head == block(1).ref


def test_mark_of_another_history_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 1)
    mark = tmp_path / "acknowledged"
    mark.write_text(mark.read_text().replace(hash_of(1).hex(), "77" * 32))
    with pytest.raises(JournalDamagedError, match="another hash"):
        read_journal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0" * 107, b"nonsense", b"1 2", b"\xff"])
def test_spoiled_mark_counts_as_none(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, 1)
    (tmp_path / "acknowledged").write_bytes(content)
    assert read_mark(tmp_path) is None
    assert read_journal(tmp_path).acknowledged is None


def test_mark_may_lag_and_is_kept_through_a_restart(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, 3)
    writer = JournalWriter(tmp_path, HEADER, read_journal(tmp_path))
    writer.append(block(4))
    writer.close()
    assert read_journal(tmp_path).acknowledged == block(3).ref


def test_unreadable_segment_is_a_ledger_error(tmp_path: Path) -> None:
    segment_path(tmp_path, 1).mkdir()
    with pytest.raises(EmbeddedLedgerError, match="reading the journal"):
        read_journal(tmp_path)
