"""A node on any JSON-RPC named in its settings (here a plain anvil) serves the ledger it was told, and no other."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.config import CONFIG_FILE, as_toml
from node.main import connect
from registry_client.errors import LedgerUnavailableError, WrongLedgerError
from tests.integration.node_support import NodeClient, child_node, eventually, make_home
from tests.support.anvil import Anvil, anvil
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

HASH = "0x" + "ab" * 32
WRONG = {
    "chain_id": 31_336,
    "genesis_hash": HASH,
    "directory": "0x" + "cd" * 20,
    "code_hash": HASH,
}


@pytest.fixture(scope="module")
def other_ledger() -> Iterator[Anvil]:
    """Another ledger with the same chain id: only its history differs."""
    with anvil(timestamp=1_700_000_000) as running:
        yield running


@pytest.mark.parametrize("setting", WRONG)
def test_ledger_that_differs_in_one_setting_is_refused_by_its_name(
    founded: Registry, tmp_path: Path, setting: str
) -> None:
    with pytest.raises(WrongLedgerError) as refused:
        connect(make_home(founded, tmp_path, **{setting: WRONG[setting]}), wait_s=0)
    assert refused.value.evidence.keys() == {setting}
    assert str(WRONG[setting]) in refused.value.detail
    assert "mapae-node config show" in refused.value.detail


def test_another_ledger_with_the_same_chain_id_is_refused(
    founded: Registry, other_ledger: Anvil, tmp_path: Path
) -> None:
    with pytest.raises(WrongLedgerError) as refused:
        connect(make_home(founded, tmp_path, rpc_url=other_ledger.url), wait_s=0)
    assert refused.value.evidence.keys() == {"genesis_hash", "directory"}


def test_ledger_that_is_away_is_not_a_wrong_one(founded: Registry, tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailableError):
        connect(make_home(founded, tmp_path, rpc_url="http://127.0.0.1:1"), wait_s=0)


def test_command_runs_against_the_ledger_in_its_settings_and_refuses_another(founded: Registry, tmp_path: Path) -> None:
    config = make_home(founded, tmp_path / "home")
    log = tmp_path / "log"
    with child_node(tmp_path / "home", log, "run", "--port", "0") as running:
        file = tmp_path / "home" / "log" / "node.log"
        served = eventually(lambda: file.exists() and port_in(file.read_text()), what="a node that serves")
        client = NodeClient(f"http://127.0.0.1:{served}", "")
        eventually(client.is_ready, what="a node that is ready")
        ledger = client.get("/v1/ledger")
        assert (ledger["chain_id"], ledger["directory"]) == (config.chain_id, config.directory)
        client.http.close()
        running.terminate()
        assert running.wait(20) == 0
    assert log.read_text() == f"node     http://127.0.0.1:{served}/docs\n", "a stop in order says nothing"

    (tmp_path / "home" / CONFIG_FILE).write_text(as_toml(config).replace(config.genesis_hash, HASH))
    refused = subprocess.run(
        [sys.executable, "-m", "node", "run", "--home", str(tmp_path / "home"), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ},
    )
    assert refused.returncode == 78
    assert f"expected {HASH}" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def port_in(log: str) -> int | None:
    """The port in the line that says where the node serves."""
    found = re.search(r'"port": ?(\d+)', log)
    return int(found[1]) if found else None
