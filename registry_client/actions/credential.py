"""Credentials of one agency: issue a batch and anchor its root; suspend, lift and revoke by the book.

A batch may be stopped anywhere and run again under the same name: what is reserved, signed or anchored stays as it is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from registry_client.actions import status
from registry_client.actions.desk import Desk, Party
from registry_client.adapters.book import IssuerBook
from registry_client.core.book import AnchorPlan, BookEntry, IssuanceRequest, Standing
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.core.facts import StatusList
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.errors import LedgerRevertedError
from registry_client.issuer import CredentialIssuer
from registry_client.registry import Registry

ANCHOR_ATTEMPTS: Final = 5
"""How often a taken batch number is replaced by the next free one before giving up."""

_STANDINGS: Final[dict[status.Change, Standing]] = {"Revoke": "revoked", "Suspend": "suspended", "Lift": "valid"}

OnStage = Callable[[str], None]
OnCount = Callable[[int, int], None]


def issue(
    desk: Desk,
    issuer: CredentialIssuer,
    batch: str,
    requests: Sequence[IssuanceRequest],
    *,
    operator: Signer,
    on_stage: OnStage = lambda _: None,
    on_count: OnCount | None = None,
) -> list[BookEntry]:
    """Sign a batch, anchor its root, make its receipts; return its lines, all anchored.

    `operator`: an IssuanceOperator or the controller. `on_stage` is told `sign`, `anchor` and `receipts`.
    """
    on_stage("sign")
    entries = issuer.issue_batch(batch, requests, now=desk.now, progress=on_count)
    if all(entry.progress == "anchored" for entry in entries):
        return entries
    on_stage("anchor")
    plan = issuer.plan_anchor(batch, next_seq=_next_seq(desk, issuer.agency))
    for _ in range(ANCHOR_ATTEMPTS):
        anchored = _anchored(desk, issuer.agency, plan)
        if anchored is None:
            try:
                desk.send(anchor(desk, issuer.agency, plan, operator=operator))
            except LedgerRevertedError:
                if _anchored(desk, issuer.agency, plan) is None:
                    raise
            anchored = _anchored(desk, issuer.agency, plan)
        if anchored is not None and anchored["root"] == encode_hex(plan.root) and anchored["count"] == plan.count:
            on_stage("receipts")
            digest = decode_hex(anchored["digest"], length=32)
            return issuer.complete_anchor(batch, time=int(anchored["time"]), anchored=digest)
        plan = issuer.replan_anchor(batch, next_seq=_next_seq(desk, issuer.agency))
    raise LedgerRevertedError(
        f"the batch {batch} lost its number {ANCHOR_ATTEMPTS} times: another issuer is busy, run it again"
    )


def anchor(desk: Desk, agency: str, plan: AnchorPlan, *, operator: Signer) -> SignedOperation:
    """Sign the anchoring of a planned batch."""
    message = {"agency": desk.did_id(agency), "expectedSeq": plan.seq, "root": plan.root, "count": plan.count}
    return desk.sign("AnchorIssuance", message, Party("operator", operator, agency))


def change_standing(
    desk: Desk, kind: status.Change, entries: Sequence[BookEntry], *, agency: str, operator: Signer
) -> list[SignedOperation]:
    """Sign what revokes, suspends or lifts credentials of the book; those of one list share operations."""
    lists: dict[bytes, list[int]] = {}
    for entry in entries:
        lists.setdefault(entry.status.list_id, []).append(entry.status.index)
    return [
        operation
        for list_id, indices in lists.items()
        for operation in status.change(desk, kind, list_id=list_id, indices=indices, operator=operator, owner=agency)
    ]


def revoked_meanwhile(registry: Registry, entries: Iterable[BookEntry]) -> list[BookEntry]:
    """Return the credentials that the ledger has revoked and the book does not know of: somebody else's doing.

    A revocation in a block that is not final yet counts. One read a list.
    """
    known: dict[bytes, StatusList | None] = {}
    found: list[BookEntry] = []
    for entry in entries:
        if entry.status.list_id not in known:
            known[entry.status.list_id] = registry.status(entry.status.list_id)
        words = known[entry.status.list_id]
        if entry.standing != "revoked" and words and words.bit("revocation", entry.status.index, pending=True):
            found.append(entry)
    return found


def note_standing(
    book: IssuerBook, kind: status.Change, entries: Sequence[BookEntry], *, at: int, reason: str | None
) -> None:
    """Write into the book what the ledger now says of these credentials, and why."""
    standing = _STANDINGS[kind]
    for entry in entries:
        book.set_standing(entry.id, standing, at=at, reason=reason)


def _next_seq(desk: Desk, agency: str) -> int:
    return int(desk.node.get(f"/v1/issuances/{agency}")["count"]) + 1


def _anchored(desk: Desk, agency: str, plan: AnchorPlan) -> dict[str, Any] | None:
    """Return what the ledger holds under the planned number, None if nothing yet."""
    return desk.node.find(f"/v1/issuances/{agency}/{plan.seq}")
