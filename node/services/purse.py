"""What the relayer has left, looked at now and then: what /metrics shows of it."""

from collections.abc import Callable
from typing import Final

from node.ports import Outbox
from node.ports_sending import Relayers
from node.services.health import Purse
from registry_client.errors import LedgerUnavailableError

LOOK_EVERY_S: Final = 15.0


class PurseWatch:
    """Asks the ledger for balance and nonce of the active relayer. `clock`: seconds, monotonic."""

    def __init__(self, relayers: Relayers, outbox: Outbox, *, clock: Callable[[], float]) -> None:
        self._relayers, self._outbox, self._clock = relayers, outbox, clock
        self._due = clock()
        self.seen: Purse | None = None
        """None before the first look, and where the ledger did not answer the last one."""

    def look(self) -> None:
        """Look if it is time; a ledger that does not answer is somebody else's to report."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + LOOK_EVERY_S
        try:
            self.seen = self._ask()
        except LedgerUnavailableError:
            self.seen = None

    def _ask(self) -> Purse:
        writer = self._relayers.active()
        nonce = writer.next_nonce()
        own = {one.nonce for one in self._outbox.pending_transactions() if one.relayer == writer.relayer}
        waiting = [used for used in own if used >= nonce]
        gap = min(waiting) - nonce if waiting else 0
        return Purse(writer.balance(), nonce, gap)
