"""What the reader sees: one JSON document, or a page of at most 80 columns.

- An outcome is always an icon and a word; colour repeats it and never carries it alone.
- Identifiers are folded over lines, never cut: what is shown can be copied.
- Results go to standard output, everything about progress and failure to standard error.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli.i18n import tr, word
from registry_client.cli.settings import current, is_unicode
from registry_client.cli.text import WIDTH, cells, fold_command, pad, wrap
from registry_client.cli.typed import as_typed

if TYPE_CHECKING:
    from rich.console import Console

_ICONS: Final[dict[str, tuple[str, str, str]]] = {
    "ok": ("✔", "+", "green"),
    "accepted": ("✔", "+", "bold green"),
    "active": ("✔", "+", "green"),
    "final": ("✔", "+", "green"),
    "failed": ("✖", "x", "red"),
    "rejected": ("✖", "x", "bold red"),
    "revoked": ("✖", "x", "red"),
    "deactivated": ("✖", "x", "red"),
    "expired": ("✖", "x", "red"),
    "ended": ("✖", "x", "red"),
    "undetermined": ("?", "?", "bold yellow"),
    "suspended": ("?", "?", "yellow"),
    "superseded": ("?", "?", "yellow"),
    "skipped": ("–", "-", "dim"),
    "waiting": ("…", ".", "cyan"),
    "queued": ("…", ".", "cyan"),
    "sent": ("…", ".", "cyan"),
    "mined": ("…", ".", "cyan"),
}
"""Outcome -> (icon, icon for legacy terminals, colour)."""
_BLANKS: Final = re.compile(r"[ ]+(?=(?:\x1b\[0m[ ]*)*$)")
"""Blanks at the end of a drawn line; those before the escape code that ends a style count as well."""


def outcome(key: str) -> str:
    """`✔ ok`: the icon and the word of an outcome, in the reader's language."""
    icons = _ICONS.get(key)
    return word(key) if icons is None else f"{icons[0 if is_unicode() else 1]} {word(key)}"


def moment(seconds: int | None) -> str:
    """Ledger seconds as people read them (RFC 3339, UTC)."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain)


def to_line(document: object) -> str:
    """One document on one line, for output that is read line by line."""
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


@cache
def console(*, stderr: bool = False) -> "Console":
    """The one console of each stream, made when something is first shown."""
    from rich.console import Console

    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    return Console(
        stderr=stderr,
        width=max(40, min(columns, WIDTH)),
        # Bold and dim are escape codes as well: without colour the page is plain text.
        color_system=None if current().no_color else "auto",
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


class Screen:
    """A page for people. Every method writes at once, top to bottom."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._console = console(stderr=stderr)

    @property
    def width(self) -> int:
        return self._console.width

    def line(self, text: str = "", *, style: str | None = None, indent: int = 0) -> None:
        margin = " " * indent
        for part in wrap(text, self.width - indent):
            self._console.print((margin + part).rstrip(), style=style, no_wrap=True, crop=False, overflow="ignore")

    def drawn(self, lines: Sequence[str]) -> None:
        """Lines that are laid out already; written as they are, whatever the window."""
        for text in lines:
            self._console.print(text, no_wrap=True, crop=False, overflow="ignore")

    def title(self, text: str) -> None:
        self.line(text, style="bold")

    def note(self, text: str) -> None:
        self.line(as_typed(text), style="dim")

    def facts(self, rows: Sequence[tuple[str, object]], *, indent: int = 2) -> None:
        """Name and value pairs; empty values are left out."""
        shown = [(name, str(value)) for name, value in rows if value not in (None, "", [], ())]
        if not shown:
            return
        column = min(28, max(cells(name) for name, _ in shown)) + 2
        for name, value in shown:
            if cells(name) > column - 2:
                self.line(name, indent=indent)
                self.line(value, indent=indent + 2)
                continue
            lines = wrap(value, self.width - indent - column)
            for number, part in enumerate(lines):
                left = pad(name if number == 0 else "", column)
                self._parts((" " * indent + left, "dim"), (part, ""))

    def steps(self, rows: Sequence[tuple[str, str, str]], *, indent: int = 2) -> None:
        """(outcome, name, detail) a line: icon, word, name, then the detail folded under it."""
        column = max((cells(outcome(key)) for key, _, _ in rows), default=0) + 2
        for key, name, detail in rows:
            lines = wrap(f"{name}: {detail}" if detail else name, self.width - indent - column)
            for number, part in enumerate(lines):
                left = pad(outcome(key) if number == 0 else "", column)
                style = _ICONS.get(key, ("", "", ""))[2]
                self._parts((" " * indent, ""), (left, style), (part, ""))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A list. Cells fold where a line is too narrow; the first column, a name or an id, never does."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", width=None)
        for position, name in enumerate(columns):
            table.add_column(name, overflow="fold", no_wrap=position == 0)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        with self._console.capture() as drawn:
            self._console.print(table)
        for line in drawn.get().splitlines():
            self._console.file.write(_BLANKS.sub("", line) + "\n")

    def verdict(self, key: str, text: str = "", *, indent: int = 0) -> None:
        style = _ICONS.get(key, ("", "", ""))[2]
        self.line(f"{outcome(key)}{': ' if text else ''}{text}", style=style, indent=indent)

    def next(self, text: str) -> None:
        """What to type next; folded between its words with backslashes, so that it still pastes as one command."""
        label = tr("next: ", "다음: ")
        for part in fold_command(label, as_typed(text), self.width):
            self._console.print(part, no_wrap=True, crop=False, overflow="ignore")

    def _parts(self, *parts: tuple[str, str]) -> None:
        """Write one line of (text, style) pieces, without blanks at its end."""
        from rich.text import Text

        line = Text.assemble(*parts)
        line.rstrip()
        self._console.print(line, no_wrap=True, crop=False, overflow="ignore")


def emit(document: Mapping[str, Any] | Sequence[Any], page: Callable[[Screen], None]) -> None:
    """Show a result: the document with `--json`, the page otherwise."""
    if current().json:
        sys.stdout.write(to_json(document) + "\n")
    else:
        page(Screen())
    sys.stdout.flush()
