"""Roles: who was admitted, who may do what for an agency, and the next nonce of a key."""

from typing import Any, Final

from node.domain import fact
from node.domain.overlay import pending_json
from node.ports import IndexView
from node.services.context import Ledger, hexed, place_json

_NAMES: Final = {1: "endorser", 2: "status_operator", 3: "issuance_operator"}


def roles_of(ledger: Ledger, view: IndexView, agency: bytes) -> dict[str, Any]:
    """Return an agency's admission and the latest term of every key that ever had a role for it."""
    admission = view.last(fact.Admission, agency=agency)
    terms: dict[tuple[int, bytes], fact.RoleTerm] = {}
    for term in view.facts(fact.RoleTerm, agency=agency):
        terms[term.role, term.grantee] = term
    return {
        "did": ledger.did(agency),
        "admission": {
            "from": admission.valid_from if admission else 0,
            "until": admission.valid_until if admission else 0,
            "sponsor": ledger.party(admission.sponsor) if admission else None,
            "block_number": admission.block_number if admission else None,
        },
        "terms": [
            {
                "role": term.role,
                "role_name": _NAMES.get(term.role, "unknown"),
                "controller": hexed(term.grantee),
                "from": term.valid_from,
                "until": term.valid_until,
                "block_number": term.block_number,
            }
            for term in terms.values()
        ],
        "pending": pending_json(view.pending(agency)),
        "ledger": place_json(view),
    }


def next_nonce(view: IndexView, contract: str, controller: bytes, *, key: int, queued: int) -> dict[str, Any]:
    """Return the next nonce of a controller under a key: after everything on the ledger and `queued` here.

    `queued`: the highest sequence among operations of this node that are under way, -1 if none.
    """
    spent = view.at_head().last(fact.SpentNonce, contract=contract, owner=controller[1:], nonce_key=key.to_bytes(24))
    sequence = max(spent.nonce_seq if spent else -1, queued) + 1
    return {
        "contract": contract,
        "controller": hexed(controller),
        "key": hex(key),
        "sequence": sequence,
        "nonce": hex(key << 64 | sequence),
        "ledger": place_json(view),
    }
