"""`mapae-node doctor`: the same checks with the node up and down; each trouble is seen and has a remedy."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli.doctor_words import TABLES
from node.doctor.examination import CHECKS
from node.doctor.finding import State, graded, unknown, within
from tests.integration.node_support import admitted, make_home, running_node
from tests.support.anvil import anvil
from tests.support.chain import Registry, found

pytestmark = pytest.mark.chain

ALL_WELL = ("node", "database", "outbox", "rpc", "chain_id", "genesis", "directory", "contracts", "lag", "gas")


@pytest.fixture(scope="module")
def own() -> Iterator[Registry]:
    with anvil(chain_id=31_791) as ledger:
        registry = found(ledger)
        admitted(registry, "agency at the doctor's")
        yield registry


def doctor(home: Path, *flags: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "node", "doctor", "--home", str(home), *flags],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout


def states(home: Path, *flags: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code, text = doctor(home, "--json", *flags)
    return code, {item["check"]: item for item in json.loads(text)["checks"]}


def test_node_up_and_node_down(own: Registry, tmp_path: Path) -> None:
    with running_node(own, tmp_path) as node:
        node.wait_for_head(own.ledger)
        port = node.url.rpartition(":")[2]
        make_home(own, tmp_path, port=int(port))
        code, up = states(tmp_path)
        assert set(up) == set(CHECKS)
        for check in ALL_WELL:
            assert up[check]["state"] == "ok", up[check]
        assert up["contracts"]["figures"]["count"] == 8
        assert code in {0, 1}
    code, down = states(tmp_path)
    assert down["node"]["state"] == "warn"
    assert down["node"]["remedy"]
    assert down["contracts"]["state"] == down["database"]["state"] == "ok"


def test_another_ledger_is_named(own: Registry, tmp_path: Path) -> None:
    make_home(own, tmp_path, chain_id=4_711, code_hash="0x" + "11" * 32)
    code, found_now = states(tmp_path)
    assert code == 1
    assert found_now["chain_id"]["state"] == found_now["directory"]["state"] == "fail"
    assert found_now["genesis"]["state"] == "ok"
    assert found_now["database"]["state"] == found_now["contracts"]["state"] == "unknown"
    assert not (tmp_path / "node" / "index.sqlite").exists()


def test_a_ledger_that_is_away_and_files_for_everybody(own: Registry, tmp_path: Path) -> None:
    config = make_home(own, tmp_path, rpc_url="http://127.0.0.1:9")
    config.path(config.relayer_passphrase).chmod(0o644)
    code, text = doctor(tmp_path, "--lang", "ko")
    assert code == 1
    assert "실패" in text
    assert "->" in text
    _, seen = states(tmp_path)
    assert seen["rpc"]["state"] == seen["permissions"]["state"] == "fail"
    assert seen["head"]["state"] == seen["nonce"]["state"] == "unknown"


def test_a_check_that_hangs_keeps_nobody() -> None:
    never = threading.Event()
    found_now = within("rpc", lambda: graded("rpc", fails=never.wait()), seconds=0.05)
    never.set()
    assert found_now == unknown("rpc", "no answer within 0 s")
    assert within("rpc", lambda: 1 / 0).state is State.UNKNOWN  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_check_has_words(language: str) -> None:
    assert set(TABLES[language]) == set(CHECKS)
    assert all(all(words) for words in TABLES[language].values())
