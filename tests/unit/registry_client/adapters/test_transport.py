"""The wire itself, against a real server that misbehaves in every way a test can think of."""

import asyncio
import json
import time

import pytest

from registry_client.adapters.transport import AsyncHttpTransport, Endpoints, HttpTransport
from registry_client.errors import LedgerUnavailableError
from registry_client.flows import HttpBatch, HttpRequest, RpcBatch, RpcCall, RpcError
from tests.support.http_stub import reply, serving

CALLS = RpcBatch((RpcCall("eth_chainId"), RpcCall("eth_call", ({"to": "0x00"}, "latest"))))


@pytest.fixture(params=["sync", "async"])
def send(request):
    """Send over one of the two transports."""

    def sync(endpoints, asked):
        with HttpTransport(endpoints) as transport:
            return transport.send(asked)

    async def awaited(endpoints, asked):
        async with AsyncHttpTransport(endpoints) as transport:
            return await transport.send(asked)

    return sync if request.param == "sync" else lambda *given: asyncio.run(awaited(*given))


def rpc_server(make):
    """A server whose JSON-RPC answer to a batch is `make(calls)`."""
    return serving(lambda handler, body: reply(handler, json.dumps(make(json.loads(body))).encode()))


def test_results_are_matched_by_id_whatever_their_order(send):
    def make(calls):
        assert [call["method"] for call in calls] == ["eth_chainId", "eth_call"]
        assert {call["jsonrpc"] for call in calls} == {"2.0"}
        return [{"jsonrpc": "2.0", "id": call["id"], "result": call["method"]} for call in reversed(calls)]

    with rpc_server(make) as url:
        assert send(Endpoints(rpc_url=url), CALLS) == ["eth_chainId", "eth_call"]


def test_a_large_batch_is_cut_into_what_ledgers_take(send):
    sizes = []

    def make(calls):
        sizes.append(len(calls))
        return [{"id": call["id"], "result": call["params"][0]} for call in calls]

    many = RpcBatch(tuple(RpcCall("eth_getBlockByNumber", (number,)) for number in range(230)))
    with rpc_server(make) as url:
        assert send(Endpoints(rpc_url=url), many) == list(range(230))
    assert sizes == [100, 100, 30]


