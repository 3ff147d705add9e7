"""JSON-RPC over HTTP: bounded in time and size, matched by id, retried a little, held back by a breaker.

- Unreachable, slow, oversized, cut off, not JSON, or another request's answer raises LedgerUnavailableError.
- A failure that came quickly is tried again up to `TRIES` times in all: everything asked here may be asked twice (a raw
  transaction is one transaction however often it is handed over). What used up its time is not.
- An error that the ledger itself answered is RpcFailureError: it counts as an answer, not as a failure.
"""

import itertools
import random
import time
from collections.abc import Sequence
from typing import Any, Final

import httpx
import orjson

from node.adapters.breaker import Breaker, HeldBackError
from node.measures import RpcMeasures
from node.ports import RangeTooLargeError
from registry_client.errors import LedgerUnavailableError

TIMEOUT_S: Final = 20.0
"""For one request, a range of logs included."""
ANSWER_MAX_LENGTH: Final = 256 * 1024 * 1024  # bytes
BATCH_MAX: Final = 100
"""Calls in one JSON-RPC batch; the embedded ledger's gate takes 128."""
TRIES: Final = 3
RETRY_WITHIN_S: Final = 3.0
"""A request that took longer than this is not sent again."""
RETRY_PAUSE_S: Final = 0.05
"""Before the second try; doubled before each further one, and up to doubled again by chance."""
_REVERTED: Final = 3
"""JSON-RPC error code that geth and anvil give a revert."""

_CLASS_OF: Final = {
    "eth_blockNumber": "block",
    "eth_getBlockByNumber": "block",
    "eth_getLogs": "logs",
    "eth_getBlockReceipts": "receipt",
    "eth_getTransactionReceipt": "receipt",
    "eth_call": "call",
    "eth_getCode": "call",
    "eth_estimateGas": "estimate",
    "eth_getBalance": "account",
    "eth_getTransactionCount": "account",
    "eth_gasPrice": "account",
    "eth_sendRawTransaction": "send",
}
"""What calls are counted under; all others are "other"."""

Answer = dict[str, Any]


class RpcFailureError(Exception):
    """The ledger answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(f"{message} ({code})")
        self.code, self.message, self.data = code, message, data

    @property
    def revert_data(self) -> bytes | None:
        """What the contract reverted with, None if this is no revert."""
        text = self.data.get("data") if isinstance(self.data, dict) else self.data
        if isinstance(text, str) and text.startswith("0x") and (self.code == _REVERTED or len(text) > 2):
            try:
                return bytes.fromhex(text[2:])
            except ValueError:
                return None
        return b"" if self.code == _REVERTED or "revert" in self.message.lower() else None


class RpcClient:
    """One connection pool and one breaker for one ledger. Safe to share between threads."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url
        self.breaker, self.measures = Breaker(), RpcMeasures()
        self._timeout_s = timeout_s
        self._http = httpx.Client(timeout=timeout_s, limits=httpx.Limits(max_connections=8), trust_env=False)
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, *params: Any) -> Any:
        """Run one call and return its result. Raises RpcFailureError or LedgerUnavailableError."""
        return _result(self.answer(method, params))

    def answer(self, method: str, params: Sequence[Any]) -> Answer:
        """Run one call and return the whole answer, an error included. Raises LedgerUnavailableError."""
        return self._ask([self._call(method, params)], is_batch=False)[0]

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run calls in batches; a result that failed is its RpcFailureError, in place."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_MAX):
            bodies = [self._call(method, params) for method, params in calls[start : start + BATCH_MAX]]
            for answer in self._ask(bodies, is_batch=True):
                try:
                    results.append(_result(answer))
                except RpcFailureError as failure:
                    results.append(failure)
        return results

    def _call(self, method: str, params: Sequence[Any]) -> Answer:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _ask(self, calls: Sequence[Answer], *, is_batch: bool) -> list[Answer]:
        """Ask and count."""
        kind, count, began = _CLASS_OF.get(calls[0]["method"], "other"), len(calls), time.monotonic()
        self.measures.calls.add(kind, count=count)
        try:
            with self.breaker.call() as is_probe:
                answers = self._try(calls, is_batch=is_batch, is_probe=is_probe)
        except LedgerUnavailableError as error:
            self.measures.errors.add(
                kind, "held_back" if isinstance(error, HeldBackError) else "unavailable", count=count
            )
            raise
        finally:
            self.measures.seconds.observe(time.monotonic() - began, kind)
        if refused := sum("error" in answer for answer in answers):
            self.measures.errors.add(kind, "refused", count=refused)
        return answers

    def _try(self, calls: Sequence[Answer], *, is_batch: bool, is_probe: bool) -> list[Answer]:
        tries = 1 if is_probe else TRIES
        for number in range(1, tries + 1):
            began = time.monotonic()
            try:
                return self._matched(calls, self._post(calls if is_batch else calls[0]))
            except LedgerUnavailableError:
                if number == tries or time.monotonic() - began > RETRY_WITHIN_S:
                    raise
                time.sleep(RETRY_PAUSE_S * 2 ** (number - 1) * (1 + random.random()))  # noqa: S311 - a pause
        raise LedgerUnavailableError(f"the ledger at {self.url} was not asked")

    def _matched(self, calls: Sequence[Answer], found: Any) -> list[Answer]:
        """Return the answers in the order of their calls; each must be there, and its id its call's."""
        answers = found if isinstance(found, list) else [found]
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        matched = [by_id.get(call["id"]) for call in calls]
        for call, answer in zip(calls, matched, strict=True):
            if answer is None:
                said = answers[0].get("error") if len(answers) == 1 and isinstance(answers[0], dict) else None
                detail = f": it says {str(said)[:300]}" if said else ""
                raise LedgerUnavailableError(
                    f"the ledger at {self.url} did not answer {call['method']} under its own id{detail}"
                )
            if "result" not in answer and "error" not in answer:
                raise LedgerUnavailableError(f"the ledger's answer to {call['method']} is not JSON-RPC")
        return [answer for answer in matched if answer is not None]

    def _post(self, body: Any) -> Any:
        """Send one body and read the whole of its answer within the time."""
        until = time.monotonic() + self._timeout_s
        try:
            with self._http.stream(
                "POST", self.url, content=orjson.dumps(body), headers={"content-type": "application/json"}
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise LedgerUnavailableError(
                        f"the ledger at {self.url} answered HTTP {response.status_code}", status=response.status_code
                    )
                pieces, length = [], 0
                for piece in response.iter_bytes():
                    length += len(piece)
                    if length > ANSWER_MAX_LENGTH:
                        raise RangeTooLargeError(f"an answer of more than {ANSWER_MAX_LENGTH} bytes")
                    if time.monotonic() > until:
                        raise LedgerUnavailableError(f"the ledger at {self.url} took too long to finish its answer")
                    pieces.append(piece)
            return orjson.loads(b"".join(pieces))
        except httpx.TimeoutException as error:
            raise LedgerUnavailableError(f"the ledger at {self.url} did not answer in time") from error
        except httpx.HTTPError as error:
            raise LedgerUnavailableError(
                f"the ledger at {self.url} cannot be reached: {error or type(error).__name__}; is it running?"
            ) from error
        except orjson.JSONDecodeError as error:
            raise LedgerUnavailableError(f"the ledger at {self.url} did not answer in JSON") from error


def _result(answer: Answer) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    code = error.get("code") if isinstance(error, dict) else None
    raise RpcFailureError(
        code if isinstance(code, int) else 0,
        str(error.get("message", ""))[:500] if isinstance(error, dict) else str(error)[:500],
        error.get("data") if isinstance(error, dict) else None,
    )
