"""The turnstile between clients and the engine: many pass while it is open; it shuts for one block at a time.

It stays shut from before the block is mined until its record is durable: nobody sees a block that is not on the disk,
and no proof is read while the head is half committed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turnstile:
    """Open at first. One task shuts and opens it; any number pass."""

    def __init__(self) -> None:
        """Make an open turnstile; needs no running loop."""
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._inside = 0

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Wait until it is open, and keep it from shutting until the block of code ends."""
        while not self._open.is_set():
            await self._open.wait()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def shut(self) -> None:
        """Let nobody in any more and wait until the last one has left."""
        self._open.clear()
        await self._empty.wait()

    def open(self) -> None:
        """Let everybody in again."""
        self._open.set()
