"""Keep this node's leases, or take them when nobody holds them any more: one thread, whatever the worker is busy with.

- A worker that is stuck in one step for long lets its leases go: another replica may be luckier.
- A stopping node gives its leases back, so that the next one need not wait for their end.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from node.ports import Lease, StoreUnavailableError

log = structlog.get_logger("node.leases")

KEEP_EVERY_S: Final = 0.5
STUCK_AFTER_S: Final = 120.0
"""Longer than any bounded step takes; a worker that is silent for so long is given up."""


class LeaseKeeper:
    """Looks after leases until stopped. `silent_s`: for how long the worker has shown no life."""

    def __init__(
        self, leases: Sequence[Lease], *, silent_s: Callable[[], float], on_change: Callable[[], None]
    ) -> None:
        self._leases, self._silent_s, self._on_change = leases, silent_s, on_change
        self._stopping = threading.Event()
        self._away = False
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the leases that this node holds, as far as it knows."""
        return tuple(lease.name for lease in self._leases if lease.token is not None)

    def start(self) -> None:
        """Try once for every lease, then go on in a thread."""
        self.look()
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the thread and give the leases back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._give_back()

    def look(self) -> None:
        """Keep or take each lease once."""
        if self._silent_s() > STUCK_AFTER_S:
            self._give_back()
            return
        for lease in self._leases:
            before = lease.token
            try:
                lease.keep()
            except StoreUnavailableError as error:
                if not self._away:
                    log.warning("leases cannot be kept", reason=str(error))
                self._away = True
                return
            if lease.token != before:
                log.info("lease taken" if lease.token else "lease lost", lease=lease.name, token=lease.token or before)
                self._on_change()
        self._away = False

    def _run(self) -> None:
        while not self._stopping.wait(KEEP_EVERY_S):
            try:
                self.look()
            except Exception:
                log.exception("leases cannot be kept; trying again")

    def _give_back(self) -> None:
        for lease in self._leases:
            try:
                lease.release()
            except StoreUnavailableError as error:
                log.warning("a lease could not be given back", lease=lease.name, reason=str(error))
