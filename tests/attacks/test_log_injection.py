"""Line breaks, terminal codes and forged members in what a client sends: one request stays one record."""

import json
from collections.abc import Iterator

import httpx
import pytest

from node.config import Config
from tests.attacks.conftest import separate_node
from tests.integration.node_support import NodeClient, make_home, make_token
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

FORGED = '"}\n{"event":"forged by a client","level":"error"}\r\n\x1b[2J\x1b]0;owned\x07 '


@pytest.fixture(scope="module")
def config(founded: Registry, tmp_path_factory: pytest.TempPathFactory) -> Config:
    return make_home(founded, tmp_path_factory.mktemp("home"), log_level="debug")


@pytest.fixture(scope="module")
def node(config: Config) -> Iterator[NodeClient]:
    with separate_node(config, make_token(config)) as client:
        yield client


def requests(node: NodeClient) -> list[httpx.Response]:
    quoted = httpx.QueryParams({"type": FORGED})
    path = "/" + "".join(f"%{byte:02X}" for byte in FORGED.encode())
    return [
        node.http.get("/v1/events", params=quoted),
        node.http.get("/1.0/identifiers" + path),
        node.http.get("/v1/dids" + path),
        node.http.get(path),
        node.http.get("/health/live", headers={"User-Agent": '"}{"event":"forged by a client"}'}),
        node.http.post(
            "/v1/operations", content=json.dumps({"kind": FORGED}), headers={"Authorization": f"Bearer {node.token}"}
        ),
    ]


def test_no_record_of_the_log_is_a_clients_own(node: NodeClient, config: Config) -> None:
    for answer in requests(node):
        assert answer.status_code < 500
    text = config.path(config.log_file).read_text()
    assert text.count("\n") > 0
    for line in text.splitlines():
        record = json.loads(line)
        assert record["event"] != "forged by a client"
    assert "\x1b" not in text
    assert "\x07" not in text


def test_no_answer_carries_a_header_of_the_clients_making(node: NodeClient) -> None:
    for answer in requests(node):
        assert "owned" not in " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        assert answer.headers["content-type"].startswith("application/")


@pytest.mark.parametrize("given", ["a\r\nSet-Cookie: owned=1", "a\nLocation: http://owned", "a\0b", "é" * 3])
def test_a_header_value_with_line_breaks_makes_no_header(node: NodeClient, given: str) -> None:
    """What is echoed (ETag, ranges, ids) is ours or refused."""
    for path in ("/v1/ledger", "/health/live", "/1.0/identifiers/did:mapae:x:y", "/status/x"):
        raw = given.encode("latin-1")
        try:
            answer = node.http.get(path, headers={"If-None-Match": raw, "Accept-Language": raw, "X-Request-Id": raw})
        except httpx.LocalProtocolError:
            continue  # the client library itself refuses to send it
        assert "set-cookie" not in answer.headers
        assert "owned" not in str(answer.headers)
