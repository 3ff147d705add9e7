"""One child process that is killed, frozen and started again, again and again; its output goes to a file."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GONE_S = 60.0
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A command that is run in a process group of its own. `wrap`: words put before it for one start only."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name, self.log = name, log
        self._command = [sys.executable, *command]
        self._process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.starts = 0

    @property
    def pid(self) -> int:
        """Of the last start."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def start(self, wrap: Sequence[str] = ()) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAPAE_")}
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [*wrap, *self._command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 -- one system call
            )
        self.started_at = time.monotonic()
        self.starts += 1

    def signal(self, number: int) -> None:
        """Send a signal to the process; one that is gone does not mind."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """SIGTERM, and wait for its end in order; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        if self._process is None:
            return 0
        try:
            return self._process.wait(GONE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {GONE_S:g} s of being told to") from None

    def clean_up(self) -> None:
        """End whatever is left of its group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GONE_S)

    def tail(self, size: int = 2_000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""
