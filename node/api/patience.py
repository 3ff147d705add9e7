"""How long and how much a client may keep the node waiting: what the HTTP server leaves open, closed here.

The server (uvicorn) has a limit on idle time after an answer and on the number of requests. It has none on a request
that never ends, a head that never ends, an answer that is never read, and it refuses everybody once somebody holds all
connections. Here:

- a request is whole within REQUEST_S of its first byte (or of the connection), else 408;
- its line and headers have at most HEAD_MAX bytes, else 431;
- an answer that nobody reads is dropped after UNREAD_S;
- over the limit of connections, the one that has waited longest without a whole request is dropped for the new one,
  so that holding connections open keeps nobody out.

A request that arrives whole costs no timer.
"""

from asyncio import BaseTransport, TimerHandle, Transport
from collections import OrderedDict
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S: Final = 20.0
UNREAD_S: Final = 30.0
LINGER_S: Final = 0.5
"""How long a connection without a request stays open when the server stops."""
HEAD_MAX: Final = 160 * 1024
"""Bytes: a DID URL of 64 KiB, and as much again in headers."""

_ANSWERS: Final = {
    408: b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
}


class Crowd:
    """The connections of one server that wait for a request to become whole, longest first. `limit`: of all."""

    def __init__(self, limit: int, *, request_s: float = REQUEST_S, unread_s: float = UNREAD_S) -> None:
        """Start empty."""
        self.limit = limit
        self.request_s = request_s
        self.unread_s = unread_s
        self._waiting: OrderedDict[PatientProtocol, None] = OrderedDict()

    def wait(self, connection: "PatientProtocol") -> None:
        """Note a connection as the one that has waited shortest."""
        self._waiting[connection] = None
        self._waiting.move_to_end(connection)

    def leave(self, connection: "PatientProtocol") -> None:
        """Note that a connection has a whole request, or is gone."""
        self._waiting.pop(connection, None)

    def make_room(self, connections: int) -> None:
        """Drop the connection that has waited longest if there are more than the limit."""
        if connections > self.limit and self._waiting:
            oldest, _ = self._waiting.popitem(last=False)
            oldest.drop()


class PatientProtocol(HttpToolsProtocol):
    """One connection. Its server's `Crowd` is set by `protocol_for`."""

    crowd: Crowd

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start with nothing read."""
        super().__init__(*arguments, **options)
        self._deadline: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._is_whole = True
        self._is_head_read = True
        self._head_length = 0
        self._is_leaving = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Give the first request its time, and make room if there are too many connections."""
        super().connection_made(cast("Transport", transport))
        self._arm()
        self.crowd.wait(self)
        self.crowd.make_room(len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        self._stop_waiting_for_reader()
        self.crowd.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that is whole then is out of the crowd, one that is not has its time."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_whole:
            self._disarm()
            self.crowd.leave(self)
            return
        if not self._is_head_read:
            self._head_length += len(data)
            if self._head_length > HEAD_MAX:
                self._refuse(431)
                return
        if self._deadline is None:
            self._arm()
            self.crowd.wait(self)

    def on_message_begin(self) -> None:
        """Start counting."""
        super().on_message_begin()
        self._is_whole = self._is_head_read = False
        self._head_length = 0

    def on_headers_complete(self) -> None:
        """Stop counting: a body is bounded where it is read."""
        self._is_head_read = True
        super().on_headers_complete()
        if self._is_leaving and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._is_whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, if it is not being read already."""
        super().on_response_complete()
        if self._is_whole and not self.transport.is_closing():
            self.crowd.wait(self)

    def shutdown(self) -> None:
        """Let go of the connection when the server stops: what is being answered is answered first.

        A request may be on its way on a connection that looks idle. It is answered too, with `connection: close`.
        """
        if self.cycle is not None and not self.cycle.response_complete:
            super().shutdown()
            return
        self._is_leaving = True
        self.loop.call_later(LINGER_S, self._leave)

    def _leave(self) -> None:
        if self._is_whole and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()

    def pause_writing(self) -> None:
        """Give the reader of an answer its time."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.crowd.unread_s, self.drop)

    def resume_writing(self) -> None:
        """Note that the answer is being read."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def drop(self) -> None:
        """Close at once, whatever is still to be written."""
        self.transport.abort()

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self.crowd.request_s, self._refuse, 408)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_waiting_for_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, status: int) -> None:
        """Answer and close; an answer that has begun is cut off instead."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_ANSWERS[status])
            self.transport.close()
        else:
            self.drop()


def protocol_for(crowd: Crowd) -> type[PatientProtocol]:
    """Return the protocol class of one server."""
    return type("CrowdedProtocol", (PatientProtocol,), {"crowd": crowd})
