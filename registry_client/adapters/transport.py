"""Talking HTTP, bounded: JSON-RPC batches to a ledger, requests to a node, for both kinds of driver.

- One total deadline and one size limit an exchange; no redirects, no proxies from the environment, no compression.
- Whatever goes wrong outside (refused, slow, too large, not the protocol) is a LedgerUnavailableError that says what.
- JSON-RPC answers are matched by id; an HTTP answer of any status is an answer.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpx

from registry_client.core.canonical import canonicalize
from registry_client.core.strict_json import parse_json
from registry_client.errors import LedgerUnavailableError, ParsingError
from registry_client.flows import HttpAnswer, HttpRequest, Request, Response, RpcBatch, RpcCall, RpcError

ANSWER_MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest answer that is read; a whole status list over JSON-RPC has 66 KiB, a page of events a few MiB."""
BATCH_MAX: Final = 100
"""JSON-RPC calls in one HTTP request; ledgers refuse more than some hundred, the embedded one more than 128."""
TIMEOUT_S: Final = 15.0
"""From sending a request to the last byte of its answer."""
CONNECT_TIMEOUT_S: Final = 5.0
_JSON: Final = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where things are: `rpc_url` takes JSON-RPC batches, `node_url` HTTP requests; None = must not be asked."""

    rpc_url: str | None = None
    node_url: str | None = None
    timeout_s: float = TIMEOUT_S
    answer_max_bytes: int = ANSWER_MAX_BYTES

    def client_options(self) -> dict[str, Any]:
        """Return how httpx is to behave."""
        return {
            "timeout": httpx.Timeout(self.timeout_s, connect=min(CONNECT_TIMEOUT_S, self.timeout_s)),
            "follow_redirects": False,
            "trust_env": False,
            "limits": httpx.Limits(max_connections=16, max_keepalive_connections=8),
        }


class HttpTransport:
    """Synchronous transport; close it, or use it as a context manager."""

    def __init__(self, endpoints: Endpoints) -> None:
        """`endpoints`: the only addresses that will ever be asked."""
        self._endpoints = endpoints
        self._client = httpx.Client(**endpoints.client_options())

    def send(self, request: Request) -> Response:
        """Send and wait. Raises LedgerUnavailableError."""
        if isinstance(request, RpcBatch):
            results: list[Any] = []
            for calls in _portions(request.calls):
                answer = self._exchange(_rpc_request(self._endpoints, calls))
                results += _rpc_results(calls, answer, self._endpoints.answer_max_bytes)
            return results
        return [self._exchange(_http_request(self._endpoints, item)) for item in request.requests]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exchange(self, prepared: "_Prepared") -> HttpAnswer:
        reader = _Reader(self._endpoints)
        try:
            with self._client.stream(prepared.method, prepared.url, **prepared.options) as response:
                for chunk in response.iter_raw():
                    reader.feed(chunk)
                return reader.answer(response)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _unavailable(prepared.url, error) from error


class AsyncHttpTransport:
    """Asynchronous transport; close it, or use it as an async context manager."""

    def __init__(self, endpoints: Endpoints) -> None:
        """`endpoints`: the only addresses that will ever be asked."""
        self._endpoints = endpoints
        self._client = httpx.AsyncClient(**endpoints.client_options())

    async def send(self, request: Request) -> Response:
        """Send and wait; the requests of an HttpBatch run side by side. Raises LedgerUnavailableError."""
        if isinstance(request, RpcBatch):
            results: list[Any] = []
            for calls in _portions(request.calls):
                answer = await self._exchange(_rpc_request(self._endpoints, calls))
                results += _rpc_results(calls, answer, self._endpoints.answer_max_bytes)
            return results
        prepared = [_http_request(self._endpoints, item) for item in request.requests]
        return await asyncio.gather(*(self._exchange(item) for item in prepared))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _exchange(self, prepared: "_Prepared") -> HttpAnswer:
        reader = _Reader(self._endpoints)
        try:
            async with self._client.stream(prepared.method, prepared.url, **prepared.options) as response:
                async for chunk in response.aiter_raw():
                    reader.feed(chunk)
                return reader.answer(response)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _unavailable(prepared.url, error) from error


@dataclass(frozen=True, slots=True)
class _Prepared:
    method: str
    url: str
    options: Mapping[str, Any]


class _Reader:
    """Collects one answer within its bounds."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._limit = endpoints.answer_max_bytes
        self._deadline = time.monotonic() + endpoints.timeout_s
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limit:
            raise LedgerUnavailableError(f"the answer is larger than {self._limit} bytes", limit=self._limit)
        if time.monotonic() > self._deadline:
            raise LedgerUnavailableError("the answer took too long; try again, or another endpoint")
        self._chunks.append(chunk)

    def answer(self, response: httpx.Response) -> HttpAnswer:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise LedgerUnavailableError("the answer is compressed although that was not asked for")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(response.status_code, b"".join(self._chunks), headers)


