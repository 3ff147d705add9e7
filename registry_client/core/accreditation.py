"""Judging an accreditation path: leaf first, the council's grant last; valid at a time iff every link is.

- The ledger's own `valid` is not taken on trust: the links are walked again, so a reader cannot assemble a path.
- A path that was valid at signing and has ended since carries only what an earlier receipt proves.
"""

from typing import Final

from registry_client.core.encoding import encode_hex
from registry_client.core.facts import AccreditationPath
from registry_client.errors import IssuerNotAccreditedError

COUNCIL: Final = bytes(20)
"""The grantor of depth 1."""
DEPTH_MAX: Final = 4


def verify_path(path: AccreditationPath, *, agency: bytes, type_id: bytes, at: int) -> None:
    """Verify that `path` let `agency` issue the type at time `at`. Raises IssuerNotAccreditedError."""
    if path.agency != agency or path.type_id != type_id:
        raise IssuerNotAccreditedError("the path is for another agency or type", agency=encode_hex(path.agency))
    if not path.links or len(path.links) > DEPTH_MAX:
        raise IssuerNotAccreditedError("no accreditation for this type was ever given", agency=encode_hex(agency))
    holder, seq, depth = agency, path.links[0].seq, len(path.links)
    for place, link in enumerate(path.links):
        grant = link.grant
        if link.agency != holder or link.seq != seq or grant.depth != depth - place:
            raise IssuerNotAccreditedError("the links of the path do not join", agency=encode_hex(link.agency))
        if not (grant.may_accredit if place else grant.may_issue):
            right = "accredit others" if place else "issue"
            raise IssuerNotAccreditedError(f"the grant does not allow to {right}", agency=encode_hex(link.agency))
        if not grant.covers(at):
            raise IssuerNotAccreditedError(
                "an accreditation in the path was not in force then",
                agency=encode_hex(link.agency),
                valid_from=grant.valid_from,
                ended_at=end_of_link(grant.valid_until, grant.ended_at),
                at=at,
            )
        holder, seq = grant.grantor, grant.grantor_seq
    if holder != COUNCIL:
        raise IssuerNotAccreditedError("the path does not lead to the council", grantor=encode_hex(holder))


def covers(path: AccreditationPath, at: int) -> bool:
    """Tell whether there is a path, and every link of it is in force at `at`."""
    return bool(path.links) and all(link.grant.covers(at) for link in path.links)


def end_of_path(path: AccreditationPath) -> int:
    """Return the moment from which the path is no longer in force: the earliest end over its links."""
    return min(end_of_link(link.grant.valid_until, link.grant.ended_at) for link in path.links)


def end_of_link(valid_until: int, ended_at: int | None) -> int:
    """Return the end of one grant: its term, or the moment at which it was ended before."""
    return valid_until if ended_at is None else min(valid_until, ended_at)
