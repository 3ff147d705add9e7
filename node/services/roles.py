"""Roles: who was admitted, who may do what for an agency, and the next nonce of a key."""

from dataclasses import dataclass
from typing import Any, Final

from node.domain import fact
from node.domain.overlay import pending_json
from node.ports import IndexView
from node.services.context import Ledger, NotFoundError, hexed, place_json

_NAMES: Final = {1: "endorser", 2: "status_operator", 3: "issuance_operator"}


@dataclass(frozen=True, slots=True)
class NoncePlace:
    """Where a nonce is counted: the contract's 20-byte address, and the key (192 bits) under which it is."""

    registry: bytes
    key: int


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


def registry_of(view: IndexView, contract: str, registry: bytes | None) -> bytes:
    """Return the address that counts nonces: the present one of `contract`, or `registry` if it ever was one.

    Raises NotFoundError.
    """
    known = [entry.address for entry in view.facts(fact.DirectoryEntry, name=contract)]
    if not known or (registry is not None and registry not in known):
        raise NotFoundError(f"Directory lists no such {contract}", registry=hexed(registry) if registry else None)
    return known[-1] if registry is None else registry


def next_nonce(view: IndexView, contract: str, controller: bytes, *, place: NoncePlace, queued: int) -> dict[str, Any]:
    """Return the next nonce of a controller in a place: after everything on the ledger and `queued` here.

    `queued`: the highest sequence among operations of this node that are under way, -1 if none.
    """
    registry, key = place.registry, place.key
    spent = view.at_head().last(fact.SpentNonce, registry=registry, owner=controller[1:], nonce_key=key.to_bytes(24))
    sequence = max(spent.nonce_seq if spent else -1, queued) + 1
    return {
        "contract": contract,
        "registry": hexed(registry),
        "controller": hexed(controller),
        "key": hex(key),
        "sequence": sequence,
        "nonce": hex(key << 64 | sequence),
        "ledger": place_json(view),
    }
