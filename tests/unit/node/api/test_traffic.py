"""A request's id and its record: what a client sends is in neither unless it is an id."""

import asyncio
import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from node.api.app import NodeApp
from node.api.traffic import HEADER, Traffic, identify
from node.logs import configure_logs

MADE = re.compile(rb"[0-9a-f]{32}")
GIVEN = (b"0123456789abcdef0123456789abcdef", b"6f1c0d5a-9a3e-4d7e-8b21-0c54d2f4a1b9")
REFUSED = (
    b"",
    b"010-9431-7700",
    b"880412-1947311",
    b"canary-7f31c0de-bearer",
    b"0123456789ABCDEF0123456789ABCDEF",
    b"0123456789abcdef0123456789abcdef0",
    b"0123456789abcdef0123456789abcdef\n",
    "홍길동".encode(),
)


@pytest.mark.parametrize("given", GIVEN)
def test_an_id_of_a_known_form_is_taken(given: bytes) -> None:
    assert identify([(b"host", b"x"), (HEADER, given)]) == given
    assert structlog.contextvars.get_contextvars()["request_id"] == given.decode()


@pytest.mark.parametrize("given", REFUSED)
def test_anything_else_is_replaced(given: bytes) -> None:
    made = identify([(HEADER, given)])
    assert MADE.fullmatch(made)
    assert made != given


def test_ids_that_are_made_differ() -> None:
    assert len({identify([]) for _ in range(1_000)}) == 1_000


class Stub:
    """What the application asks of the node's services before a request fails."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.hot = self.ledger = self

    @staticmethod
    def did_id(_did: str) -> bytes:
        return bytes(20)


def ask(app: NodeApp, path: str, *headers: tuple[bytes, bytes], query: bytes = b"") -> tuple[int, dict, bytes]:
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": list(headers),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 1),
        "client": ("127.0.0.1", 2),
        "root_path": "",
    }

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.fixture
def records(tmp_path: Path):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(tmp_path / "node.log", level="debug", form="json")
    yield lambda: [json.loads(line) for line in (tmp_path / "node.log").read_text().splitlines()]
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_every_answer_names_its_request_and_leaves_one_record(records) -> None:
    app = NodeApp(Stub())
    status, headers, body = ask(app, "/v1/none-of-ours", (HEADER, GIVEN[0]), query=b"phone=010-9431-7700")
    assert status == 404
    assert headers[HEADER] == GIVEN[0]
    assert json.loads(body)["request_id"] == GIVEN[0].decode()
    status, headers, _ = ask(app, "/1.0/identifiers/did:nobody:x", (HEADER, GIVEN[1]))
    assert headers[HEADER] == GIVEN[1]
    found = [record for record in records() if record["event"] == "request"]
    assert [(item["request_id"], item["status"]) for item in found] == [
        (GIVEN[0].decode(), 404),
        (GIVEN[1].decode(), status),
    ]
    assert [item["route"] for item in found] == ["other", "/1.0/identifiers/{did}"]
    assert "9431" not in str(found)
    assert "none-of-ours" not in str(found)


def test_answers_are_counted_by_class() -> None:
    stub = Stub()
    app = NodeApp(stub)
    ask(app, "/health/live")
    ask(app, "/nowhere")
    ask(app, "/1.0/identifiers/did:nobody:x")
    assert stub.traffic.answered == {("health", "2xx"): 1, ("other", "4xx"): 1}
    assert sum(stub.traffic.resolved.values()) == 1
    assert stub.traffic.resolving.buckets()[0][-1] == ("+Inf", 1)
    assert stub.traffic.in_flight == 0
