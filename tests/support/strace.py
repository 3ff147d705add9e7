"""System calls of a running process that fail or kill it on demand: strace, attached to a child of the test.

- `when` counts the calls of one thread from the moment of attaching: `3` the third, `3+` the third and all later ones.
- Only calls on the given files count, so that the walk goes over the commits and nothing else.
- The child must let itself be traced (`allow_tracing`), which costs nothing where the kernel does not ask for it.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ATTACH_S = 60.0
LET_GO_S = 5.0
KILL, EIO, ENOSPC = "signal=SIGKILL", "error=EIO", "error=ENOSPC"
_PR_SET_PTRACER = 0x59616D61
_ANY = ctypes.c_ulong(-1)


def require_strace() -> None:
    """Skip where strace is missing; fail in CI, which installs it."""
    if shutil.which("strace") is None:
        if os.environ.get("MAPAE_CI"):
            pytest.fail("strace is not installed: these faults were not tried")
        pytest.skip("strace is not installed (apt-get install strace)")


def allow_tracing() -> None:
    """Let any process of this user trace the caller; for a child's preexec_fn."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)


@contextlib.contextmanager
def injected(
    pid: int, fault: str, *, calls: Sequence[str], when: str, paths: Sequence[Path], log: Path
) -> Iterator[None]:
    """Trace `pid` with all its threads until the block ends; `log` gets every counted call, a line each."""
    names = ",".join(calls)
    command = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={names}"]
    for path in paths:
        command += ["-P", str(path.resolve())]
    command += ["-e", f"inject={names}:{fault}:when={when}", "-p", str(pid)]
    errors = log.with_suffix(".stderr")
    with errors.open("wb") as said:
        tracer = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until_attached(pid, tracer, errors)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            tracer.send_signal(signal.SIGINT)  # lets go of what it traces
        try:
            tracer.wait(LET_GO_S)
        except subprocess.TimeoutExpired:
            tracer.kill()  # the kernel lets go then
            tracer.wait()


def _wait_until_attached(pid: int, tracer: subprocess.Popen[bytes], errors: Path) -> None:
    until = time.monotonic() + ATTACH_S
    while not _is_traced(pid):
        if tracer.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"strace did not attach: {errors.read_text(errors='replace')}")
        time.sleep(0.01)


def _is_traced(pid: int) -> bool:
    threads = list(Path(f"/proc/{pid}/task").glob("*/status"))
    return bool(threads) and all("TracerPid:\t0\n" not in status.read_text() for status in threads)
