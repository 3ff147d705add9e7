"""An index that lies in any one thing is found out by the ledger's state; one that does not passes."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.cli import main
from node.cli.index_check import checked
from node.config import Config
from node.services.index_check import IndexReport
from registry_client.cli.i18n import set_language
from registry_client.errors import LedgerInconsistentError
from tests.faults.everything import indexed, tell_everything
from tests.support.anvil import anvil
from tests.support.chain import Registry, found

pytestmark = pytest.mark.chain

LIES = {
    "a document": "UPDATE did_versions SET document = X'7B7D' WHERE document IS NOT NULL AND version = 2",
    "a controller": "UPDATE did_versions SET controller = zeroblob(21) WHERE version = 4",
    "a version that is not there": "DELETE FROM did_versions WHERE version = 4",
    "a block time": "UPDATE did_versions SET block_time = block_time - 1 WHERE version = 1",
    "a deactivation that did not happen": "UPDATE did_versions SET state = 2 WHERE version = 4",
    "a compromise at another time": "UPDATE compromises SET since = since + 1",
    "an admission that lasts": "UPDATE admissions SET valid_until = valid_until + 9999999",
    "a role that lasts": "UPDATE role_terms SET valid_until = valid_until + 9999999",
    "a grant with more rights": "UPDATE grants SET may_accredit = 1 WHERE seq = 2",
    "a grant too many": "INSERT INTO grants SELECT agency, type_id, seq + 1, grantor, grantor_seq, depth, may_issue, "
    "may_accredit, valid_from, valid_until, by, block_number, log_index + 900, seen_block FROM grants WHERE seq = 2",
    "a grant too few": "DELETE FROM grants WHERE seq = 2",
    "an ending forgotten": "DELETE FROM grant_ends",
    "a batch of another size": "UPDATE issuances SET count = count + 1 WHERE seq = 2",
    "a batch forgotten": "DELETE FROM issuances WHERE seq = 3",
    "a list's change forgotten": "DELETE FROM status_changes WHERE seq = 3",
    "a bit": "UPDATE status_words SET value = zeroblob(32) WHERE word = 3",
    "a snapshot of another digest": "UPDATE snapshots SET digest = zeroblob(32)",
    "a schema's document": "UPDATE schemas SET document = X'7B7D'",
    "a service that goes on": "UPDATE services SET ended_at = 0",
    "a verifier": "UPDATE services SET verifier = zeroblob(20)",
    "a member of the council": "UPDATE council_terms SET members = zeroblob(63)",
    "a contract": "UPDATE directory_entries SET code_hash = zeroblob(32) WHERE name = 'Roles'",
    "a nonce": "UPDATE spent_nonces SET nonce_seq = nonce_seq + 5 WHERE nonce_seq = 0",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Config]]:
    """A ledger of our own on which everything has happened, and an index of it."""
    with anvil() as ledger:
        registry = found(ledger)
        tell_everything(registry)
        yield registry, indexed(registry, tmp_path_factory.mktemp("home"))


@pytest.fixture
def config(told: tuple[Registry, Config], tmp_path: Path) -> Config:
    """The same home, copied, to lie in."""
    return replace(told[1], home=Path(shutil.copytree(told[1].home, tmp_path / "home")))


def full(config: Config) -> IndexReport:
    return checked(config, sample=None)


def test_true_index_passes_in_full(told: tuple[Registry, Config]) -> None:
    report = full(told[1])
    assert report.differences == []
    assert report.wrong == 0
    assert report.claims > 50
    assert report.block_number == int(told[0].ledger.rpc("eth_blockNumber"), 16)


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_found(config: Config, lie: str) -> None:
    with contextlib.closing(sqlite3.connect(config.index_path)) as db:
        changed = db.execute(LIES[lie]).rowcount
        db.commit()
    assert changed > 0
    report = full(config)
    assert report.wrong >= 1
    assert report.differences[0].subject
    assert report.differences[0].index != report.differences[0].ledger


def test_sample_looks_at_less_and_says_so(told: tuple[Registry, Config]) -> None:
    config = told[1]
    everything = full(config).claims
    report = checked(config, sample=1)
    assert report.sampled
    assert report.claims < everything
    assert report.wrong == 0


def test_index_behind_the_ledger_is_read_where_its_state_still_is(registry: Registry, tmp_path: Path) -> None:
    """Blocks without a word of the registry do not matter; after one of its own the older state is asked for."""
    story = tell_everything(registry)
    config = indexed(registry, tmp_path / "home")
    registry.ledger.rpc("anvil_mine", "0x3")
    report = full(config)
    assert (report.wrong, report.read_at) == (0, report.block_number + 3)
    opened_in = next(address for address, name in registry.generations.items() if name == "StatusRegistry")
    registry.submit("Revoke", {"list": story.list_id, "startWord": 9, "masks": (1,)}, story.desk, at=opened_in)
    report = full(config)
    assert (report.wrong, report.read_at) == (0, report.block_number)


def test_index_of_another_history_is_refused(config: Config) -> None:
    with contextlib.closing(sqlite3.connect(config.index_path)) as db:
        db.execute("UPDATE cursor SET final_hash = zeroblob(32)")
        db.commit()
    with pytest.raises(LedgerInconsistentError, match="the ledger now shows"):
        full(config)


def test_command_tells_people_and_scripts(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["mapae-node", "index", "check", "--home", str(config.home), *arguments])
        code = main()
        return code, capsys.readouterr().out

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code, said = run("--full")
    assert (code, "the index says what the ledger says" in said) == (0, True)
    code, said = run("--lang", "ko", "--sample", "5")
    set_language("en")
    assert (code, "색인이 원장과 같습니다" in said) == (0, True)
    with contextlib.closing(sqlite3.connect(config.index_path)) as db:
        db.execute(LIES["a document"])
        db.commit()
    code, said = run("--full", "--json")
    assert code == 70
    report = json.loads(said)
    assert report["wrong"] >= 1
    assert report["differences"][0]["question"] == "history"
