"""The engine as a child process: started by us, bound to us, never left behind.

- It gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG), so it is started from the main thread only.
- Its own process group: a Ctrl-C in the terminal reaches the supervisor alone, which stops in order.
- Its output is always read: a full pipe would stop anvil after some 4,000 calls.
"""

import ctypes
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from node.embedded.binary import Engine
from node.embedded.errors import EngineFailedError
from node.embedded.rpc import AnvilRpc

START_S: Final = 30.0
"""Longest wait for anvil to listen; it takes 0.05 s on an idle machine."""
_PR_SET_PDEATHSIG: Final = 1
_SERVICE_FLAGS: Final = ("--no-request-size-limit", "--no-cors", "--prune-history", "50")
"""How anvil serves and what it keeps in memory: no block hash depends on these. 50 states: a client that read the head
may still pin it while the next blocks are mined."""
_libc = ctypes.CDLL(None, use_errno=True)


class Anvil:
    """A running anvil. `on_death` is called once, from another thread, if it ends without `stop`."""

    def __init__(self, engine: Engine, genesis_path: Path, flags: Sequence[str]) -> None:
        """Start and wait until it listens. Raises EngineFailedError; RuntimeError off the main thread."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("anvil must be started from the main thread: it dies with the thread that started it")
        command = [
            str(engine.path),
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--init",
            str(genesis_path),
            *flags,
            *_SERVICE_FLAGS,
        ]
        parent = os.getpid()
        self._on_death: Callable[[], None] | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._last_lines: deque[str] = deque(maxlen=5)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineFailedError(f"anvil did not start: {error}") from error
        self._listening = threading.Event()
        self.port = 0
        self._drain = threading.Thread(target=self._read_output, name="anvil-output", daemon=True)
        self._drain.start()
        if not self._listening.wait(START_S) or self.port == 0:
            said = " / ".join(self._last_lines) or "nothing"
            self.stop()
            raise EngineFailedError(f"anvil did not start; it said: {said}")
        self.rpc = AnvilRpc(self.port)
        self.rpc.call("anvil_setLoggingEnabled", False)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def watch(self, on_death: Callable[[], None]) -> None:
        """Have `on_death` called when anvil ends by itself; at once if it already has."""
        with self._lock:
            self._on_death = on_death
            dead = self._process.poll() is not None and not self._stopped
        if dead:
            on_death()

    def stop(self) -> None:
        """Kill it and wait. Nothing is lost: the journal is the truth. May be called twice."""
        with self._lock:
            self._stopped = True
        self._process.kill()
        self._process.wait()
        if hasattr(self, "rpc"):
            self.rpc.close()
        self._drain.join(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read_output(self) -> None:
        with suppress(ValueError, OSError):  # closed by stop()
            for line in self._process.stdout or ():
                text = line.decode("utf-8", "replace").strip()
                if not self._listening.is_set() and text:
                    self._last_lines.append(text[:300])
                if text.startswith("Listening on "):
                    self.port = int(text.rsplit(":", 1)[1])
                    self._listening.set()
        self._listening.set()
        self._process.wait()
        with self._lock:
            on_death = None if self._stopped else self._on_death
        if on_death is not None:
            on_death()


def die_with_parent(parent: int) -> None:
    """Have the kernel send this process SIGKILL when its parent's thread ends; at once if `parent` is gone already."""
    _die_with(parent)


def _die_with(parent: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call
        os.kill(os.getpid(), signal.SIGKILL)
