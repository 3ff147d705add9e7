"""DIDs that carry their own key: did:key and did:jwk, resolved without asking anybody.

- One method, under every signing relationship; nothing is ever updated or deactivated.
- Only the canonical text of a key passes (decode, read the key, encode, compare).
- Specs: did:key (W3C CCG, Multikey form), did:jwk (method specification).
"""

from typing import Any, Final

from registry_client.core.did import Did, DidUrl, parse_did
from registry_client.core.document import CONTEXT, DidDocument, Relationship, VerificationMethod, make_document
from registry_client.core.encoding import decode_base64url
from registry_client.core.keys import PublicKey
from registry_client.core.strict_json import parse_object
from registry_client.errors import InvalidDidError, InvalidKeyError, MalformedValueError, ParsingError

MULTIKEY_CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
JWK_MAX_BYTES: Final = 1_024  # bytes
_SIGNING: Final[tuple[Relationship, ...]] = (
    "authentication",
    "assertionMethod",
    "capabilityInvocation",
    "capabilityDelegation",
)


def resolve_did_key(text: str) -> DidDocument:
    """Return the document of a `did:key` of a curve that we speak. Raises InvalidDidError."""
    did = parse_did(text)
    multikey = did.removeprefix("did:key:")
    try:
        key = PublicKey.from_multikey(multikey)
    except InvalidKeyError as error:
        raise InvalidDidError(f"did:key: {error.detail}", did=did[:128]) from None
    if key.to_multikey() != multikey:
        raise InvalidDidError("did:key: not the canonical text of its key", did=did[:128])
    method_id = DidUrl(f"{did}#{multikey}")
    method = {"id": method_id, "type": "Multikey", "controller": did, "publicKeyMultibase": multikey}
    return _document(did, MULTIKEY_CONTEXT, method, VerificationMethod(method_id, did, key), _SIGNING)


def resolve_did_jwk(text: str) -> DidDocument:
    """Return the document of a `did:jwk` with a public signing key of a curve that we speak. Raises InvalidDidError."""
    did = parse_did(text)
    try:
        jwk = parse_object(decode_base64url(did.removeprefix("did:jwk:")), max_bytes=JWK_MAX_BYTES)
        key = PublicKey.from_jwk(jwk)
    except (MalformedValueError, ParsingError) as error:
        raise InvalidDidError(f"did:jwk: {error.detail}", did=did[:128]) from None
    relationships: tuple[Relationship, ...] = _SIGNING
    if jwk.get("use") == "enc":
        relationships = ("keyAgreement",)
    elif jwk.get("use", "sig") != "sig":
        raise InvalidDidError("did:jwk: use is sig or enc", did=did[:128])
    method_id = DidUrl(f"{did}#0")
    method = {"id": method_id, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
    return _document(did, CONTEXT, method, VerificationMethod(method_id, did, key), relationships)


def _document(
    did: Did,
    context: tuple[str, ...],
    method_json: dict[str, Any],
    method: VerificationMethod,
    relationships: tuple[Relationship, ...],
) -> DidDocument:
    json: dict[str, Any] = {"@context": list(context), "id": did, "verificationMethod": [method_json]}
    for name in relationships:
        json[name] = [method.id]
    return make_document(did, json, [method], {name: [method.id] for name in relationships})
