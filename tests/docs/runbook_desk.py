"""A machine for the runbook's commands: `systemctl`, `runuser` and `mapae-node` that act on processes of the test.

The registry is real: an embedded ledger with the nine contracts and a node over it, started as by the units in
deploy/systemd. Stopping signals the main process only, as `KillMode=mixed` does.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account

from node.config import CONFIG_FILE, as_toml, load_config
from node.embedded.relayers import KnownRelayers, parse_address
from node.services.deployment import deploy
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "runbook.md"
SECTION = re.compile(r'<a id="([a-z-]+)"></a>\n\n(.*?)(?=\n<a id=|\Z)', re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
WAIT_S = 600.0
RUN_S = 1200
"""Bounds for a machine that does much else; nothing waits longer than it must."""
SHIMS = {
    "mapae-node": 'exec "$PYTHON" -m node "$@"',
    "runuser": 'shift 3\nexec "$@"',
    "journalctl": 'cat "$DESK"/*.log',
    "systemctl": r"""
action=$1; shift
for unit in "$@"; do
  case $unit in
    -*) continue ;;
    mapae-ledger) words="ledger run --port $LEDGER_PORT" ;;
    mapae-node) words="run --port $NODE_PORT" ;;
    *) exit 5 ;;
  esac
  base=$DESK/$unit
  alive() { [ -e "$base.pid" ] && [ ! -e "$base.exit" ]; }
  case $action in stop | restart)
    if alive; then
      kill "$(cat "$base.pid")" 2>/dev/null
      for _ in $(seq 6000); do alive || break; sleep 0.1; done
      alive && exit 1
    fi ;;
  esac
  case $action in
    start | restart)
      alive && continue
      rm -f "$base.pid" "$base.exit"
      setsid bash -c '"$PYTHON" -m node '"$words"' & echo $! >'"$base"'.new; mv '"$base"'.new '"$base"'.pid
        wait $!; echo $? >'"$base"'.code; mv '"$base"'.code '"$base"'.exit' </dev/null >>"$base.log" 2>&1 &
      for _ in $(seq 6000); do [ -e "$base.pid" ] && break; sleep 0.1; done ;;
    status) alive && echo "$unit active" || echo "$unit inactive $(cat "$base.exit" 2>/dev/null)" ;;
  esac
