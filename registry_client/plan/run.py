"""The plan as one flow: nine steps for one credential, or for each of several in one presentation.

- Steps 0 to 3 each need the one before: the first that does not pass ends the plan. Steps 4 to 8 are all run, so that
  a report shows everything that is wrong.
- Nothing here raises for hostile input; what an error says becomes a step.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

from registry_client.core.credential import PRESENTED_MAX, Format, Presentation
from registry_client.core.gate import GateCheck
from registry_client.core.issuance import Receipt, parse_receipt
from registry_client.core.jose import verify_signature
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge, parse_presentation, require_bounds, split_presentation
from registry_client.core.presentation_report import PresentationReport
from registry_client.core.report import (
    STEP_COUNT,
    Report,
    Step,
    bad_step,
    ok_step,
    skipped_step,
)
from registry_client.core.times import to_seconds
from registry_client.errors import AlgorithmNotAllowedError, MalformedValueError, RegistryError
from registry_client.flows import Flow
from registry_client.plan.accreditation import check_accreditation, recall_accreditation
from registry_client.plan.case import Case
from registry_client.plan.holder import check_holder, recall_holder
from registry_client.plan.issuer import check_issuer
from registry_client.plan.known import KnownFacts
from registry_client.plan.prefetch import prefetch
from registry_client.plan.purpose import check_purpose, recall_purpose
from registry_client.plan.rdf import signed_bytes
from registry_client.plan.standing import recall_standing, remember_standing
from registry_client.plan.status import check_status, recall_status
from registry_client.plan.type import check_type, recall_type

RECEIPTS_MAX: Final = 4
"""Receipts looked at for one credential; an issuer gives one."""
Source: TypeAlias = str | bytes | Mapping[str, Any]
"""An SD-JWT or a gate code as text, or a Data Integrity credential or presentation as JSON text or as the object."""
_WITHIN_BOUNDS: Final = ok_step(0)
_LEDGER_STEPS: Final = (
    (4, recall_type, check_type),
    (5, recall_accreditation, check_accreditation),
    (6, recall_status, check_status),
    (7, recall_holder, check_holder),
    (8, recall_purpose, check_purpose),
)
"""Number; what tells the step from facts that are known; the flow that reads them, whose start alone takes 0.4 µs."""


def verify_flow(
    facts: KnownFacts,
    source: Source | Presentation,
    *,
    policy: Policy,
    as_of: datetime,
    challenge: Challenge | GateCheck | None = None,
    service: str | None = None,
    receipts: Sequence[Receipt | Mapping[str, Any]] = (),
) -> Flow[Report]:
    """Run the plan for one credential; a `Presentation` is one of several that were parsed already:

    (0) bounds: size, depth, duplicate members, I-JSON;
    (1) format and algorithm allow-list, the envelope's own rules;
    (2) issuer: key and `assertionMethod` from the version in force at signing time; now not deactivated, key not
        compromised, else the receipt rule;
    (3) signature;
    (4) validity, type, schema digest;
    (5) accreditation path at signing time, and still valid now, else the receipt rule;
    (6) status, with its age;
    (7) holder: proof of possession, nonce, audience, holder DID;
    (8) purpose: claims within the service code.

    Steps 0 to 3 each need the one before: the first that does not pass ends the plan. Steps 4 to 8 are all run, so
    that a report shows everything that is wrong.
    """
    at = to_seconds(as_of)
    steps: list[Step] = []
    case: Case | None = None
    facts.begin()
    try:
        if isinstance(source, Presentation):
            presentation, known_receipts = source, _receipts_of(receipts, RECEIPTS_MAX * PRESENTED_MAX)
            steps.append(_WITHIN_BOUNDS)
        else:
            # (0): nothing is parsed that is too large, too deep, or could be read in two ways.
            data = require_bounds(source)
            known_receipts = _receipts_of(receipts, RECEIPTS_MAX) if receipts else ()
            steps.append(_WITHIN_BOUNDS)
            # (1): the envelope follows its own rules and asks for nothing that the policy does not allow.
            presentation = parse_presentation(data, formats=policy.formats, algorithms=policy.algorithms)
        credential = presentation.credential
        if credential.certificates and not policy.trust_anchors:
            raise AlgorithmNotAllowedError("the policy names no anchors, so no key is taken from x5c")
        steps.append(_step_of_format(credential.format, credential.algorithm))
        case = Case(facts, policy, at, challenge, service, known_receipts, presentation, credential)
        standing = recall_standing(case)
        # (2): whose key this is comes from the ledger (or from a DID that is a key), never from the envelope.
        if standing is None:
            yield from prefetch(case)
            step, key = yield from check_issuer(case)
        else:
            step, key = standing.issuer, standing.key
        steps.append(step)
        # (3): with that key, and with the algorithm of that key.
        verify_signature(
            key,
            algorithm=credential.algorithm,
            signature=credential.signature,
            signed=credential.signed if credential.rdf is None else (yield from signed_bytes(case, credential)),
            allowed=policy.algorithms,
        )
        steps.append(_step_of_signature(credential.algorithm))
    except RegistryError as error:
        return _report(_ended(steps, error), at, case)
    # (4) to (8): from here on the content is the issuer's.
    for number, recall, check in _LEDGER_STEPS:
        try:
            steps.append(recall(case) or (yield from check(case)))
        except RegistryError as error:
            steps.append(bad_step(number, error, facts.assurance))
    if standing is None:
        remember_standing(case, steps)
    return _report(steps, at, case)


def verify_each_flow(
    facts: KnownFacts,
    source: Source,
    *,
    policy: Policy,
    as_of: datetime,
    challenge: Challenge | None = None,
    service: str | None = None,
    receipts: Sequence[Receipt | Mapping[str, Any]] = (),
) -> Flow[PresentationReport]:
    """Run the plan for every credential of a presentation; each must be bound to the key that signed the whole."""
    at = to_seconds(as_of)
    steps: list[Step] = []
    try:
        data = require_bounds(source)
        known_receipts = _receipts_of(receipts, RECEIPTS_MAX * PRESENTED_MAX)
        steps.append(_WITHIN_BOUNDS)
        parts = split_presentation(data, formats=policy.formats, algorithms=policy.algorithms)
    except RegistryError as error:
        return PresentationReport((_report(_ended(steps, error), at, None),), at)
    reports: list[Report] = []
    for part in parts:
        if isinstance(part, RegistryError):
            reports.append(_report(_ended([_WITHIN_BOUNDS], part), at, None))
            continue
        judged = yield from verify_flow(
            facts,
            part,
            policy=policy,
            as_of=as_of,
            challenge=challenge,
            service=service,
            receipts=known_receipts,
        )
        reports.append(judged)
    return PresentationReport(tuple(reports), at)


def _ended(steps: list[Step], error: RegistryError) -> list[Step]:
    """Return the steps with the one that an error ended, and those that were not reached for it."""
    steps.append(bad_step(len(steps), error))
    steps.extend(skipped_step(number) for number in range(len(steps), STEP_COUNT))
    return steps


@lru_cache(maxsize=64)
def _step_of_format(form: Format, algorithm: str) -> Step:
    return ok_step(1, format=form, algorithm=algorithm)


@lru_cache(maxsize=64)
def _step_of_signature(algorithm: str) -> Step:
    return ok_step(3, algorithm=algorithm)


def _report(steps: list[Step], at: int, case: Case | None) -> Report:
    if case is None:
        return Report(tuple(steps), at, None)
    credential = case.credential
    return Report(tuple(steps), at, case.head, credential.issuer, credential.vct, (credential, case.surplus))


def _receipts_of(receipts: Sequence[Receipt | Mapping[str, Any]], limit: int) -> tuple[Receipt, ...]:
    if len(receipts) > limit:
        raise MalformedValueError(f"at most {limit} receipts are looked at", count=len(receipts))
    return tuple(item if isinstance(item, Receipt) else parse_receipt(item) for item in receipts)
