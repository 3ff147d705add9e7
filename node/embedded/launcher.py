"""Starting the embedded ledger as a child process, and talking to it over its pipes.

The child dies with us twice over: the kernel kills it when the thread that started it ends (main thread only), and the
end of its input tells it to stop. It has its own process group, so a Ctrl-C in the terminal reaches us alone.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson

from node.embedded.disk import storage
from node.embedded.errors import EmbeddedLedgerError, LedgerStoppedError
from node.embedded.heartbeat import INTERVAL_S, Heartbeat
from node.embedded.recovery import Progress
from node.files import make_private_file

START_S: Final = 600.0
"""Longest silence of a starting ledger; a long replay keeps reporting."""
CALL_S: Final = 10.0
STOP_S: Final = 30.0
"""Longest wait for a stop in order (it may take a snapshot), before the child is killed. Nothing is lost by that."""
LOG_FILE: Final = "ledger.log"


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """Something the running ledger says: `halted`, `resumed`, `warning`, `failed` or `stopped`, and its fields."""

    name: str
    fields: dict[str, Any]


OnEvent = Callable[[LedgerEvent], None]


def start_ledger(
    home: Path | str,
    *,
    relayers: Iterable[str] = (),
    port: int = 0,
    heartbeat_s: int = INTERVAL_S,
    on_progress: Callable[[Progress], None] | None = None,
    on_event: OnEvent | None = None,
) -> "LedgerHandle":
    """Start the ledger in `home` (created if missing) and return when it serves.

    `relayers`: 0x-addresses whose transactions are let in, beside those of earlier runs. `port`: 0 takes a free one.
    `heartbeat_s`: age of the head at which an idle ledger mines an empty block; 0 for never.
    `on_progress`: called from here while a start takes long. `on_event`: called later, from another thread.
    Raises HeartbeatError, and LedgerStoppedError with the child's own report (code, detail, title, remedy) if it will
    not start.
    """
    heartbeat = Heartbeat(heartbeat_s)
    try:
        with storage(f"starting the ledger in {home}"):
            handle = LedgerHandle(Path(home), list(relayers), port, on_event, heartbeat=heartbeat)
    except EmbeddedLedgerError as error:
        raise LedgerStoppedError(error.detail, report=error.as_report()) from error
    try:
        handle.wait_until_ready(on_progress)
    except BaseException:
        handle.kill()
        raise
    return handle


class LedgerHandle:
    """A running ledger. `stop()` ends it in order; it is also a context manager."""

    url: str
    """http://127.0.0.1:<port>, JSON-RPC."""
    chain_id: int
    genesis_hash: str
    """0x-hex, 32 bytes."""
    network: str
    recovery: dict[str, Any]
    """What the start did (`recovery.RecoveryReport`)."""
    ready: dict[str, Any]
    """The whole ready line."""

    def __init__(
        self, home: Path, relayers: list[str], port: int, on_event: OnEvent | None, *, heartbeat: Heartbeat
    ) -> None:
        """Start the child; `wait_until_ready` fills the attributes. Use `start_ledger`."""
        command = [sys.executable, "-m", "node.embedded", "run", str(home), "--controlled", "--port", str(port)]
        command += ["--heartbeat", str(heartbeat.interval_s)]
        if (
            threading.current_thread() is threading.main_thread()
        ):  # the kernel's signal follows this thread, not the process
            command += ["--parent", str(os.getpid())]
        for address in relayers:
            command += ["--relayer", address]
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_file(home / LOG_FILE)
        with (home / LOG_FILE).open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, process_group=0, env=_environment()
            )
        self._on_event = on_event
        self._changed = threading.Condition()
        self._starting: list[dict[str, Any]] = []
        self._replies: dict[int, dict[str, Any]] = {}
        self._call_id = 0
        self._report: dict[str, object] | None = None
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="ledger-events", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the supervisor, which is also its process group."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """False once the ledger's process has ended."""
        return self._process.poll() is None

    @property
    def failure(self) -> dict[str, object] | None:
        """The child's report of what ended it ({code, exit_code, detail, title, remedy}); None while all is well."""
        return self._report

    def wait_until_ready(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Wait for the ready line. Raises LedgerStoppedError."""
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: bool(self._starting) or self._ended, START_S):
                    raise LedgerStoppedError(f"the ledger said nothing for {START_S:g} s")
                if not self._starting:
                    raise self._stopped()
                event = self._starting.pop(0)
            if event["event"] == "ready":
                break
            if on_progress is not None:
                on_progress(Progress(event["stage"], event["blocks_done"], event["blocks_total"]))
        self.ready = {name: value for name, value in event.items() if name != "event"}
        self.url = f"http://127.0.0.1:{event['port']}"
        self.chain_id = int(event["chain_id"])
        self.genesis_hash = str(event["genesis_hash"])
        self.network = str(event["network"])
        self.recovery = dict(event["recovery"])

    def add_relayer(self, address: str) -> None:
        """Let this sender in from now on; kept for later starts. Raises LedgerStoppedError, ValueError."""
        self._call("add_relayer", address=address)

    def status(self) -> dict[str, Any]:
        """Return what `ledger_status` answers over JSON-RPC. Raises LedgerStoppedError."""
        return dict(self._call("status"))

    def snapshot(self) -> int:
        """Take a snapshot now; its block. Cost: see `snapshot.take_snapshot`. Raises LedgerStoppedError."""
        return int(self._call("snapshot", timeout_s=START_S))

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait until the process ends; its exit code, None after `timeout_s`."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int:
        """Stop in order and return the exit code; may be called twice, and after the ledger has died."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(OSError):  # it is gone already
                self._process.stdin.close()
        if self.wait(STOP_S) is None:
            self._process.kill()
        return self._finish()

    def kill(self) -> int:
        """End it at once. The engine dies with it, the journal loses nothing."""
        self._process.kill()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        return self._finish()

    def _finish(self) -> int:
        code = self._process.wait()
        self._reader.join(timeout=CALL_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def _call(self, name: str, *, timeout_s: float = CALL_S, **fields: object) -> Any:
        with self._changed:
            self._call_id += 1
            call_id = self._call_id
            try:
                if self._process.stdin is None:
                    raise BrokenPipeError
                self._process.stdin.write(orjson.dumps({"id": call_id, "call": name, **fields}) + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise self._stopped() from error
            self._changed.wait_for(lambda: call_id in self._replies or self._ended, timeout_s)
            reply = self._replies.pop(call_id, None)
        if reply is None:
            raise self._stopped()
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply["result"]

    def _stopped(self) -> LedgerStoppedError:
        if self._report is not None:
            return LedgerStoppedError(str(self._report["detail"]), report=self._report)
        return LedgerStoppedError(
            f"the ledger's process ended with {self._process.poll()}; see {LOG_FILE} in its folder"
        )

    def _read(self) -> None:
        for line in self._process.stdout or ():
            event = orjson.loads(line)
            name = event["event"]
            with self._changed:
                if name in ("progress", "ready"):
                    self._starting.append(event)
                elif name == "reply":
                    self._replies[event["id"]] = event
                elif name == "failed":
                    self._report = {key: value for key, value in event.items() if key != "event"}
                self._changed.notify_all()
            if self._on_event is not None and name not in ("progress", "ready", "reply"):
                self._on_event(LedgerEvent(name, event))
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _environment() -> dict[str, str]:
    """Our environment, with the folder that this package was imported from on the child's path."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
