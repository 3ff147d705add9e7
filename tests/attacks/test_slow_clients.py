"""Clients that send slowly, send half, never read, or hold connections open: they lose them, nobody else does."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.node_support import RunningNode, eventually, running_node
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

LIMIT = 32
REQUEST_S = 1.0


@pytest.fixture
def node(registry: Registry, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path, connections_max=LIMIT, request_timeout_s=REQUEST_S) as running:
        yield running


def connect(node: RunningNode) -> socket.socket:
    host, port = node.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def answer(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /health/live HTTP/1.1\r\nHost: a\r\n",
        b"POST /v1/operations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[",
        b"POST /v1/operations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[[[[[\r\n",
    ],
    ids=["nothing", "one byte", "half a head", "half a body", "half the chunks"],
)
def test_a_request_that_does_not_come_is_given_up(node: RunningNode, sent: bytes) -> None:
    with connect(node) as connection:
        connection.sendall(sent)
        assert answer(connection).startswith(b"HTTP/1.1 4")
    assert node.is_serving()


def test_dripping_does_not_buy_time(node: RunningNode) -> None:
    """A byte now and then restarts no clock: the request as a whole has its time."""
    with connect(node) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: ")
        refused = False
        until = time.monotonic() + 60
        connection.settimeout(0.05)
        while not refused and time.monotonic() < until:
            try:
                connection.sendall(b"x")
                refused = connection.recv(100).startswith(b"HTTP/1.1 408")
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                refused = True
        assert refused


def test_a_head_without_end_is_cut_off(node: RunningNode) -> None:
    with connect(node) as connection:
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"GET /health/live HTTP/1.1\r\n")
            while sent < 16 * 1024 * 1024:
                connection.sendall(b"X-Filling: " + b"x" * 8_000 + b"\r\n")
                sent += 8_000
        assert sent < 16 * 1024 * 1024
    assert node.is_serving()


def test_held_connections_keep_nobody_out(node: RunningNode) -> None:
    """Three times the limit, all silent: whoever asks is answered, the oldest silent ones are dropped."""
    with contextlib.ExitStack() as held:
        crowd = [held.enter_context(connect(node)) for _ in range(3 * LIMIT)]
        for _ in range(20):
            with connect(node) as honest:
                honest.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                assert answer(honest).startswith(b"HTTP/1.1 200")
        crowd[0].settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            assert crowd[0].recv(100) in {
                b"",
                b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            }


def test_half_requests_keep_nobody_out(node: RunningNode) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(3 * LIMIT):
            connection = held.enter_context(connect(node))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"POST /v1/operations HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n[")
        for _ in range(20):
            assert node.is_serving()


def test_answers_that_nobody_reads_cost_the_reader_its_connection(registry: Registry, tmp_path: Path) -> None:
    """Requests are pipelined without end and no answer is read: sending stalls, the node lives on."""
    with running_node(registry, tmp_path, connections_max=LIMIT, request_timeout_s=REQUEST_S) as node:
        with connect(node) as connection:
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
                for _ in range(20_000):
                    connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
            for _ in range(20):
                assert node.is_serving()
        eventually(node.is_ready, what="a node that is ready")


def test_a_kept_connection_serves_many_requests(node: RunningNode) -> None:
    """What is refused above does not touch a client that behaves."""
    for _ in range(200):
        assert node.is_serving()
    time.sleep(2 * REQUEST_S)  # idle between requests is the server's own, longer limit
    with connect(node) as connection:
        for _ in range(50):
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
