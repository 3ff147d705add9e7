"""The gate: what clients may ask of the engine, and whose transactions come in.

- Methods are an allow-list with bounded parameters (`allowlist`): reading, estimating, sending raw transactions.
- A raw transaction must be for this chain, of a plain kind, and signed by a known relayer.
- What passes is rebuilt from the parsed request: the engine never sees bytes that were not checked.
- `ledger_status` is answered here: whether mining goes on, why not, how full the ledger is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from node.embedded.allowlist import READS, SEND, STATUS, ParamsRefusedError, bound_params
from node.embedded.guards import Halt
from node.embedded.mining import InHand
from node.embedded.relayers import KnownRelayers
from node.embedded.transactions import SIZE_MAX, RawTransaction, TransactionMalformedError, parse_transaction
from node.embedded.turnstile import Turnstile
from node.embedded.upstream import AnswerLateError, AnswerTooLargeError, Upstream

BATCH_MAX: Final = 128
"""Calls in one JSON-RPC batch, at most."""
ID_MAX: Final = 128
"""Characters of a request's id, at most."""

INVALID_JSON: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_ALLOWED: Final = -32601
INVALID_PARAMS: Final = -32602
RELAYER_UNKNOWN: Final = -32010
LEDGER_HALTED: Final = -32011
LIMIT_EXCEEDED: Final = -32005

Json = Any


