"""SIGTERM under load: nobody new gets in, every request that was under way is answered whole, exit code 0."""

import contextlib
import http.client
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.node_support import NodeClient, child_node, eventually, make_home, make_token
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

CLIENTS = 8
STOP_WITHIN_S = 60


@dataclass
class Load:
    """Clients that ask without a pause over connections that they keep, until the node lets them go."""

    port: int
    answered: int = 0
    failed: list[str] = field(default_factory=list)

    def client(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while True:
            try:
                connection.connect()
            except OSError:
                return  # nobody new gets in
            try:
                if not self.ask_on(connection, path):
                    return
            finally:
                connection.close()

    def ask_on(self, connection: http.client.HTTPConnection, path: str) -> bool:
        """Ask until the node says that it closes; False after a request without a whole answer."""
        while True:
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                if self.answered_on(connection) == 0 and isinstance(error, ConnectionResetError):
                    return False  # it was never accepted
                self.failed.append(f"{path}: {error!r}")
                return False
            self.answered += 1
            connection.answered = self.answered_on(connection) + 1  # type: ignore[attr-defined]
            if answer.will_close:
                connection.close()
                connection.answered = 0  # type: ignore[attr-defined]
                return True

    @staticmethod
    def answered_on(connection: http.client.HTTPConnection) -> int:
        return getattr(connection, "answered", 0)


def port_of(log: Path) -> int | None:
    lines = [line for line in log.read_text().splitlines() if line.startswith("node     http")] if log.exists() else []
    return int(lines[0].rpartition(":")[2].partition("/")[0]) if lines else None


def in_flight(client: NodeClient) -> int:
    """Requests that are being answered, the one that asks included."""
    lines = client.http.get("/metrics").text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("mapae_http_in_flight "))


def test_nothing_under_way_is_lost(registry: Registry, tmp_path: Path) -> None:
    config = make_home(registry, tmp_path)
    token = make_token(config)
    log = tmp_path / "child.out"
    with child_node(tmp_path, log, "run", "--port", "0") as child:
        port = eventually(lambda: port_of(log), what="where the node serves, on stderr")
        client = NodeClient(f"http://127.0.0.1:{port}", token)
        eventually(client.is_ready, what="a node that is ready")
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        slow.putrequest("POST", "/v1/operations")
        slow.putheader("Authorization", f"Bearer {token}")
        slow.putheader("Content-Length", "2")
        slow.endheaders()
        slow.send(b"{")
        eventually(lambda: in_flight(client) > 1, what="a request that has begun")
        load = Load(port)
        paths = [
            "/v1/ledger",
            "/health/ready",
            "/1.0/identifiers/did:key:z",
        ]
        threads = [
            threading.Thread(target=load.client, args=(paths[number % len(paths)],), daemon=True)
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        eventually(lambda: load.answered > 20 * CLIENTS, what="load")
        child.send_signal(signal.SIGTERM)
        eventually(lambda: _refused(port), what="a node that lets nobody in")
        slow.send(b"}")
        answer = slow.getresponse()
        assert answer.status == 400
        assert answer.read()
        slow.close()
        client.http.close()
        for thread in threads:
            thread.join(STOP_WITHIN_S)
        assert child.wait(STOP_WITHIN_S) == 0
    assert load.failed == []
    assert not any(thread.is_alive() for thread in threads)


def _refused(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.connect()
        except OSError:
            return True
    return False
