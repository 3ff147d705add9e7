"""Both snapshots damaged: the ledger starts from the genesis with the same history. A missing segment: it does not."""

import shutil
from pathlib import Path

import pytest

from node.embedded.errors import LedgerStoppedError
from node.embedded.launcher import start_ledger
from tests.integration.embedded_support import Client, Sender, write_blocks

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A stopped ledger of three segments and two snapshots, and its hashes."""
    home, sender = tmp_path_factory.mktemp("ledger"), Sender()
    with start_ledger(home, relayers=[sender.address], heartbeat_s=0) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        for _ in range(2):
            write_blocks(client, sender, ledger.chain_id, contract, 3)
            ledger.snapshot()
        write_blocks(client, sender, ledger.chain_id, contract, 3)
        return home, client.hashes()


@pytest.fixture
def home(written: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(written[0], tmp_path / "ledger"))


@pytest.mark.parametrize("how", ["flipped", "cut", "empty"])
def test_two_damaged_snapshots_are_passed_over(home: Path, written: tuple[Path, list[str]], how: str) -> None:
    snapshots = sorted(home.glob("snapshot-*.bin"))
    assert len(snapshots) == 2
    for path in snapshots:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes({"flipped": bytes(data), "cut": bytes(data[:-7]), "empty": b""}[how])
    with start_ledger(home, heartbeat_s=0) as ledger, Client(ledger.url) as client:
        assert ledger.recovery["base_block"] == 0
        assert [note.split(":")[0] for note in ledger.recovery["notes"]] == [
            f"passed over {path.name}" for path in reversed(snapshots)
        ]
        assert client.hashes() == written[1]


def test_missing_segment_in_the_middle_is_refused_even_with_a_later_snapshot(home: Path) -> None:
    segments = sorted(home.glob("journal-*.log"))
    assert len(segments) == 3
    segments[1].unlink()
    before = {path.name: path.read_bytes() for path in home.glob("*-0*")}
    with pytest.raises(LedgerStoppedError) as caught:
        start_ledger(home).kill()
    assert caught.value.code == "journal-damaged"
    assert "a segment is missing" in caught.value.detail
    assert "backup" in caught.value.remedy.en
    assert before == {path.name: path.read_bytes() for path in home.glob("*-0*")}
