"""A small HTTP/1.1 server for one purpose: JSON-RPC bodies posted to `/` from this machine. h11 parses, this bounds.

- Bounded: connections, header bytes, body bytes (Content-Length or chunked), time to send a request, to read an answer,
  and to stay silent. Every refusal is a status with one sentence, then the connection closes.
- A page in somebody's browser cannot speak to it: a Host that is not this machine, any Origin, and any content type but
  application/json are refused.
- Pipelined requests are answered in order, one at a time.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11
import orjson

_LOCAL_HOSTS: Final = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})
_READ_SIZE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of the server; sizes in bytes, times in seconds."""

    connections: int = 64
    header_max: int = 16_384
    body_max: int = 4 << 20
    request_s: float = 10.0
    idle_s: float = 75.0
    write_s: float = 30.0
    linger_s: float = 1.0


class _RefusedError(Exception):
    """A request that is answered with a status and a closed connection."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


Answer = Callable[[bytes], Awaitable[bytes]]


def bind_loopback(port: int) -> socket.socket:
    """Reserve 127.0.0.1:`port` (0: a free one) without listening yet. Raises OSError when it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if port:  # an old connection's last minute does not keep a chosen port; a free one must be nobody else's
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


class HttpServer:
    """Listens on 127.0.0.1 and gives each posted body to `answer`, which must not raise for hostile input."""

    def __init__(self, answer: Answer, limits: HttpLimits | None = None) -> None:
        """`answer`: body in, JSON out; an exception from it is set on `failed`. Needs a running loop."""
        self._answer = answer
        self._limits = limits or HttpLimits()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: asyncio.Future[None] = asyncio.Future()

    @property
    def connection_count(self) -> int:
        """Connections that are open now."""
        return len(self._tasks)

    async def start(self, listener: socket.socket) -> int:
        """Listen on a bound socket, which is ours from here on; returns the port. Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=_READ_SIZE)
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        connection = _Connection(reader, writer, self._limits)
        try:
            if len(self._tasks) > self._limits.connections:
                await connection.refuse(_RefusedError(503, f"more than {self._limits.connections} connections"))
            else:
                await connection.serve(self._answer)
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # the client is gone, too slow, or we are closing: nothing to tell anybody
        except Exception as error:
            if not self.failed.done():
                self.failed.set_exception(error)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()


class _Connection:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: HttpLimits) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.header_max)

    async def serve(self, answer: Answer) -> None:
        """Answer requests until one side closes."""
        while True:
            try:
                body = await self._read_request()
            except _RefusedError as refused:
                await self.refuse(refused)
                return
            except h11.RemoteProtocolError as error:
                await self.refuse(_RefusedError(error.error_status_hint, f"not HTTP/1.1: {error}"))
                return
            if body is None:
                return
            await self._send(200, await answer(body))
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                await self._close()
                return
            self._http.start_next_cycle()

    async def refuse(self, refused: _RefusedError) -> None:
        """Answer with a status and a sentence, and close so that the sentence arrives."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = orjson.dumps({"error": refused.reason[:300]})
            await self._send(refused.status, body, close=True)
        await self._close()

    async def _read_request(self) -> bytes | None:
        """Read one request; None when the client is done. Raises _RefusedError, h11.RemoteProtocolError."""
        if not self._http.trailing_data[0]:
            try:
                async with asyncio.timeout(self._limits.idle_s):
                    await self._receive()
            except TimeoutError:
                return None
        try:
            async with asyncio.timeout(self._limits.request_s):
                head = await self._next_event()
                if not isinstance(head, h11.Request):
                    return None
                _check_head(head, self._limits)
                if self._http.they_are_waiting_for_100_continue:
                    await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
                return await self._read_body()
        except TimeoutError as error:
            raise _RefusedError(408, f"the request took longer than {self._limits.request_s:g} s") from error

    async def _read_body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while isinstance(event := await self._next_event(), h11.Data):
            size += len(event.data)
            if size > self._limits.body_max:
                raise _too_large(self._limits)
            parts.append(bytes(event.data))
        return b"".join(parts)

    async def _next_event(self) -> h11.Event | None:
        """Read on until an event is whole; None at the end of the connection's use."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            await self._receive()
        return event if isinstance(event, h11.Event) else None

    async def _receive(self) -> None:
        self._http.receive_data(await self._reader.read(_READ_SIZE))

    async def _send(self, status: int, body: bytes, *, close: bool = False) -> None:
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ]
        if close:
            headers.append(("Connection", "close"))
        parts = [
            self._http.send(h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase)),
            self._http.send(h11.Data(data=body)),
            self._http.send(h11.EndOfMessage()),
        ]
        await self._write(b"".join(part for part in parts if part))

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(self._limits.write_s):
            await self._writer.drain()

    async def _close(self) -> None:
        """Half-close and read a little on: closing with unread bytes would reset the answer away."""
        with suppress(TimeoutError, OSError):
            self._writer.write_eof()
            async with asyncio.timeout(self._limits.linger_s):
                while await self._reader.read(_READ_SIZE):
                    pass


def _too_large(limits: HttpLimits) -> _RefusedError:
    return _RefusedError(413, f"a body has at most {limits.body_max} bytes")


def _check_head(head: h11.Request, limits: HttpLimits) -> None:
    """Refuse what is not a JSON body posted to `/` by a program on this machine."""
    if sum(len(name) + len(value) for name, value in head.headers) + len(head.target) > limits.header_max:
        raise _RefusedError(431, f"the header has at most {limits.header_max} bytes")
    fields: dict[bytes, bytes] = {}
    for name, value in head.headers:
        if name in fields and name in (b"host", b"content-type", b"origin"):
            raise _RefusedError(400, f"two {name.decode('ascii')} fields")
        fields[name] = value
    if fields.get(b"host", b"").rpartition(b":")[0] not in _LOCAL_HOSTS and fields.get(b"host") not in _LOCAL_HOSTS:
        raise _RefusedError(421, "this ledger answers to 127.0.0.1 and localhost only")
    if b"origin" in fields:
        raise _RefusedError(403, "this ledger does not answer web pages")
    if head.target != b"/":
        raise _RefusedError(404, "JSON-RPC is posted to /")
    if head.method != b"POST":
        raise _RefusedError(405, "JSON-RPC is posted")
    if fields.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise _RefusedError(415, "the body must be application/json")
    if b"content-encoding" in fields:
        raise _RefusedError(415, "the body must not be compressed")
    if b"transfer-encoding" in fields and b"content-length" in fields:
        raise _RefusedError(400, "both Transfer-Encoding and Content-Length")
    if b"transfer-encoding" not in fields and b"content-length" not in fields:
        raise _RefusedError(411, "the length of the body is not given")
    if int(fields.get(b"content-length", b"0")) > limits.body_max:
        raise _too_large(limits)
