"""Several nodes over one PostgreSQL and one ledger, each a process of its own."""

import contextlib
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.config import Config
from tests.integration.node_support import NodeClient, child_node, eventually, make_home, make_token
from tests.support.chain import Registry


@dataclass
class Replica(NodeClient):
    """One node process."""

    process: subprocess.Popen[bytes]
    home: Path

    def leases(self) -> set[str]:
        """What this node holds; nothing if it does not answer."""
        with contextlib.suppress(Exception):
            return set(self.http.get("/health/ready").json()["leases"] or ())
        return set()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)


@contextlib.contextmanager
def replica(home: Path, token: str, *arguments: str) -> Iterator[Replica]:
    """Run `mapae-node run` on a port that the kernel chooses."""
    log = home.parent / f"{home.name}.log"
    with child_node(home, log, "run", "--port", "0", *arguments) as process:
        served = eventually(lambda: _port(home, process), what=f"{home.name} that serves", timeout_s=60)
        node = Replica(f"http://127.0.0.1:{served}", token, process, home)
        try:
            eventually(node.is_serving, what=f"{home.name} that answers")  # it says its port before it listens
            yield node
        finally:
            node.http.close()


def _port(home: Path, process: subprocess.Popen[bytes]) -> int | None:
    assert process.poll() is None, (home.parent / f"{home.name}.log").read_text()
    path = home / "log" / "node.log"
    found = re.findall(r'"port": (\d+)', path.read_text()) if path.exists() else []
    return int(found[-1]) if found else None


def homes(registry: Registry, folder: Path, count: int, **settings: Any) -> tuple[list[Config], str]:
    """Homes of replicas that share one relayer key and one database; and a token for all of them."""
    configs = [make_home(registry, folder / f"node-{number}", **settings) for number in range(count)]
    for config in configs[1:]:
        for name in ("relayer_keystore", "relayer_passphrase"):
            shutil.copy(configs[0].path(getattr(configs[0], name)), config.path(getattr(config, name)))
    return configs, make_token(configs[0], label=f"test-{secrets.token_hex(4)}")
