"""Parts of facts out of a node's answers (node_answers.py reads the members, ledger_node.py asks the questions)."""

from typing import Final

from registry_client.adapters.node_answers import Members
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import Grant, LedgerEvent, PendingState
from registry_client.core.hashing import sha256
from registry_client.errors import LedgerInconsistentError

_PENDING_MAX: Final = 100_000
_CHANGES: Final = frozenset({"DocumentUpdated", "ControlTransferred"})


def pending_of(answer: Members, did_id: bytes) -> PendingState:
    """Return what blocks that are not final yet do to this very DID."""
    found: PendingState = "none"
    for event in answer.objects("pending", _PENDING_MAX):
        kind = event.text("type")
        if kind not in _CHANGES and kind != "DidDeactivated":
            continue
        if event.object("fields").hexed("id", 20) == did_id:
            if kind == "DidDeactivated":
                return "deactivation"
            found = "update"
    return found


def grant_of(answer: Members) -> Grant:
    """Return one grant of a path."""
    return Grant(
        grantor=answer.party("grantor"),
        grantor_seq=answer.number("grantor_seq"),
        depth=answer.number("depth"),
        may_issue=answer.flag("may_issue"),
        may_accredit=answer.flag("may_accredit"),
        valid_from=answer.number("from"),
        valid_until=answer.number("until"),
        ended_at=answer.number_or_none("ended_at"),
    )


def document_of(answer: Members) -> bytes:
    """Return a document that has the digest it is listed under. Raises LedgerInconsistentError."""
    document, digest = answer.packed("document"), answer.hexed("digest", 32)
    if sha256(document) != digest:
        raise LedgerInconsistentError(
            "the node's document does not have the digest it is listed under",
            computed=encode_hex(sha256(document)),
            listed=encode_hex(digest),
        )
    return document


def event_of(answer: Members) -> LedgerEvent:
    """Return one event of the story."""
    return LedgerEvent(
        block_number=answer.number("block_number"),
        log_index=answer.number("log_index"),
        block_time=answer.number_or_none("block_time"),
        transaction_hash=answer.hexed("transaction_hash", 32),
        contract=answer.text("contract"),
        type=answer.text("type"),
        fields=answer.mapping("fields"),
        subjects=answer.texts("subject_dids", 64),
        final=answer.flag("final"),
    )
