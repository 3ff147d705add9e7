"""The gate's connections to the engine: a few kept open, each carrying one request at a time."""

import asyncio
from typing import Final

from node.embedded.errors import EngineFailedError

ANSWER_S: Final = 30.0
"""Longest wait for the engine's answer to a client's request."""
ANSWER_MAX: Final = 64 << 20
"""Longest answer passed on, in bytes."""
CONNECTIONS_MAX: Final = 16
"""Requests in the engine at once; the rest wait their turn."""
_HEAD_MAX: Final = 1 << 16

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AnswerTooLargeError(Exception):
    """The engine's answer exceeds ANSWER_MAX."""


class AnswerLateError(Exception):
    """The engine did not answer within ANSWER_S."""


class Upstream:
    """A pool of connections to 127.0.0.1:`port`."""

    def __init__(self, port: int) -> None:
        """Connect lazily."""
        self._port = port
        self._idle: list[_Connection] = []
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)

    async def forward(self, body: bytes) -> bytes:
        """Return the answer to a JSON-RPC body. Raises AnswerTooLargeError, AnswerLateError, EngineFailedError."""
        async with self._slots:
            connection = None
            try:
                async with asyncio.timeout(ANSWER_S):
                    connection = self._idle.pop() if self._idle else await self._connect()
                    answer = await _exchange(connection, body)
            except BaseException as error:
                if connection is not None:
                    connection[1].transport.abort()
                if isinstance(error, TimeoutError):
                    raise AnswerLateError from error
                if isinstance(error, (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError)):
                    raise EngineFailedError(f"the engine broke off: {error!r}") from error
                raise
            self._idle.append(connection)
            return answer

    def close(self) -> None:
        """Drop the idle connections."""
        while self._idle:
            _, writer = self._idle.pop()
            writer.transport.abort()

    async def _connect(self) -> _Connection:
        return await asyncio.open_connection("127.0.0.1", self._port, limit=_HEAD_MAX)


async def _exchange(connection: _Connection, body: bytes) -> bytes:
    reader, writer = connection
    head = f"POST / HTTP/1.1\r\nHost: anvil\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode("ascii") + body)
    await writer.drain()
    answer_head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not answer_head.startswith(b"http/1.1 200"):
        raise ValueError(f"answered {answer_head[:60]!r}")
    size = int(answer_head.split(b"content-length:")[1].split(b"\r\n")[0])
    if size > ANSWER_MAX:
        raise AnswerTooLargeError
    return await reader.readexactly(size)
