"""The receipt rule: what stands after a key, an accreditation or an issuer has come to its end.

A credential whose key was marked compromised since t, whose issuer was deactivated at t, or whose accreditation ended
at t, stands only with a receipt anchored before t, whatever date it bears: a thief can write any date but that one.
"""

from registry_client.core.issuance import verify_receipt
from registry_client.errors import PendingChangeError, ReceiptInvalidError, VerificationError
from registry_client.flows import Flow
from registry_client.plan.case import Case


def stand_on_receipt(case: Case, *, before: int, error: VerificationError) -> Flow[str]:
    """Return `receipted` if a receipt proves issuance before a time, else raise `error`. Raises LedgerError."""
    if case.policy.after_end == "reject":
        raise error
    anchored = yield from _anchoring_time(case)
    if anchored is None or anchored >= before:
        error.evidence["receipt_time"] = anchored
        raise error
    return "receipted"


def stand_on_receipt_pending(case: Case, before: int | None, detail: str) -> Flow[None]:
    """Let a pending end pass only if a receipt is from before it; `before` None: any anchored receipt is."""
    anchored = None if case.policy.after_end == "reject" else (yield from _anchoring_time(case))
    if anchored is None or (before is not None and anchored >= before):
        raise PendingChangeError(detail, receipt_time=anchored)


def _anchoring_time(case: Case) -> Flow[int | None]:
    """Return when the ledger saw this credential's batch, by the first receipt that holds; None without one."""
    agency = case.agency
    if case.receipt_time is None and agency is not None and case.receipts:
        digest = case.credential.digest
        for receipt in case.receipts:
            anchor = yield from case.facts.issuance(agency, receipt.seq)
            case.saw(anchor.head, anchor.assurance)
            try:
                case.receipt_time = verify_receipt(
                    receipt, digest=digest, issuer=case.credential.issuer, anchored=anchor.digest
                )
            except ReceiptInvalidError:
                continue  # another one may hold; none is the same as no receipt
            break
    return case.receipt_time
