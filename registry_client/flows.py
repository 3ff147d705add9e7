"""Conversations without I/O: a flow yields requests and is sent responses; a driver does the talking.

- The same flow runs synchronously (`run`) and asynchronously (`arun`); nothing in it knows which.
- A request is a JSON-RPC batch or a set of HTTP requests; the response has one entry for each, in order.
- Transports throw LedgerUnavailableError into the flow when the other side cannot be reached; a flow may catch it.
- `together` runs several flows at once and merges their requests, so independent reads share a round trip.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from registry_client.errors import LedgerUnavailableError, RegistryError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RpcCall:
    """One JSON-RPC call; `params` are JSON values."""

    method: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class RpcError:
    """The JSON-RPC error that answered a call; `data` is 0x-hex revert data where the ledger gave it."""

    code: int
    message: str
    data: str | None = None


@dataclass(frozen=True, slots=True)
class RpcBatch:
    """JSON-RPC calls sent in one HTTP request."""

    calls: tuple[RpcCall, ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request to the node; `path` starts with `/`, `body` is sent as JSON bytes."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One HTTP answer; header names in lower case, `body` within the transport's bound."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpBatch:
    """HTTP requests that do not depend on each other."""

    requests: tuple[HttpRequest, ...]


Request: TypeAlias = RpcBatch | HttpBatch
Response: TypeAlias = Sequence[Any]
"""For RpcBatch: a JSON result or an RpcError for each call. For HttpBatch: an HttpAnswer for each request."""
Flow: TypeAlias = Generator[Request, Response, T]


class Transport(Protocol):
    """Sends a request and waits; raises LedgerUnavailableError, and bounds size and time itself."""

    def send(self, request: Request) -> Response: ...


class AsyncTransport(Protocol):
    """The same, awaited."""

    async def send(self, request: Request) -> Response: ...


def run(flow: Flow[T], transport: Transport) -> T:
    """Drive a flow to its result over a synchronous transport."""
    try:
        request = next(flow)
        while True:
            try:
                response = transport.send(request)
            except RegistryError as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


async def arun(flow: Flow[T], transport: AsyncTransport) -> T:
    """Drive a flow to its result over an asynchronous transport."""
    try:
        request = next(flow)
        while True:
            try:
                response = await transport.send(request)
            except RegistryError as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def rpc(*calls: RpcCall) -> Flow[Sequence[Any]]:
    """Yield one JSON-RPC batch; return a result or an RpcError for each call."""
    if not calls:
        return ()
    answers = yield RpcBatch(calls)
    _require_count(answers, len(calls))
    return answers


def http(*requests: HttpRequest) -> Flow[Sequence[HttpAnswer]]:
    """Yield HTTP requests; return an answer for each, whatever its status."""
    if not requests:
        return ()
    answers = yield HttpBatch(requests)
    _require_count(answers, len(requests))
    return answers


def done(value: T) -> Flow[T]:
    """Ask nothing and return `value`."""
    yield from ()
    return value


def together(*flows: Flow[Any]) -> Flow[list[Any]]:
    """Run flows side by side, merging what they ask at each step into one request of each sort.

    Returns their results in order. The first error stops all of them and is raised.
    """
    results: list[Any] = [None] * len(flows)
    waiting: dict[int, Request] = {}
    try:
        for position, flow in enumerate(flows):
            _advance(flow, None, position, waiting, results)
        while waiting:
            answers = yield from _ask_merged(waiting)
            asked, waiting = waiting, {}
            for position in asked:
                _advance(flows[position], answers[position], position, waiting, results)
    finally:
        for flow in flows:
            flow.close()
    return results


def _advance(
    flow: Flow[Any], answer: Response | None, position: int, waiting: dict[int, Request], results: list[Any]
) -> None:
    try:
        waiting[position] = next(flow) if answer is None else flow.send(answer)
    except StopIteration as stop:
        results[position] = stop.value


def _ask_merged(waiting: dict[int, Request]) -> Flow[dict[int, Response]]:
    answers: dict[int, Response] = {}
    calls = [(p, call) for p, request in waiting.items() if isinstance(request, RpcBatch) for call in request.calls]
    if calls:
        # The same call asked by several flows is sent once, so that all of them read the same head.
        distinct = {repr(call): call for _, call in calls}
        results = yield RpcBatch(tuple(distinct.values()))
        _require_count(results, len(distinct))
        by_call = dict(zip(distinct, results, strict=True))
        _deal(calls, [by_call[repr(call)] for _, call in calls], answers)
    gets = [(p, get) for p, request in waiting.items() if isinstance(request, HttpBatch) for get in request.requests]
    if gets:
        response = yield HttpBatch(tuple(get for _, get in gets))
        _require_count(response, len(gets))
        _deal(gets, response, answers)
    return answers


def _deal(asked: Sequence[tuple[int, Any]], response: Response, answers: dict[int, Response]) -> None:
    """Hand each flow its own share of a merged response."""
    shares: dict[int, list[Any]] = {}
    for (position, _), answer in zip(asked, response, strict=True):
        shares.setdefault(position, []).append(answer)
    answers.update(shares)


def _require_count(response: Response, count: int) -> None:
    if len(response) != count:
        raise LedgerUnavailableError("the other side answered another number of requests than asked", asked=count)
