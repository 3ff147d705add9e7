"""A circuit breaker: after some failures in a row nobody is asked for a while, then one probe decides.

- Closed: calls pass. After `FAILURES_MAX` failed calls in a row it opens: calls fail at once, without the network.
- The pause doubles with every failed probe, up to `PAUSE_MAX_S`, and is stretched by chance, so that many nodes do not
  come back to a recovering ledger in step.
- Half-open: when the pause is over one call passes as the probe. Its success closes the breaker.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from registry_client.errors import LedgerUnavailableError

FAILURES_MAX: Final = 3
PAUSE_MIN_S: Final = 0.5
PAUSE_MAX_S: Final = 15.0
JITTER: Final = 0.5
"""A pause is stretched by up to this share of it."""


class HeldBackError(LedgerUnavailableError):
    """Nothing was asked: the ledger failed several times in a row and is left alone for a while."""


class Breaker:
    """One for one ledger; safe to share between threads. `clock`: seconds, monotonic. `dice`: 0..1."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, dice: Callable[[], float] = random.random
    ) -> None:
        self._clock, self._dice = clock, dice
        self._lock = threading.Lock()
        self._failures = 0
        self._pause_s = PAUSE_MIN_S
        self._open_until: float | None = None
        """When the present pause ends; None while closed."""
        self._is_probing = False
        self._reason = ""
        self.probes = 0
        """Calls that went out while it was open."""

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self._open_until is not None

    @contextmanager
    def call(self) -> Iterator[bool]:
        """Count what happens inside; yields whether it is a probe. Raises LedgerUnavailableError instead if open."""
        is_probe = self._enter()
        try:
            yield is_probe
        except LedgerUnavailableError as error:
            self._failed(error.detail)
            raise
        except BaseException:
            self._ended()
            raise
        else:
            self._succeeded()

    def _enter(self) -> bool:
        with self._lock:
            if self._open_until is None:
                return False
            left_s = self._open_until - self._clock()
            if left_s > 0 or self._is_probing:
                raise HeldBackError(
                    f"{self._reason}; it failed {self._failures} times in a row and is asked again "
                    f"{f'in {left_s:.1f} s' if left_s > 0 else 'just now'}"
                )
            self._is_probing = True
            self.probes += 1
            return True

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._failures += 1
            self._reason, self._is_probing = reason, False
            if self._open_until is not None:
                self._pause_s = min(PAUSE_MAX_S, 2 * self._pause_s)
            if self._failures >= FAILURES_MAX:
                self._open_until = self._clock() + self._pause_s * (1 + JITTER * self._dice())

    def _succeeded(self) -> None:
        with self._lock:
            self._failures, self._pause_s = 0, PAUSE_MIN_S
            self._open_until, self._is_probing = None, False

    def _ended(self) -> None:
        """Something that says nothing about the ledger's health happened: a refused range, an interrupt."""
        with self._lock:
            self._is_probing = False
