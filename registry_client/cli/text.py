"""Lay text out in terminal cells: Korean letters are two cells wide.

Pure functions, no terminal access; used by the help pages and by plain output, which must not pay for importing rich.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

_WORD: Final = re.compile(r"""(?:[^\s'"]|'[^']*'|"[^"]*"|['"])+""")
"""A word of a shell command, with its quotes."""
WIDTH: Final = 80
"""Columns that every page fits in, whatever the terminal."""


def cells(text: str) -> int:
    """Width of `text` in terminal cells."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    return text + " " * max(0, width - cells(text))


def wrap(text: str, width: int) -> list[str]:
    """Break at spaces; a word wider than the line is cut, never hidden. Always returns at least one line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in paragraph.split(" "):
            rest = piece
            while True:
                joined = f"{line} {rest}" if line else rest
                if cells(joined) <= width:
                    line = joined
                    break
                if line:
                    lines.append(line)
                    line = ""
                    continue
                head, rest = _cut(rest, width)
                lines.append(head)
        lines.append(line)
    return lines


def _cut(word: str, width: int) -> tuple[str, str]:
    used = 0
    for position, character in enumerate(word):
        used += _cell(character)
        if used > width and position:
            return word[:position], word[position:]
    return word, ""


def indented(text: str, *, first: str = "", rest: str | None = None, width: int = WIDTH) -> str:
    """Wrap with a first and a following indent (equal unless `rest` is given)."""
    following = " " * cells(first) if rest is None else rest
    lines = wrap(text, max(20, width - max(cells(first), cells(following))))
    return "\n".join(((first if number == 0 else following) + line).rstrip() for number, line in enumerate(lines))


def definitions(rows: Sequence[tuple[str, str]], *, indent: int = 2, widest: int = 28, width: int = WIDTH) -> list[str]:
    """Two columns, name and meaning; a name wider than `widest` gets a line of its own."""
    if not rows:
        return []
    column = min(widest, max(cells(name) for name, _ in rows)) + 2
    lines: list[str] = []
    margin = " " * indent
    for name, meaning in rows:
        if cells(name) > column - 2:
            lines.append(margin + name)
            lines.append(indented(meaning, first=margin + " " * column, width=width))
        elif meaning:
            lines.append(indented(meaning, first=margin + pad(name, column), width=width))
        else:
            lines.append(margin + name)
    return lines


def joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def fold_command(label: str, command: str, width: int) -> list[str]:
    r"""Fold a shell command between its words: every line but the last ends in ` \\`, the next is indented by two.

    A word, quoted or not, is never cut, so a line may be longer than `width` where one word is.
    """
    lines = [label]
    for word in _WORD.findall(command):
        room = width - cells(lines[-1]) - len(" \\")
        if lines[-1] != label and room < len(" ") + cells(word):
            lines[-1] += " \\"
            lines.append("  " + word)
        else:
            lines[-1] += word if lines[-1] == label else " " + word
    return lines
