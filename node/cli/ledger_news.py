"""What the embedded ledger says while it starts and runs, in words for a terminal."""

import sys
import time
from collections.abc import Mapping
from typing import Any, Final, Self, TextIO

from node.embedded.launcher import LedgerEvent
from node.embedded.recovery import Progress

_STEP_S: Final = 5.0
"""Between two lines where nothing can be overwritten."""
_CLEAR: Final = "\r\x1b[K"
_STAGES: Final = {
    "journal": "reading the journal",
    "snapshot": "loading a snapshot",
    "replay": "replaying",
    "copy": "copying",
}


def in_words(event: LedgerEvent) -> str | None:
    """Return one sentence for what needs a person, with what to do; None for what goes as it should."""
    fields = event.fields
    match event.name:
        case "halted":
            return f"mining halted: {fields.get('detail')}. {_english(fields, 'remedy')}"
        case "resumed":
            return "mining goes on"
        case "warning" if "capacity" in fields:
            return _english(fields, "remedy")
        case "warning" | "failed":
            return f"{_english(fields, 'title')}: {fields.get('detail')}. {_english(fields, 'remedy')}"
        case _:
            return None


def _english(fields: Mapping[str, Any], name: str) -> str:
    texts = fields.get(name)
    return str(texts.get("en", "")) if isinstance(texts, Mapping) else ""


class StartProgress:
    """Shows how far a start has come: one line that is rewritten on a terminal, a plain line now and then elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream`: standard error if not given."""
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty()
        self._open = False
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, progress: Progress) -> None:
        """Show one report; short starts show nothing."""
        if not progress.blocks_total:
            return
        line = (
            f"ledger   {_STAGES.get(progress.stage, progress.stage)}: "
            f"{progress.blocks_done} of {progress.blocks_total} blocks"
        )
        if self._rewrites:
            self._write(_CLEAR + line)
            self._open = True
        elif time.monotonic() >= self._next or progress.blocks_done == progress.blocks_total:
            self._next = time.monotonic() + _STEP_S
            self._write(line + "\n")

    def end(self) -> None:
        """Leave the line, so that what follows begins on one of its own."""
        if self._open:
            self._open = False
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
