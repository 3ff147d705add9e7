"""A page drawn in framed parts, 80 columns in both languages; plain signs where the terminal has no lines."""

from collections.abc import Sequence
from typing import Final

from registry_client.cli.settings import is_unicode
from registry_client.cli.text import WIDTH, cells, pad, wrap

_LINES: Final = ("┌", "─", "┐", "│", "└", "┘")
_PLAIN: Final = ("+", "-", "+", "|", "+", "+")
_INSIDE: Final = WIDTH - 4
_COLUMN_MAX: Final = 20


def panel(title: str, lines: Sequence[str]) -> list[str]:
    """Return a frame with a title in its upper edge around lines of text; each is folded, none is cut."""
    left_top, across, right_top, side, left_foot, right_foot = _LINES if is_unicode() else _PLAIN
    head = f"{left_top}{across} {title} "
    drawn = [head + across * max(1, WIDTH - cells(head) - 1) + right_top]
    drawn += [f"{side} {pad(part, _INSIDE)} {side}" for line in lines for part in _folded(printable(line))]
    return [*drawn, left_foot + across * (WIDTH - 2) + right_foot]


def columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return name and value pairs as lines for a panel: names in a column, values folded beside them."""
    if not rows:
        return []
    width = min(_COLUMN_MAX, max(cells(name) for name, _ in rows)) + 2
    lines: list[str] = []
    for name, value in rows:
        names = wrap(printable(name), width - 2)
        values = wrap(printable(value), _INSIDE - width)
        for number in range(max(len(names), len(values))):
            left = names[number] if number < len(names) else ""
            right = values[number] if number < len(values) else ""
            lines.append((pad(left, width) + right).rstrip())
    return lines


def printable(text: str) -> str:
    """Return text in which nothing steers a terminal or turns the direction of reading: what hides shows its code."""
    return "".join(letter if letter.isprintable() else f"<{ord(letter):04X}>" for letter in text)


def _folded(line: str) -> list[str]:
    """A line that fits is laid out already and stays as it is."""
    return [line] if cells(line) <= _INSIDE else wrap(line, _INSIDE)
