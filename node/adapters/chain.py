"""Reads of the ledger over JSON-RPC: bounded in time and size, batched, typed.

- Unreachable, slow, oversized or malformed answers raise LedgerUnavailableError; a null is None: "not here".
- A range of logs that the ledger refuses or that breaks our bounds raises RangeTooLargeError: the caller splits it.
- Nothing here is retried: the worker's loop is the retry, with its own pause.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from node.domain.event import RawLog
from node.domain.ledger import Block
from node.ports import RangeTooLargeError, Receipt, RevertedError
from registry_client.errors import LedgerUnavailableError

TIMEOUT_S = 20.0
"""For one request, a range of logs included."""
ANSWER_MAX_LENGTH = 256 * 1024 * 1024  # bytes
BATCH_MAX = 200
"""Calls in one JSON-RPC batch."""
_REVERTED = 3
"""JSON-RPC error code that geth and anvil give a revert."""
_TOO_LARGE_WORDS = ("range", "limit", "too many", "too large", "exceed", "more than")
_TOO_LARGE_CODES = {-32005, -32602}


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


def _unhex(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise LedgerUnavailableError(
            "the ledger's answer is not 0x-hex where the protocol wants it", found=str(text)[:64]
        )
    return bytes.fromhex(text[2:])


def _number(text: Any) -> int:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise LedgerUnavailableError(
            "the ledger's answer is no quantity where the protocol wants one", found=str(text)[:64]
        )
    return int(text, 16)


def _block(value: Any) -> Block | None:
    if value is None:
        return None
    return Block(
        _number(value["number"]), _unhex(value["hash"]), _unhex(value["parentHash"]), _number(value["timestamp"])
    )


def _log(value: Any) -> RawLog:
    time = value.get("blockTimestamp")
    return RawLog(
        _unhex(value["address"]),
        tuple(_unhex(topic) for topic in value["topics"]),
        _unhex(value["data"]),
        _number(value["blockNumber"]),
        _unhex(value["blockHash"]),
        _number(time) if isinstance(time, str) else None,
        _unhex(value["transactionHash"]),
        _number(value["logIndex"]),
    )


class RpcChain:
    """Implements node.ports.ChainReader. Safe to share between threads."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url
        self._http = httpx.Client(timeout=timeout_s, limits=httpx.Limits(max_connections=8), trust_env=False)
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _post(self, body: Any) -> Any:
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

    def request(self, method: str, *params: Any) -> Any:
        """Run one JSON-RPC call and return its result. Raises RpcFailureError or LedgerUnavailableError."""
        return self._result(self._post(self._call(method, params)))

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run calls in batches; a result that failed is its RpcFailureError, in place."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_MAX):
            bodies = [self._call(method, params) for method, params in calls[start : start + BATCH_MAX]]
            answers = self._post(bodies)
            if not isinstance(answers, list):
                self._result(answers)
                raise LedgerUnavailableError("the ledger does not answer JSON-RPC batches")
            by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
            for body in bodies:
                try:
                    results.append(self._result(by_id.get(body["id"])))
                except RpcFailureError as failure:
                    results.append(failure)
        return results

    def _call(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _result(self, answer: Any) -> Any:
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise LedgerUnavailableError("the ledger's answer is not JSON-RPC")
        error = answer.get("error")
        if error is not None:
            code = error.get("code") if isinstance(error, dict) else None
            raise RpcFailureError(
                code if isinstance(code, int) else 0,
                str(error.get("message", ""))[:500] if isinstance(error, dict) else str(error)[:500],
                error.get("data") if isinstance(error, dict) else None,
            )
        return answer["result"]

    def _required(self, method: str, *params: Any) -> Any:
        try:
            return self.request(method, *params)
        except RpcFailureError as failure:
            raise LedgerUnavailableError(f"{method}: the ledger says {failure}", method=method) from failure

    def chain_id(self) -> int:
        """Return the chain id."""
        return _number(self._required("eth_chainId"))

    def head(self) -> Block:
        """Return the newest block."""
        block = _block(self._required("eth_getBlockByNumber", "latest", False))
        if block is None:
            raise LedgerUnavailableError("the ledger has no newest block")
        return block

    def block(self, number: int) -> Block | None:
        """Return a block's header, None where the ledger does not have it."""
        return _block(self._required("eth_getBlockByNumber", hex(number), False))

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]:
        """Return many headers; one that failed raises LedgerUnavailableError."""
        results = self.batch([("eth_getBlockByNumber", (hex(number), False)) for number in numbers])
        for result in results:
            if isinstance(result, RpcFailureError):
                raise LedgerUnavailableError(f"eth_getBlockByNumber: the ledger says {result}") from result
        return [_block(result) for result in results]

    def logs(self, addresses: Sequence[bytes], *, first: int, last: int) -> list[RawLog]:
        """Return all logs of the addresses in [first, last], in order."""
        query = {
            "address": ["0x" + address.hex() for address in addresses],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            found = self.request("eth_getLogs", query)
        except RpcFailureError as failure:
            text = failure.message.lower()
            if failure.code in _TOO_LARGE_CODES or any(word in text for word in _TOO_LARGE_WORDS):
                raise RangeTooLargeError(str(failure)) from failure
            raise LedgerUnavailableError(f"eth_getLogs: the ledger says {failure}") from failure
        if not isinstance(found, list):
            raise LedgerUnavailableError("eth_getLogs: null, where an empty list would mean no logs")
        try:
            logs = [_log(item) for item in found if not item.get("removed")]
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerUnavailableError("eth_getLogs: a log of unknown shape") from error
        logs.sort(key=lambda log: (log.block_number, log.log_index))
        return logs

    def code(self, address: bytes) -> bytes:
        """Return the runtime code at an address, empty if there is none."""
        return _unhex(self._required("eth_getCode", "0x" + address.hex(), "latest"))

    def call(self, address: bytes, data: bytes, *, block: str | int = "latest") -> bytes:
        """Run a call at a block. Raises RevertedError with what the contract gave."""
        tag = hex(block) if isinstance(block, int) else block
        try:
            return _unhex(self.request("eth_call", {"to": "0x" + address.hex(), "data": "0x" + data.hex()}, tag))
        except RpcFailureError as failure:
            raise self._refused("eth_call", failure) from failure

    def estimate(self, address: bytes, calls: Sequence[bytes], *, sender: bytes) -> list[int | bytes]:
        """Return for each call the gas it takes, or the bytes it reverts with; judged on the pending block."""
        common = {"from": "0x" + sender.hex(), "to": "0x" + address.hex()}
        requests = [("eth_estimateGas", ({**common, "data": "0x" + data.hex()}, "pending")) for data in calls]
        outcomes: list[int | bytes] = []
        for result in self.batch(requests):
            if isinstance(result, RpcFailureError):
                refused = self._refused("eth_estimateGas", result)
                if not isinstance(refused, RevertedError):
                    raise refused from result
                outcomes.append(refused.data)
            else:
                outcomes.append(_number(result))
        return outcomes

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        """Return the receipts of transactions, None for those not in a block."""
        receipts: list[Receipt | None] = []
        for value in self.batch([("eth_getTransactionReceipt", ("0x" + item.hex(),)) for item in hashes]):
            if isinstance(value, RpcFailureError):
                raise LedgerUnavailableError(f"eth_getTransactionReceipt: the ledger says {value}") from value
            receipts.append(
                Receipt(
                    _unhex(value["transactionHash"]),
                    _number(value["blockNumber"]),
                    _unhex(value["blockHash"]),
                    value["status"] == "0x1",
                    _number(value["gasUsed"]),
                )
                if value is not None
                else None
            )
        return receipts

    @staticmethod
    def _refused(method: str, failure: RpcFailureError) -> RevertedError | LedgerUnavailableError:
        data = failure.revert_data
        if data is not None:
            return RevertedError(data)
        return LedgerUnavailableError(f"{method}: the ledger says {failure}", method=method)
