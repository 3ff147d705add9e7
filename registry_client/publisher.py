"""Publish status lists: turn the ledger's words into lists that anybody's software reads, signed by the agency.

- The words are read at one final block; what is signed is that state, and names it by sequence and digest.
- The digest is anchored before anything is handed over, so that a reader can hold a list against the ledger.
- An agency publishes again when its list changed, and before its lists are too old to be used.
"""

from dataclasses import dataclass
from typing import Any, Final

from registry_client.core.did import Did, parse_mapae
from registry_client.core.document import DidDocument
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import StatusList
from registry_client.core.keys import Signer
from registry_client.core.status_lists.publication import build_publication
from registry_client.core.status_lists.snapshot import (
    TTL_S,
    VALID_S,
    Snapshot,
    is_status_method,
    require_status_method,
)
from registry_client.errors import InvalidInputError, InvalidVerificationMethodError, LedgerInconsistentError

RENEW_AT: Final = 0.5
"""Part of the validity after which lists are signed anew although nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPublisher:
    """One agency's desk for its lists. `method_id`: its `#status-N`; `host`: base URL that its credentials name."""

    owner: Did
    method_id: str
    signer: Signer
    host: str
    valid_s: int = VALID_S
    ttl_s: int = TTL_S

    def __post_init__(self) -> None:
        require_status_method(self.method_id, owner=self.owner)
        if not 0 < self.ttl_s <= self.valid_s:
            raise InvalidInputError("a list is kept for at least a second, and not longer than it is valid")

    def snapshot_of(self, known: StatusList) -> Snapshot:
        """Take the state that is published next. Raises InvalidInputError for a list of somebody else."""
        if known.owner != parse_mapae(self.owner).did_id:
            raise InvalidInputError(
                "the ledger says that this list is another agency's", list=encode_hex(known.list_id), owner=known.owner
            )
        return Snapshot(known.list_id, self.owner, known.seq, known.words)

    def sign(self, snapshot: Snapshot, *, now: int) -> dict[str, Any]:
        """Return every form of the snapshot, signed. `now`: unix seconds."""
        return build_publication(
            snapshot,
            host=self.host,
            signer=self.signer,
            method_id=self.method_id,
            now=now,
            valid_s=self.valid_s,
            ttl_s=self.ttl_s,
        )

    def is_due(self, known: StatusList, *, published_seq: int | None, signed_at: int, now: int) -> bool:
        """Tell whether to publish (again): never yet, something changed, or half of the validity is over."""
        return published_seq != known.seq or now - signed_at >= RENEW_AT * self.valid_s


def must_anchor(known: StatusList, snapshot: Snapshot) -> bool:
    """Tell whether the ledger has the snapshot's digest yet. Raises LedgerInconsistentError if it has another."""
    if not any(known.published_digest) or known.published_seq < snapshot.seq:
        return True
    if (known.published_seq, known.published_digest) != (snapshot.seq, snapshot.digest):
        raise LedgerInconsistentError(
            "another digest is anchored for this sequence, and no list can be published for it: whoever holds the "
            "operator's key did that; the next change of the list can be anchored again",
            anchored=encode_hex(known.published_digest),
            digest=encode_hex(snapshot.digest),
        )
    return False


def status_method_of(document: DidDocument, signer: Signer) -> str:
    """Return the `#status-N` that has this key. Raises InvalidVerificationMethodError, WrongRelationshipError."""
    for method in document.methods:
        if is_status_method(method.id) and method.public_key == signer.public_key:
            document.key_for(method.id, "assertionMethod")
            return method.id
    raise InvalidVerificationMethodError(
        "the agency's document has no #status-N with this key: choose another key, or add it with "
        "`mapae did update`, under assertionMethod",
        did=document.did,
    )
