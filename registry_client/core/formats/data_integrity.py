"""Data Integrity with JCS: VCDM 2.0 credentials and presentations under `ecdsa-jcs-2019` and `eddsa-jcs-2022`.

- Signed bytes = hash(JCS(proof without proofValue)) ‖ hash(JCS(document without proof)); SHA-256, for P-384 SHA-384.
- `proof.@context`, where there is one, must be a prefix of the document's, and is the context that was signed: what
  stands behind it was added by somebody else, so the document we go on with has the signed context only.
- One proof a document; a chain or set of proofs is refused rather than half understood.
- Specs: Data Integrity 1.0; Data Integrity ECDSA 1.0 section 3.3; Data Integrity EdDSA 1.0 section 3.3.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256, sha384
from typing import Any, Final, NamedTuple

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Credential, Format, HolderProof, Presentation
from registry_client.core.encoding import decode_base58, encode_multibase
from registry_client.core.formats.vcdm import (
    PRESENTATION_TYPE,
    check_credential,
    check_presentation,
    contexts_of,
    issuer_of,
    schema_of,
)
from registry_client.core.jose import require_text
from registry_client.core.keys import Curve, Signer
from registry_client.core.status import parse_bitstring_status
from registry_client.core.times import format_time, parse_time
from registry_client.errors import (
    AlgorithmNotAllowedError,
    FormatNotSupportedError,
    MalformedValueError,
    ProofInvalidError,
    WrongRelationshipError,
)

PROOF_TYPE: Final = "DataIntegrityProof"
ECDSA: Final = "ecdsa-jcs-2019"
EDDSA: Final = "eddsa-jcs-2022"
_SUITES: Final[dict[tuple[str, int], tuple[str, Callable[[bytes], Any]]]] = {
    (ECDSA, 64): ("ES256", sha256),
    (ECDSA, 96): ("ES384", sha384),
    (EDDSA, 64): ("Ed25519", sha256),
}
"""(cryptosuite, signature length) -> (algorithm, hash). The key must then be of that algorithm."""
_SUITE_OF: Final = {Curve.P256: (ECDSA, 64), Curve.P384: (ECDSA, 96), Curve.ED25519: (EDDSA, 64)}
_PROOF_MEMBERS: Final = frozenset(
    {
        "@context", "id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose",
        "proofValue", "challenge", "domain", "nonce",
    }
)  # fmt: skip
ASSERTION: Final = "assertionMethod"
AUTHENTICATION: Final = "authentication"


class Proof(NamedTuple):
    """A Data Integrity proof with everything its signature check needs."""

    options: dict[str, Any]
    method_id: str
    algorithm: str
    signed: bytes
    signature: bytes
    created: int | None
    expires: int | None
    contexts: tuple[str, ...]
    """The document's contexts that the signature covers."""


def parse_data_integrity(document: dict[str, Any]) -> Presentation:
    """Parse a credential, or a presentation of one; nothing is verified. Raises RegistryError's input family."""
    types = document.get("type")
    if types == PRESENTATION_TYPE or (type(types) is list and PRESENTATION_TYPE in types):
        return _parse_presentation(document)
    return Presentation(_parse_credential(document), None)


def _parse_credential(document: dict[str, Any]) -> Credential:
    shape = check_credential(document)
    proof = parse_proof(document, purpose=ASSERTION)
    issuer, method_id = shape.issuer, proof.method_id
    if not method_id.startswith(issuer + "#"):
        raise MalformedValueError("verificationMethod is not the issuer's", issuer=issuer, method=method_id)
    vct, integrity = schema_of(document)
    status, ends = document.get("credentialStatus"), shape.valid_until
    if proof.expires is not None:
        ends = proof.expires if ends is None else min(ends, proof.expires)
    return Credential(
        format=Format.DATA_INTEGRITY,
        issuer=issuer,
        method_id=method_id,
        algorithm=proof.algorithm,
        signed=proof.signed,
        signature=proof.signature,
        signed_at=proof.created,
        valid_from=shape.valid_from,
        valid_until=ends,
        vct=vct,
        type_names=shape.types,
        contexts=proof.contexts,
        subject=shape.subject,
        holder_jwk=None,
        claims=shape.claims,
        status=None if status is None else parse_bitstring_status(status),
        integrity=integrity,
        source=document,
    )


def _parse_presentation(document: dict[str, Any]) -> Presentation:
    credential = _parse_credential(check_presentation(document))
    proof = parse_proof(document, purpose=AUTHENTICATION)
    if proof.created is None:
        raise MalformedValueError("a presentation's proof says when it was created")
    holder = issuer_of(document, "holder") if "holder" in document else proof.method_id.partition("#")[0]
    domain = proof.options.get("domain")
    domains = domain if type(domain) is list else [domain]
    return Presentation(
        credential,
        HolderProof(
            algorithm=proof.algorithm,
            signed=proof.signed,
            signature=proof.signature,
            method_id=proof.method_id,
            nonce=require_text(proof.options.get("challenge"), "challenge"),
            audience=require_text(domains[0] if len(domains) == 1 else None, "domain"),
            created=proof.created,
            covers=proof.method_id.startswith(holder + "#"),
            expires=proof.expires,
        ),
    )


