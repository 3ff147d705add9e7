"""Accreditations: every grant of an agency, and the path that lets it act for a type at a time."""

from typing import Any, Final

from node.domain import fact
from node.domain.overlay import pending_json
from node.ports import IndexView
from node.services.context import COUNCIL, Ledger, hexed, place_json

GRANTS_MAX: Final = 16
"""Newest grants of an agency and type that a path is looked for in, as the contract does."""
DEPTH_MAX: Final = 4

Link = tuple[fact.Grant, int]
"""A grant and the earliest end it was given, 0 if none."""


def all_grants(ledger: Ledger, view: IndexView, agency: bytes) -> dict[str, Any]:
    """Return every grant that an agency ever got, oldest first."""
    grants = sorted(view.facts(fact.Grant, agency=agency), key=lambda grant: (grant.block_number, grant.log_index))
    return {
        "did": ledger.did(agency),
        "grants": [_grant_json(ledger, grant, _end_of(view, grant)) for grant in grants],
        "pending": pending_json(view.pending(agency)),
        "ledger": place_json(view),
    }


def path_at(ledger: Ledger, view: IndexView, agency: bytes, type_id: bytes, *, time: int) -> dict[str, Any]:
    """Return the path in force at `time`, by what is final; `pending_valid` by everything seen.

    Where none is in force, the path is that of the newest grant, so that a report can say what is wrong with it.
    """
    path = _valid_path(view, agency, type_id, time)
    shown = path if path is not None else _newest_path(view, agency, type_id)
    seen = view.at_head()
    return {
        "did": ledger.did(agency),
        "type_id": hexed(type_id),
        "at": time,
        "valid": path is not None,
        "pending_valid": _valid_path(seen, agency, type_id, time) is not None,
        "path": [{"did": ledger.did(grant.agency), "seq": grant.seq} for grant, _ in shown],
        "grants": [_grant_json(ledger, grant, ended_at) for grant, ended_at in shown],
        "ledger": place_json(view),
    }


def _end_of(view: IndexView, grant: fact.Grant) -> int:
    ends = view.facts(fact.GrantEnd, agency=grant.agency, type_id=grant.type_id, seq=grant.seq)
    return min((end.ended_at for end in ends), default=0)


def _covers(link: Link, time: int) -> bool:
    grant, ended_at = link
    return grant.valid_from <= time < grant.valid_until and (not ended_at or time < ended_at)


def _links(view: IndexView, grant: fact.Grant) -> list[Link]:
    """Walk from a grant to the council's: leaf first."""
    links = [(grant, _end_of(view, grant))]
    while grant.grantor != COUNCIL and len(links) < DEPTH_MAX:
        parent = view.last(fact.Grant, agency=grant.grantor, type_id=grant.type_id, seq=grant.grantor_seq)
        if parent is None:
            break
        grant = parent
        links.append((grant, _end_of(view, grant)))
    return links


def _valid_path(view: IndexView, agency: bytes, type_id: bytes, time: int) -> list[Link] | None:
    for grant in view.facts(fact.Grant, newest=True, limit=GRANTS_MAX, agency=agency, type_id=type_id):
        links = _links(view, grant)
        if links[-1][0].grantor == COUNCIL and all(_covers(link, time) for link in links):
            return links
    return None


def _newest_path(view: IndexView, agency: bytes, type_id: bytes) -> list[Link]:
    newest = view.last(fact.Grant, agency=agency, type_id=type_id)
    return _links(view, newest) if newest is not None else []


def _grant_json(ledger: Ledger, grant: fact.Grant, ended_at: int) -> dict[str, Any]:
    return {
        "did": ledger.did(grant.agency),
        "type_id": hexed(grant.type_id),
        "seq": grant.seq,
        "grantor": ledger.party(grant.grantor),
        "grantor_seq": grant.grantor_seq,
        "depth": grant.depth,
        "may_issue": grant.may_issue,
        "may_accredit": grant.may_accredit,
        "from": grant.valid_from,
        "until": grant.valid_until,
        "ended_at": ended_at or None,
        "by": hexed(grant.by),
        "block_number": grant.block_number,
    }
