"""A real ledger process that may be traced and killed, a client that remembers every block it was shown."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.integration.embedded_support import Client, RpcError, Sender, word
from tests.support.strace import allow_tracing

START_S = 120.0


@dataclass
class Process:
    """`python -m node.embedded run`, spoken to over its pipes."""

    child: subprocess.Popen[bytes]
    events: "queue.Queue[dict[str, Any] | None]"
    ready: dict[str, Any] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ready['port']}"

    def wait_for(self, *names: str) -> dict[str, Any] | None:
        """Return the next event of these names; None if the process ended without one."""
        while True:
            event = self.events.get(timeout=START_S)
            if event is None:
                return None
            self.seen.append(event)
            if event["event"] in names:
                return event

    def ask_for_snapshot(self) -> None:
        """Ask; the answer comes as an event, if it comes."""
        assert self.child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write(json.dumps({"id": 1, "call": "snapshot"}).encode() + b"\n")
            self.child.stdin.flush()


@contextlib.contextmanager
def ledger_process(home: Path, sender: Sender) -> Iterator[Process]:
    """Run the ledger until the block ends; `ready` is empty if it did not come up."""
    command = [sys.executable, "-m", "node.embedded", "run", str(home), "--controlled", "--port", "0"]
    with (home.parent / "ledger.stderr").open("ab") as errors:
        child = subprocess.Popen(
            [*command, "--heartbeat", "0", "--relayer", sender.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            preexec_fn=allow_tracing,  # noqa: PLW1509 - one system call
        )
    events: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def read() -> None:
        for line in child.stdout or ():
            events.put(json.loads(line))
        events.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    process = Process(child, events)
    try:
        process.ready = process.wait_for("ready") or {}
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        reader.join(START_S)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@dataclass
class LedgerWorld:
    """A ledger's home, a sender, and what clients were shown: number -> hash. None of it may ever change."""

    home: Path
    sender: Sender = field(default_factory=Sender)
    contract: str = ""
    shown: dict[int, str] = field(default_factory=dict)

    def start(self) -> None:
        """Make the ledger, with a contract in it."""
        with ledger_process(self.home, self.sender) as process, Client(process.url) as client:
            self.contract = self.sender.deploy(client, process.ready["chain_id"])
            self.look(client)

    def look(self, client: Client) -> None:
        """Read every block and hold it against what was shown before."""
        hashes = dict(enumerate(client.hashes()))
        for number, block_hash in self.shown.items():
            assert hashes.get(number) == block_hash, f"block {number} is another one, or gone"
        self.shown = hashes

    def write(self, process: Process, blocks: int) -> int:
        """Send transactions until `blocks` of them are mined or the ledger is gone; how many were."""
        done = 0
        with Client(process.url) as client:
            try:
                self.sender.nonce = int(client.call("eth_getTransactionCount", self.sender.address, "latest"), 16)
                while done < blocks:
                    raw = self.sender.sign(process.ready["chain_id"], to=self.contract, data=word(self.sender.nonce))
                    receipt = client.wait(client.call("eth_sendRawTransaction", raw))
                    self.shown[int(receipt["blockNumber"], 16)] = receipt["blockHash"]
                    done += 1
            except (httpx.TransportError, RpcError, json.JSONDecodeError):
                return done
        return done

    def check(self) -> None:
        """Start it undisturbed: everything that was shown is there, and it goes on."""
        with ledger_process(self.home, self.sender) as process:
            assert process.ready, process.seen
            with Client(process.url) as client:
                self.look(client)
            assert self.write(process, 1) == 1
