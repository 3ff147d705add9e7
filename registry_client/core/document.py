"""DID documents: one immutable model, and the strict reader of what organisations anchor.

- Anchored bytes are RFC 8785 JSON of at most 8,192 bytes; `@context` is did/v1 with jwk/v1, or did/v1.1; `id` is the
  DID itself.
- All ids are absolute DID URLs of this DID, each used once; methods are JsonWebKey, at most 16, no private members;
  relationships only refer to methods of the same document; at most 8 services. Anything else is no document of ours.
- A document that breaks a rule raises InvalidDidDocumentError; nothing is repaired, no older version is served instead.
- Specs: docs/did-method.md section 7; DID Core 1.0 section 5; DID v1.1 section 6; CID 1.0.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NoReturn, cast, get_args

from registry_client.core.canonical import is_canonical
from registry_client.core.did import Did, DidUrl, parse_did_url
from registry_client.core.keys import PublicKey
from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import (
    InvalidDidDocumentError,
    InvalidDidUrlError,
    InvalidKeyError,
    InvalidVerificationMethodError,
    ParsingError,
    WrongRelationshipError,
)

DOCUMENT_MAX_BYTES: Final = 8_192  # bytes
METHODS_MAX: Final = 16
SERVICES_MAX: Final = 8
ALIASES_MAX: Final = 8
"""Entries of alsoKnownAs."""
FRAGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
"""What may follow # in our documents: 1 to 64 characters, a letter or digit first."""
CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
"""@context of holders' documents, and of organisations' by default, in this order."""
CONTEXT_V1_1: Final = ("https://www.w3.org/ns/did/v1.1",)
"""@context of an organisation's document by DID v1.1: it defines JsonWebKey itself."""
CONTEXTS: Final = (CONTEXT, CONTEXT_V1_1)

