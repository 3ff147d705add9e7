import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from node.embedded.http import HttpLimits, HttpServer, bind_loopback

LIMITS = HttpLimits(
    connections=3, header_max=2_000, body_max=1_000, request_s=0.4, idle_s=0.6, write_s=0.4, linger_s=0.2
)
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


async def echo(body: bytes) -> bytes:
    return b'{"size":%d}' % len(body)


@asynccontextmanager
async def serving(answer: object = echo) -> AsyncIterator[tuple[HttpServer, int]]:
    server = HttpServer(answer, LIMITS)  # type: ignore[arg-type]
    port = await server.start(bind_loopback(0))
    try:
        yield server, port
    finally:
        await server.close()


async def talk(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send the parts with pauses between them and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def request(body: bytes, extra: bytes = b"Connection: close\r\n") -> bytes:
    return HEAD + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def test_body_in_pieces_is_put_together() -> None:
    async with serving() as (_, port):
        whole = request(b"x" * 500)
        pieces = [whole[at : at + 100] for at in range(0, len(whole), 100)]
        assert (await talk(port, *pieces, pause_s=0.01)).endswith(b'{"size":500}')


@pytest.mark.parametrize(("size", "status"), [(1_000, b"200"), (1_001, b"413")])
async def test_body_is_bounded_to_the_byte(size: int, status: bytes) -> None:
    async with serving() as (_, port):
        assert (await talk(port, request(b"x" * size))).split()[1] == status
        chunk = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
        chunked = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
        assert (await talk(port, chunked)).split()[1] == status


async def test_slow_header_is_cut_off() -> None:
    async with serving() as (_, port):
        drops = [HEAD] + [b"X-%d: 1\r\n" % number for number in range(10)]
        assert (await talk(port, *drops, pause_s=0.06)).startswith(b"HTTP/1.1 408 Request Timeout")


async def test_slow_body_is_cut_off() -> None:
    async with serving() as (_, port):
        drops = [request(b"x" * 100)[:-90]] + [b"x"] * 10
        assert (await talk(port, *drops, pause_s=0.06)).startswith(b"HTTP/1.1 408")


async def test_silent_connection_is_closed_without_a_word() -> None:
    async with serving() as (_, port):
        assert await talk(port) == b""
        assert (await talk(port, request(b"{}", extra=b""))).count(b"HTTP/1.1") == 1


async def test_client_that_does_not_read_is_dropped() -> None:
    async def long_answer(_: bytes) -> bytes:
        return b" " * (32 << 20)

    async with serving(long_answer) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(request(b"{}"))
        await asyncio.sleep(1.0)
        assert server.connection_count == 0
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(32 << 20)
        writer.transport.abort()


async def test_connections_are_bounded() -> None:
    async with serving() as (server, port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(LIMITS.connections)]
        await asyncio.sleep(0.05)
        assert server.connection_count == LIMITS.connections
        assert (await talk(port, request(b"{}"))).startswith(b"HTTP/1.1 503 Service Unavailable")
        for _, writer in held:
            writer.transport.abort()
        await asyncio.sleep(0.4)
        assert (await talk(port, request(b"{}"))).startswith(b"HTTP/1.1 200 OK")


async def test_failure_of_the_answer_is_handed_to_the_owner() -> None:
    async def fail(_: bytes) -> bytes:
        raise KeyError("engine")

    async with serving(fail) as (server, port):
        assert await talk(port, request(b"{}")) == b""
        assert isinstance(server.failed.exception(), KeyError)


async def test_close_drops_what_is_open() -> None:
    async with serving() as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.02)
        await server.close()
        assert await reader.read() == b""
        assert server.connection_count == 0
        writer.transport.abort()


async def test_taken_port_is_an_os_error() -> None:
    async with serving() as (_, port):
        with pytest.raises(OSError, match="Address already in use"):
            await HttpServer(echo, LIMITS).start(bind_loopback(port))
