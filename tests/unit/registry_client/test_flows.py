import pytest

from registry_client.errors import DidNotFoundError, LedgerUnavailableError
from registry_client.flows import (
    HttpAnswer,
    HttpBatch,
    HttpRequest,
    RpcBatch,
    RpcCall,
    arun,
    done,
    http,
    rpc,
    run,
    together,
)


class Recorder:
    """Answers every call with its method and every request with its path; keeps what was asked."""

    def __init__(self, fail_at=None):
        self.sent = []
        self.fail_at = fail_at

    def send(self, request):
        self.sent.append(request)
        if self.fail_at == len(self.sent):
            raise LedgerUnavailableError("gone")
        if isinstance(request, RpcBatch):
            return [call.method for call in request.calls]
        return [HttpAnswer(200, item.path.encode()) for item in request.requests]


class AsyncRecorder(Recorder):
    async def send(self, request):
        return super().send(request)


def two_steps(name):
    (first,) = yield from rpc(RpcCall(f"{name}.1"))
    (second,) = yield from rpc(RpcCall(f"{name}.2", ({"a": [1]},)))
    return first, second


def fetch(path):
    (answer,) = yield from http(HttpRequest(path))
    return answer.body


async def test_both_drivers_give_the_same():
    sync, async_ = Recorder(), AsyncRecorder()
    assert run(two_steps("a"), sync) == await arun(two_steps("a"), async_) == ("a.1", "a.2")
    assert sync.sent == async_.sent
    assert len(sync.sent) == 2


def test_together_merges_each_step_into_one_request_of_each_sort():
    transport = Recorder()
    found = run(together(two_steps("a"), two_steps("b"), fetch("/x"), done(5), fetch("/y")), transport)
    assert found == [("a.1", "a.2"), ("b.1", "b.2"), b"/x", 5, b"/y"]
    assert [type(request) for request in transport.sent] == [RpcBatch, HttpBatch, RpcBatch]
    assert [call.method for call in transport.sent[0].calls] == ["a.1", "b.1"]


def test_together_asks_the_same_call_once():
    transport = Recorder()
    assert run(together(two_steps("a"), two_steps("a")), transport) == [("a.1", "a.2")] * 2
    assert [len(request.calls) for request in transport.sent] == [1, 1]


def test_the_first_error_ends_all_of_them():
    closed = []

    def fails():
        yield from rpc(RpcCall("x"))
        raise DidNotFoundError("no")

    def waits():
        try:
            yield from rpc(RpcCall("x"))
            yield from rpc(RpcCall("y"))
        finally:
            closed.append(True)

    with pytest.raises(DidNotFoundError):
        run(together(waits(), fails()), Recorder())
    assert closed == [True]


async def test_a_transports_failure_is_thrown_into_the_flow():
    def careful():
        try:
            yield from rpc(RpcCall("x"))
        except LedgerUnavailableError:
            return "told"

    assert run(careful(), Recorder(fail_at=1)) == "told"
    assert await arun(careful(), AsyncRecorder(fail_at=1)) == "told"
    with pytest.raises(LedgerUnavailableError):
        run(two_steps("a"), Recorder(fail_at=2))
    with pytest.raises(LedgerUnavailableError):
        await arun(two_steps("a"), AsyncRecorder(fail_at=2))


class Short:
    """A transport that leaves an answer out."""

    def send(self, request):
        return []


def test_a_missing_answer_is_noticed():
    with pytest.raises(LedgerUnavailableError):
        run(rpc(RpcCall("x")), Short())
    with pytest.raises(LedgerUnavailableError):
        run(fetch("/a"), Short())
    with pytest.raises(LedgerUnavailableError):
        run(together(two_steps("a"), two_steps("b")), Short())
    with pytest.raises(LedgerUnavailableError):
        run(together(fetch("/a"), fetch("/b")), Short())


def test_asking_nothing_sends_nothing():
    transport = Recorder()
    assert run(rpc(), transport) == ()
    assert run(http(), transport) == ()
    assert run(together(), transport) == []
    assert transport.sent == []
