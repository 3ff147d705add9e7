"""Law 7: bad news acts early, good news waits for finality.

- Every answer shows what is final. Events in blocks that are not final yet are told beside it, as `pending`.
- Bad news among them (a revocation, suspension, deactivation, compromise, dismissal or end) makes a careful reader
  undetermined at once; the rest (creation, lifting, accreditation, rotation) changes nothing until it is final.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

BAD_NEWS: Final = frozenset(
    {
        "DidDeactivated",
        "KeyCompromised",
        "AgencyDismissed",
        "RoleEnded",
        "GrantEnded",
        "ServiceEnded",
    }
)
"""Event types that only ever take something away."""
_LIFT: Final = 3


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the index gives it back: fields are JSON values, `subjects` the ids of the DIDs it concerns."""

    block_number: int
    log_index: int
    block_time: int
    transaction_hash: bytes
    contract: str
    type: str
    fields: Mapping[str, Any]
    subjects: tuple[bytes, ...]

    @property
    def position(self) -> str:
        """`block:logIndex`, the stable order of the ledger's story."""
        return f"{self.block_number}:{self.log_index}"


def is_bad_news(event_type: str, fields: Mapping[str, Any]) -> bool:
    """Tell whether an event must act before it is final."""
    if event_type == "StatusChanged":
        return bool(fields["op"] != _LIFT)
    return event_type in BAD_NEWS


def pending_json(events: Iterable[StoredEvent]) -> list[dict[str, Any]]:
    """Return the `pending` member of an answer: what is seen and not final, oldest first."""
    return [
        {
            "position": event.position,
            "block_number": event.block_number,
            "type": event.type,
            "bad_news": is_bad_news(event.type, event.fields),
            "fields": dict(event.fields),
        }
        for event in events
    ]