class CallRefusedError(Exception):
    """A call that the gate answers itself, with a JSON-RPC error object."""

    def __init__(self, code: int, message: str, data: Mapping[str, object] | None = None) -> None:
        """`code`, `message`, `data` of JSON-RPC 2.0 section 5.1."""
        super().__init__(message)
        self.code = code
        self.data = data


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that is well formed and allowed."""

    id: str | int | None
    method: str
    params: list[Json]

    def encode(self) -> bytes:
        return orjson.dumps(self.as_dict())

    def as_dict(self) -> dict[str, Json]:
        return {"jsonrpc": "2.0", "id": self.id, "method": self.method, "params": self.params}


class Gate:
    """Answers JSON-RPC bodies. Raises only EngineFailedError: then the process ends."""

    def __init__(
        self,
        *,
        upstream: Upstream,
        turnstile: Turnstile,
        relayers: KnownRelayers,
        chain_id: int,
        in_hand: InHand,
        halted: Callable[[], Halt | None],
        taken: Callable[[], None],
        status: Callable[[], Mapping[str, object]],
    ) -> None:
        """`halted`: why nothing is taken now. `taken`: called after the engine took a transaction."""
        self._upstream = upstream
        self._turnstile = turnstile
        self._relayers = relayers
        self._chain_id = chain_id
        self._in_hand = in_hand
        self._halted = halted
        self._taken = taken
        self._status = status

    async def answer(self, body: bytes) -> bytes:
        """Answer one body: a call or a batch of calls."""
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return _error(None, CallRefusedError(INVALID_JSON, f"not JSON: {error}"))
        if not isinstance(request, list):
            return await self._answer_one(request)
        if not 0 < len(request) <= BATCH_MAX:
            return _error(None, CallRefusedError(INVALID_REQUEST, f"a batch has 1 to {BATCH_MAX} calls"))
        return await self._answer_batch(request)

    async def _answer_batch(self, requests: list[Json]) -> bytes:
        """Send reads alone to the engine as one batch, at one head; with anything else in it, one after another."""
        try:
            calls = [_parse(request) for request in requests]
        except CallRefusedError:
            calls = []
        if calls and all(call.method in READS for call in calls):
            try:
                return await self._forward(orjson.dumps([call.as_dict() for call in calls]))
            except CallRefusedError as refused:
                return b"[" + b",".join(_error(call.id, refused) for call in calls) + b"]"
        return b"[" + b",".join([await self._answer_one(request) for request in requests]) + b"]"

    async def _answer_one(self, request: Json) -> bytes:
        try:
            call = _parse(request)
            if call.method == STATUS:
                return orjson.dumps({"jsonrpc": "2.0", "id": call.id, "result": self._status()})
            if call.method == SEND:
                return await self._send(call)
            return await self._forward(call.encode())
        except CallRefusedError as refused:
            return _error(_id_of(request), refused)

    async def _send(self, call: _Call) -> bytes:
        raw = _raw_bytes(call.params)
        transaction = self._admit(raw)
        async with self._turnstile.passage():
            answer = await self._pass_on(call.encode())
            if "result" in orjson.loads(answer):
                self._in_hand.put(transaction.hash, raw)
                self._taken()
        return answer

    def _admit(self, raw: bytes) -> RawTransaction:
        """Let a transaction in, or say why not."""
        try:
            transaction = parse_transaction(raw)
        except TransactionMalformedError as error:
            raise CallRefusedError(INVALID_PARAMS, str(error)) from error
        if transaction.chain_id != self._chain_id:
            raise CallRefusedError(
                INVALID_PARAMS, f"the transaction is for chain {transaction.chain_id}, this is chain {self._chain_id}"
            )
        if transaction.sender not in self._relayers:
            sender = "0x" + transaction.sender.hex()
            raise CallRefusedError(
                RELAYER_UNKNOWN,
                f"{sender} is not a known relayer of this ledger",
                {"code": "relayer-unknown", "sender": sender},
            )
        if halt := self._halted():
            raise CallRefusedError(
                LEDGER_HALTED,
                f"the ledger takes no transactions: {halt.detail}. {halt.remedy.en}",
                {"code": halt.code, "remedy": halt.remedy.as_dict()},
            )
        if self._in_hand.is_full:
            raise CallRefusedError(
                LIMIT_EXCEEDED, "too many transactions are waiting; send it again later", {"code": "full"}
            )
        return transaction

    async def _forward(self, body: bytes) -> bytes:
        async with self._turnstile.passage():
            return await self._pass_on(body)

    async def _pass_on(self, body: bytes) -> bytes:
        try:
            return await self._upstream.forward(body)
        except AnswerTooLargeError as error:
            raise CallRefusedError(
                LIMIT_EXCEEDED, "the answer is too large: narrow the range", {"code": "too-large"}
            ) from error
        except AnswerLateError as error:
            raise CallRefusedError(
                LIMIT_EXCEEDED, "the answer takes too long: ask for less", {"code": "too-slow"}
            ) from error


def _parse(request: Json) -> _Call:
    if not isinstance(request, dict) or request.get("jsonrpc", "2.0") != "2.0":
        raise CallRefusedError(INVALID_REQUEST, "not a JSON-RPC 2.0 request")
    method, params = request.get("method"), request.get("params", [])
    if not isinstance(method, str) or not isinstance(params, list) or not _is_id(request.get("id", False)):
        raise CallRefusedError(INVALID_REQUEST, "a request has an id, a method and an array of params")
    if method not in READS and method not in (SEND, STATUS):
        raise CallRefusedError(METHOD_NOT_ALLOWED, f"method {method[:64]!r} is not allowed here")
    try:
        return _Call(request["id"], method, bound_params(method, params))
    except ParamsRefusedError as error:
        raise CallRefusedError(INVALID_PARAMS, str(error)) from error


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= ID_MAX
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _id_of(request: Json) -> str | int | None:
    found = request.get("id") if isinstance(request, dict) else None
    return found if _is_id(found) else None


def _raw_bytes(params: list[Json]) -> bytes:
    if len(params) != 1 or not isinstance(params[0], str) or params[0][:2] != "0x" or len(params[0]) > 2 + 2 * SIZE_MAX:
        raise CallRefusedError(INVALID_PARAMS, f"one raw transaction as 0x-hex, at most {SIZE_MAX} bytes")
    try:
        raw = bytes.fromhex(params[0][2:])
    except ValueError as error:
        raise CallRefusedError(INVALID_PARAMS, "the raw transaction is not hex") from error
    params[0] = "0x" + raw.hex()
    return raw


def _error(request_id: str | int | None, refused: CallRefusedError) -> bytes:
    error: dict[str, object] = {"code": refused.code, "message": str(refused)}
    if refused.data is not None:
        error["data"] = dict(refused.data)
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "error": error})
