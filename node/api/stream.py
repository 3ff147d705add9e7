"""Server-sent events (WHATWG HTML section 9.2): one message each time the index moves, to a bounded number of readers.

- One task polls the index, ten microseconds a time, as long as anybody reads; replicas need nothing between them.
- A reader that does not keep up loses the connection, never the node its memory; it comes back with Last-Event-ID.
- Comments keep the connection alive through proxies. The node's stop ends every stream at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from node.api.deps import Services
from node.ports import NotIndexedError, StoreUnavailableError
from node.services import changes

log = structlog.get_logger("node.stream")

EVENT: Final = "head"
_NOBODY: Final = bytes(20)
_HEARTBEAT: Final = b": here\n\n"


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a node spends on readers. Times in seconds."""

    readers_max: int = 256
    backlog: int = 64
    """Messages that wait for one reader."""
    replay: int = 512
    """Messages kept for readers that come back."""
    poll_s: float = 0.25
    heartbeat_s: float = 15.0
    send_s: float = 10.0
    """How long one write may wait for a reader."""
    retry_ms: int = 1_000


@dataclass(eq=False, slots=True)
class Reader:
    """One reader's queue; None in it ends the stream. `first`: what it is told before anything new."""

    queue: "asyncio.Queue[bytes | None]"
    first: list[bytes] = field(default_factory=list)
    is_dropped: bool = False


class HeadStream:
    """Tells readers what moved. `is_stopping`: whether the server is on its way out."""

    def __init__(
        self, services: Services, *, is_stopping: Callable[[], bool], limits: StreamLimits = StreamLimits()
    ) -> None:
        self._services, self._is_stopping, self.limits = services, is_stopping, limits
        self._readers: set[Reader] = set()
        self._sent: deque[changes.Change] = deque(maxlen=limits.replay)
        self._tracker: changes.ChangeTracker | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    @property
    def reader_count(self) -> int:
        """How many read now."""
        return len(self._readers)

    async def join(self, last_id: str) -> Reader:
        """Add a reader. `last_id`: its Last-Event-ID, or nothing. Raises HTTPException(503), NotIndexedError."""
        if len(self._readers) >= self.limits.readers_max or self._is_stopping():
            raise HTTPException(503, "too many readers of the stream", {"Retry-After": "5"})
        reader = Reader(asyncio.Queue(self.limits.backlog))
        self._readers.add(reader)  # before looking: what moves meanwhile waits in its queue
        self._count()
        try:
            async with self._starting:
                if self._task is None or self._task.done():
                    self._sent.clear()
                    self._tracker = await run_in_threadpool(self._begin)
                    self._task = asyncio.create_task(self._run(), context=Context())  # no request's own
            sent = list(self._sent)
            at = next((place for place, change in enumerate(sent) if change.id == last_id), None)
            if at is not None:
                reader.first = [_frame(change) for change in sent[at + 1 :]]
            elif change := await run_in_threadpool(self._missed, last_id):
                reader.first = [_frame(change)]
        except BaseException:
            self.leave(reader)
            raise
        return reader

    def leave(self, reader: Reader) -> None:
        """Forget a reader."""
        self._readers.discard(reader)
        self._count()

    def _count(self) -> None:
        self._services.traffic.readers = len(self._readers)

    def _begin(self) -> changes.ChangeTracker:
        with self._services.reads.view() as view:
            return changes.ChangeTracker.at(self._services.ledger, view)

    def _missed(self, last_id: str) -> changes.Change | None:
        with self._services.reads.view() as view:
            ledger = self._services.ledger
            return changes.since(ledger, view, last_id) if last_id else changes.start(ledger, view)

    def _advance(self) -> changes.Change | None:
        with self._services.reads.view() as view:
            return self._tracker.advance(view) if self._tracker else None

    async def _run(self) -> None:
        at: tuple[bytes, int] | None = None
        while self._readers and not self._is_stopping():
            try:
                head = await self._services.hot.did_head(_NOBODY)
                if head is not None and (head.hash, head.final_number) != at:
                    change = await run_in_threadpool(self._advance)
                    at = (head.hash, head.final_number)
                    if change is not None:
                        self._tell(change)
            except (NotIndexedError, StoreUnavailableError) as error:
                log.warning("the stream cannot read the index", reason=str(error))
            except Exception:
                log.exception("the stream failed; trying again")
            await asyncio.sleep(self.limits.poll_s)
        for reader in list(self._readers):
            self._end(reader)

    def _tell(self, change: changes.Change) -> None:
        self._sent.append(change)
        frame = _frame(change)
        for reader in list(self._readers):
            try:
                reader.queue.put_nowait(frame)
            except asyncio.QueueFull:
                reader.is_dropped = True
                self._end(reader)

    def _end(self, reader: Reader) -> None:
        self.leave(reader)
        while reader.queue.full():
            reader.queue.get_nowait()
        reader.queue.put_nowait(None)


def _frame(change: changes.Change) -> bytes:
    return f"id: {change.id}\nevent: {EVENT}\ndata: ".encode() + change.data + b"\n\n"


class EventStream(Response):
    """One reader's endless answer."""

    media_type = "text/event-stream"

    def __init__(self, stream: HeadStream, reader: Reader) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stream, self._reader = stream, reader

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Send until the reader is gone, too slow, or the node stops."""
        limits = self._stream.limits
        gone = asyncio.create_task(_wait_until_gone(receive))
        try:
            async with asyncio.timeout(limits.send_s):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                first = b"".join((f"retry: {limits.retry_ms}\n\n".encode(), *self._reader.first))
                await send({"type": "http.response.body", "body": first, "more_body": True})
            while (frame := await self._next(gone)) is not None:
                async with asyncio.timeout(limits.send_s):
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            if self._reader.is_dropped:
                log.warning("a reader of the stream was too slow and is let go", waiting=limits.backlog)
            async with asyncio.timeout(limits.send_s):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.warning("a reader of the stream takes nothing more and is let go", after_s=limits.send_s)
        finally:
            self._stream.leave(self._reader)
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone

    async def _next(self, gone: "asyncio.Task[None]") -> bytes | None:
        """Return the next frame, or a heartbeat; None at the end."""
        waiting = asyncio.ensure_future(self._reader.queue.get())
        try:
            await asyncio.wait(
                {waiting, gone}, timeout=self._stream.limits.heartbeat_s, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting.done():
                return waiting.result()
            return None if gone.done() else _HEARTBEAT
        finally:
            waiting.cancel()


async def _wait_until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
