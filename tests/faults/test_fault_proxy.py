"""The proxy that the other files of this folder rely on really does what it says."""

import time
from collections.abc import Callable, Iterator

import httpx
import orjson
import pytest

from tests.support import lies
from tests.support.fault_proxy import FaultProxy, Kind, fault, fault_proxy, storm
from tests.support.http_stub import reply, serving


def _ledger(handler, body: bytes) -> None:
    calls = orjson.loads(body)
    answers = [
        {"jsonrpc": "2.0", "id": call["id"], "result": {"number": "0x5", "params": call["params"], "hash": "0xaa"}}
        for call in (calls if isinstance(calls, list) else [calls])
    ]
    reply(handler, orjson.dumps(answers if isinstance(calls, list) else answers[0]))


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with serving(_ledger) as url, fault_proxy(url) as running:
        yield running


def ask(proxy: FaultProxy, method: str = "eth_getBlockByNumber", *, timeout_s: float = 30.0) -> httpx.Response:
    call = {"jsonrpc": "2.0", "id": 7, "method": method, "params": ["latest", False]}
    with httpx.Client(timeout=timeout_s, trust_env=False, verify=False) as http:
        return http.post(proxy.url, json=call)


def test_nothing_is_changed_while_it_is_calm(proxy: FaultProxy) -> None:
    assert ask(proxy).json() == {
        "jsonrpc": "2.0",
        "id": 7,
        "result": {"number": "0x5", "params": ["latest", False], "hash": "0xaa"},
    }
    assert proxy.asked == {"eth_getBlockByNumber": 1}
    assert not proxy.struck


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (Kind.RESET, httpx.ReadError),
        (Kind.LOST_ANSWER, httpx.ReadError),
        (Kind.TRUNCATED, httpx.RemoteProtocolError),
        (Kind.HANG, httpx.ReadTimeout),
    ],
)
def test_broken_connections_look_as_they_do(proxy: FaultProxy, kind: Kind, seen: type[Exception]) -> None:
    proxy.play(fault(kind))
    with pytest.raises(seen):
        ask(proxy, timeout_s=2.0 if kind is Kind.HANG else 30.0)
    assert proxy.struck == {kind.value: 1}
    proxy.calm()
    assert ask(proxy).json()["result"]["number"] == "0x5"


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Kind.UNAVAILABLE, lambda answer: answer.status_code == 503),
        (Kind.GARBAGE, lambda answer: answer.status_code == 200 and b"\xff" in answer.content),
        (Kind.WRONG_ID, lambda answer: answer.json()["id"] != 7 and answer.json()["result"]["number"] == "0x5"),
    ],
)
def test_wrong_answers_look_as_they_do(proxy: FaultProxy, kind: Kind, check: Callable[[httpx.Response], bool]) -> None:
    proxy.play(fault(kind))
    assert check(ask(proxy))


def test_a_slow_answer_is_the_right_one_and_late(proxy: FaultProxy) -> None:
    proxy.play(fault(Kind.SLOW, delay_s=0.3))
    began = time.monotonic()
    assert ask(proxy).json()["result"]["number"] == "0x5"
    assert time.monotonic() - began >= 0.3


def test_a_fault_takes_its_methods_its_times_and_its_share(proxy: FaultProxy) -> None:
    proxy.play(fault(Kind.UNAVAILABLE, "eth_getLogs", times=2))
    assert ask(proxy).status_code == 200
    assert [ask(proxy, "eth_getLogs").status_code for _ in range(4)] == [503, 503, 200, 200]
    proxy.play(*storm(0.05))
    proxy.play(fault(Kind.UNAVAILABLE, share=0.5))
    answers = {ask(proxy).status_code for _ in range(60)}
    assert answers == {200, 503}


def test_lies_replace_the_answer_and_what_was_asked(proxy: FaultProxy) -> None:
    proxy.play(lies.other_hash())
    assert ask(proxy).json()["result"]["hash"] == "0xa0"
    proxy.play(lies.stale_replica(4))
    assert ask(proxy).json()["result"] is None
    proxy.play(lies.stale_replica(5))
    assert ask(proxy).json()["result"]["params"] == ["0x5", False]
