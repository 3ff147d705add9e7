"""The node as a server of a recorded history's index, and the same server with fixed bytes in the node's place.

`python -m tests.bench.served FOLDER HOME node|fixed` serves; its first line is its port.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from node.main import Node
from node.serving import HttpServer
from registry_client.core.did import format_did
from tests.bench.recorded import ROOT, config_of
from tests.simulators.history import NETWORK

FIXED = b'{"didDocument":' + b"x" * 1_200 + b"}"
"""About what the answer for a holder has."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server under measurement. `started_s`: processor seconds until its first answer."""

    port: int
    process: int
    started_s: float

    def cpu_s(self) -> float:
        """Processor seconds so far."""
        return cpu_s(self.process)

    def memory_mib(self) -> float:
        """Resident memory."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def cpu_s(process: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def paths_of(folder: Path, *, most: int = 20_000) -> Path:
    """A file with the paths of some of the DIDs that a recording remembers, from all over it."""
    found = folder / f"paths-{most}"
    ids = (folder / "dids").read_text().split("\n")[:most]
    found.write_text("\n".join(f"/1.0/identifiers/{format_did(NETWORK, bytes.fromhex(one))}" for one in ids))
    return found


@contextmanager
def served(folder: Path, home: Path, url: str, what: str) -> Iterator[Served]:
    """Serve from a child process. `url`: where the recording itself is served."""
    command = [sys.executable, "-m", "tests.bench.served", str(folder), str(home), url, what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        try:
            port = int(child.stdout.readline())
            path = paths_of(folder).read_text().split("\n", 1)[0]
            with httpx.Client(timeout=60, trust_env=False) as http:
                http.get(f"http://127.0.0.1:{port}{path}").raise_for_status()
            yield Served(port, child.pid, cpu_s(child.pid))
        finally:
            child.terminate()
            child.wait(timeout=30)


async def fixed(scope: Any, receive: Any, send: Any) -> None:
    """Answer everything alike, as ASGI goes."""
    head = [(b"content-type", b"application/did-resolution"), (b"content-length", b"%d" % len(FIXED))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": FIXED})


def _serve(folder: Path, home: Path, url: str, what: str) -> None:
    config = replace(config_of(folder, home, url=url, proofs="off"), role="api")
    listener = socket.create_server(("127.0.0.1", 0))
    node = Node(config)
    print(listener.getsockname()[1], flush=True)
    if what == "node":
        node.run(listener)
    else:
        server = HttpServer(node.services, config)
        server._server.config.app = fixed
        server.run(listener)
        node.close()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
