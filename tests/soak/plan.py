"""What one soak is to be: how long, how fast, how much at most, and where its files are."""

from dataclasses import dataclass
from pathlib import Path

HOUR_MINUTES = 60
DIDS_AN_HOUR = 3_600
"""The embedded ledger carries about 8,000 DIDs; a soak stays below half of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One soak. `folder`: everything that it writes. `rate`: operations a second, all clients together."""

    minutes: float
    folder: Path
    seed: int = 1
    rate: float = 4.0
    faults: tuple[str, ...] = ()
    """Only these faults, by name; none named: all. Each comes once before any comes again."""
    gap_s: tuple[float, float] = (4.0, 14.0)
    """Between the end of one fault and the beginning of the next."""

    @property
    def load_s(self) -> float:
        return self.minutes * 60

    @property
    def did_budget(self) -> int:
        return max(60, round(DIDS_AN_HOUR * min(1.0, self.minutes / HOUR_MINUTES)))
