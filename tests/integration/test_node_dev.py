"""`mapae-node dev` as a person meets it: one command, one home, one port, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from registry_client.adapters.signer_file import load_signer
from registry_client.core.did import format_did
from registry_client.core.encoding import encode_hex
from registry_client.profile import read_profile, write_profile
from tests.integration.node_support import NodeClient, child_node, eventually

pytestmark = [pytest.mark.chain, pytest.mark.slow]


LEDGER = {
    "MAPAE_RPC_URL": "http://127.0.0.1:1",
    "MAPAE_NETWORK": "kr-gov",
    "MAPAE_CHAIN_ID": "5",
    "MAPAE_GENESIS_HASH": "0x" + "11" * 32,
    "MAPAE_DIRECTORY": "0x" + "22" * 20,
    "MAPAE_CODE_HASH": "0x" + "33" * 32,
}


def start(home: Path, port: int, log: Path) -> tuple:
    child = child_node(home, log, "dev", "--port", str(port))
    client = NodeClient(f"http://127.0.0.1:{port}", "")
    return child, client


def ask(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "MAPAE_HOME": str(home), **environment},
    )


def test_first_start_second_start_and_sudden_end(tmp_path: Path) -> None:
    home, log, port = tmp_path / "var", tmp_path / "log", free_port()
    child, client = start(home, port, log)
    with child as process:
        eventually(client.is_ready, what=f"ready; said: {log.read_text() if log.exists() else ''}", timeout_s=120)
        ledger = client.get("/v1/ledger")
        profile = read_profile(home / "profile.toml")
        ours = replace(profile, agency=str(format_did(profile.network, b"\1" * 20)), language="ko")
        write_profile(ours, home / "profile.toml")
        assert profile.network == ledger["network"]
        assert profile.network.startswith("dev-" + ledger["genesis_hash"][2:8])
        assert encode_hex(profile.directory) == ledger["directory"]
        assert profile.node_url == client.url
        assert profile.book == home / "book.sqlite"
        council = client.get("/v1/council")
        roster = json.loads((home / "demo" / "council.json").read_text())
        assert council["members"] == roster["members"]
        assert (council["threshold"], len(council["members"])) == (2, 3)
        passphrase = (home / "demo" / "passphrase").read_text().strip()
        signer = load_signer(home / "demo" / "keys" / "council-1.p12", passphrase=passphrase)
        assert encode_hex(signer.public_key.controller()) in council["members"]
        for secret in ("node/token", "node/relayer.json", "node/relayer.passphrase", "demo/passphrase"):
            assert (home / secret).stat().st_mode & 0o077 == 0, secret

        second = ask(home, "dev", "--port", "0")
        assert second.returncode == 78
        assert str(process.pid) in second.stderr
        taken = ask(tmp_path / "other", "dev", "--port", str(port))
        assert taken.returncode == 78
        assert "--port" in taken.stderr
        assert not (tmp_path / "other" / "ledger").exists()

        family = descendants(process.pid)
        assert len(family) >= 2  # the ledger's supervisor and its engine
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        eventually(lambda: not any(alive(pid) for pid in family), what="the whole tree is gone")
    client.http.close()

    child, client = start(home, port, log)
    with child as process:
        eventually(client.is_ready, what="ready again", timeout_s=30)
        again = client.get("/v1/ledger")
        assert again["directory"] == ledger["directory"]
        assert again["genesis_hash"] == ledger["genesis_hash"]
        kept = read_profile(home / "profile.toml")
        assert (kept.agency, kept.language, kept.node_url) == (ours.agency, "ko", client.url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    client.http.close()

    digest = json.loads(ask(home, "index", "digest").stdout)
    rebuilt = json.loads(ask(home, "index", "rebuild", "--json").stdout)
    assert {name: rebuilt[name] for name in digest} == digest


def test_wrong_settings_are_one_line_and_a_way_out(tmp_path: Path) -> None:
    unknown = ask(tmp_path, "config", "show", MAPAE_PROT="1")
    assert (unknown.returncode, unknown.stdout) == (78, "")
    assert "did you mean port" in unknown.stderr
    homeless = ask(tmp_path, "run")
    assert homeless.returncode == 78
    assert "mapae-node dev" in homeless.stderr
    assert "Traceback" not in homeless.stderr + unknown.stderr
    keyless = ask(tmp_path, "relayer", "status", **LEDGER)
    assert (keyless.returncode, "relayer.json is missing" in keyless.stderr) == (78, True)
    assert ask(tmp_path, "relayer", "new").returncode == 0
    away = ask(tmp_path, "relayer", "status", **LEDGER)
    assert away.returncode == 69, away.stderr
    assert "127.0.0.1:1" in away.stderr


def test_home_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("not a folder")
    (tmp_path / "node" / "outbox.sqlite").mkdir(parents=True)
    for command, blocked in ((("dev", "--port", "0"), "log"), (("tokens", "list"), "node/outbox.sqlite")):
        refused = ask(tmp_path, *command, **LEDGER)
        assert refused.returncode == 74, refused.stderr
        assert str(tmp_path / blocked) in refused.stderr
        assert "MAPAE_HOME" in refused.stderr
        assert "Traceback" not in refused.stderr
    if os.geteuid() != 0:  # root writes everywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        closed = ask(tmp_path / "closed" / "var", "relayer", "new")
        assert (closed.returncode, "Let this user write there" in closed.stderr) == (74, True)


def test_ledger_by_itself_tells_its_ends_apart_by_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with child_node(tmp_path, tmp_path / "log", "ledger", "run", "--port", "0") as running:
        eventually(lambda: "ready" in (tmp_path / "log").read_text(), what="a ledger that is ready")
        assert ask(tmp_path, "ledger", "run", "--port", "0").returncode == 75
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    sound = ask(tmp_path, "ledger", "check")
    assert sound.returncode == 0, sound.stdout
    away = ask(tmp_path, "ledger", "run", "--port", "0", MAPAE_ANVIL="/nowhere/anvil")
    assert away.returncode == 69, away.stderr
    (journal,) = folder.glob("journal-*.log")
    damage(journal)
    assert ask(tmp_path, "ledger", "check").returncode == 65
    assert ask(tmp_path, "ledger", "run", "--port", "0").returncode == 65


def test_damaged_journal_met_by_dev_says_what_to_do(tmp_path: Path) -> None:
    home, log = tmp_path / "var", tmp_path / "log"
    with child_node(home, log, "dev", "--port", "0") as process:
        eventually(lambda: "/docs" in log.read_text(), what="a node that serves", timeout_s=120)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    told = log.read_text().splitlines()
    strange = [line for line in told if not line.startswith(("ledger  ", "deploy  ", "contracts", "node  "))]
    assert not strange
    for path in (home, home / "node", home / "log", *(home / "node").iterdir(), *(home / "log").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    damage(min((home / "ledger").glob("journal-*.log")))
    refused = ask(home, "dev", "--port", "0")
    assert refused.returncode == 65
    assert "journal is damaged" in refused.stderr
    assert "backup" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "ResourceWarning" not in refused.stderr


def damage(journal: Path) -> None:
    """Flip one bit in the middle."""
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 1
    journal.write_bytes(data)


def test_tokens_by_hand(tmp_path: Path) -> None:
    made = ask(tmp_path, "tokens", "create", "interior", "--quota", "7", **LEDGER)
    assert made.returncode == 0
    assert made.stdout.startswith("mapae_")
    (listed,) = json.loads(ask(tmp_path, "tokens", "list", "--json", **LEDGER).stdout)
    assert (listed["label"], listed["quota_per_day"], listed["revoked"]) == ("interior", 7, None)
    assert made.stdout.strip() not in ask(tmp_path, "tokens", "list", **LEDGER).stdout
    assert ask(tmp_path, "tokens", "revoke", "interior", **LEDGER).returncode == 0
    assert ask(tmp_path, "tokens", "revoke", "interior", **LEDGER).returncode == 64


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> list[int]:
    """Every process below one, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
