"""Step 8: nothing is taken that the registered service does not allow."""

from typing import Final, NamedTuple

from registry_client.core.accreditation import end_of_link
from registry_client.core.assurance import Assurance
from registry_client.core.credential_types import type_id_of
from registry_client.core.facts import ServiceRecord
from registry_client.core.policy import Policy
from registry_client.core.presentation import AUDIENCE_PREFIX
from registry_client.core.report import Outcome, Step, ok_step
from registry_client.core.service import Service, require_code, surplus_of, verify_service
from registry_client.errors import PendingChangeError, PurposeExceededError
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import ledger_id, service_of_document

_NOT_ASKED: Final = ok_step(8, "not-asked")


class Purpose(NamedTuple):
    """A service found in force for one type and verifier; kept and forgotten with the facts under it."""

    policy: Policy
    record: ServiceRecord
    service: Service
    at_from: int
    at_until: int
    step: Step


def recall_purpose(case: Case) -> Step | None:
    """Return the step where no service is named, or one that was found in force already; else None."""
    if case.service is None:
        if case.policy.require_service:
            raise PurposeExceededError("the policy demands a service code, and none was named")
        return _NOT_ASKED
    if case.challenge is None:
        return None
    found: Purpose | None = case.facts.purposes.get((case.service, case.credential.vct, case.challenge.audience))
    if found is None or found.policy is not case.policy or not found.at_from <= case.at < found.at_until:
        return None
    assurance = case.saw(found.record.head, found.record.assurance)
    if found.service.claims.issuperset(case.credential.claims):
        return found.step
    return _drop_surplus(case, found.service, assurance)


def _drop_surplus(case: Case, service: Service, assurance: Assurance) -> Step:
    """Note what was disclosed beyond the service, and return the step."""
    case.surplus = surplus_of(service, case.credential.claims)
    return Step(
        8,
        Outcome.OK,
        "surplus-dropped" if case.surplus else "ok",
        assurance,
        {
            "service": case.service,
            "surplus": case.surplus,
            "purpose_ko": service.purpose_ko,
            "purpose_en": service.purpose_en,
        },
    )


def check_purpose(case: Case) -> Flow[Step]:
    """(8) The service is this verifier's, for this type, in force; what was disclosed beyond it is dropped."""
    if (step := recall_purpose(case)) is not None:
        return step
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
    step = _drop_surplus(case, service, assurance)
    end = end_of_link(record.valid_until, record.ended_at)
    case.facts.purposes[code, vct, case.challenge.audience] = Purpose(
        case.policy,
        record,
        service,
        record.valid_from,
        end,
        step._replace(code="ok", evidence={**step.evidence, "surplus": []}),
    )
    return step
