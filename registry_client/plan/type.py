"""Step 4: validity, and the type as the ledger knows it."""

from typing import Final

from registry_client.core.canonical import canonicalize
from registry_client.core.credential_types import CredentialType, type_id_of
from registry_client.core.formats.related import digests_of
from registry_client.core.report import Step, ok_step
from registry_client.core.schema import verify_claims, verify_schema
from registry_client.errors import OutsideValidityError, ResourceUnavailableError, SchemaMismatchError
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import type_of_document

VERSIONS_WALKED_MAX: Final = 16
"""Versions of a type tried for one that a credential was made for."""


def check_validity(case: Case) -> None:
    """Check a credential's own dates and type. Raises OutsideValidityError, SchemaMismatchError."""
    credential, skew = case.credential, case.policy.clock_skew_s
    if credential.valid_from is not None and credential.valid_from > case.at + skew:
        raise OutsideValidityError("not valid yet", valid_from=credential.valid_from, as_of=case.at)
    if credential.valid_until is not None and credential.valid_until <= case.at - skew:
        raise OutsideValidityError("expired", valid_until=credential.valid_until, as_of=case.at)
    if case.policy.types is not None and credential.vct not in case.policy.types:
        raise SchemaMismatchError("not a type that was asked for", type=credential.vct)


def check_resources(case: Case, kind: CredentialType | None) -> None:
    """Check the digests of what the credential rests on. Raises MalformedValueError, ResourceUnavailableError.

    Pinned contexts were checked with the shape; held besides are the type's own context and schema, as canonical JSON.
    """
    for resource in case.credential.resources:
        held = {} if kind is None else {kind.context_url: kind.context, kind.schema_url: kind.schema}
        content = held.get(resource.url)
        if content is None:
            raise ResourceUnavailableError(
                "the credential rests on a resource that is not held here, and nothing is fetched", id=resource.url
            )
        resource.require_digests(digests_of(canonicalize(content)))


def recall_type(case: Case) -> Step | None:
    """Return the step where the issuer's standing answers it; None where the whole step has to say what is wrong."""
    standing, credential = case.standing, case.credential
    if standing is None:
        return None
    check_validity(case)
    try:
        if (credential.type_names, credential.contexts, credential.integrity) == standing.description:
            verify_claims(credential.claims, standing.kind)
        else:
            verify_schema(credential, standing.kind)
    except SchemaMismatchError:
        return None  # made for an earlier version, or wrong
    if credential.resources:
        check_resources(case, standing.kind)
    return standing.type


def check_type(case: Case) -> Flow[Step]:
    """(4) Within its validity, of a type that the policy takes and the ledger knows, and shaped like it."""
    check_validity(case)
    credential = case.credential
    record = None if credential.vct is None else (yield from case.facts.schema(type_id_of(credential.vct)))
    if record is None:
        if case.agency is None:
            check_resources(case, None)
            return ok_step(4, "type-not-registered", None, type=credential.vct)
        raise SchemaMismatchError("the ledger has no such credential type", type=credential.vct)
    assurance = case.saw(record.head, record.assurance)
    version = record.version
    while True:
        kind = type_of_document(record.document)
        try:
            verify_schema(credential, kind)
            break
        except SchemaMismatchError:
            if record.version <= 1 or credential.integrity is None or version - record.version >= VERSIONS_WALKED_MAX:
                raise
        earlier = yield from case.facts.schema(record.type_id, version=record.version - 1)
        if earlier is None:
            raise SchemaMismatchError("the ledger lost an earlier version of the type", type=credential.vct)
        record = earlier
    check_resources(case, kind)
    case.kind = kind
    return ok_step(4, "ok", assurance, type=credential.vct, version=record.version, digest=record.digest)
