"""The heartbeat: an idle ledger mines an empty block now and then, so that its newest block is never old.

Verifiers measure how fresh a ledger is by the time of its head, and `eth_call` answers with that time: without a beat a
quiet ledger looks like one that has stopped.
"""

from dataclasses import dataclass
from typing import Final

from node.embedded.errors import HeartbeatError

INTERVAL_S: Final = 600
"""Default age of the head, in seconds, at which an empty block is due: well inside every default of `Policy`."""
INTERVAL_MIN_S: Final = 10
INTERVAL_MAX_S: Final = 86_400
LOOK_S: Final = 1.0
"""An idle ledger looks this often at the wall clock: a timer would not count the sleep of a machine."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When an empty block is due; pure. `interval_s`: 10 to 86400 seconds, 0 for never. Raises HeartbeatError."""

    interval_s: int = INTERVAL_S

    def __post_init__(self) -> None:
        """Refuse an interval outside its bounds."""
        if self.interval_s != 0 and not INTERVAL_MIN_S <= self.interval_s <= INTERVAL_MAX_S:
            raise HeartbeatError(
                f"{self.interval_s} s is neither 0 nor between {INTERVAL_MIN_S} and {INTERVAL_MAX_S} s",
                interval_s=self.interval_s,
            )

    def is_due(self, *, now: int, head_timestamp: int) -> bool:
        """Tell whether a head of that time is as old as the interval; both in unix seconds."""
        return self.interval_s != 0 and now - head_timestamp >= self.interval_s

    @classmethod
    def parse(cls, text: str) -> "Heartbeat":
        """Read the interval from an argument of the command line: decimal digits. Raises HeartbeatError."""
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(INTERVAL_MAX_S))):
            raise HeartbeatError(f"{text[:40]!r} is not a number of whole seconds, at most {INTERVAL_MAX_S}")
        return cls(int(text))
