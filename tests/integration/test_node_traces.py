"""Traces reach a collector on this machine, name what was done, and hold nothing of what a client sent."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from node.tracing import Tracer
from registry_client.errors import ConfigurationError
from tests.integration.node_support import admitted, running_node
from tests.support.chain import Registry

CANARY = "010-9431-7700"


class Collector(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.bodies: list[bytes] = []


class Taking(BaseHTTPRequestHandler):
    """Takes every post."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.chain
def test_what_was_done_is_traced_without_anything_personal(registry: Registry, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    agency = admitted(registry, "agency of traces")
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{collector.server_port}"
        with running_node(registry, tmp_path, otlp_endpoint=endpoint) as node:
            node.relay_one(agency.create())
            node.resolve(agency.did)
            node.http.get(f"/v1/{CANARY}?phone={CANARY}", headers={"X-Request-Id": CANARY})
        collector.shutdown()
    sent = b"".join(collector.bodies)
    for name in (b"request", b"index step", b"send", b"judge", b"/1.0/identifiers/{did}", b"mapae-node"):
        assert name in sent
    for secret in (CANARY, agency.did, node.token):
        assert secret.encode() not in sent


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match="telemetry"):
        Tracer().start("http://127.0.0.1:4318", version="0", role="all")


def test_where_nobody_collects_nothing_happens() -> None:
    tracer = Tracer()
    with tracer.span("anything") as describe:
        describe({"count": 1})
    assert not tracer.is_on
    tracer.stop()
