"""scripts/deploy.py as an operator uses it: a plan, a keystore, one line of cause when something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account

from tests.support.anvil import Anvil
from tests.support.chain import COUNCIL
from tests.support.keys import Secp256k1Key

pytestmark = pytest.mark.chain

ROOT = Path(__file__).resolve().parents[2]
PLAN = f"""
network = "by-hand"
threshold = 2
delay_s = 86400
development = false
members = {json.dumps(["0x" + member.controller.hex() for member in COUNCIL])}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a plan, a keystore and its passphrase."""
    key = Secp256k1Key(f"operator of {tmp_path.name}")
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    keystore = Account.encrypt(key.secret, "a passphrase", iterations=2)
    (tmp_path / "keystore.json").write_text(json.dumps(keystore), encoding="utf-8")
    (tmp_path / "passphrase").write_text("a passphrase\n", encoding="utf-8")
    return tmp_path


def run(ledger: Anvil, desk: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {
        "MAPAE_DEPLOYER_KEYSTORE": str(desk / "keystore.json"),
        "MAPAE_DEPLOYER_PASSPHRASE_FILE": str(desk / "passphrase"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "scripts/deploy.py", str(desk / "plan.toml"), "--rpc-url", ledger.url]
    command += ["--output", str(desk / "deployment.json")]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **own, **environment}, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_plan_is_deployed_and_found_again(ledger: Anvil, desk: Path) -> None:
    first, second = run(ledger, desk), run(ledger, desk)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    deployment = json.loads(first.stdout)
    assert deployment == json.loads(second.stdout) == json.loads((desk / "deployment.json").read_text())
    assert deployment["network"] == "by-hand"
    assert "deploying Directory" in first.stderr
    assert "deploying" not in second.stderr


@pytest.mark.parametrize(
    ("line", "becomes", "cause"),
    [
        ("threshold = 2", "threshold = 3", "threshold"),
        ("threshold = 2", "treshold = 2", "unknown or missing fields: threshold, treshold"),
        ("delay_s = 86400", 'delay_s = "a day"', "delay_s is not of type int"),
        ("development = false", "development = 0", "development is not of type bool"),
        ('"0x02', '"0xzz', "a member is not 0x-hex"),
        ("network", "network =", "cannot be read"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_cause(ledger: Anvil, desk: Path, line: str, becomes: str, cause: str) -> None:
    (desk / "plan.toml").write_text(PLAN.replace(line, becomes, 1), encoding="utf-8")
    refused = run(ledger, desk)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("deploy: ")
    assert cause in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_key_that_does_not_open_is_an_error_without_the_passphrase(ledger: Anvil, desk: Path) -> None:
    (desk / "passphrase").write_text("another passphrase\n", encoding="utf-8")
    refused = run(ledger, desk)
    assert refused.returncode == 1
    assert "the deployer's key cannot be opened" in refused.stderr
    assert "another passphrase" not in refused.stderr


def test_a_missing_variable_is_named(ledger: Anvil, desk: Path) -> None:
    refused = run(ledger, desk, MAPAE_DEPLOYER_KEYSTORE=str(desk / "nothing.json"))
    assert refused.returncode == 1
    assert "cannot be opened" in refused.stderr
