"""A backup taken while the ledger mines restores to the same history; a backup that is not whole restores nothing."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.embedded import commands
from node.embedded.backup import write_backup
from node.embedded.journal import MARK, mark_line
from node.embedded.launcher import start_ledger
from node.embedded.manifest import entries_of, read_manifest, write_manifest
from node.embedded.records import BlockRecord, Frame, encode, scan
from tests.integration.embedded_support import Client, Sender, write_blocks

pytestmark = pytest.mark.chain

BLOCKS = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A stopped ledger with a snapshot in the middle, its backup, and its hashes."""
    folder = tmp_path_factory.mktemp("backup")
    home, copy, sender = folder / "ledger", folder / "copy", Sender()
    with start_ledger(home, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, BLOCKS // 2)
        ledger.snapshot()
        write_blocks(client, sender, ledger.chain_id, contract, BLOCKS // 2)
        hashes = client.hashes()
    write_backup(home, copy)
    return home, copy, hashes


@pytest.fixture
def copy(made: tuple[Path, Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[1], tmp_path / "copy"))


def restore(source: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = commands.restore(source, home, as_json=True, isolated=False)
    return code, json.loads(capsys.readouterr().out)


def test_restored_ledger_has_the_same_history_and_goes_on(
    copy: Path, made: tuple[Path, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, sender = tmp_path / "home" / "ledger", Sender(seed=3)
    code, report = restore(copy, home, capsys)
    assert code == 0
    assert report["head"]["number"] == BLOCKS + 1
    assert report["head"]["hash"] == made[2][-1]
    with start_ledger(home, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        assert client.hashes() == made[2]
        assert ledger.recovery["base_block"] == BLOCKS // 2 + 1
        write_blocks(client, sender, ledger.chain_id, sender.deploy(client, ledger.chain_id), 1)
        hashes = client.hashes()
    with start_ledger(home) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes


def test_backups_of_a_ledger_that_mines_are_true_beginnings_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, long_form: bool
) -> None:
    home, sender, copies = tmp_path / "ledger", Sender(), []
    with start_ledger(home, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        stop = threading.Event()

        def work() -> None:
            with Client(ledger.url) as busy:
                while not stop.is_set():
                    write_blocks(busy, sender, ledger.chain_id, contract, 1)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            for number in range(40 if long_form else 8):
                if number % 4 == 2:
                    ledger.snapshot()  # a new segment, and an older snapshot that vanishes
                shown = client.head()
                manifest = write_backup(home, tmp_path / f"copy-{number}")
                assert manifest.head.number >= shown[0]
                copies.append((tmp_path / f"copy-{number}", manifest.head.number))
        finally:
            stop.set()
            worker.join(30)
        hashes = client.hashes()
    for place, (source, number) in enumerate(copies if long_form else copies[2::4]):
        restored = tmp_path / f"restored-{place}"
        assert restore(source, restored, capsys)[0] == 0
        with start_ledger(restored) as ledger, Client(ledger.url) as client:
            assert client.hashes() == hashes[: number + 1]


def test_ledger_that_is_there_is_never_written_over(
    copy: Path, made: tuple[Path, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Path(shutil.copytree(made[0], tmp_path / "ledger"))
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    code, report = restore(copy, home, capsys)
    assert (code, report["code"]) == (73, "folder-taken")
    assert before == {path.name: path.read_bytes() for path in home.iterdir()}
    assert commands.backup(home, copy, as_json=True) == 73
    assert json.loads(capsys.readouterr().out)["code"] == "folder-taken"


@pytest.mark.parametrize("how", ["flipped", "cut", "missing", "manifest", "foreign name", "other hash", "no folder"])
def test_backup_that_is_not_whole_restores_nothing(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    journal, manifest = copy / "journal-000000000001.log", copy / "manifest.json"
    match how:
        case "flipped":
            data = bytearray(journal.read_bytes())
            data[len(data) // 2] ^= 1
            journal.write_bytes(data)
        case "cut":
            journal.write_bytes(journal.read_bytes()[:-10])
        case "missing":
            journal.unlink()
        case "manifest":
            manifest.write_text("{")
        case "foreign name":
            manifest.write_text(manifest.read_text().replace("relayers.json", "../../outside"))
        case "other hash":
            found = json.loads(manifest.read_text())
            found["head"]["hash"] = "0x" + "11" * 32
            manifest.write_text(json.dumps(found))
        case _:
            shutil.rmtree(copy)
    code, report = restore(copy, tmp_path / "home" / "ledger", capsys)
    assert code in {65, 74}, report
    assert report["remedy"]["ko"]
    assert not (tmp_path / "home" / "ledger").exists()
    assert not list((tmp_path / "home").glob(".*")) if (tmp_path / "home").exists() else True


def test_forged_backup_does_not_replay(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is consistent with the manifest, and the engine makes another block all the same."""
    last = max(copy.glob("journal-*.log"))
    data, head = b"", None
    frames = [item for item in scan(last.read_bytes()) if isinstance(item, Frame)]
    for frame in frames:
        record = frame.record
        if frame is frames[-1]:
            assert isinstance(record, BlockRecord)
            record = replace(record, timestamp=record.timestamp + 1)
            head = record.ref
        data += encode(record, at=len(data))
    assert head is not None
    last.write_bytes(data)
    (copy / MARK).write_bytes(mark_line(head))
    found = read_manifest(copy, kind="mapae-ledger-backup")
    names = [entry.name for entry in found.files]
    write_manifest(copy, replace(found, head=head, files=entries_of(copy, names)))
    code, report = restore(copy, tmp_path / "ledger", capsys)
    assert (code, report["code"]) == (65, "backup-damaged")
    assert "is recorded as" in report["detail"]
    assert not (tmp_path / "ledger").exists()


def test_where_there_is_no_ledger_there_is_no_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.backup(tmp_path / "nowhere", tmp_path / "copy") == 74
    assert "there is no ledger" in capsys.readouterr().err
    assert not (tmp_path / "copy").exists()
    (tmp_path / "empty").mkdir()
    assert commands.backup(tmp_path / "empty", tmp_path / "copy", language="ko") == 74
    assert not (tmp_path / "copy").exists()
