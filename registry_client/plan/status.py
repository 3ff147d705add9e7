"""Step 6: the credential's status, from the words on the ledger."""

from typing import Final

from registry_client.core.facts import StatusList
from registry_client.core.report import Step, ok_step
from registry_client.core.status import VALID, StatusReference, status_value, verify_status
from registry_client.errors import PendingChangeError, StatusListMalformedError, StatusUnavailableError
from registry_client.flows import Flow
from registry_client.plan.case import Case

_NO_STATUS: Final = ok_step(6, "no-status")


def check_status(case: Case) -> Flow[Step]:
    """(6) Neither revoked nor suspended, by the issuer's own list and by words that are young enough."""
    reference = case.credential.status
    if reference is None or case.agency is None:
        return _without_list(case)
    return _judge(case, reference, (yield from case.facts.status_list(reference.list_id, form=reference.form)))


def recall_status(case: Case) -> Step | None:
    """Do the same if the list is known; None if it has to be read."""
    reference = case.credential.status
    if reference is None or case.agency is None:
        return _without_list(case)
    known = case.facts.known_list(reference.list_id, form=reference.form)
    return None if known is None else _judge(case, reference, known)


def _without_list(case: Case) -> Step:
    if case.credential.status is None:
        if case.policy.require_status and case.agency is not None:
            raise StatusListMalformedError("the credential has no status entry, and the policy demands one")
        return _NO_STATUS
    raise StatusUnavailableError("the issuer keeps no status list on this ledger", issuer=case.credential.issuer)


def _judge(case: Case, reference: StatusReference, known: StatusList | None) -> Step:
    if known is None:
        raise StatusListMalformedError("the ledger has no such status list", list=reference.list_id)
    verify_status(known.words, reference, owner=known.owner, issuer=case.agency or b"")
    if known.pending_words is not None and status_value(known.pending_words, reference.index) != VALID:
        raise PendingChangeError("a revocation or suspension is on the ledger, not final yet", index=reference.index)
    assurance = case.saw(known.head, known.assurance, max_age_s=case.policy.status_max_age_s)
    age_s = case.at - known.head.time
    return ok_step(
        6,
        "ok",
        assurance,
        list=reference.list_id,
        index=reference.index,
        seq=known.seq,
        age_s=age_s,
        source=known.source,
    )
