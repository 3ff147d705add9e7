"""A real node on a real ledger for tests: in this process on a port of its own, or as a child process."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account

from node.config import CONFIG_FILE, Config, as_toml, load_config
from node.home import bind
from node.main import Node, open_tokens
from registry_client.core.did import Did, format_did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.keys import Curve, PublicKey
from registry_client.core.operation import SignedOperation, operation_to_json
from tests.support.anvil import Anvil
from tests.support.chain import YEAR_S, Registry, did_id, salt_of
from tests.support.keys import Key, P256Key

SETTLED = {"final", "failed", "expired", "superseded"}
WAIT_S = 60.0


def make_home(registry: Registry, home: Path, **settings: Any) -> Config:
    """Write a config.toml for the registry and a relayer key that opens quickly."""
    d = registry.deployment
    values = {
        "rpc_url": registry.ledger.url,
        "network": d.network,
        "chain_id": d.chain_id,
        "genesis_hash": d.genesis_hash,
        "directory": d.directory,
        "code_hash": d.code_hash,
        "poll_interval_s": 0.05,
        **settings,
    }
    (home / "node").mkdir(parents=True, exist_ok=True)
    config = load_config({"home": home, **values}, {})
    (home / CONFIG_FILE).write_text(as_toml(config))
    keystore, passphrase = config.path(config.relayer_keystore), config.path(config.relayer_passphrase)
    if not keystore.exists():
        secret = secrets.token_urlsafe(16)
        account = Account.create()
        keystore.write_text(json.dumps(Account.encrypt(account.key, secret, kdf="pbkdf2", iterations=1000)))
        passphrase.write_text(secret)
        keystore.chmod(0o600)
        passphrase.chmod(0o600)
    return config


def make_token(config: Config, label: str = "test", quota: int = 100_000) -> str:
    tokens, close = open_tokens(config)
    try:
        return tokens.create(label, quota_per_day=quota)
    finally:
        close()


PAUSE_S, PAUSE_MAX_S = 0.02, 0.25
"""Between two looks: at first, and in the end."""


def eventually(check: Callable[[], Any], *, what: str, timeout_s: float = WAIT_S) -> Any:
    """Return the first true answer of `check`; the longer it takes, the less often it is asked."""
    began = time.monotonic()
    while not (found := check()):
        waited = time.monotonic() - began
        if waited > timeout_s:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(min(max(PAUSE_S, waited / 10), PAUSE_MAX_S))
    return found


@dataclass
class NodeClient:
    """Speaks HTTP to a node under test."""

    url: str
    token: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def status(self, path: str, **params: Any) -> int:
        return self.http.get(path, params=params).status_code

    def is_ready(self) -> bool:
        try:
            return self.status("/health/ready") == 200
        except httpx.ConnectError:
            return False

    def is_serving(self) -> bool:
        try:
            return self.status("/health/live") == 200
        except httpx.ConnectError:
            return False

    def post(self, *operations: SignedOperation, token: str | None = None) -> httpx.Response:
        body = [operation_to_json(operation) for operation in operations]
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.http.post("/v1/operations", json=body[0] if len(body) == 1 else body, headers=headers)

    def submit(self, *operations: SignedOperation) -> list[str]:
        """Post operations and return their ids."""
        answer = self.post(*operations)
        assert answer.status_code == 202, answer.text
        return [item["id"] for item in answer.json()["operations"]]

    def outcome(self, operation_id: str) -> dict[str, Any]:
        return self.get(f"/v1/operations/{operation_id}")

    def wait(self, ids: Sequence[str], *, states: set[str] = SETTLED) -> list[dict[str, Any]]:
        """Wait until every operation is in one of `states`."""
        eventually(
            lambda: all(self.outcome(item)["state"] in states for item in ids),
            what=f"{states} for {[self.outcome(item) for item in ids][:3]}",
        )
        return [self.outcome(item) for item in ids]

    def wait_for_head(self, ledger: Anvil) -> None:
        """Wait until everything on the ledger is indexed."""
        head = int(ledger.rpc("eth_blockNumber"), 16)
        eventually(lambda: self.get("/v1/ledger")["indexed"]["number"] >= head, what=f"an index at block {head}")

    def relay(self, *operations: SignedOperation) -> list[dict[str, Any]]:
        """Post operations and wait until all are settled."""
        return self.wait(self.submit(*operations))

    def relay_one(self, operation: SignedOperation) -> dict[str, Any]:
        return self.relay(operation)[0]

    def resolve(self, did: str, **params: Any) -> tuple[int, dict[str, Any]]:
        answer = self.http.get(f"/1.0/identifiers/{did}", params=params)
        return answer.status_code, answer.json()

    def events(self, **params: Any) -> list[dict[str, Any]]:
        """The whole story, page by page."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get("/v1/events", **params, **({"cursor": cursor} if cursor else {}))
            found += page["events"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


@dataclass
class RunningNode(NodeClient):
    """A node in this process."""

    node: Node
    config: Config


@contextlib.contextmanager
def running_node(registry: Registry, home: Path, **settings: Any) -> Iterator[RunningNode]:
    """Run a node on a registry until the block ends; relayer, token and index are in `home`."""
    config = make_home(registry, home, **settings)
    token = make_token(config, label=f"test-{secrets.token_hex(4)}")
    listener = bind("127.0.0.1", 0)
    node = Node(config)
    thread = threading.Thread(target=node.run, args=(listener,), name="node under test")
    thread.start()
    client = RunningNode(f"http://127.0.0.1:{listener.getsockname()[1]}", token, node, config)
    try:
        eventually(lambda: client.is_ready() or node.failed, what="a node that is ready")
        yield client
    finally:
        node.stop()
        thread.join(20)
        client.http.close()
        assert not thread.is_alive(), "the node did not stop"


@contextlib.contextmanager
def child_node(home: Path, log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m node ...` in a process group of its own; killed when the block ends."""
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "node", *arguments, "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@dataclass
class Agency:
    """An admitted organisation: its keys, its id and its DID's text."""

    registry: Registry
    controller: Key
    endorser: Key
    salt: bytes
    issue: P256Key

    @property
    def id(self) -> bytes:
        return did_id(1, self.controller.controller, self.salt)

    @property
    def did(self) -> str:
        return str(format_did(self.registry.deployment.network, self.id))

    def document(self, *fragments: str) -> bytes:
        """A valid document with one key under each fragment; a fragment always has the same key."""
        methods = [
            MethodEntry(name, PublicKey(Curve.P256, P256Key(f"{self.did} {name}").public_key))
            for name in fragments or ("issue-1",)
        ]
        return build_organisation(Did(self.did), methods=methods)

    def create(self, *fragments: str) -> SignedOperation:
        message = {
            "controller": self.controller.controller,
            "salt": self.salt,
            "agency": self.id,
            "document": self.document(*fragments),
        }
        return self.registry.sign("CreateOrganisation", message, self.controller, self.endorser)

    def update(self, version: int, *fragments: str, key: Key | None = None, **more: Any) -> SignedOperation:
        message = {"id": self.id, "expectedVersion": version, "document": self.document(*fragments), **more}
        return self.registry.sign("UpdateDocument", message, key or self.controller)

    def holder(self, phone: P256Key, label: str) -> SignedOperation:
        x, y = phone.public_key[:32], phone.public_key[32:]
        message = {"x": x, "y": y, "salt": salt_of(label), "guardian": self.id}
        return self.registry.sign("CreateHolder", message, phone, self.endorser)

    def holder_did(self, phone: P256Key, label: str) -> str:
        return str(format_did(self.registry.deployment.network, did_id(2, phone.controller, salt_of(label))))


def admitted(registry: Registry, label: str) -> Agency:
    """An agency that the council admitted; its DID is not created yet."""
    agency = Agency(
        registry,
        P256Key(f"{label} controller"),
        P256Key(f"{label} endorser"),
        salt_of(label),
        P256Key(f"{label} issue"),
    )
    registry.decide("Admit", agency.id, agency.endorser.controller, registry.now() + YEAR_S)
    return agency
