"""A real anvil for tests: its own process group, a port of its own, output in a file, killed in `finally`.

- `anvil()` is a context manager; nothing survives it, nor the process that called it (Linux).
- Fees are zero, as on the permissioned networks that the registry is for: nobody needs a balance.
- `rpc()` speaks JSON-RPC directly, so a test's measurement is of the ledger and not of a client library.
"""

import contextlib
import ctypes
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 30.0
RPC_TIMEOUT_S = 30.0
PR_SET_PDEATHSIG = 1
LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


class RpcError(Exception):
    """The ledger refused a call. `data`: revert bytes where there are any."""

    def __init__(self, method: str, error: dict) -> None:
        super().__init__(f"{method}: {error.get('message')}")
        self.code: int = error.get("code", 0)
        raw = error.get("data")
        self.data = bytes.fromhex(raw[2:]) if isinstance(raw, str) and raw.startswith("0x") else b""


@dataclass(slots=True)
class Anvil:
    """A running anvil. `url`: its JSON-RPC endpoint."""

    url: str
    hardfork: str
    http: httpx.Client
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def rpc(self, method: str, *params):
        answer = self.http.post(
            self.url, json={"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        ).json()
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]

    def settle(self, sender: str) -> int:
        """Wait until no transaction of `sender` is left to mine: mining follows sending, it is not part of it.

        Returns the number of the newest block then.
        """
        until = time.monotonic() + START_TIMEOUT_S
        while True:
            pending, mined = (self.rpc("eth_getTransactionCount", sender, tag) for tag in ("pending", "latest"))
            if pending == mined:
                return int(self.rpc("eth_blockNumber"), 16)
            if time.monotonic() > until:
                raise RuntimeError(f"the ledger left transactions of {sender} unmined for {START_TIMEOUT_S} s")
            time.sleep(0.01)

    def snapshot(self) -> str:
        return self.rpc("evm_snapshot")

    def revert(self, snapshot: str) -> None:
        if not self.rpc("evm_revert", snapshot):
            raise RuntimeError(f"anvil knows no snapshot {snapshot}")

    def now(self) -> int:
        """Time of the newest block, unix seconds."""
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def time_of(self, block_number: int) -> int:
        """Time of a block, unix seconds."""
        return int(self.rpc("eth_getBlockByNumber", hex(block_number), False)["timestamp"], 16)

    def advance(self, seconds: int) -> int:
        """Mine a block `seconds` after the newest one and return its time."""
        at = self.now() + seconds
        self.rpc("evm_mine", {"timestamp": at})
        return at


def anvil_binary() -> str:
    """Path of anvil: the project's own, else the one on PATH."""
    own = ROOT / "node_modules" / ".bin" / "anvil"
    found = str(own) if own.exists() else shutil.which("anvil")
    if not found:
        raise RuntimeError("anvil is not installed: run `npm ci` in the project's root")
    return found


@contextlib.contextmanager
def anvil(
    *,
    hardfork: str = "osaka",
    chain_id: int = 31_337,
    automine: bool = True,
    timestamp: int | None = None,
    genesis: Path | None = None,
) -> Iterator[Anvil]:
    """Run anvil until the block ends. `hardfork` osaka has the P-256 precompile, cancun has not.

    `timestamp`: of the genesis block; now, if not given. `genesis`: a genesis file, which says its time itself.
    """
    with tempfile.TemporaryDirectory(prefix="anvil-") as folder:
        log = Path(folder) / "stdout"
        arguments = [
            *(anvil_binary(), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)),
            *("--hardfork", hardfork, "--gas-limit", "60000000", "--order", "fifo", "--accounts", "0"),
            *("--block-base-fee-per-gas", "0", "--gas-price", "0", "--no-request-size-limit"),
            *("--slots-in-an-epoch", "0"),
            *(("--init", str(genesis)) if genesis else ("--timestamp", str(timestamp or int(time.time())))),
            *(() if automine else ("--no-mining",)),
        ]
        with log.open("wb") as out:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 -- one system call; call from a thread that stays
                env={**os.environ, "HOME": folder},
            )
        try:
            port = _port_of(process, log)
            with httpx.Client(timeout=RPC_TIMEOUT_S, trust_env=False) as http:
                ledger = Anvil(url=f"http://127.0.0.1:{port}", hardfork=hardfork, http=http)
                ledger.rpc("anvil_setLoggingEnabled", False)
                yield ledger
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _die_with_parent() -> None:
    """Let the kernel end this process with the test run, even one that is killed before its `finally`."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _port_of(process: subprocess.Popen, log: Path) -> int:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        found = LISTENING.search(log.read_text(errors="replace"))
        if found:
            return int(found[1])
        if process.poll() is not None:
            raise RuntimeError(f"anvil ended with {process.returncode}:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)
    raise RuntimeError(f"anvil did not listen within {START_TIMEOUT_S} s:\n{log.read_text(errors='replace')}")
