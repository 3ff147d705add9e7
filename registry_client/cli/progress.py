"""Progress on standard error: a live line on a terminal, plain dated lines elsewhere, nothing with `--quiet`.

Standard output is never touched, so a result can always be piped.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from registry_client.cli.settings import current

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress(Protocol):
    """What a long job reports to."""

    def step(self, text: str) -> None:
        """A new stage begins."""

    def count(self, done: int, total: int) -> None:
        """`done` of `total` units of the present stage are finished."""


class _Silent:
    def step(self, text: str) -> None:
        pass

    def count(self, done: int, total: int) -> None:
        pass


class _Lines:
    """One plain line a stage, and one at most every two seconds inside it."""

    def __init__(self) -> None:
        self._stage = ""
        self._shown_at = 0.0

    def step(self, text: str) -> None:
        self._stage = text
        self._shown_at = time.monotonic()
        sys.stderr.write(f"{text} ...\n")
        sys.stderr.flush()

    def count(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._shown_at >= 2.0:
            self._shown_at = now
            sys.stderr.write(f"{self._stage}: {done}/{total}\n")
            sys.stderr.flush()


@contextmanager
def progress() -> Iterator[Progress]:
    """The progress display that fits this run; it disappears when the work is done."""
    settings = current()
    if settings.quiet:
        yield _Silent()
    elif not sys.stderr.isatty() or settings.json:
        yield _Lines() if not settings.json else _Silent()
    else:
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        from registry_client.cli.output import console

        with Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console(stderr=True),
            transient=True,
        ) as bar:
            yield _Live(bar)


def is_interactive() -> bool:
    """Whether somebody can be asked: a terminal on both sides."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class _Live:
    def __init__(self, bar: "Bar") -> None:
        self._bar = bar

    def step(self, text: str) -> None:
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._bar.add_task(text, total=None)

    def count(self, done: int, total: int) -> None:
        for task in self._bar.task_ids:
            self._bar.update(task, completed=done, total=total)
