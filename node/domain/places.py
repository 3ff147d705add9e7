"""Where a fact stands on the ledger, and what to say when one is missing before it."""

from typing import TypedDict

from node.domain.event import LedgerEvent
from registry_client.errors import LedgerInconsistentError


class Place(TypedDict):
    """The columns of every fact that say which event established it."""

    block_number: int
    log_index: int
    seen_block: int


def at(event: LedgerEvent) -> Place:
    """Return the place of an event, as keyword arguments of a fact."""
    return {"block_number": event.block_number, "log_index": event.log_index, "seen_block": event.seen_block}


def never_seen(event: LedgerEvent, what: str) -> LedgerInconsistentError:
    """Return the error for an event that speaks of something no event before it established."""
    return LedgerInconsistentError(
        f"{what}: events are missing; run `mapae-node index rebuild`",
        block_number=event.block_number,
        log_index=event.log_index,
    )