@pytest.mark.parametrize("data", ["0x08c379a0", {"data": "0x08c379a0"}])
def test_errors_keep_code_message_and_revert_data(send, data):
    def make(calls):
        error = {"code": 3, "message": "execution reverted", "data": data}
        return [{"id": 0, "result": None}, {"id": 1, "error": error}]

    with rpc_server(make) as url:
        assert send(Endpoints(rpc_url=url), CALLS) == [None, RpcError(3, "execution reverted", "0x08c379a0")]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [{"id": 0, "result": 1}],
        [{"id": 0, "result": 1}, {"id": 1}],
        [{"id": 0, "result": 1}, {"id": 1, "result": 1, "error": {}}],
        [{"id": "0", "result": 1}, {"id": 1, "result": 1}],
        [1, 2],
        {"error": {"code": -32600, "message": "no batches"}},
        "x",
        None,
        [{"id": True, "result": 1}, {"id": False, "result": 1}],
    ],
)
def test_what_is_no_answer_to_the_batch_is_refused(send, answer):
    with rpc_server(lambda calls: answer) as url, pytest.raises(LedgerUnavailableError):
        send(Endpoints(rpc_url=url), CALLS)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":1,"a":2}', b"\xff", b"[" * 100])
def test_what_is_no_json_is_refused(send, body):
    with (
        serving(lambda handler, _: reply(handler, body, status=502)) as url,
        pytest.raises(LedgerUnavailableError, match="502"),
    ):
        send(Endpoints(rpc_url=url), CALLS)


def test_http_answers_of_any_status_are_answers(send):
    seen = []

    def answer(handler, body):
        seen.append(
            (handler.command, handler.path, handler.headers.get("x-a"), handler.headers.get("accept-encoding"), body)
        )
        reply(handler, handler.path.encode(), status=404, mapae_block="7")

    requests = HttpBatch(
        (
            HttpRequest("/v1/x", (("type", "a b"), ("type", "c"))),
            HttpRequest("/v1/y", method="POST", body=b"{}", headers=(("x-a", "1"),)),
        )
    )
    with serving(answer) as url:
        first, second = send(Endpoints(node_url=url), requests)
    assert (first.status, first.body, first.headers["mapae-block"]) == (404, b"/v1/x?type=a+b&type=c", "7")
    assert second.body == b"/v1/y"
    assert sorted(seen) == [
        ("GET", "/v1/x?type=a+b&type=c", None, "identity", b""),
        ("POST", "/v1/y", "1", "identity", b"{}"),
    ]


def test_what_a_request_accepts_replaces_what_all_accept(send):
    seen = []

    def answer(handler, body):
        seen.append(handler.headers.get_all("accept"))
        reply(handler, body)

    with serving(answer) as url:
        send(Endpoints(node_url=url), HttpBatch((HttpRequest("/x", headers=(("Accept", "application/vc"),)),)))
        send(Endpoints(node_url=url), HttpBatch((HttpRequest("/x"),)))
    assert seen == [["application/vc"], ["application/json"]]


def test_an_answer_beyond_the_bound_is_refused(send):
    endpoints = lambda url: Endpoints(node_url=url, answer_max_bytes=1_000)  # noqa: E731
    with (
        serving(lambda handler, _: reply(handler, b"x" * 1_001)) as url,
        pytest.raises(LedgerUnavailableError, match="larger"),
    ):
        send(endpoints(url), HttpBatch((HttpRequest("/"),)))


def test_an_endless_answer_ends_at_the_deadline(send):
    def drip(handler, _):
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"1\r\nx\r\n")
            handler.wfile.flush()
            time.sleep(0.02)

    started = time.monotonic()
    with serving(drip) as url, pytest.raises(LedgerUnavailableError, match=r"too long|in time"):
        send(Endpoints(node_url=url, timeout_s=0.3), HttpBatch((HttpRequest("/"),)))
    assert time.monotonic() - started < 5


def test_silence_ends_at_the_deadline(send):
    with serving(lambda handler, _: time.sleep(1)) as url, pytest.raises(LedgerUnavailableError, match="in time"):
        send(Endpoints(node_url=url, timeout_s=0.2), HttpBatch((HttpRequest("/"),)))


def test_redirects_and_compression_are_not_followed(send):
    def redirect(handler, _):
        assert handler.path == "/start"
        reply(handler, b"", status=302, location="/elsewhere")

    with serving(redirect) as url:
        (answer,) = send(Endpoints(node_url=url), HttpBatch((HttpRequest("/start"),)))
        assert answer.status == 302
    with (
        serving(lambda handler, _: reply(handler, b"\x1f\x8b", content_encoding="gzip")) as url,
        pytest.raises(LedgerUnavailableError, match="compressed"),
    ):
        send(Endpoints(node_url=url), HttpBatch((HttpRequest("/"),)))


def test_a_closed_port_is_told(send):
    with serving(reply) as url:
        pass
    with pytest.raises(LedgerUnavailableError, match="cannot reach"):
        send(Endpoints(node_url=url), HttpBatch((HttpRequest("/"),)))


def test_proxies_of_the_environment_are_not_used(send, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(lambda handler, _: reply(handler, b"ok")) as url:
        (answer,) = send(Endpoints(node_url=url), HttpBatch((HttpRequest("/"),)))
    assert answer.body == b"ok"


@pytest.mark.parametrize("asked", [CALLS, HttpBatch((HttpRequest("/"),))])
def test_an_endpoint_that_was_not_given_is_never_asked(send, asked):
    with pytest.raises(RuntimeError):
        send(Endpoints(), asked)
