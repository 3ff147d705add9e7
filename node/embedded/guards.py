"""What the ledger asks before it takes or mines anything: is the clock believable, is there room on the disk.

- A block's time is evidence in every later dispute. The wall clock is believed while it moves with the boot clock
  (nobody can set it, and it counts sleep); if the two part by more than 60 s, nothing is mined.
- A ledger that is nearly out of space stops taking transactions while it can still say so. Reading goes on.
- A ledger that runs on recovers by itself when the cause is gone. A new time that is right is accepted by a restart.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.disk import free_bytes
from node.embedded.errors import Text

CLOCK_TOLERANCE_S: Final = 60.0
"""How far wall clock and boot clock may part after the start, and how far the head may lie in the future."""
RESERVE_BYTES: Final = 32 << 20
"""Free space below which nothing new is taken: room for the blocks in hand, and for the operator to work."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing is mined now: `code` for machines, `detail` with the figures, `remedy` for people."""

    code: str
    detail: str
    remedy: Text


def boot_clock() -> float:
    """Seconds since boot, sleep included; moves evenly whatever is done to the wall clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockGuard:
    """Compares the wall clock with an even one from the moment it is made. Both clocks are arguments, in seconds."""

    def __init__(self, *, wall: Callable[[], float] = time.time, even: Callable[[], float] = boot_clock) -> None:
        """Take the present difference of the clocks as right."""
        self._wall = wall
        self._even = even
        self._difference = wall() - even()

    def now(self) -> int:
        """Read the wall clock, in whole unix seconds."""
        return int(self._wall())

    def check(self, head_timestamp: int) -> Halt | None:
        """Say why a block after one of `head_timestamp` must not be mined now; None if it may."""
        jumped = self._wall() - self._even() - self._difference
        if abs(jumped) > CLOCK_TOLERANCE_S:
            return Halt(
                "clock-jumped",
                f"the wall clock jumped {jumped:+.0f} s against the boot clock since the ledger started",
                Text(
                    "Set the clock (NTP): the running ledger goes on by itself. If the new time is right, restart it.",
                    "시계를 바로잡으면(NTP) 실행 중인 원장은 저절로 재개됩니다. 바뀐 시각이 맞다면 다시 시작하십시오.",
                ),
            )
        ahead = head_timestamp - self._wall()
        if ahead > CLOCK_TOLERANCE_S:
            return Halt(
                "clock-behind",
                f"the newest block lies {ahead:.0f} s in the future of this clock",
                Text(
                    "Set the clock right (NTP). If that block was mined under a wrong clock, wait for its time.",
                    "시계를 바로잡으십시오(NTP). 그 블록이 잘못된 시계로 만들어졌다면 그 시각까지 기다리십시오.",
                ),
            )
        return None


class DiskGuard:
    """Watches the free space of the ledger's folder."""

    def __init__(
        self, home: Path, *, reserve_bytes: int = RESERVE_BYTES, free: Callable[[Path], int] = free_bytes
    ) -> None:
        """`reserve_bytes`: what must stay free beside the transactions in hand."""
        self._home = home
        self._reserve_bytes = reserve_bytes
        self._free = free

    def check(self, in_hand_bytes: int) -> Halt | None:
        """Say why nothing more fits; `in_hand_bytes`: transactions taken and not yet journaled."""
        try:
            free = self._free(self._home)
        except OSError as error:
            return Halt(
                "disk-unreadable", f"the free space of {self._home} cannot be read: {error.strerror}", _FREE_SPACE
            )
        needed = self._reserve_bytes + in_hand_bytes
        if free < needed:
            return Halt(
                "disk-nearly-full",
                f"{free >> 20} MiB are free in {self._home}, {needed >> 20} MiB are needed",
                _FREE_SPACE,
            )
        return None


_FREE_SPACE: Final = Text(
    "Free some space on that disk; if the ledger still runs it then goes on by itself, otherwise start it again.",
    "그 디스크의 공간을 확보하십시오. 원장이 실행 중이면 저절로 재개되고, 끝났다면 다시 시작하십시오.",
)


class Guards:
    """Both guards as one question."""

    def __init__(self, clock: ClockGuard, disk: DiskGuard) -> None:
        """Take both; the composition root makes them."""
        self.clock = clock
        self._disk = disk

    def check(self, *, head_timestamp: int, in_hand_bytes: int) -> Halt | None:
        """Return the first reason not to mine, None if there is none. Cost: two clock reads and one statvfs."""
        return self.clock.check(head_timestamp) or self._disk.check(in_hand_bytes)
