"""Where the story is told: chapters in Korean and English, what the ledger did, and the verdicts.

A verdict that is not the expected one is shown as such and remembered; the story goes on, the run ends with an error.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from registry_client.cli.i18n import Language, language, set_language, tr, word
from registry_client.cli.output import Screen, outcome
from registry_client.core.outcome import Outcome
from registry_client.core.report import Outcome as StepOutcome
from registry_client.core.report import Report
from registry_client.errors import RegistryError


@dataclass(frozen=True, slots=True)
class Line:
    """One text in both languages."""

    en: str
    ko: str


class Tell(Protocol):
    """Turns an event into a sentence; `pick` chooses the language of a pair."""

    def __call__(self, kind: str, fields: Mapping[str, Any], pick: Callable[[tuple[str, str]], str], /) -> str: ...


@dataclass(slots=True)
class Stage:
    """Prints the story and keeps the score."""

    screen: Screen
    only: Language | None = None
    """Tell it in one language; None tells every headline in both."""
    surprises: list[str] = field(default_factory=list)
    verdicts: int = 0
    _number: int = 0
    _started_at: float = field(default_factory=time.monotonic)

    def open(self, title: Line, note: Line) -> None:
        """Begin: what this is, and where its keys are."""
        for text in self._texts(title):
            self.screen.line(text, style="bold")
        for text in self._texts(note):
            self.screen.note(text)

    def chapter(self, line: Line) -> None:
        """Open a chapter: its number and its headline."""
        self._number += 1
        first, *rest = self._texts(line)
        self.screen.line()
        self.screen.line(f"{self._number}  {first}", indent=1 if self._number < 10 else 0, style="bold")
        for text in rest:
            self.screen.line(text, indent=4, style="dim")

    def say(self, line: Line) -> None:
        """Say one thing inside a chapter."""
        for number, text in enumerate(self._texts(line)):
            self.screen.line(text, indent=4, style="dim" if number else None)

    def ledger(self, outcomes: Sequence[Outcome], line: Line | None = None) -> None:
        """Show what the ledger took: kinds and blocks of final operations."""
        kinds = ", ".join(dict.fromkeys(outcome.kind for outcome in outcomes))
        blocks = sorted({outcome.block_number for outcome in outcomes if outcome.block_number is not None})
        span = f"{blocks[0]}" if len(blocks) == 1 else f"{blocks[0]}..{blocks[-1]}" if blocks else "-"
        count = f" x{len(outcomes)}" if len(outcomes) > 1 and len({outcome.kind for outcome in outcomes}) == 1 else ""
        self.screen.line(f"{outcome('final')}  {tr('block', '블록')} {span}  {kinds}{count}", indent=4, style="cyan")
        if line is not None:
            self.say(line)

    def report(self, report: Report, expected: str, *, what: Line, every_step: bool = False) -> None:
        """Show a report and compare its verdict; without `every_step`, only the steps that were not plainly ok."""
        steps = [
            (step.outcome.value, word(step.name), step.explain(language()))
            for step in report.steps
            if every_step
            or (step.outcome is not StepOutcome.OK and step.code != "not-reached")
            or step.code == "receipted"
        ]
        self._judged(report.verdict.value, expected, what, steps)

    def refusal(self, error: RegistryError | None, expected: type[RegistryError], *, what: Line) -> None:
        """Show that something was refused, and compare the kind of refusal; None: it was not refused at all."""
        if error is None:
            self._judged("accepted", "rejected", what, [])
            return
        matches = isinstance(error, expected)
        self._judged(
            "rejected" if matches else type(error).__name__, "rejected", what, [("failed", error.title, error.detail)]
        )

    def check(self, is_right: bool, what: Line) -> None:  # noqa: FBT001
        """Show something that must be so, and remember if it is not."""
        self._judged("ok" if is_right else "failed", "ok", what, [])

    def timeline(self, events: Sequence[tuple[int, str, Mapping[str, Any]]], *, tell: Tell) -> None:
        """Tell events, one sentence each, in the story's first language."""
        chosen = self.only or language()

        def pick(pair: tuple[str, str]) -> str:
            return pair[1] if chosen == "ko" else pair[0]

        with told_in(chosen):
            self.screen.facts([(f"{block:>5}", tell(kind, fields, pick)) for block, kind, fields in events], indent=4)

    def _judged(self, got: str, expected: str, what: Line, steps: Sequence[tuple[str, str, str]]) -> None:
        self.verdicts += 1
        self.say(what)
        self.screen.verdict(got, indent=4)
        self.screen.steps(steps, indent=6)
        if got != expected:
            self.surprises.append(f"{what.en}: {got}, expected {expected}")
            self.screen.line(tr(f"NOT AS EXPECTED: {expected}", f"예상과 다름: {expected}"), indent=4, style="bold red")

    def close(self, line: Line) -> None:
        """End the story with its score, and name what went otherwise than expected."""
        self.screen.line()
        for text in self._texts(line):
            self.screen.line(text, style="bold red" if self.surprises else "bold green")
        for text in self.surprises:
            self.screen.line(text, indent=4, style="red")

    def fact(self, text: str) -> None:
        """Show one fact as it is: a DID, a number."""
        self.screen.line(text, indent=4)

    def elapsed_s(self) -> float:
        """Return the seconds since the story began."""
        return time.monotonic() - self._started_at

    def _texts(self, line: Line) -> list[str]:
        if self.only is not None:
            return [line.ko if self.only == "ko" else line.en]
        return [line.ko, line.en] if language() == "ko" else [line.en, line.ko]


@contextmanager
def told_in(chosen: Language) -> Iterator[None]:
    """Tell the shared words in a language for a while."""
    before = language()
    set_language(chosen)
    try:
        yield
    finally:
        set_language(before)