def _portions(calls: Sequence[RpcCall]) -> list[Sequence[RpcCall]]:
    """Cut a batch into what ledgers take at once."""
    return [calls[start : start + BATCH_MAX] for start in range(0, len(calls), BATCH_MAX)]


def _rpc_request(endpoints: Endpoints, asked: Sequence[RpcCall]) -> _Prepared:
    if endpoints.rpc_url is None:
        raise RuntimeError("this transport has no rpc_url")
    calls = [
        {"jsonrpc": "2.0", "id": position, "method": call.method, "params": list(call.params)}
        for position, call in enumerate(asked)
    ]
    return _Prepared("POST", endpoints.rpc_url, {"content": canonicalize(calls), "headers": _JSON})


def _http_request(endpoints: Endpoints, request: HttpRequest) -> _Prepared:
    if endpoints.node_url is None:
        raise RuntimeError("this transport has no node_url")
    options: dict[str, Any] = {"headers": {**_JSON, **{name.lower(): value for name, value in request.headers}}}
    if request.params:
        options["params"] = list(request.params)
    if request.body is not None:
        options["content"] = request.body
    return _Prepared(request.method, endpoints.node_url + request.path, options)


def _rpc_results(calls: Sequence[RpcCall], answer: HttpAnswer, limit: int) -> list[Any]:
    try:
        values = parse_json(answer.body, max_bytes=limit)
    except ParsingError as error:
        raise LedgerUnavailableError(
            f"the JSON-RPC endpoint answered HTTP {answer.status} without JSON: {error.detail}", status=answer.status
        ) from None
    if not isinstance(values, list):
        refused = _rpc_error(values.get("error")) if isinstance(values, dict) and "error" in values else None
        reason = f": {refused.message}" if refused else ""
        raise LedgerUnavailableError(f"the JSON-RPC endpoint does not take batches{reason}", status=answer.status)
    by_id = {value.get("id"): value for value in values if isinstance(value, dict) and type(value.get("id")) is int}
    results: list[Any] = []
    for position, call in enumerate(calls):
        value = by_id.get(position)
        if value is None or ("result" in value) == ("error" in value):
            raise LedgerUnavailableError("the JSON-RPC endpoint left a call unanswered", method=call.method)
        results.append(value["result"] if "result" in value else _rpc_error(value["error"]))
    return results


def _rpc_error(value: Any) -> RpcError:
    if not isinstance(value, dict):
        return RpcError(0, "an error without a description")
    code, data = value.get("code"), value.get("data")
    if isinstance(data, dict):
        data = data.get("data")
    return RpcError(
        code if type(code) is int else 0,
        str(value.get("message", ""))[:500],
        data if isinstance(data, str) and data.startswith("0x") else None,
    )


def _unavailable(url: str, error: Exception) -> LedgerUnavailableError:
    reason = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
    return LedgerUnavailableError(f"cannot reach {url}: {reason}", url=url)
