"""Bring the whole system up on this machine and walk through its story: what `make run` calls.

Starts `mapae-node dev` (ledger and node) as a child, waits until it is ready, runs the walk-through, then stays up
until Ctrl-C; with --once it stops everything and exits 0 if every verdict was the expected one.
"""

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

START_SECONDS_MAX = 300
"""A first start deploys the contracts; a later one replays the journal: about 1 s for 900 transactions."""
STOP_SECONDS_MAX = 20
_PR_SET_PDEATHSIG = 1


def require_free(port: int) -> None:
    """Exit where something listens on the port already: its answers must not be taken for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(
                f"run: port {port} cannot be taken ({error.strerror}).\nrun: stop what uses it, or: make run PORT=8701"
            )


def end_with_parent() -> None:
    """Have the kernel stop this child when `make run` itself is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start_node(port: int) -> subprocess.Popen[bytes]:
    """Start ledger and node in a process group of their own, so that both end together."""
    command = [sys.executable, "-m", "node", "dev", "--port", str(port)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent)  # noqa: PLW1509


def wait_until_ready(node: subprocess.Popen[bytes], port: int) -> None:
    """Return when the node says it is ready; exit with the node's own code when it ends before that."""
    deadline = time.monotonic() + START_SECONDS_MAX
    reason = "no answer yet"
    while time.monotonic() < deadline:
        if (code := node.poll()) is not None:
            sys.exit(code or 1)
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2)
            if answer.status_code == httpx.codes.OK:
                return
            reason = answer.text[:500]
        except httpx.HTTPError as error:
            reason = str(error)
        time.sleep(0.1)
    sys.exit(f"run: not ready after {START_SECONDS_MAX} s: {reason}\nrun: the node's log is in log/ under MAPAE_HOME")


def stop(node: subprocess.Popen[bytes]) -> None:
    """End the node's process group, gently first."""
    if node.poll() is None:
        node.send_signal(signal.SIGTERM)
        try:
            node.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(node.pid, signal.SIGKILL)
            node.wait()


def main() -> int:
    """Run the system and its story; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--once", action="store_true", help="stop after the walk-through")
    options = parser.parse_args()
    home = Path(os.environ.get("MAPAE_HOME", "./var"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    require_free(options.port)
    node = start_node(options.port)
    try:
        wait_until_ready(node, options.port)
        story = [sys.executable, "-m", "registry_client.walkthrough", "--profile", str(home / "profile.toml")]
        url = f"http://127.0.0.1:{options.port}/docs"
        print(f"The registry is up: {url}\nCtrl-C stops it; the ledger stays in {home}\n", flush=True)
        code = subprocess.run(story, check=False, preexec_fn=end_with_parent).returncode
        return code if options.once or code else node.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(node)


if __name__ == "__main__":
    sys.exit(main())
