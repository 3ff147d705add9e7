"""Step 5: the issuer's right to issue this type, when it signed and now."""

from registry_client.core.accreditation import covers, end_of_path, verify_path
from registry_client.core.credential_types import type_id_of
from registry_client.core.facts import AccreditationPath
from registry_client.core.report import Step, ok_step
from registry_client.errors import IssuerNotAccreditedError
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.receipts import stand_on_receipt, stand_on_receipt_pending


def recall_accreditation(case: Case) -> Step | None:
    """Return the step where the issuer's standing answers it."""
    return None if case.standing is None else case.standing.accreditation


def check_accreditation(case: Case) -> Flow[Step]:
    """(5) A path led from the council to the issuer when it signed, and does still; else the receipt rule."""
    credential, agency = case.credential, case.agency
    if agency is None and credential.certificates and not credential.method_id:
        return ok_step(5, "policy-trusts-anchor", None, issuer=credential.issuer)
    if agency is None:
        if credential.issuer not in case.policy.trusted_keys:
            raise IssuerNotAccreditedError(
                "a DID that carries its own key is accredited by nobody, and the policy does not trust it",
                issuer=credential.issuer,
            )
        return ok_step(5, "policy-trusts-key", None, issuer=credential.issuer)
    if credential.vct is None or credential.signed_at is None:
        raise IssuerNotAccreditedError("without a type and a signing time there is nothing to be accredited for")
    type_id, signed_at = type_id_of(credential.vct), credential.signed_at
    now = yield from case.facts.accreditation_now(agency, type_id, at=case.at)
    if not covers(now, case.at):
        now = yield from case.facts.accreditation_at(agency, type_id, at=case.at)
    assurance = case.saw(now.head, now.assurance)
    path = now
    if not _was_in_force(path, agency, type_id, signed_at, case.policy.clock_skew_s):
        path = yield from case.facts.accreditation_at(agency, type_id, at=signed_at)
        case.saw(path.head, path.assurance)
        if not _was_in_force(path, agency, type_id, signed_at, case.policy.clock_skew_s):
            verify_path(path, agency=agency, type_id=type_id, at=signed_at)
    else:
        case.path = now
    code = "ok"
    try:
        verify_path(now, agency=agency, type_id=type_id, at=case.at)
    except IssuerNotAccreditedError as error:
        ended = end_of_path(path)
        error.evidence["ended_at"] = ended
        code = yield from stand_on_receipt(case, before=ended, error=error)
    else:
        if not now.pending_valid:
            yield from stand_on_receipt_pending(case, None, "the issuer's accreditation is about to end")
    return ok_step(
        5,
        code,
        assurance,
        path=[f"0x{link.agency.hex()}#{link.seq}" for link in path.links],
        ends=end_of_path(path),
        receipt_time=case.receipt_time,
    )


def _was_in_force(path: AccreditationPath, agency: bytes, type_id: bytes, signed_at: int, skew: int) -> bool:
    """Tell whether the path covers the signing time, the issuer's clock being at most `skew` behind the ledger's."""
    for time in (signed_at, signed_at + skew):
        try:
            verify_path(path, agency=agency, type_id=type_id, at=time)
        except IssuerNotAccreditedError:
            continue
        return True
    return False
