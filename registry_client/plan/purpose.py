"""Step 8: nothing is taken that the registered service does not allow."""

from typing import Final

from registry_client.core.credential_types import type_id_of
from registry_client.core.presentation import AUDIENCE_PREFIX
from registry_client.core.report import Step, ok_step
from registry_client.core.service import require_code, surplus_of, verify_service
from registry_client.errors import PendingChangeError, PurposeExceededError
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import ledger_id, service_of_document

_NOT_ASKED: Final = ok_step(8, "not-asked")


def check_purpose(case: Case) -> Flow[Step]:
    """(8) The service is this verifier's, for this type, in force; what was disclosed beyond it is dropped."""
    if case.service is None:
        if case.policy.require_service:
            raise PurposeExceededError("the policy demands a service code, and none was named")
        return _NOT_ASKED
    code, vct = require_code(case.service), case.credential.vct
    if case.challenge is None or not case.challenge.audience.startswith(AUDIENCE_PREFIX):
        raise PurposeExceededError("a service belongs to a verifier's DID, and the challenge names none", service=code)
    if vct is None:
        raise PurposeExceededError("a service is for a registered type", service=code)
    verifier = ledger_id(case.challenge.audience.removeprefix(AUDIENCE_PREFIX), case.facts.network)
    found = yield from case.facts.service(type_id_of(vct), code)
    content = None if found is None else service_of_document(found.document)
    record, service = verify_service(found, content, code=code, verifier=verifier, vct=vct, at=case.at)
    assurance = case.saw(record.head, record.assurance)
    if record.pending_end:
        raise PendingChangeError("the service is about to be ended", service=code)
    case.surplus = surplus_of(service, case.credential.claims)
    return ok_step(
        8,
        "surplus-dropped" if case.surplus else "ok",
        assurance,
        service=code,
        surplus=case.surplus,
        purpose_ko=service.purpose_ko,
        purpose_en=service.purpose_en,
    )
