"""A load generator in a process of its own: GETs over kept-alive connections, as fast as answered or at a steady rate.

`python -m tests.bench.load PORT PATHS SECONDS CONNECTIONS RATE` prints JSON. RATE 0: as fast as answered. At a rate a
request's time counts from when it was due, so that a server which stalls cannot hide it.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; times in milliseconds."""

    answers: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def put_on(port: int, paths: Path, *, seconds: float, connections: int, rate: float = 0) -> Load:
    """Run the generator against a server of this machine."""
    numbers = [str(value) for value in (port, paths, seconds, connections, rate)]
    command = [sys.executable, "-m", "tests.bench.load", *numbers]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return Load(**json.loads(done.stdout))


async def _ask(
    port: int, requests: list[bytes], found: list[float], *, until: float, every: float, first: float
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    dice, due = random.Random(first), first
    while (now := time.perf_counter()) < until:
        if every:
            due += every
            if due > now:
                await asyncio.sleep(due - now)
        else:
            due = now
        writer.write(dice.choice(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        at = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[at:].split(b"\r\n", 1)[0]))
        found.append(time.perf_counter() - due)
    writer.close()


async def _run(port: int, requests: list[bytes], seconds: float, connections: int, rate: float) -> Load:
    every, began = connections / rate if rate else 0, time.perf_counter()
    found: list[float] = []
    starts = [began + every * number / connections for number in range(connections)]
    await asyncio.gather(
        *(_ask(port, requests, found, until=began + seconds, every=every, first=start) for start in starts)
    )
    spent, found = time.perf_counter() - began, sorted(found)
    return Load(len(found), spent, found[len(found) // 2] * 1000, found[len(found) * 99 // 100] * 1000)


if __name__ == "__main__":
    _port, _paths, *_numbers = sys.argv[1:]
    _lines = Path(_paths).read_text().split("\n")
    _asked = [f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{_port}\r\n\r\n".encode() for path in _lines if path]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as _runner:
        _load = _runner.run(_run(int(_port), _asked, float(_numbers[0]), int(_numbers[1]), float(_numbers[2])))
    print(json.dumps({name: getattr(_load, name) for name in Load.__slots__}))
