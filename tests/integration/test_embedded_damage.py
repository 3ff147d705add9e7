"""Damage on the disk is told apart: an unfinished write is cut, a bad snapshot passed over, anything else refused."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.embedded import commands
from node.embedded.errors import LedgerStoppedError
from node.embedded.launcher import start_ledger
from node.embedded.records import BlockRecord, Frame, HeaderRecord, Record, encode, scan
from tests.integration.embedded_support import Client, Sender, write_blocks

pytestmark = pytest.mark.chain

BLOCKS = 9


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """A stopped ledger: one snapshot at block 5, segments from 1 and 6, head 9. Copied by each test."""
    home = tmp_path_factory.mktemp("ledger")
    sender = Sender()
    with start_ledger(home, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 4)
        assert ledger.snapshot() == 5
        write_blocks(client, sender, ledger.chain_id, contract, BLOCKS - 5)
        hashes = client.hashes()
    return home, hashes


@pytest.fixture
def home(written: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(written[0], tmp_path / "ledger"))


@pytest.fixture
def hashes(written: tuple[Path, list[str]]) -> list[str]:
    return written[1]


def first_segment(home: Path) -> Path:
    return home / "journal-000000000001.log"


def last_segment(home: Path) -> Path:
    return home / "journal-000000000006.log"


def snapshot_file(home: Path) -> Path:
    return home / "snapshot-000000000005.bin"


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def refusal(home: Path) -> dict[str, object]:
    """Start, expect a refusal, and expect that the refusal changed nothing on the disk."""
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.name.startswith(("journal", "snapshot"))}
    with pytest.raises(LedgerStoppedError) as caught:
        start_ledger(home).kill()
    assert before == {path.name: path.read_bytes() for path in home.iterdir() if path.name in before}
    return caught.value.report


@pytest.mark.parametrize("tail", [b"\0", b"MPJ1", b"MPJ1\x10\0\0\0" + b"x" * 40, b"\0" * 4096])
def test_torn_tail_is_cut(home: Path, hashes: list[str], tail: bytes) -> None:
    sound = last_segment(home).stat().st_size
    with last_segment(home).open("ab") as journal:
        journal.write(tail)
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes
        assert ledger.recovery["notes"] == [
            f"cut {len(tail)} bytes of an unfinished record off {last_segment(home).name}"
        ]
    assert last_segment(home).stat().st_size == sound


def test_half_a_record_that_was_never_shown_is_cut(home: Path, hashes: list[str]) -> None:
    (home / "acknowledged").unlink()  # as if the crash came before the block was shown
    data = last_segment(home).read_bytes()
    last_segment(home).write_bytes(data[:-100])
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes[:-1]
        assert ledger.recovery["head_block"] == BLOCKS - 1


def test_cut_ledger_goes_on_and_replays_again(home: Path) -> None:
    with last_segment(home).open("ab") as journal:
        journal.write(b"MPJ1 unfinished")
    sender = Sender(seed=2)
    with start_ledger(home, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 2)
        hashes = client.hashes()
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes


def test_damaged_acknowledged_end_is_refused(home: Path) -> None:
    """One flipped bit in the newest record looks like a torn tail; the block was shown, so it is not one."""
    flip(last_segment(home), last_segment(home).stat().st_size - 5)
    report = refusal(home)
    assert report["code"] == "journal-short"
    assert f"block {BLOCKS} was acknowledged" in str(report["detail"])


@pytest.mark.parametrize("offset", [2, 100, 900, 1200])
def test_flipped_bit_in_the_middle_is_refused_with_what_to_do(home: Path, offset: int) -> None:
    flip(last_segment(home), offset)
    report = refusal(home)
    assert report["code"] == "journal-damaged"
    assert "sound records follow at byte" in str(report["detail"])
    assert "backup" in report["remedy"]["en"]
    assert "백업" in report["remedy"]["ko"]


def test_damage_at_the_end_of_an_earlier_segment_is_refused(home: Path) -> None:
    data = first_segment(home).read_bytes()
    first_segment(home).write_bytes(data[:-3])
    report = refusal(home)
    assert report["code"] == "journal-damaged"
    assert "later segments follow" in str(report["detail"])


def test_missing_first_segment_is_refused(home: Path) -> None:
    first_segment(home).unlink()
    report = refusal(home)
    assert report["code"] == "journal-damaged"
    assert "journal-000000000001.log is missing" in str(report["detail"])


def test_missing_last_segment_is_refused(home: Path) -> None:
    last_segment(home).unlink()
    assert refusal(home)["code"] == "journal-short"


def test_missing_journal_beside_snapshots_is_refused(home: Path) -> None:
    first_segment(home).unlink()
    last_segment(home).unlink()
    assert refusal(home)["code"] == "journal-short"
    (home / "acknowledged").unlink()
    assert refusal(home)["code"] == "journal-short"


def test_journal_older_than_a_snapshot_is_refused(home: Path) -> None:
    (home / "acknowledged").unlink()
    last_segment(home).unlink()
    data = first_segment(home).read_bytes()
    first_segment(home).write_bytes(data[:-10])
    assert refusal(home)["code"] == "journal-short"


@pytest.mark.parametrize("how", ["half", "flipped", "empty", "renamed"])
def test_damaged_snapshot_is_passed_over(home: Path, hashes: list[str], how: str) -> None:
    path = snapshot_file(home)
    data = path.read_bytes()
    match how:
        case "half":
            path.write_bytes(data[: len(data) // 2])
        case "flipped":
            flip(path, len(data) // 2)
        case "empty":
            path.write_bytes(b"")
        case _:
            path.rename(home / "snapshot-000000000007.bin")
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert ledger.recovery["base_block"] == 0
        assert client.hashes() == hashes
        assert len(ledger.recovery["notes"]) == 1
        assert "passed over snapshot-" in ledger.recovery["notes"][0]


def test_snapshot_of_another_history_is_passed_over(home: Path, hashes: list[str], tmp_path: Path) -> None:
    """Sound by its checksum, of the same height, and not ours: the replay on it does not reach the recorded hashes."""
    other = tmp_path / "other"
    sender = Sender()
    with start_ledger(other, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 4)
        assert ledger.snapshot() == 5
    shutil.copy(snapshot_file(other), snapshot_file(home))
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert ledger.recovery["base_block"] == 0
        assert client.hashes() == hashes


def rewrite(path: Path, change: Callable[[Record], Record]) -> None:
    """Encode every record again after `change`: what somebody could do who knows the format."""
    data = b""
    for item in scan(path.read_bytes()):
        assert isinstance(item, Frame)
        data += encode(change(item.record), at=len(data))
    path.write_bytes(data)


def test_well_formed_forgery_is_refused_because_the_engine_makes_another_block(home: Path) -> None:
    def later(record: Record) -> Record:
        if isinstance(record, BlockRecord) and record.number == BLOCKS:
            return replace(record, timestamp=record.timestamp + 1)
        return record

    rewrite(last_segment(home), later)
    report = refusal(home)
    assert report["code"] == "replay-mismatch"
    assert f"block {BLOCKS} is recorded as" in str(report["detail"])


def test_journal_of_another_hard_fork_is_refused(home: Path) -> None:
    def older(record: Record) -> Record:
        return replace(record, hardfork="cancun") if isinstance(record, HeaderRecord) else record

    rewrite(first_segment(home), older)
    rewrite(last_segment(home), older)
    report = refusal(home)
    assert report["code"] == "journal-foreign"
    assert "needs anvil 1.7.1" in str(report["detail"])


def test_genesis_file_is_written_again_from_the_journal(home: Path, hashes: list[str]) -> None:
    (home / "genesis.json").write_text("{}")
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes
    assert json.loads((home / "genesis.json").read_text())["config"]["chainId"] > 0


def test_check_finds_a_sound_ledger_sound(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.check(home, replay=True, as_json=True, isolated=False) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sound"] is True
    found = {finding["what"]: finding["detail"] for finding in report["findings"]}
    assert set(found) == {"identity", "journal", "shown", "content", "snapshot", "replay", "load"}
    assert f"{BLOCKS} blocks, {BLOCKS} transactions" in found["journal"]
    assert f"all hashes reproduced, {BLOCKS} transactions" in found["replay"]


def test_check_reports_damage_in_both_languages(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(last_segment(home), 900)
    assert commands.check(home) == 65
    english = capsys.readouterr().out
    assert "BAD journal" in english
    assert "NOT sound" in english
    assert commands.check(home, language="ko") == 65
    assert "온전하지 않습니다" in capsys.readouterr().out


def test_check_mentions_what_a_start_would_repair(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with last_segment(home).open("ab") as journal:
        journal.write(b"MPJ1 unfinished")
    flip(snapshot_file(home), 300)
    assert commands.check(home, as_json=True) == 0
    details = [finding["detail"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert any("15 bytes of an unfinished record" in detail for detail in details)
    assert any("is damaged; starts pass it over" in detail for detail in details)


def test_check_of_a_running_or_missing_ledger_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with start_ledger(home):
        assert commands.check(home) == 75
    assert "already running" in capsys.readouterr().out
    assert commands.check(home / "nowhere") == 74
    assert not (home / "nowhere").exists()