done
""",
}


def sections(page: Path = PAGE) -> dict[str, list[str]]:
    """The code boxes of every section, by its anchor."""
    return {anchor: BLOCK.findall(text) for anchor, text in SECTION.findall(page.read_text())}


def prelude(page: Path = PAGE) -> str:
    """The first box: what every shell of the runbook begins with."""
    return str(BLOCK.findall(page.read_text())[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Desk:
    """One machine."""

    folder: Path
    node_port: int = field(default_factory=free_port)
    ledger_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.home, self.backup, self.shims = self.folder / "home", self.folder / "backup", self.folder / "bin"
        self.backup.mkdir()
        self.shims.mkdir()
        for name, text in SHIMS.items():
            path = self.shims / name
            path.write_text(f"#!/bin/bash\n{text}\n")
            path.chmod(0o755)
        self.payer = Account.create()
        self.nonce = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.node_port}"

    def run(self, text: str) -> str:
        """Type commands as the runbook says, on this machine; stops at the first that fails."""
        here = {
            "/var/lib/mapae": str(self.home),
            "/backup/mapae": str(self.backup),
            "127.0.0.1:8700": f"127.0.0.1:{self.node_port}",
            "127.0.0.1:8545": f"127.0.0.1:{self.ledger_port}",
            "/opt/mapae/.venv/bin/mapae-node": str(self.shims / "mapae-node"),
            "-o mapae -g mapae ": "",
            "--retry 90": "--retry 600",
        }
        script = prelude() + text
        for theirs, ours in here.items():
            script = script.replace(theirs, ours)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAPAE_")}
        environment = inherited | {
            "PATH": f"{self.shims}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "DESK": str(self.folder),
            "NODE_PORT": str(self.node_port),
            "LEDGER_PORT": str(self.ledger_port),
            "COLUMNS": "200",
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            ["bash", "-eu", "-c", script], env=environment, capture_output=True, text=True, timeout=RUN_S, check=False
        )
        assert done.returncode == 0, (script, done.stdout, done.stderr, self.logs())
        return done.stdout

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))

    def ended(self, unit: str) -> int:
        """Wait until a unit has ended by itself; return its exit code."""
        path = self.folder / f"{unit}.exit"
        self.until(path.exists, f"{unit} that ends")
        return int(path.read_text())

    def until(self, check: Any, what: str) -> Any:
        end = time.monotonic() + WAIT_S
        while not (found := check()):
            assert time.monotonic() < end, (what, self.logs())
            time.sleep(0.1)
        return found

    def reasons(self) -> set[str]:
        with contextlib.suppress(httpx.TransportError):
            return {r["code"] for r in httpx.get(f"{self.url}/health/ready", timeout=30).json()["reasons"]}
        return set()

    def head(self) -> int:
        with contextlib.suppress(httpx.TransportError):
            head = httpx.get(f"{self.url}/health/ready", timeout=30).json()["head"]
            return head["number"] if head else -1
        return -1

    def call(self, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = httpx.post(f"http://127.0.0.1:{self.ledger_port}", json=body, timeout=30).json()
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, count: int, *, mark: int) -> int:
        """Make `count` blocks that no other `mark` makes; return the newest's number."""
        for _ in range(count):
            sender = self.payer.address
            nonce = int(self.call("eth_getTransactionCount", sender, "latest"), 16)
            chain_id = int(self.call("eth_chainId"), 16)
            plain = {"to": sender, "value": 0, "gas": 50_000, "gasPrice": 0, "data": bytes([mark])}
            signed = self.payer.sign_transaction({**plain, "nonce": nonce, "chainId": chain_id})
            known = self.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
            self.until(lambda known=known: self.call("eth_getTransactionReceipt", known), "a block")
        return int(self.call("eth_blockNumber"), 16)

    def back_up(self) -> None:
        """Make the backup that docs/operations.md describes, anew."""
        shutil.rmtree(self.backup)
        (self.backup / "node").mkdir(parents=True)
        self.run('mapae-node ledger backup "$BACKUP/ledger"\n')
        for name in ("config.toml", "relayer.json", "relayer.passphrase", "outbox.sqlite"):
            shutil.copy(self.home / "node" / name, self.backup / "node" / name)

    def found(self) -> None:
        """Set the machine up: ledger, contracts, settings, relayer, node."""
        (self.home / "node").mkdir(parents=True)
        self.home.chmod(0o700)
        self.run("systemctl start mapae-ledger\nledger-status >/dev/null\n")
        relayer, secret = Account.create(), secrets.token_urlsafe(16)
        known = KnownRelayers(self.home / "ledger")
        for account in (self.payer, relayer):
            known.add(parse_address(account.address))
        made = deploy(
            f"http://127.0.0.1:{self.ledger_port}",
            network="desk-test",
            members=[b"\x02" + bytes([number]) * 20 for number in (1, 2, 3)],
            threshold=2,
            delay_s=86_400,
            development=False,
            key=bytes(self.payer.key),
        )
        pins = ("network", "chain_id", "genesis_hash", "directory", "code_hash", "first_block")
        flags = {name: getattr(made, name) for name in pins}
        flags |= {"home": self.home, "rpc_url": f"http://127.0.0.1:{self.ledger_port}"}
        (self.home / CONFIG_FILE).write_text(as_toml(load_config(flags, {})))
        keystore = json.dumps(Account.encrypt(relayer.key, secret, kdf="pbkdf2", iterations=1000))
        for name, text in (("relayer.json", keystore), ("relayer.passphrase", secret)):
            (self.home / "node" / name).write_text(text)
            (self.home / "node" / name).chmod(0o600)
        self.run("systemctl start mapae-node\nready\n")

    def close(self) -> None:
        """End what the shims started, whatever state it is in."""
        for unit in ("mapae-node", "mapae-ledger"):
            path = self.folder / f"{unit}.pid"
            if path.exists() and not (self.folder / f"{unit}.exit").exists():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(path.read_text()), signal.SIGTERM)
                self.ended(unit)


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """A machine with a registry on it."""
    machine = Desk(folder)
    try:
        machine.found()
        yield machine
    finally:
        machine.close()
