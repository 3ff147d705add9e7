"""Data Integrity proofs on any document: read one and prepare what it signs, or add one.

- In JCS suites `proof.@context`, where there is one, must be a prefix of the document's, and is the context that was
  signed: what stands behind it was added by somebody else.
- One proof, or a set of them: each secures the whole document alone, so one by an allowed algorithm is chosen and
  verified. A chain is refused rather than half understood.
- Specs: Data Integrity 1.0; the suites are in cryptosuites.py.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from registry_client.core.encoding import decode_base58, encode_multibase
from registry_client.core.formats.cryptosuites import (
    RDF_SUITES,
    RdfInput,
    Suite,
    input_of,
    signed_by_jcs,
    suite_for,
    suite_of,
)
from registry_client.core.formats.vcdm import (
    contexts_of,
)
from registry_client.core.jose import require_text
from registry_client.core.keys import Signer
from registry_client.core.rdf import Contexts
from registry_client.core.times import format_time, parse_time
from registry_client.errors import (
    AlgorithmNotAllowedError,
    FormatNotSupportedError,
    MalformedValueError,
    ProofInvalidError,
    WrongRelationshipError,
)

PROOF_TYPE: Final = "DataIntegrityProof"
_PROOF_MEMBERS: Final = frozenset(
    {
        "@context", "id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose",
        "proofValue", "challenge", "domain", "nonce",
    }
)  # fmt: skip
PROOFS_MAX: Final = 4
"""Proofs in one set."""
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
    rdf: RdfInput | None
    """What an RDF suite signs; `signed` is empty then."""


def parse_proof(
    document: Mapping[str, Any], *, purpose: str, algorithms: Collection[str] | None = None, rdf: bool = False
) -> Proof:
    """Read a document's proof and prepare what it signs; of a proof set, the first by an algorithm that is allowed.

    `purpose`: the relationship that the proof must claim. `algorithms`: what the policy allows, None for all.
    `rdf`: whether the caller can finish what an RDF suite signs; else such a suite is refused.
    Raises MalformedValueError, FormatNotSupportedError, AlgorithmNotAllowedError, WrongRelationshipError,
    ProofInvalidError.
    """
    proof = document.get("proof")
    if type(proof) is dict:
        return _read_proof(document, proof, purpose, rdf=rdf)
    if type(proof) is not list or not 0 < len(proof) <= PROOFS_MAX:
        raise MalformedValueError(f"a document carries one proof, or a set of at most {PROOFS_MAX}")
    if any(type(entry) is not dict or "previousProof" in entry for entry in proof):
        raise MalformedValueError("every proof is an object of its own; chains of proofs are not spoken here")
    refusal: AlgorithmNotAllowedError | None = None
    for entry in proof:
        try:
            found = _read_proof(document, entry, purpose, rdf=rdf)
        except AlgorithmNotAllowedError as error:
            refusal = refusal or error
            continue
        if algorithms is None or found.algorithm in algorithms:
            return found
    raise refusal or AlgorithmNotAllowedError("no proof of the set is by an algorithm that the policy allows")


def _read_proof(document: Mapping[str, Any], proof: dict[str, Any], purpose: str, *, rdf: bool) -> Proof:
    if not proof.keys() <= _PROOF_MEMBERS:
        unknown = sorted(proof.keys() - _PROOF_MEMBERS)
        raise MalformedValueError("proof members that are not understood", members=unknown[:8])
    if proof.get("type") != PROOF_TYPE:
        raise FormatNotSupportedError(f"proof.type is {PROOF_TYPE}", type=str(proof.get("type"))[:64])
    if proof.get("proofPurpose") != purpose:
        found = str(proof.get("proofPurpose"))[:64]
        raise WrongRelationshipError(f"proofPurpose is to be {purpose}, not {found}", purpose=found)
    value = proof.get("proofValue")
    if type(value) is not str or not value.startswith("z"):
        raise ProofInvalidError("proofValue is multibase base58btc")
    signature = decode_base58(value[1:])
    suite = suite_of(proof.get("cryptosuite"), signature)
    if suite.name in RDF_SUITES and not rdf:
        raise AlgorithmNotAllowedError(f"{suite.name} is not spoken for this kind of document", cryptosuite=suite.name)
    options = proof.copy()
    del options["proofValue"]
    signed, unfinished, contexts = _secured(document, options, suite)
    return Proof(  # in the fields' order: by name it would take 0.5 µs longer
        options,
        require_text(proof.get("verificationMethod"), "verificationMethod"),
        suite.algorithm,
        signed,
        signature,
        parse_time(proof["created"], "proof.created") if "created" in proof else None,
        parse_time(proof["expires"], "proof.expires") if "expires" in proof else None,
        contexts,
        unfinished,
    )


def _secured(
    document: Mapping[str, Any], options: dict[str, Any], suite: Suite
) -> tuple[bytes, RdfInput | None, tuple[str, ...]]:
    """Return what is signed: its bytes, or for an RDF suite what they are made of; and the contexts covered."""
    unsecured = dict(document)
    unsecured.pop("proof", None)
    if suite.name in RDF_SUITES:
        return b"", input_of(suite, unsecured, options), contexts_of(document)
    contexts = _signed_contexts(document, options)
    unsecured["@context"] = list(contexts)
    return signed_by_jcs(suite, unsecured, options), None, contexts


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
    suite: str | None = None,
    contexts: Contexts | None = None,
) -> dict[str, Any]:
    """Return the document with one more proof; with several it has a proof set. `created`: unix seconds.

    `suite`: the cryptosuite; the key's JCS suite if None. `contexts`: what an RDF suite may use, by URL.
    Raises AlgorithmNotAllowedError for a key that the suite is not for, MalformedValueError.
    """
    chosen = suite_for(signer.public_key.curve, suite)
    before = document.get("proof", [])
    before = before if isinstance(before, list) else [before]
    if len(before) >= PROOFS_MAX or not all(isinstance(entry, dict) and entry for entry in before):
        raise MalformedValueError(f"what stands under proof already is no set of fewer than {PROOFS_MAX} proofs")
    options: dict[str, Any] = {
        "type": PROOF_TYPE,
        "cryptosuite": chosen.name,
        "created": format_time(created),
        "verificationMethod": method_id,
        "proofPurpose": purpose,
    }
    if chosen.name not in RDF_SUITES:
        options["@context"] = document.get("@context")
    if challenge is not None:
        options["challenge"] = challenge
    if domain is not None:
        options["domain"] = domain
    signed, rdf, _ = _secured(document, options, chosen)
    if rdf is not None:
        signed = rdf.signed_bytes(contexts or {})
    proof = {**options, "proofValue": encode_multibase(signer.sign(signed))}
    return {**document, "proof": [*before, proof] if before else proof}
