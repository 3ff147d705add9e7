"""What a benchmark found, and how it is written down.

- A benchmark module has `measure() -> Table`. Rivals are measured in the same run and in turn with us.
- Trust the ratio: the absolute figures are one machine's, one day's.
"""

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """One benchmark's result. `rows`: text cells; `notes`: sentences, each said to whoever reads the figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        """As a section of a Markdown page."""
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row(row) for row in self.rows]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"

    def text(self) -> str:
        """As columns for a terminal."""
        table = [self.columns, *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.columns))]
        padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in table]
        lines = ["  ".join(cells).rstrip() for cells in padded]
        return "\n".join([self.title, *(f"  {line}" for line in lines), *(f"  - {note}" for note in self.notes)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def spread(values: Sequence[float]) -> str:
    """Median, with the middle half of the figures behind it."""
    if len(values) < 4:
        return figure(statistics.median(values))
    low, middle, high = map(figure, statistics.quantiles(values, n=4))
    return f"{middle} ({low} to {high})"


def figure(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{decimals}f}"


def machine() -> list[str]:
    """Lines that say where and with what the figures were made."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return [
        f"{os.cpu_count()} CPUs, {models[0] if models else platform.machine()}; {memory:.0f} GiB of memory",
        f"{platform.system()} {platform.machine()}; load average {load:.1f} when this was written",
        f"Python {platform.python_version()}, cryptography {version('cryptography')}, httpx {version('httpx')}",
        f"{_first_line(['anvil', '--version'])}; Node.js {_first_line(['node', '--version'])}",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_first_line(['git', 'rev-parse', '--short=12', 'HEAD'])}",
    ]


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]
