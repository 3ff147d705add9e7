"""The other side: a Node.js and a Python process that answer lines of JSON with other people's libraries."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ANSWER_TIMEOUT_S = 60.0


class RefusedError(Exception):
    """What the other side said instead of yes."""


class Peer:
    """One process of theirs."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log

    def ask(self, op: str, **question: Any) -> Any:
        """Return the answer's value. Raises RefusedError with their reason."""
        out, into = self._process.stdout, self._process.stdin
        if out is None or into is None:
            raise RuntimeError("the peer was started without pipes")
        into.write(json.dumps({"op": op, **question}) + "\n")
        into.flush()
        if not select.select([out], [], [], ANSWER_TIMEOUT_S)[0]:
            raise RuntimeError(f"{op}: no answer within {ANSWER_TIMEOUT_S} s")
        line = out.readline()
        if not line:
            raise RuntimeError(f"{op}: the peer ended: {self._log.read_text()[-2_000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["value"]


@contextlib.contextmanager
def started(command: list[str], log: Path) -> Iterator[Peer]:
    """Run a peer; it ends with the block."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    try:
        yield Peer(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def versions() -> dict[str, str]:
    """Return the versions under test, from the two locks."""
    manifest = json.loads((HERE / "js" / "package.json").read_text())["dependencies"]
    pinned = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / "interop.txt").read_text(), re.MULTILINE)
    return {**dict(pinned), **manifest}
