"""The supervisor's line to whoever started it: JSON lines, events out on stdout, calls in on stdin.

Only the process that holds both pipes can use it: letting a relayer in needs no token and no port.
- Out: {"event": "progress"|"ready"|"warning"|"halted"|"resumed"|"failed"|"stopped"|"reply", ...}.
- In: {"id": n, "call": "add_relayer", "address": "0x.."}, or "status", "snapshot", "stop"; answered by
  {"event": "reply", "id": n, "result": ...} or {..., "error": "..."}.
- End of input means that the starter is gone: the ledger stops.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import orjson

from node.embedded.errors import EmbeddedLedgerError

LINE_MAX: Final = 1 << 16
"""Bytes of one line, at most."""


def emit(event: str, **fields: object) -> None:
    """Write one event. A reader that is gone is no error: the supervisor learns of it elsewhere."""
    with suppress(OSError):
        sys.stdout.buffer.write(orjson.dumps({"event": event, **fields}) + b"\n")
        sys.stdout.buffer.flush()


async def serve_control(answer: Callable[[dict[str, Any]], Awaitable[object]]) -> None:
    """Answer calls from stdin until it ends. `answer` raises EmbeddedLedgerError or ValueError to refuse."""
    reader = asyncio.StreamReader(limit=LINE_MAX)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with suppress(ValueError):  # a line beyond LINE_MAX: whoever writes that is not our starter
        while line := await reader.readline():
            call: Any = None
            try:
                call = orjson.loads(line)
                if not isinstance(call, dict):
                    raise TypeError("not an object")
                emit("reply", id=call.get("id"), result=await answer(call))
            except (EmbeddedLedgerError, ValueError, TypeError) as error:
                emit("reply", id=call.get("id") if isinstance(call, dict) else None, error=str(error))
