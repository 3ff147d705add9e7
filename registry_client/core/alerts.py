"""What a desk wants to be told: alerts, made from events of the ledger and from conditions that hold now.

- An alert's id follows from what it tells: the same thing told again, after a crash even, has the same id.
- An event is told once, by its position. A condition (an accreditation about to end, a stale list, a node in trouble)
  is told when it begins, and forgotten when it is over.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from registry_client.core.canonical import canonicalize
from registry_client.core.facts import LedgerEvent

Kind = Literal[
    "heartbeat",
    "directory-proposed",
    "directory-scheduled",
    "directory-changed",
    "council-changed",
    "agency-admitted",
    "role-granted",
    "foreign-operation",
    "accreditation-ending",
    "list-stale",
    "node-trouble",
    "node-unreachable",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DIRECTORY_PROPOSAL: Final = 2
"""A proposal's kind that replaces a contract."""
_ANYWHERE: Final[dict[str, Kind]] = {
    "EntryRegistered": "directory-changed",
    "CouncilSet": "council-changed",
    "Paused": "council-changed",
    "AgencyAdmitted": "agency-admitted",
    "RoleGranted": "role-granted",
}
"""Events that are told whomever they concern."""
_SIGNERS: Final = ("by", "controller", "endorser")
"""Fields that name the Controller behind an event, the first that an event has."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to be told. `facts`: JSON values. `position`: of the event, None for a condition."""

    kind: Kind
    facts: Mapping[str, Any]
    position: str | None = None

    @property
    def id(self) -> str:
        """32 hex digits: of the kind, and of the event or of what the condition is about."""
        about = self.position or self.facts
        return hashlib.sha256(canonicalize([self.kind, about])).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return the alert as it is written and sent."""
        return {"id": self.id, "alert": self.kind, "position": self.position, **self.facts}


def alert_of(event: LedgerEvent, *, watched: Collection[str], own_keys: Collection[str]) -> Alert | None:
    """Return what an event has to be told as, None for nothing. `watched`: DIDs. `own_keys`: Controllers, 0x-hex.

    An event about a watched DID is told unless one of the desk's own keys made it.
    """
    facts = {
        "event": event.type,
        "contract": event.contract,
        "block": event.block_number,
        "time": event.block_time,
        "transaction": "0x" + event.transaction_hash.hex(),
        "subjects": list(event.subjects),
        "fields": dict(event.fields),
    }
    signer = next((str(event.fields[name]) for name in _SIGNERS if name in event.fields), None)
    is_own = signer in own_keys
    if event.type == "ProposalOpened" and event.fields.get("kind") == DIRECTORY_PROPOSAL:
        return Alert("directory-proposed", facts, event.position)
    kind = _ANYWHERE.get(event.type)
    if kind is not None and not is_own:
        return Alert(kind, facts, event.position)
    if not is_own and set(event.subjects) & set(watched):
        return Alert("foreign-operation", {**facts, "signer": signer}, event.position)
    return None
