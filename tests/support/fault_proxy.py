"""A proxy on loopback between a node and its ledger that does what networks, balancers, replicas and liars do.

- `fault_proxy(url)` runs it in a thread of its own; `proxy.url` is what the node gets as its `rpc_url`.
- `proxy.play(fault, ...)`: from now on; the first fault that takes a request decides it. `proxy.calm()`: none any more.
- `proxy.struck` counts by name what really happened: wait for a fault to strike (`wait_for_strikes`), not for a while.
- A request is one HTTP body: a call or a batch. What is not faulty goes to the ledger and back as it is.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx
import orjson

START_TIMEOUT_S = 30.0
UPSTREAM_TIMEOUT_S = 60.0
STRIKE_TIMEOUT_S = 60.0

Call = dict[str, Any]
Ask = Callable[[str, list[Any]], list[Any]]
"""(method, params) -> the params that the ledger really gets."""
Tell = Callable[[str, list[Any], Any], Any]
"""(method, params as asked, result) -> the result that the node gets."""


class Kind(StrEnum):
    """What can happen to a request."""

    RESET = "reset"
    """The connection is reset; the ledger never hears of the request."""
    LOST_ANSWER = "lost-answer"
    """The ledger is asked and acts; its answer is lost with the connection."""
    HANG = "hang"
    """Nothing comes, until the fault is over."""
    UNAVAILABLE = "unavailable"
    """HTTP 503."""
    TRUNCATED = "truncated"
    """The body ends in the middle of what its header announced."""
    GARBAGE = "garbage"
    """HTTP 200 and bytes that are no JSON."""
    WRONG_ID = "wrong-id"
    """The right answer to another request."""
    SLOW = "slow"
    """The right answer after `delay_s`."""
    LIE = "lie"
    """Another answer, as `ask` and `tell` have it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `methods`: only requests that call one of them (empty: all). `share`: 0..1 of those.

    `times`: strikes at most, then it is over (None: for ever). `name`: under which it is counted.
    """

    kind: Kind
    methods: frozenset[str] = frozenset()
    share: float = 1.0
    times: int | None = None
    delay_s: float = 0.0
    ask: Ask | None = None
    tell: Tell | None = None
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.kind.value


def fault(kind: Kind, *methods: str, **more: Any) -> Fault:
    """A fault of a kind, for some methods only where any are named."""
    return Fault(kind, frozenset(methods), **more)


def lie(label: str, *methods: str, tell: Tell | None = None, ask: Ask | None = None, **more: Any) -> Fault:
    """A wrong answer; see `tests.support.lies` for ready ones."""
    return Fault(Kind.LIE, frozenset(methods), tell=tell, ask=ask, label=label, **more)


def storm(share: float, *, delay_s: float = 0.2) -> tuple[Fault, ...]:
    """Every honest fault of the network at once, each on its share of the requests: for long runs.

    HANG is left out: it lasts until the faults change. Play it by itself.
    """
    kinds = (Kind.RESET, Kind.LOST_ANSWER, Kind.UNAVAILABLE, Kind.TRUNCATED, Kind.GARBAGE, Kind.WRONG_ID)
    return (*(fault(kind, share=share) for kind in kinds), fault(Kind.SLOW, share=share, delay_s=delay_s))


@dataclass
class FaultProxy:
    """A running proxy. `url`: of the proxy. `upstream`: of the ledger; may be changed, as when a ledger moves."""

    upstream: str
    seed: int = 1
    url: str = ""
    struck: Counter[str] = field(default_factory=Counter)
    """Strikes by the fault's name."""
    asked: Counter[str] = field(default_factory=Counter)
    """Calls by method, faulty ones included."""

    def __post_init__(self) -> None:
        self._faults: tuple[Fault, ...] = ()
        self._left: dict[int, int] = {}
        self._random = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._lock = threading.Lock()

    def play(self, *faults: Fault) -> None:
        """Let these be the faults from now on; requests that hang are reset."""
        with self._lock:
            self._faults = faults
            self._left = {index: item.times for index, item in enumerate(faults) if item.times is not None}
        over, self._over = self._over, asyncio.Event()
        self._loop.call_soon_threadsafe(over.set)

    def calm(self) -> None:
        """Let everything through as it is."""
        self.play()

    def wait_for_strikes(self, name: str, count: int = 1) -> None:
        """Wait until a fault has struck `count` times in all."""
        until = time.monotonic() + STRIKE_TIMEOUT_S
        while self.struck[name] < count:
            if time.monotonic() > until:
                raise AssertionError(f"{name} struck {self.struck[name]} of {count} times: {dict(self.asked)}")
            time.sleep(0.01)

    # what follows runs in the proxy's own thread

    async def serve(self, started: Callable[[], None], stop: asyncio.Event) -> None:
        """Serve until `stop`."""
        connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await self._connection(reader, writer, http)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, httpx.HTTPError):
                pass
            finally:
                connections.discard(task)
                writer.close()

        async with httpx.AsyncClient(timeout=UPSTREAM_TIMEOUT_S, trust_env=False) as http:
            server = await asyncio.start_server(connected, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            started()
            await stop.wait()
            server.close()
            for task in list(connections):
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, http: httpx.AsyncClient
    ) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_content_length(head))
            if not await self._request(orjson.loads(body), writer, http):
                return

    async def _request(self, body: Any, writer: asyncio.StreamWriter, http: httpx.AsyncClient) -> bool:
        """Answer one body; False when the connection is no more."""
        over = self._over
        calls: list[Call] = body if isinstance(body, list) else [body]
        self.asked.update(call["method"] for call in calls)
        struck = self._choose(calls)
        match struck.kind if struck else None:
            case Kind.RESET:
                return _reset(writer)
            case Kind.HANG:
                await over.wait()
                return _reset(writer)
            case Kind.UNAVAILABLE:
                return await _answer(writer, b'{"error":"no server is available"}', status="503 Service Unavailable")
            case Kind.GARBAGE:
                return await _answer(writer, b"<html>\x00\xff it works! </html>")
            case Kind.SLOW:
                assert struck is not None
                with contextlib.suppress(TimeoutError):  # over: nobody has to wait for the rest of it
                    await asyncio.wait_for(over.wait(), struck.delay_s)
            case _:
                pass
        answers = await self._forward(body, struck, http)
        match struck.kind if struck else None:
            case Kind.LOST_ANSWER:
                return _reset(writer)
            case Kind.TRUNCATED:
                text = orjson.dumps(answers)
                await _answer(writer, text[: len(text) // 2], length=len(text))
                return _reset(writer, gently=True)
            case Kind.WRONG_ID:
                for answer in answers if isinstance(answers, list) else [answers]:
                    answer["id"] = 1_000_000 + (answer.get("id") or 0)
            case _:
                pass
        return await _answer(writer, orjson.dumps(answers))

    def _choose(self, calls: Sequence[Call]) -> Fault | None:
        with self._lock:
            for index, item in enumerate(self._faults):
                if item.methods and not any(call["method"] in item.methods for call in calls):
                    continue
                if self._left.get(index, 1) < 1 or self._random.random() >= item.share:
                    continue
                if index in self._left:
                    self._left[index] -= 1
                self.struck[item.name] += 1
                return item
        return None

    async def _forward(self, body: Any, struck: Fault | None, http: httpx.AsyncClient) -> Any:
        calls: list[Call] = body if isinstance(body, list) else [body]
        lying = struck if struck and struck.kind is Kind.LIE else None
        sent = [_as_asked(call, lying) for call in calls]
        content, headers = (
            orjson.dumps(sent if isinstance(body, list) else sent[0]),
            {"content-type": "application/json"},
        )
        answer = await http.post(self.upstream, content=content, headers=headers)
        answers = orjson.loads(answer.content)
        if lying is None or lying.tell is None:
            return answers
        by_id = {call["id"]: call for call in calls}
        for item in answers if isinstance(answers, list) else [answers]:
            call = by_id.get(item.get("id"))
            if call and "result" in item and (not lying.methods or call["method"] in lying.methods):
                item["result"] = lying.tell(call["method"], call["params"], item["result"])
        return answers


def _as_asked(call: Call, lying: Fault | None) -> Call:
    if lying is None or lying.ask is None or (lying.methods and call["method"] not in lying.methods):
        return call
    return {**call, "params": lying.ask(call["method"], list(call["params"]))}


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _reset(writer: asyncio.StreamWriter, *, gently: bool = False) -> bool:
    """End a connection with RST, or (`gently`) in order after what was written."""
    if not gently:
        bare: socket.socket = writer.get_extra_info("socket")
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    writer.close()
    return False


async def _answer(
    writer: asyncio.StreamWriter, body: bytes, *, status: str = "200 OK", length: int | None = None
) -> bool:
    announced = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


@contextlib.contextmanager
def fault_proxy(upstream: str, *, seed: int = 1) -> Iterator[FaultProxy]:
    """Run a proxy before the ledger at `upstream` until the block ends. `seed`: of the shares' dice."""
    proxy = FaultProxy(upstream, seed)
    started, stop = threading.Event(), asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(proxy._loop)
        try:
            proxy._loop.run_until_complete(proxy.serve(started.set, stop))
        finally:
            proxy._loop.close()

    thread = threading.Thread(target=run, name="fault proxy", daemon=True)
    thread.start()
    if not started.wait(START_TIMEOUT_S):
        raise RuntimeError("the fault proxy did not start")
    try:
        yield proxy
    finally:
        proxy.calm()
        proxy._loop.call_soon_threadsafe(stop.set)
        thread.join(START_TIMEOUT_S)
