"""What an RDF cryptosuite signed: JSON-LD under pinned contexts and the one that is anchored with the type."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from registry_client.core.contexts import PINNED
from registry_client.core.credential import Credential, HolderProof
from registry_client.core.credential_types import CredentialType, type_id_of
from registry_client.core.strict_json import parse_object
from registry_client.data import pinned_context
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import type_of_document

VERSIONS_WALKED_MAX: Final = 16
"""Versions of a type tried for one that a credential was made for."""


def signed_bytes(case: Case, item: Credential | HolderProof) -> Flow[bytes]:
    """Return what a signature covers; for all but RDF suites it is known already. Raises MalformedValueError."""
    if item.rdf is None:
        return item.signed
    contexts: dict[str, Mapping[str, Any]] = dict(pinned_contexts())
    if any(url not in contexts for url in (*item.rdf.contexts, *case.credential.contexts)):
        kind = yield from _type_of(case)
        if kind is not None and kind.context is not None and kind.context_url not in contexts:
            contexts[kind.context_url] = kind.context
    return item.rdf.signed_bytes(contexts)


def _type_of(case: Case) -> Flow[CredentialType | None]:
    """Return the version of the credential's type that it was made for; the latest where it does not say."""
    credential = case.credential
    record = None if credential.vct is None else (yield from case.facts.schema(type_id_of(credential.vct)))
    for _ in range(VERSIONS_WALKED_MAX):
        if record is None:
            break
        kind = type_of_document(record.document)
        if credential.integrity in {None, kind.schema_integrity}:
            return kind
        if record.version <= 1:
            break
        record = yield from case.facts.schema(record.type_id, version=record.version - 1)
    return None


@lru_cache(maxsize=1)
def pinned_contexts() -> Mapping[str, Mapping[str, Any]]:
    """Return every pinned context, parsed: what an RDF suite may use of any document."""
    return {url: parse_object(pinned_context(url)) for url in PINNED}
