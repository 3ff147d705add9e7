"""The system under soak: the embedded ledger, a fault proxy before it, and a node, each to be broken by itself.

Clients speak to the node; only the founding, the relayer who is not ours and the checks at the end speak to the ledger.
"""

import contextlib
import json
import random
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account

from node.config import Config
from tests.integration.node_support import make_home, make_token
from tests.soak.plan import Plan
from tests.soak.processes import Child
from tests.support.anvil import RpcError
from tests.support.chain import DEPLOYER, RELAYER, Registry, found
from tests.support.fault_proxy import FaultProxy, fault_proxy

READY_S = 180.0
"""Longest start of a ledger or node that counts as one, on a machine that has much else to do."""
PORTS = range(18_000, 28_000)
"""Below the kernel's own choices, so that nobody takes a port while its owner is down."""


@dataclass(slots=True)
class LedgerCalls:
    """JSON-RPC straight to the ledger, as `tests.support.chain.Registry` wants it."""

    url: str
    hardfork: str = "osaka"
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))
    _times: dict[int, int] = field(default_factory=dict)

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.http.post(self.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        body = answer.json()
        if "error" in body:
            raise RpcError(method, body["error"])
        return body["result"]

    def now(self) -> int:
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def time_of(self, block_number: int) -> int:
        if block_number not in self._times:
            block = self.rpc("eth_getBlockByNumber", hex(block_number), False)
            self._times[block_number] = int(block["timestamp"], 16)
        return self._times[block_number]

    def advance(self, seconds: int) -> int:
        """Time goes by itself here."""
        time.sleep(seconds + 0.2)
        return self.now()


@dataclass
class System:
    """A running system. `operating`: held by whoever starts, stops or freezes something."""

    plan: Plan
    ledger: Child
    node: Child
    proxy: FaultProxy
    calls: LedgerCalls
    registry: Registry
    config: Config
    node_url: str
    token_file: Path
    offset_file: Path
    operating: threading.RLock = field(default_factory=threading.RLock)

    @property
    def home(self) -> Path:
        return self.config.home

    def anvil_pid(self) -> int | None:
        """The engine's process, as the ledger named it when it was ready."""
        for line in reversed(self.ledger.tail(20_000).splitlines()):
            if '"event":"ready"' in line or '"event": "ready"' in line:
                with contextlib.suppress(ValueError, KeyError):
                    return int(json.loads(line)["anvil_pid"])
        return None

    def ledger_answers(self) -> bool:
        try:
            self.calls.rpc("eth_chainId")
        except (httpx.HTTPError, RpcError, ValueError):
            return False
        return self.ledger.is_running

    def node_is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.node_url}/health/ready", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def why_not_ready(self) -> str:
        try:
            return httpx.get(f"{self.node_url}/health/ready", timeout=5, trust_env=False).text[:600]
        except httpx.HTTPError as error:
            return f"{type(error).__name__}; {self.node.tail(600)}"

    def heal(self) -> float:
        """Bring everything back to health; returns the seconds that it took. Raises AssertionError if it does not."""
        began = time.monotonic()
        self.offset_file.write_text("0")
        self.proxy.calm()
        until = began + READY_S
        while time.monotonic() < until:
            if not self.ledger.is_running:
                self.ledger.start()
            elif not self.node.is_running:
                self.node.start()
            elif self.ledger_answers() and self.node_is_ready():
                return time.monotonic() - began
            time.sleep(0.1)
        raise AssertionError(
            f"not healthy {READY_S:g} s after a fault; ledger {self.ledger.exit_code}, node {self.node.exit_code}, "
            f"{self.why_not_ready()}"
        )


def free_port(dice: random.Random) -> int:
    while True:
        port = dice.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


@contextlib.contextmanager
def running_system(plan: Plan) -> Iterator[System]:
    """Start everything from nothing; everything is gone when the block ends."""
    dice = random.Random()  # ports: two soaks at once must not choose alike
    home = plan.folder / "home"
    offset = plan.folder / "clock-offset"
    for folder in (home / "ledger", home / "node"):
        folder.mkdir(parents=True, mode=0o700)
    offset.write_text("0")
    ledger_port, node_port = free_port(dice), free_port(dice)
    relayers = [DEPLOYER.address, RELAYER.address, _own_relayer(home)]
    command = ["-m", "tests.soak.ledger", str(home / "ledger"), str(ledger_port), str(offset), *relayers]
    ledger = Child("ledger", command, plan.folder / "ledger.log")
    node = Child("node", ["-m", "node", "run", "--home", str(home)], plan.folder / "node.log")
    calls = LedgerCalls(f"http://127.0.0.1:{ledger_port}")
    try:
        with fault_proxy(calls.url, seed=plan.seed) as proxy:
            ledger.start()
            _wait_for(lambda: _answers(calls), ledger)
            genesis = calls.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
            registry = found(calls, network=f"dev-{genesis[2:8]}")  # type: ignore[arg-type]
            config = make_home(registry, home, port=node_port, rpc_url=proxy.url, poll_interval_s=0.2)
            token = home / "node" / "token"
            token.write_text(make_token(config, "soak", quota=10_000_000))
            token.chmod(0o600)
            system = System(
                plan,
                ledger,
                node,
                proxy,
                calls,
                registry,
                config,
                f"http://127.0.0.1:{node_port}",
                token,
                offset,
            )
            node.start()
            _wait_for(system.node_is_ready, node)
            yield system
    finally:
        node.clean_up()
        ledger.clean_up()
        calls.http.close()


def _own_relayer(home: Path) -> str:
    """Make the node's relayer before the ledger starts, which has to let it in; a key file that opens quickly."""
    account, secret = Account.create(), secrets.token_urlsafe(16)
    texts = {
        "relayer.json": json.dumps(Account.encrypt(account.key, secret, kdf="pbkdf2", iterations=1000)),
        "relayer.passphrase": secret,
    }
    for name, text in texts.items():
        path = home / "node" / name
        path.write_text(text)
        path.chmod(0o600)
    return str(account.address)


def _answers(calls: LedgerCalls) -> bool:
    try:
        calls.rpc("eth_chainId")
    except (httpx.HTTPError, RpcError, ValueError):
        return False
    return True


def _wait_for(check: Any, child: Child) -> None:
    until = time.monotonic() + READY_S
    while not check():
        if not child.is_running or time.monotonic() > until:
            raise RuntimeError(f"{child.name} did not start ({child.exit_code}):\n{child.tail()}")
        time.sleep(0.05)
