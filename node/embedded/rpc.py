"""JSON-RPC to our own anvil over one kept-alive connection, blocking, with pipelining.

Requests that are written behind one another on one connection are executed in that order: a replay needs no answer
before it sends the next transaction, and still knows the order.
"""

import socket
from collections.abc import Sequence
from typing import Any, Final

import orjson

from node.embedded.errors import EngineFailedError

TIMEOUT_S: Final = 120.0
"""Longest wait for one answer; a dump of 100,000 transactions takes about 15 s."""
PIPELINE: Final = 64
"""Requests in flight at most: their answers are small and fit the socket's buffer while we still write."""

Call = tuple[str, Sequence[object]]


class EngineRefusedError(EngineFailedError):
    """Anvil answered with a JSON-RPC error; the evidence has `method` and its `error` object."""


class AnvilRpc:
    """One connection to 127.0.0.1:`port`. Use from one thread at a time."""

    def __init__(self, port: int) -> None:
        """Connect. Raises EngineFailedError."""
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise EngineFailedError(f"anvil cannot be reached: {error}") from error
        self._reader = self._socket.makefile("rb", buffering=1 << 16)

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._socket.close()

    def call(self, method: str, *params: object) -> Any:
        """Return the result of one call. Raises EngineRefusedError, EngineFailedError."""
        return self.pipeline([(method, params)])[0]

    def pipeline(self, calls: Sequence[Call]) -> list[Any]:
        """Execute the calls in order and return their results. Raises at the first one that anvil refuses."""
        return [_result(method, answer) for (method, _), answer in zip(calls, self.answers(calls), strict=True)]

    def answers(self, calls: Sequence[Call]) -> list[dict[str, Any]]:
        """Execute the calls in order and return the whole JSON-RPC answers. Raises EngineFailedError."""
        found: list[dict[str, Any]] = []
        try:
            for start in range(0, len(calls), PIPELINE):
                chunk = calls[start : start + PIPELINE]
                self._socket.sendall(b"".join(_request(method, params) for method, params in chunk))
                found += [self._read_answer() for _ in chunk]
        except (OSError, ValueError, IndexError) as error:
            raise EngineFailedError(f"anvil broke off: {error}") from error
        return found

    def _read_answer(self) -> dict[str, Any]:
        # anvil leaves Nagle's algorithm on: its next small answer waits for our ACK, which the kernel holds back 40 ms
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        status = self._reader.readline()
        length = -1
        while (line := self._reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not status.startswith(b"HTTP/1.1 200") or length < 0:
            raise ValueError(f"answered {status!r}")
        body = self._reader.read(length)
        if len(body) < length:
            raise ValueError("closed in the middle of an answer")
        answer = orjson.loads(body)
        if isinstance(answer, dict):
            return answer
        raise ValueError("answered no object")


def _request(method: str, params: Sequence[object]) -> bytes:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    head = f"POST / HTTP/1.1\r\nHost: anvil\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise EngineRefusedError(f"anvil refused {method}: {answer['error']}", method=method, error=answer["error"])
    return answer.get("result")
