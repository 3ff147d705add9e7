"""Where the story is told: chapters in Korean and English, what the ledger did, and the verdicts.

A verdict that is not the expected one is shown as such and remembered; the story goes on, the run ends with an error.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from registry_client.cli.i18n import Language, language, set_language, tr
from registry_client.cli.output import Screen, outcome
from registry_client.submit import Outcome


@dataclass(frozen=True, slots=True)
class Line:
    """One text in both languages."""

    en: str
    ko: str


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

    def chapter(self, line: Line) -> None:
        """Open a chapter: its number and its headline."""
        self._number += 1
        first, *rest = self._texts(line)
        self.screen.line()
        self.screen.line(f"{self._number:>2}  {first}", style="bold")
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

    def verdict(
        self, got: str, expected: str, *, what: Line, steps: Sequence[tuple[str, str, str]], every_step: bool = False
    ) -> None:
        """Show a verdict with its report lines and compare it with what should have come out.

        `steps`: (outcome, name, detail). Without `every_step` only those are shown that were not ok.
        """
        self.verdicts += 1
        self.say(what)
        self.screen.verdict(got, indent=4)
        shown = [step for step in steps if every_step or step[0] not in {"ok", "skipped"}]
        self.screen.steps(shown, indent=6)
        if got != expected:
            self.surprises.append(f"{what.en}: {got}, expected {expected}")
            self.screen.line(tr(f"NOT AS EXPECTED: {expected}", f"예상과 다름: {expected}"), indent=4, style="bold red")

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
