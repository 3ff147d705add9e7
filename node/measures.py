"""What a node counts of itself while it works: plain numbers, safe to share between threads, shown by /metrics.

Labels are of fixed sets; nothing that a client or a ledger sent is among them.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

Labels = tuple[str, ...]

FAST: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Upper bounds in seconds of what is answered from memory or the index."""
SLOW: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""Upper bounds in seconds of what goes over a network."""


class Tally:
    """Counts by label."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Labels, int] = {}

    def add(self, *labels: str, count: int = 1) -> None:
        """Count something `count` times."""
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + count

    def counts(self) -> dict[Labels, int]:
        """Return a copy of what was counted so far."""
        with self._lock:
            return dict(self._counts)

    def total(self) -> int:
        """Return the sum over all labels."""
        return sum(self.counts().values())


class Distribution:
    """How often something took how long, in buckets. One thread observes; anybody reads."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Start empty. `bounds`: inclusive upper bounds in seconds, rising."""
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Note one duration."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def buckets(self) -> tuple[list[tuple[str, float]], float]:
        """Return [(upper bound, how many up to it)], the last one "+Inf", and the sum of all seconds."""
        names = [*(repr(bound) for bound in self._bounds), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True)), self._sum


class Distributions:
    """Distributions by label; any thread observes."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds, self._lock = bounds, threading.Lock()
        self._each: dict[Labels, Distribution] = {}

    def observe(self, seconds: float, *labels: str) -> None:
        """Note one duration."""
        with self._lock:
            found = self._each.get(labels)
            if found is None:
                found = self._each[labels] = Distribution(self._bounds)
            found.observe(seconds)

    def items(self) -> list[tuple[Labels, Distribution]]:
        """Return every label's distribution."""
        with self._lock:
            return list(self._each.items())


@dataclass(frozen=True, slots=True)
class RpcMeasures:
    """Calls to one ledger. Labels: class of method; errors also their kind."""

    calls: Tally = field(default_factory=Tally)
    errors: Tally = field(default_factory=Tally)
    seconds: Distributions = field(default_factory=lambda: Distributions(SLOW))


@dataclass(frozen=True, slots=True)
class RelayMeasures:
    """Operations and transactions of one sender."""

    ended: Tally = field(default_factory=Tally)
    """By state."""
    failed: Tally = field(default_factory=Tally)
    """By the contract's error."""
    sent: Tally = field(default_factory=Tally)
    """By kind: new, again, replacement, filler."""
    refused: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class WorkerMeasures:
    """Turns of one worker."""

    events: Tally = field(default_factory=Tally)
    reorgs: Tally = field(default_factory=Tally)
    undone: Tally = field(default_factory=Tally)
    failed: Tally = field(default_factory=Tally)
    """Turns by the code of their trouble."""
