"""Serves a recording as JSON-RPC over loopback HTTP: `python -m tests.simulators.recording_server FOLDER`.

Prints its port, then serves until its standard input ends. Answers are slices of files: what is measured against it is
the one who asks. It knows what an indexing node asks and nothing else.
"""

import asyncio
import mmap
import subprocess
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.simulators.recording import DIFFERENT_CODE, KINDS, about

CHAIN_ID = 1729
LOGS_MAX = 50_000
"""A range with more logs is refused, as many providers do."""


class Recording:
    """The files, and answers out of them."""

    def __init__(self, folder: Path) -> None:
        self.about = about(folder)
        self._data, self._places = {}, {}
        for kind in KINDS:
            with (folder / kind).open("rb") as file:
                self._data[kind] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            places = array("Q")
            places.frombytes((folder / f"{kind}.places").read_bytes())
            self._places[kind] = places
        self._contracts: set[str] | None = None

    def _piece(self, kind: str, first: int, last: int | None = None) -> bytes:
        places = self._places[kind]
        return self._data[kind][places[first] : places[(first if last is None else last) + 1]]

    def answer(self, method: str, params: list[Any]) -> bytes:
        """The result of one call, as JSON."""
        match method:
            case "eth_chainId":
                return b'"%s"' % hex(CHAIN_ID).encode()
            case "eth_blockNumber":
                return b'"%s"' % hex(self.about["blocks"]).encode()
            case "eth_getCode":
                return b'"0x%s"' % DIFFERENT_CODE.hex().encode()
            case "eth_getBlockByNumber":
                number = self.about["blocks"] if params[0] in ("latest", "pending") else int(params[0], 16)
                return self._piece("headers", number) if number <= self.about["blocks"] else b"null"
            case "eth_getBlockReceipts":
                return self._piece("receipts", int(params[0], 16))
            case "eth_getLogs":
                return self._logs(params[0])
            case _:
                raise ValueError(f"a recording does not know {method}")

    def _logs(self, query: dict[str, Any]) -> bytes:
        first, last = int(query["fromBlock"], 16), min(int(query["toBlock"], 16), self.about["blocks"])
        wanted = {address.lower() for address in query["address"]}
        if self._contracts is None:
            named = orjson.loads(b"[" + self._piece("logs", 1) + b"]")
            self._contracts = {"0x" + log["data"][26:66] for log in named} | {log["address"] for log in named}
        if wanted >= self._contracts:
            pieces = [self._piece("logs", first, last)] if last - first < 1 else self._joined(first, last)
            return b"[" + b",".join(pieces) + b"]"
        logs = orjson.loads(b"[" + b",".join(self._joined(first, last)) + b"]")
        return orjson.dumps([log for log in logs if log["address"] in wanted])

    def _joined(self, first: int, last: int) -> list[bytes]:
        pieces = [self._piece("logs", number) for number in range(first, last + 1)]
        return [piece for piece in pieces if piece]

    def reply(self, body: bytes) -> bytes:
        """The answer to one HTTP body, a batch or a single call."""
        asked = orjson.loads(body)
        if isinstance(asked, dict):
            return self._reply(asked)
        return b"[" + b",".join([self._reply(call) for call in asked]) + b"]"

    def _reply(self, call: dict[str, Any]) -> bytes:
        result = self.answer(call["method"], call.get("params", []))
        return b'{"jsonrpc":"2.0","id":%d,"result":%s}' % (call["id"], result)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with a content-length, kept alive: what one well-behaved client sends."""

    def __init__(self, recording: Recording) -> None:
        self._recording, self._read = recording, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at:].split(b"\r\n", 1)[0])
            if len(self._read) < end + 4 + size:
                return
            body, self._read = self._read[end + 4 : end + 4 + size], self._read[end + 4 + size :]
            answer = self._recording.reply(body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
            )
            self._transport.write(answer)


async def serve(folder: Path) -> None:
    """Serve until standard input ends."""
    recording, loop = Recording(folder), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(recording), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: sys.stdin.buffer.read1(1) or ended.set())
    await ended.wait()
    server.close()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a recording from a child process; gives its URL."""
    command = [sys.executable, "-m", "tests.simulators.recording_server", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield f"http://127.0.0.1:{int(child.stdout.readline())}"
        finally:
            child.stdin.close()
            child.wait(timeout=30)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