def parse_proof(document: Mapping[str, Any], *, purpose: str) -> Proof:
    """Read the one proof of a document and compute what it signs.

    `purpose`: the relationship that the proof must claim. Raises MalformedValueError, FormatNotSupportedError,
    AlgorithmNotAllowedError, WrongRelationshipError, ProofInvalidError.
    """
    proof = document.get("proof")
    if type(proof) is not dict:
        raise MalformedValueError("a document carries exactly one proof, an object")
    if not proof.keys() <= _PROOF_MEMBERS:
        unknown = sorted(proof.keys() - _PROOF_MEMBERS)
        raise MalformedValueError("proof members that are not understood", members=unknown[:8])
    if proof.get("type") != PROOF_TYPE:
        raise FormatNotSupportedError(f"proof.type is {PROOF_TYPE}", type=str(proof.get("type"))[:64])
    if proof.get("proofPurpose") != purpose:
        raise WrongRelationshipError(f"proofPurpose is {purpose}", purpose=str(proof.get("proofPurpose"))[:64])
    value = proof.get("proofValue")
    if type(value) is not str or not value.startswith("z"):
        raise ProofInvalidError("proofValue is multibase base58btc")
    signature = decode_base58(value[1:])
    suite = proof.get("cryptosuite")
    algorithm, hasher = _SUITES.get((suite, len(signature)) if type(suite) is str else ("", 0), ("", sha256))
    if not algorithm:
        raise AlgorithmNotAllowedError(
            f"the cryptosuites spoken here are {ECDSA} and {EDDSA}", cryptosuite=str(suite)[:32], length=len(signature)
        )
    options = proof.copy()
    del options["proofValue"]
    contexts = _signed_contexts(document, options)
    return Proof(
        options=options,
        method_id=require_text(proof.get("verificationMethod"), "verificationMethod"),
        algorithm=algorithm,
        signed=_signed_bytes(document, options, hasher, contexts),
        signature=signature,
        created=parse_time(proof["created"], "proof.created") if "created" in proof else None,
        expires=parse_time(proof["expires"], "proof.expires") if "expires" in proof else None,
        contexts=contexts,
    )


def _signed_bytes(
    document: Mapping[str, Any], options: dict[str, Any], hasher: Callable[[bytes], Any], contexts: tuple[str, ...]
) -> bytes:
    unsecured = dict(document)
    unsecured.pop("proof", None)
    unsecured["@context"] = list(contexts)
    digest: bytes = hasher(canonicalize(options)).digest() + hasher(canonicalize(unsecured)).digest()
    return digest


def _signed_contexts(document: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the contexts under the signature: `proof.@context`, or all of the document's where there is none."""
    contexts = contexts_of(document)
    signed = options.get("@context")
    if signed is None:
        return contexts
    if type(signed) is not list or not signed or list(contexts[: len(signed)]) != signed:
        raise ProofInvalidError("proof.@context is not a prefix of the document's @context")
    return tuple(signed)


def sign_document(
    document: Mapping[str, Any],
    *,
    signer: Signer,
    method_id: str,
    purpose: str,
    created: int,
    challenge: str | None = None,
    domain: str | None = None,
) -> dict[str, Any]:
    """Return the document with a proof. The cryptosuite follows from the key. `created`: unix seconds.

    Raises AlgorithmNotAllowedError for a curve without a JCS cryptosuite.
    """
    suite = _SUITE_OF.get(signer.public_key.curve)
    if suite is None:
        raise AlgorithmNotAllowedError("no JCS cryptosuite for this curve", curve=signer.public_key.curve.value)
    if "proof" in document:
        raise MalformedValueError("the document carries a proof already")
    options: dict[str, Any] = {
        "type": PROOF_TYPE,
        "cryptosuite": suite[0],
        "created": format_time(created),
        "verificationMethod": method_id,
        "proofPurpose": purpose,
    }
    options["@context"] = document.get("@context")
    if challenge is not None:
        options["challenge"] = challenge
    if domain is not None:
        options["domain"] = domain
    contexts = _signed_contexts(document, options)
    signature = signer.sign(_signed_bytes(document, options, _SUITES[suite][1], contexts))
    return {**document, "proof": {**options, "proofValue": encode_multibase(signature)}}


def issue_data_integrity(
    document: Mapping[str, Any], *, signer: Signer, method_id: str, signed_at: int
) -> dict[str, Any]:
    """Check the shape of an unsigned VCDM 2.0 credential and sign it. Raises MalformedValueError."""
    check_credential(document)
    return sign_document(document, signer=signer, method_id=method_id, purpose=ASSERTION, created=signed_at)


def present_data_integrity(
    credential: Mapping[str, Any], *, signer: Signer, method_id: str, challenge: str, domain: str, created: int
) -> dict[str, Any]:
    """Wrap a credential in a presentation signed by its holder, with a key under the holder's `authentication`."""
    presentation = {
        "@context": [contexts_of(credential)[0]],
        "type": [PRESENTATION_TYPE],
        "holder": method_id.partition("#")[0],
        "verifiableCredential": [dict(credential)],
    }
    return sign_document(
        presentation,
        signer=signer,
        method_id=method_id,
        purpose=AUTHENTICATION,
        created=created,
        challenge=challenge,
        domain=domain,
    )
