"""The stream of what changes, read from a real node: each move told once, resumed, kept alive, and bounded."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from node.api.stream import HeadStream, StreamLimits
from registry_client.core.hashing import keccak256
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, running_node
from tests.support.chain import Registry, salt_of

pytestmark = pytest.mark.chain

DEPTH = 2
PATH = "/v1/events/stream"


class Listener:
    """Reads a stream in a thread; `messages` are (id, data), `comments` are counted."""

    def __init__(self, url: str, last_id: str = "") -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.comments, self.ended = 0, False
        self._client = httpx.Client(timeout=60, trust_env=False)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        self._context = self._client.stream("GET", url + PATH, headers=headers)
        self.response = self._context.__enter__()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        found: dict[str, str] = {}
        try:
            for line in self.response.iter_lines():
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    found[name] = value
                elif "data" in found:
                    assert found["event"] == "head"
                    self.messages.append((found["id"], json.loads(found["data"])))
                    found = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.ended = True

    def wait(self, check: Callable[[dict[str, Any]], Any], what: str) -> tuple[str, dict[str, Any]]:
        """Wait for a message."""
        return eventually(lambda: next((found for found in self.messages if check(found[1])), None), what=what)

    def close(self) -> None:
        self._client.close()


@contextmanager
def listening(node: RunningNode, last_id: str = "") -> Iterator[Listener]:
    listener = Listener(node.url, last_id)
    try:
        assert listener.response.status_code == 200
        yield listener
    finally:
        listener.close()


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    mine(registry, DEPTH + 1)
    return found


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path, confirmations=DEPTH) as running:
        running.wait_for_head(registry.ledger)
        yield running


def mine(registry: Registry, count: int = DEPTH) -> None:
    registry.ledger.rpc("anvil_mine", hex(count))


def stream_of(node: RunningNode) -> HeadStream:
    return node.node._server.app.stream


def list_of(agency: Agency) -> bytes:
    address = bytes.fromhex(agency.registry.contracts["StatusRegistry"][2:])
    return keccak256(address.rjust(32, b"\0") + agency.id.ljust(32, b"\0") + salt_of("list"))


def test_first_message_says_where_things_stand(node: RunningNode) -> None:
    with listening(node) as listener:
        assert listener.response.headers["content-type"].startswith("text/event-stream")
        assert listener.response.headers["cache-control"] == "no-store"
        _, told = listener.wait(lambda _: True, "the first message")
    place = node.get("/v1/ledger")["ledger"]
    assert told["reset"] is True
    assert told["ledger"] == place


def test_change_is_told_when_it_is_seen_and_when_it_is_final(node: RunningNode, agency: Agency) -> None:
    registry, list_id = agency.registry, list_of(agency)
    with listening(node) as listener:
        listener.wait(lambda _: True, "the first message")
        (created,) = node.submit(agency.create())
        mined = node.wait([created], states={"mined"})[0]["block_number"]
        _, seen = listener.wait(lambda told: agency.did in told["dids"], "the creation, seen")
        assert seen["ledger"]["final"] < mined <= seen["ledger"]["block_number"]
        mine(registry)
        _, final = listener.wait(
            lambda told: agency.did in told["dids"] and told["ledger"]["final"] >= mined, "the creation, final"
        )
        assert (final["reset"], final["reorg"], final["lists"]) == (False, False, [])
        node.submit(registry.sign("OpenList", {"owner": agency.id, "salt": salt_of("list")}, agency.controller))
        _, opened = listener.wait(lambda told: told["lists"] == [f"0x{list_id.hex()}"], "the list")
        assert opened["dids"] == [agency.did]
        before = len(listener.messages)
        mine(registry, DEPTH + 1)
        head = int(registry.ledger.rpc("eth_blockNumber"), 16)
        listener.wait(lambda told: told["ledger"]["final"] == head - DEPTH, "the last block")
        mine(registry, 1)
        _, empty = listener.wait(lambda told: told["ledger"]["block_number"] == head + 1, "an empty block")
        assert (empty["events"], empty["dids"]) == (0, [])
        assert len(listener.messages) > before
        numbers = [told["ledger"]["block_number"] for _, told in listener.messages]
        assert numbers == sorted(numbers)


def test_what_is_taken_back_is_told_as_a_reorganisation(node: RunningNode, agency: Agency) -> None:
    registry = agency.registry
    with listening(node) as listener:
        listener.wait(lambda _: True, "the first message")
        (created,) = node.submit(agency.create())
        node.wait([created], states={"mined"})
        listener.wait(lambda told: agency.did in told["dids"], "the creation, seen")
        registry.ledger.rpc("anvil_rollback", 1)
        mine(registry, 1)
        _, undone = listener.wait(lambda told: told["reorg"], "the reorganisation")
        assert agency.did in undone["dids"] or undone["reset"]


def test_reader_comes_back_where_it_was(node: RunningNode, agency: Agency) -> None:
    registry = agency.registry
    with listening(node) as steady, listening(node) as first:
        last, _ = first.wait(lambda _: True, "the first message")
        first.close()
        ids = node.submit(agency.create())
        node.wait(ids, states={"mined"})
        steady.wait(lambda told: agency.did in told["dids"], "the creation, seen")
        mine(registry)
        end, _ = steady.wait(lambda told: told["dids"] and told["ledger"]["final"] > 0, "a change")
        with listening(node, last) as again:
            _, told = again.wait(lambda told: agency.did in told["dids"], "what was missed")
            assert not told["reset"]
            assert again.messages[0][0] != last
        assert end in [found for found, _ in steady.messages]


def test_reader_of_another_life_is_told_all_that_changed_or_to_forget(node: RunningNode, agency: Agency) -> None:
    """No replay memory: the node asked is another one, or was restarted."""
    registry = agency.registry
    final = node.get("/v1/ledger")["final"]
    ids = node.submit(agency.create())
    node.wait(ids, states={"mined"})
    mine(registry)
    assert node.wait(ids)[0]["state"] == "final"
    settled = f"{final['number']}-{final['number']}-{final['hash'][2:18]}"
    with listening(node, settled) as listener:
        _, told = listener.wait(lambda _: True, "what changed since")
        assert (told["reset"], agency.did in told["dids"]) == (False, True)
    for other in (
        f"{final['number'] + 1}-{final['number']}-{'0' * 16}",
        f"999999-999999-{'0' * 16}",
        "nonsense",
        "7-x-1",
    ):
        with listening(node, other) as listener:
            _, told = listener.wait(lambda _: True, "a reset")
            assert told["reset"] is True, other


def test_idle_stream_is_kept_alive_by_comments(node: RunningNode) -> None:
    stream_of(node).limits = StreamLimits(heartbeat_s=0.05)
    with listening(node) as listener:
        eventually(lambda: listener.comments >= 3, what="comments")


def test_readers_are_bounded_and_the_place_is_given_back(node: RunningNode) -> None:
    stream_of(node).limits = StreamLimits(readers_max=2, heartbeat_s=0.1)
    with listening(node) as one, listening(node):
        refused = node.http.get(PATH)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["content-type"] == "application/problem+json"
        one.close()
        eventually(lambda: stream_of(node).reader_count == 1, what="the place of the reader that left")
        with listening(node) as third:
            third.wait(lambda _: True, "the first message")
    eventually(lambda: stream_of(node).reader_count == 0, what="no reader")


def test_reader_that_takes_nothing_is_let_go(node: RunningNode, agency: Agency) -> None:
    """A socket that is never read fills up; the node drops it and goes on telling the others."""
    stream = stream_of(node)
    stream.limits = StreamLimits(heartbeat_s=0.001, send_s=0.2)
    host, port = node.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stuck.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        eventually(lambda: stream.reader_count == 1, what="the reader that takes nothing")
        frame = b": " + b"x" * 65_536 + b"\n\n"
        deadline = time.monotonic() + 30
        while stream.reader_count and time.monotonic() < deadline:
            for reader in list(stream._readers):
                if not reader.queue.full():
                    reader.queue.put_nowait(frame)
            time.sleep(0.005)
        assert stream.reader_count == 0
    stream.limits = StreamLimits()
    with listening(node) as other:
        other.wait(lambda _: True, "the first message")
        node.submit(agency.create())
        other.wait(lambda told: agency.did in told["dids"], "the creation")


def test_stop_of_the_node_ends_the_stream(registry: Registry, agency: Agency, tmp_path: Path) -> None:
    with running_node(registry, tmp_path, confirmations=DEPTH) as node:
        listener = Listener(node.url)
        listener.wait(lambda _: True, "the first message")
    eventually(lambda: listener.ended, what="the end of the stream")
    listener.close()
