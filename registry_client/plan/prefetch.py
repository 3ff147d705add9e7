"""Ask for everything a verdict will need at once: a first verdict costs a few round trips, not one a fact."""

from typing import Any

from registry_client.core.credential_types import type_id_of
from registry_client.errors import RegistryError
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import is_ledger_did, ledger_id


def prefetch(case: Case) -> Flow[None]:
    """Read what follows from the presentation alone. An error says nothing here: the step that needs the fact will."""
    if case.facts.holds_any:
        return
    try:
        yield from case.facts.gather(*_wanted(case))
    except RegistryError:
        return


def _wanted(case: Case) -> list[Flow[Any]]:
    credential, facts = case.credential, case.facts
    if not is_ledger_did(credential.issuer):
        return []
    agency = ledger_id(credential.issuer, facts.network)
    wanted: list[Flow[Any]] = [facts.did_version(agency)]
    if credential.vct is not None:
        type_id = type_id_of(credential.vct)
        wanted += [facts.schema(type_id), facts.accreditation_now(agency, type_id, at=case.at)]
        if case.service is not None:
            wanted.append(facts.service(type_id, case.service))
    if credential.status is not None:
        wanted.append(facts.status_list(credential.status.list_id, form=credential.status.form))
    if case.presentation.proof is not None and credential.subject is not None and is_ledger_did(credential.subject):
        wanted.append(facts.did_version(ledger_id(credential.subject, facts.network)))
    return wanted
