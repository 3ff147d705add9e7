"""A node in two processes on a real ledger, one of which may be killed at any call: what every such test checks."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.engine import open_engine
from node.adapters.store_sql.index import SqlIndex
from node.config import Config
from node.main import connect, make_indexer
from registry_client.core.operation import SignedOperation
from tests.integration.node_support import Agency, NodeClient, admitted, eventually, make_home, make_token
from tests.support.chain import Registry, salt_of
from tests.support.keys import P256Key
from tests.support.strace import allow_tracing

CALLS = ("pwrite64", "fdatasync", "ftruncate", "unlink")
"""What SQLite changes files with."""
START_S = 120.0


@dataclass
class NodeWorld:
    """An agency, its node's home and the processes on it. Every operation that the node accepted is in `accepted`."""

    agency: Agency
    config: Config
    client: NodeClient
    log: Path
    accepted: dict[str, SignedOperation] = field(default_factory=dict)
    _count: int = 0

    @property
    def paths(self) -> list[Path]:
        """The files of the index and of the outbox."""
        return [
            path.with_name(path.name + suffix)
            for path in (self.config.index_path, self.config.outbox_path)
            for suffix in ("", "-wal")
        ]

    def next_operation(self) -> SignedOperation:
        """A holder, a new version of the agency's document, bits of its list, in turns; valid in this order only."""
        self._count += 1
        turn, number = self._count % 3, self._count
        if turn == 1:
            return self.agency.holder(P256Key(f"phone {number}"), f"phone {number}")
        if turn == 2:
            return self.agency.update((number + 1) // 3, f"issue-{number}")
        revoke = {"list": self.list_id, "startWord": number % 512, "masks": (1 << (number % 256), 3)}
        return self.agency.registry.sign("Revoke", revoke, self.agency.controller)

    @property
    def list_id(self) -> bytes:
        registry = self.agency.registry
        from registry_client.core.hashing import keccak256

        address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
        return keccak256(address.rjust(32, b"\0") + self.agency.id.ljust(32, b"\0") + salt_of("list"))

    def submit(self, operation: SignedOperation) -> str:
        """Post an operation until the node says that it has it; a node that refuses for now is asked again."""
        until = time.monotonic() + START_S
        while True:
            answer = self.client.post(operation)
            if answer.status_code == 202:
                (item,) = answer.json()["operations"]
                self.accepted[item["id"]] = operation
                return str(item["id"])
            assert answer.status_code == 503, answer.text
            assert answer.json()["type"].endswith("/store-unavailable"), answer.text
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)

    @contextlib.contextmanager
    def process(self, *arguments: str, under: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
        """Run `mapae-node ...` on the home as a child that may be traced; `under`: a tracer's own command."""
        with self.log.open("ab") as out:
            child = subprocess.Popen(
                [*under, sys.executable, "-m", "node", *arguments, "--home", str(self.config.home)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=allow_tracing,  # noqa: PLW1509 - one system call
            )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    @contextlib.contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the worker; it has caught up when this begins."""
        with self.process("run", "--role", "worker") as child:
            eventually(lambda: self.is_caught_up() or child.poll() is not None, what="a worker", timeout_s=START_S)
            assert child.poll() is None, self.log.read_text()[-2000:]
            yield child

    @contextlib.contextmanager
    def whole(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run both halves in one process."""
        with self.process("run", "--port", self.client.url.rpartition(":")[2]) as child:
            eventually(self.client.is_ready, what="a whole node", timeout_s=START_S)
            yield child

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the HTTP half."""
        with self.process("serve", "--port", self.client.url.rpartition(":")[2]) as child:
            eventually(self.client.is_serving, what="the serving process", timeout_s=START_S)
            yield child

    def is_caught_up(self) -> bool:
        """Whether the index is at the ledger's head and nothing is under way."""
        head = int(self.agency.registry.ledger.rpc("eth_blockNumber"), 16)
        return self._query(self.config.index_path, "SELECT head_number FROM cursor") == head and (
            self._query(
                self.config.outbox_path,
                "SELECT count(*) FROM operations WHERE state IN ('queued', 'sent', 'mined')",
            )
            == 0
        )

    @staticmethod
    def _query(path: Path, query: str) -> int | None:
        if not path.exists():
            return None
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            try:
                row = db.execute(query).fetchone()
            except sqlite3.OperationalError:  # the tables are not there yet
                return None
        return int(row[0]) if row else None

    def check_what_is_left(self, scratch: Path) -> None:
        """Take the files as the crash left them: sound, and after catching up equal to an index made from nothing."""
        home = Path(shutil.copytree(self.config.home, scratch))
        config = replace(self.config, home=home)
        for path in (config.index_path, config.outbox_path):
            with contextlib.closing(sqlite3.connect(path)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert digest_after_catching_up(config) == digest_after_catching_up(config, fresh=True)

    def check_all(self) -> None:
        """Nothing accepted is lost, doubled or shown in a wrong state; the index equals a rebuilt one."""
        outcomes = self.client.wait(list(self.accepted))
        assert {outcome["state"] for outcome in outcomes} == {"final"}, outcomes
        holders = [item for item in self.accepted.values() if item.kind == "CreateHolder"]
        updates = [item for item in self.accepted.values() if item.kind == "UpdateDocument"]
        made = self.client.events(type="HolderCreated")
        assert len(made) == len({event["fields"]["id"] for event in made}) == len(holders)
        assert len(self.client.events(type="DocumentUpdated")) == len(updates)
        assert self.client.events(type="OperationSkipped") == []
        for operation_id, operation in self.accepted.items():
            where = self.client.outcome(operation_id)["block_number"]
            if operation.kind != "Revoke":
                assert isinstance(where, int), operation_id
        version = self.agency.registry.view("DidRegistry", "recordOf", self.agency.id)["version"]
        assert version == 1 + len(updates)
        assert self.client.get(f"/v1/dids/{self.agency.did}")["version"] == version
        assert digest_after_catching_up(self.config) == digest_after_catching_up(self.config, fresh=True)


def digest_after_catching_up(config: Config, *, fresh: bool = False) -> dict[str, object]:
    """Bring the home's index (or a new one beside it) to the ledger's head and return its digest."""
    path = config.index_path.with_name("fresh.sqlite") if fresh else config.index_path
    if fresh:
        path.unlink(missing_ok=True)
    chain, engine = connect(config), open_engine(path, synchronous="NORMAL")
    try:
        store = SqlIndex(engine)
        store.create(config.identity())
        indexer = make_indexer(config, chain, store)
        while not indexer.step().is_done:
            pass
        return index_digest(engine)
    finally:
        engine.dispose()
        chain.close()


@contextlib.contextmanager
def node_world(registry: Registry, home: Path) -> Iterator[NodeWorld]:
    """Make an agency with a DID and a status list, a home for its node, and a client of that node."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    agency = admitted(registry, "ministry")
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    registry.submit("OpenList", {"owner": agency.id, "salt": salt_of("list")}, agency.controller)
    config = make_home(registry, home / "home", port=port)
    client = NodeClient(f"http://127.0.0.1:{port}", make_token(config))
    try:
        yield NodeWorld(agency, config, client, home / "node.log")
    finally:
        client.http.close()
