"""Facts about admissions and roles, as contracts/Roles.sol keeps them: an end cuts a term short, never erases it."""

from collections.abc import Mapping
from typing import Any, Final

from node.domain import fact
from node.domain.event import LedgerEvent
from node.domain.places import at, never_seen

ENDORSER: Final = 1
COUNCIL: Final = bytes(20)
"""Sponsor of whom the council itself admitted or dismissed."""


def admitted(event: LedgerEvent, f: Mapping[str, Any], before: fact.Admission | None) -> fact.Fact:
    """Return an admission; one that is renewed while it lasts goes on from its beginning."""
    renewed = before is not None and before.valid_from <= event.block_time < before.valid_until
    return fact.Admission(
        agency=f["agency"],
        sponsor=f["sponsor"],
        valid_from=before.valid_from if before is not None and renewed else event.block_time,
        valid_until=f["until"],
        by=f["by"],
        **at(event),
    )


def dismissed(event: LedgerEvent, f: Mapping[str, Any], before: fact.Admission | None) -> fact.Fact:
    """Return an admission cut short: by the council, whose the agency then is, or by its root, who may go on."""
    if before is None:
        raise never_seen(event, "an agency was dismissed that was never admitted")
    return fact.Admission(
        agency=f["agency"],
        sponsor=before.sponsor if any(f["by"]) else COUNCIL,
        valid_from=before.valid_from,
        valid_until=event.block_time,
        by=f["by"],
        **at(event),
    )


def role_ended(event: LedgerEvent, f: Mapping[str, Any], before: fact.RoleTerm | None) -> fact.Fact:
    """Return a term cut short."""
    if before is None:
        raise never_seen(event, "a role ended that was never given")
    return fact.RoleTerm(
        agency=f["agency"],
        role=f["role"],
        grantee=f["grantee"],
        valid_from=before.valid_from,
        valid_until=event.block_time,
        by=f["by"],
        **at(event),
    )


def first_endorser(event: LedgerEvent, f: Mapping[str, Any]) -> fact.Fact:
    """Return the one endorser that an admission seeds, for as long as the admission itself."""
    term = {"valid_from": event.block_time, "valid_until": f["until"], "by": f["by"]}
    return fact.RoleTerm(agency=f["agency"], role=ENDORSER, grantee=f["endorser"], **term, **at(event))
