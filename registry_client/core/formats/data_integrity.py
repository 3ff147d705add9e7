"""Data Integrity credentials (VCDM 2.0): parse, issue, present; the proofs themselves are read in proofs.py."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.credential import DATA_INTEGRITY, PRESENTED_MAX, Credential, HolderProof, Presentation
from registry_client.core.formats.proofs import ASSERTION, AUTHENTICATION, parse_proof, sign_document
from registry_client.core.formats.vcdm import (
    PRESENTATION_TYPE,
    check_credential,
    check_presentation,
    issuer_of,
    schema_of,
)
from registry_client.core.jose import require_text
from registry_client.core.keys import Signer
from registry_client.core.rdf import Contexts
from registry_client.core.status import parse_bitstring_status
from registry_client.errors import (
    MalformedValueError,
)

__all__ = [
    "ASSERTION",
    "issue_data_integrity",
    "open_data_integrity",
    "parse_data_integrity",
    "parse_embedded",
    "parse_proof",
    "present_data_integrity",
    "sign_document",
]


def parse_data_integrity(document: dict[str, Any], *, algorithms: Collection[str] | None = None) -> Presentation:
    """Parse a credential, or a presentation of one; nothing is verified. Raises RegistryError's input family.

    `algorithms`: those by which a proof is chosen from a set.
    """
    if _is_presentation(document):
        credential = parse_embedded(check_presentation(document)[0], algorithms)
        return Presentation(credential, _parse_holder_proof(document, algorithms))
    return Presentation(parse_embedded(document, algorithms), None)


def open_data_integrity(
    document: dict[str, Any], *, algorithms: Collection[str] | None = None
) -> tuple[HolderProof, list[dict[str, Any]]] | None:
    """Take a presentation of several credentials apart: its proof and their documents; None for a credential alone.

    Raises the input family.
    """
    if not _is_presentation(document):
        return None
    inner = check_presentation(document, limit=PRESENTED_MAX)
    return _parse_holder_proof(document, algorithms), inner


def _is_presentation(document: Mapping[str, Any]) -> bool:
    types = document.get("type")
    return types == PRESENTATION_TYPE or (type(types) is list and PRESENTATION_TYPE in types)


def parse_embedded(document: dict[str, Any], algorithms: Collection[str] | None) -> Credential:
    """Parse a credential with its proof, alone or in a presentation. Raises RegistryError's input family."""
    shape = check_credential(document)
    proof = parse_proof(document, purpose=ASSERTION, algorithms=algorithms, rdf=True)
    issuer, method_id = shape.issuer, proof.method_id
    if not method_id.startswith(issuer + "#"):
        raise MalformedValueError("verificationMethod is not the issuer's", issuer=issuer, method=method_id)
    vct, integrity = schema_of(document)
    status, ends = document.get("credentialStatus"), shape.valid_until
    if proof.expires is not None:
        ends = proof.expires if ends is None else min(ends, proof.expires)
    return Credential(  # in the fields' order: by name it would take 0.5 µs longer
        DATA_INTEGRITY,
        issuer,
        method_id,
        proof.algorithm,
        proof.signed,
        proof.signature,
        proof.created,
        shape.valid_from,
        ends,
        vct,
        shape.types,
        proof.contexts,
        shape.subject,
        None,
        shape.claims,
        None if status is None else parse_bitstring_status(status),
        integrity,
        document,
        rdf=proof.rdf,
        resources=shape.resources,
    )


def _parse_holder_proof(document: dict[str, Any], algorithms: Collection[str] | None) -> HolderProof:
    proof = parse_proof(document, purpose=AUTHENTICATION, algorithms=algorithms, rdf=True)
    if proof.created is None:
        raise MalformedValueError("a presentation's proof says when it was created")
    holder = issuer_of(document, "holder") if "holder" in document else proof.method_id.partition("#")[0]
    domain = proof.options.get("domain")
    domains = domain if type(domain) is list else [domain]
    return HolderProof(  # in the fields' order: by name it would take 0.5 µs longer
        proof.algorithm,
        proof.signed,
        proof.signature,
        proof.method_id,
        require_text(proof.options.get("challenge"), "challenge"),
        require_text(domains[0] if len(domains) == 1 else None, "domain"),
        proof.created,
        proof.method_id.startswith(holder + "#"),
        proof.expires,
        proof.rdf,
    )


def issue_data_integrity(
    document: Mapping[str, Any],
    *,
    signer: Signer,
    method_id: str,
    signed_at: int,
    suite: str | None = None,
    contexts: Contexts | None = None,
) -> dict[str, Any]:
    """Check the shape of a VCDM 2.0 credential and sign it; see `sign_document`. Raises MalformedValueError."""
    check_credential(document)
    return sign_document(
        document,
        signer=signer,
        method_id=method_id,
        purpose=ASSERTION,
        created=signed_at,
        suite=suite,
        contexts=contexts,
    )


def present_data_integrity(
    credential: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    signer: Signer,
    method_id: str,
    challenge: str,
    domain: str,
    created: int,
    suite: str | None = None,
    contexts: Contexts | None = None,
) -> dict[str, Any]:
    """Wrap one credential or several in a presentation signed by their holder, with a key under `authentication`."""
    shown = [credential] if isinstance(credential, Mapping) else credential
    presentation = {
        "@context": [CREDENTIALS_V2],
        "type": [PRESENTATION_TYPE],
        "holder": method_id.partition("#")[0],
        "verifiableCredential": [dict(item) for item in shown],
    }
    return sign_document(
        presentation,
        signer=signer,
        method_id=method_id,
        purpose=AUTHENTICATION,
        created=created,
        challenge=challenge,
        domain=domain,
        suite=suite,
        contexts=contexts,
    )
