"""One screen that shows a soak while it runs; lines of text where there is no terminal."""

import threading
import time

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from tests.soak.run import Soak

REFRESH_S = 0.5
LINE_EVERY_S = 30.0


class Screen(threading.Thread):
    """Shows until the soak is over."""

    def __init__(self, soak: Soak, console: Console | None = None) -> None:
        super().__init__(name="screen", daemon=True)
        self._soak, self._console = soak, console or Console(stderr=True)

    def run(self) -> None:
        if not self._console.is_terminal:
            self._lines()
            return
        with Live(self._panel(), console=self._console, refresh_per_second=2, transient=True) as live:
            while self._soak.phase != "over":
                live.update(self._panel())
                time.sleep(REFRESH_S)

    def _lines(self) -> None:
        said, next_at = "", 0.0
        while self._soak.phase != "over":
            if self._soak.phase != said or time.monotonic() >= next_at:
                said, next_at = self._soak.phase, time.monotonic() + LINE_EVERY_S
                self._console.print(line_of(self._soak), soft_wrap=True)
            time.sleep(REFRESH_S)

    def _panel(self) -> Panel:
        soak, score = self._soak, self._soak.score
        elapsed = time.monotonic() - soak.began
        bar = ProgressBar(total=soak.plan.load_s, completed=min(elapsed, soak.plan.load_s))
        table = Table.grid(padding=(0, 2))
        for name, text in _facts(soak):
            table.add_row(f"[bold]{name}[/]", text)
        worst = Group(*(f"[red]{text[:160]}[/]" for text in score.violations[-5:]))
        title = f"soak, {elapsed / 60:.1f} of {soak.plan.minutes:g} min: {soak.phase}"
        return Panel(Group(bar, table, worst), title=title)


def _facts(soak: Soak) -> list[tuple[str, str]]:
    score = soak.score
    with score.lock:
        states, reads, sent = dict(score.states), dict(score.reads), sum(score.sent.values())
        open_, violations = score.open, len(score.violations)
        latest = sorted(seconds for _, seconds in score.latencies[-200:])
    facts = [
        ("operations", f"{sent} sent, {open_} under way; " + ", ".join(f"{n} {s}" for s, n in sorted(states.items()))),
        ("reads", ", ".join(f"{n} {s}" for s, n in sorted(reads.items()))),
    ]
    if latest:
        facts.append(("until final", f"median {latest[len(latest) // 2]:.2f} s, worst of late {latest[-1]:.1f} s"))
    if soak.injector is not None:
        facts.append(("faults", f"{len(soak.injector.struck)} healed; now: {soak.injector.present or 'calm'}"))
    if soak.sampler is not None and soak.sampler.samples:
        sample = soak.sampler.samples[-1]
        facts.append(("memory", ", ".join(f"{name} {mib:.0f} MiB" for name, mib in sample.memory.items())))
        facts.append(("block", str(sample.block)))
    facts.append(("violations", str(violations)))
    return facts


def line_of(soak: Soak) -> str:
    """The same as one line."""
    elapsed = time.monotonic() - soak.began
    return f"{elapsed:6.0f} s  {soak.phase}  " + "; ".join(f"{name}: {text}" for name, text in _facts(soak))
