"""No path leads out of what is served: documentation's files, lists, schemas, dereferenced services."""

import socket
from collections.abc import Iterator

import pytest

from tests.integration.node_support import RunningNode, running_node
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

STEPS = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "....//",
    "%252e%252e%252f",
    "..%c0%af",
    "%00../",
    "//",
]
PREFIXES = ["/docs/assets/", "/status/", "/1.0/identifiers/", "/v1/schemas/", "/v1/dids/", "/"]
TARGETS = ["etc/passwd", "node/outbox.sqlite", "node/relayer.passphrase", "relayer.passphrase", "config.toml"]


@pytest.fixture(scope="module")
def node(founded: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(founded, tmp_path_factory.mktemp("home")) as running:
        yield running


def raw(node: RunningNode, path: str) -> bytes:
    """Ask for a path as it is: an HTTP library would tidy it first."""
    host, port = node.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        pieces = []
        while piece := connection.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_step_leads_out(node: RunningNode, prefix: str) -> None:
    home = node.config.home
    secrets = [b"root:", (home / "node" / "relayer.passphrase").read_bytes().strip(), b"SQLite format 3"]
    for step in STEPS:
        for depth in (1, 6):
            for target in TARGETS:
                answer = raw(node, prefix + step * depth + target)
                status = int(answer.split(b" ", 2)[1])
                assert status in {307, 400, 404, 405, 501}, (prefix, step, target, status)
                assert not [secret for secret in secrets if secret in answer]


def test_what_is_served_there_is_served(node: RunningNode) -> None:
    """Otherwise the refusals above would mean nothing."""
    assert b" 200 " in raw(node, "/docs/assets/swagger-ui.css")[:20]
    assert b" 200 " in raw(node, "/health/live")[:20]