Relationship = Literal[
    "authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation"
]
RELATIONSHIPS: Final[tuple[Relationship, ...]] = get_args(Relationship)
_MEMBERS: Final = frozenset({"@context", "id", "alsoKnownAs", "verificationMethod", "service", *RELATIONSHIPS})
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f\x7f]{1,2000}")


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """One key of a document, under its absolute DID URL."""

    id: DidUrl
    controller: Did
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A document that has been checked. `json`: as it is served, to be treated as read-only."""

    did: Did
    methods: tuple[VerificationMethod, ...]
    relationships: Mapping[Relationship, frozenset[DidUrl]]
    json: JsonObject = field(repr=False)

    def method(self, method_id: str) -> VerificationMethod:
        """Return the method with this absolute DID URL. Raises InvalidVerificationMethodError."""
        for method in self.methods:
            if method.id == method_id:
                return method
        raise InvalidVerificationMethodError("the document has no such verification method", method=method_id[:256])

    def key_for(self, method_id: str, relationship: Relationship) -> PublicKey:
        """Return the key of a method that stands under `relationship`.

        Raises InvalidVerificationMethodError (no such method) or WrongRelationshipError (not under it).
        """
        method = self.method(method_id)
        if method.id not in self.relationships[relationship]:
            raise WrongRelationshipError(
                f"the key is not listed under {relationship}", method=method_id[:256], relationship=relationship
            )
        return method.public_key

    def service(self, fragment: str) -> JsonObject | None:
        """Return the service `#fragment`, or None."""
        for service in self.json.get("service", ()):
            if service["id"] == f"{self.did}#{fragment}":
                return cast("JsonObject", service)
        return None


def make_document(
    did: Did,
    json: JsonObject,
    methods: Iterable[VerificationMethod],
    relationships: Mapping[Relationship, Iterable[DidUrl]],
) -> DidDocument:
    """Put a document together whose parts the caller has checked."""
    every = {name: frozenset(relationships.get(name, ())) for name in RELATIONSHIPS}
    return DidDocument(did, tuple(methods), MappingProxyType(every), json)


def parse_organisation(data: bytes, did: Did) -> DidDocument:
    """Check the anchored bytes of an organisation's document (docs/did-method.md section 7).

    `data`: exactly the bytes in the event. Raises InvalidDidDocumentError naming the rule that is broken.
    """
    if len(data) > DOCUMENT_MAX_BYTES:
        _refuse(f"more than {DOCUMENT_MAX_BYTES} bytes", did, length=len(data))
    try:
        json = parse_object(data, max_bytes=DOCUMENT_MAX_BYTES)
    except ParsingError as error:
        _refuse(error.detail, did)
    if not is_canonical(data, json):
        _refuse("the bytes are not the canonical JSON (RFC 8785) of what they say", did)
    return check_organisation(json, did)


def check_organisation(json: JsonObject, did: Did) -> DidDocument:
    """Check the rules of content on parsed JSON; `parse_organisation` also checks the bytes."""
    if unknown := json.keys() - _MEMBERS:
        _refuse("unknown members", did, members=sorted(name[:64] for name in unknown))
    if json.get("@context") not in [list(known) for known in CONTEXTS]:
        _refuse(f"@context must be {list(CONTEXT)} or {list(CONTEXT_V1_1)}", did)
    if json.get("id") != did:
        _refuse("id is not the DID", did)
    _check_aliases(json, did)
    seen: set[str] = set()
    methods = [_read_method(item, did, seen) for item in _list_of(json, "verificationMethod", METHODS_MAX, did)]
    known = {method.id for method in methods}
    relationships = {name: _read_relationship(json, name, known, did) for name in RELATIONSHIPS}
    for item in _list_of(json, "service", SERVICES_MAX, did):
        _check_service(item, did, seen)
    return make_document(did, json, methods, relationships)


def require_no_reuse(previous: DidDocument, following: DidDocument) -> None:
    """Refuse a next version that gives an old fragment another key (`#issue-1` is followed by `#issue-2`)."""
    keys = {method.id: method.public_key for method in previous.methods}
    for method in following.methods:
        if keys.get(method.id, method.public_key) != method.public_key:
            _refuse("a fragment is never reused for another key", following.did, method=method.id)


def _read_method(value: Any, did: Did, seen: set[str]) -> VerificationMethod:
    if not isinstance(value, dict) or value.keys() != {"id", "type", "controller", "publicKeyJwk"}:
        _refuse("a verification method has exactly id, type, controller and publicKeyJwk", did)
    if value["type"] != "JsonWebKey":
        _refuse("a verification method's type is JsonWebKey", did)
    if value["controller"] != did:
        _refuse("a verification method's controller is the DID itself", did)
    method_id = _own_id(value["id"], did, seen)
    jwk = value["publicKeyJwk"]
    if not isinstance(jwk, dict):
        _refuse("publicKeyJwk is an object", did, method=method_id)
    try:
        key = PublicKey.from_jwk(jwk)
    except InvalidKeyError as error:
        _refuse(error.detail, did, method=method_id)
    extra = {name: member for name, member in jwk.items() if name not in {"kty", "crv", "x", "y"}}
    if extra not in ({}, {"alg": key.curve.algorithm}):
        _refuse("publicKeyJwk has kty, crv, x, y and at most the fitting alg", did, method=method_id)
    return VerificationMethod(method_id, did, key)


def _read_relationship(json: JsonObject, name: str, known: set[DidUrl], did: Did) -> list[DidUrl]:
    entries = _list_of(json, name, METHODS_MAX, did)
    if not all(isinstance(entry, str) and entry in known for entry in entries) or len(set(entries)) != len(entries):
        _refuse(f"{name} refers once each to methods of this document, by absolute id", did)
    return entries


def _check_service(value: Any, did: Did, seen: set[str]) -> None:
    if not isinstance(value, dict) or value.keys() != {"id", "type", "serviceEndpoint"}:
        _refuse("a service has exactly id, type and serviceEndpoint", did)
    _own_id(value["id"], did, seen)
    types = value["type"] if isinstance(value["type"], list) else [value["type"]]
    if not types or not all(isinstance(item, str) and 0 < len(item) <= 128 for item in types):
        _refuse("a service's type is a name, or several", did)
    endpoints = value["serviceEndpoint"]
    endpoints = endpoints if isinstance(endpoints, list) else [endpoints]
    if not endpoints or not all(isinstance(item, dict) or is_uri(item) for item in endpoints):
        _refuse("a serviceEndpoint is an absolute URI, an object, or several of them", did)


def _check_aliases(json: JsonObject, did: Did) -> None:
    aliases = _list_of(json, "alsoKnownAs", ALIASES_MAX, did)
    if not all(map(is_uri, aliases)) or len(set(aliases)) != len(aliases):
        _refuse("alsoKnownAs holds absolute URIs, each once", did)


def is_uri(value: object) -> bool:
    """Tell whether the value is text that starts with a URI scheme and holds no character a URI cannot hold."""
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def _own_id(value: Any, did: Did, seen: set[str]) -> DidUrl:
    """Check an absolute id `<did>#<fragment>` that no other part of the document has."""
    try:
        parts = parse_did_url(value if isinstance(value, str) else "")
    except InvalidDidUrlError:
        _refuse("an id is not an absolute DID URL", did)
    if parts.did != did or parts.path or parts.query is not None or not FRAGMENT.fullmatch(parts.fragment or ""):
        _refuse("an id is the DID, # and 1 to 64 of letters, digits, point, _ and -", did, id=value[:256])
    if value in seen:
        _refuse("an id is used twice", did, id=value)
    seen.add(value)
    return DidUrl(value)


def _list_of(json: JsonObject, name: str, limit: int, did: Did) -> list[Any]:
    value = json.get(name, [])
    if not isinstance(value, list) or len(value) > limit or (name in json and not value):
        _refuse(f"{name} is an array of 1 to {limit}, or absent", did)
    return value


def _refuse(reason: str, did: str, **evidence: object) -> NoReturn:
    raise InvalidDidDocumentError(f"not a document of this registry: {reason}", did=did, **evidence)
