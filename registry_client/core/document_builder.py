"""Writing documents: an organisation's, from keys and services, and a holder's, from the fixed template.

- What is built here passes `parse_organisation`; the bytes are canonical and ready to be signed and anchored.
- A holder's document anchors no bytes: it follows from (x, y) alone, `#key-1` under `authentication`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from registry_client.core.canonical import canonicalize
from registry_client.core.curves import Curve
from registry_client.core.did import KIND_HOLDER, Did, DidUrl
from registry_client.core.document import (
    CONTEXT,
    RELATIONSHIPS,
    DidDocument,
    Relationship,
    VerificationMethod,
    make_document,
    parse_organisation,
)
from registry_client.core.facts import DidVersion
from registry_client.core.keys import PublicKey
from registry_client.errors import InvalidDidDocumentError, InvalidKeyError

HOLDER_FRAGMENT: Final = "key-1"
"""The one key of a holder's document."""


@dataclass(frozen=True, slots=True)
class MethodEntry:
    """A key to put into a document: under `#fragment`, listed in `relationships`."""

    fragment: str
    public_key: PublicKey
    relationships: tuple[Relationship, ...] = ("assertionMethod",)


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service to put into a document: under `#fragment`."""

    fragment: str
    type: str
    endpoint: str | Mapping[str, Any]


def build_organisation(
    did: Did,
    *,
    methods: Sequence[MethodEntry],
    services: Iterable[ServiceEntry] = (),
    also_known_as: Iterable[str] = (),
    contexts: Sequence[str] = CONTEXT,
) -> bytes:
    """Return the canonical bytes of an organisation's document. Raises InvalidDidDocumentError if a rule is broken.

    `contexts`: `CONTEXT`, or `CONTEXT_V1_1` for a document by DID v1.1.
    """
    json: dict[str, Any] = {
        "@context": list(contexts),
        "id": did,
        "alsoKnownAs": list(also_known_as),
        "verificationMethod": [_method_json(did, entry.fragment, entry.public_key) for entry in methods],
        "service": [
            {"id": f"{did}#{entry.fragment}", "type": entry.type, "serviceEndpoint": entry.endpoint}
            for entry in services
        ],
    }
    for name in RELATIONSHIPS:
        json[name] = [f"{did}#{entry.fragment}" for entry in methods if name in entry.relationships]
    data = canonicalize({name: value for name, value in json.items() if value})
    parse_organisation(data, did)
    return data


def entries_of(document: DidDocument) -> list[MethodEntry]:
    """Take a document's methods apart again, to build the next version from them."""
    return [
        MethodEntry(
            method.id.partition("#")[2],
            method.public_key,
            tuple(name for name in RELATIONSHIPS if method.id in document.relationships[name]),
        )
        for method in document.methods
    ]


def holder_document(did: Did, public_key: PublicKey) -> DidDocument:
    """Return the document of a holder DID, which only its P-256 key decides."""
    method_id = DidUrl(f"{did}#{HOLDER_FRAGMENT}")
    json = {
        "@context": list(CONTEXT),
        "id": did,
        "verificationMethod": [_method_json(did, HOLDER_FRAGMENT, public_key)],
        "authentication": [method_id],
    }
    return make_document(did, json, [VerificationMethod(method_id, did, public_key)], {"authentication": [method_id]})


def holder_key(x: bytes, y: bytes) -> PublicKey:
    """Return the P-256 key of a holder's coordinates. Raises InvalidKeyError when they are not on the curve."""
    return PublicKey(Curve.P256, x + y)


def _method_json(did: Did, fragment: str, key: PublicKey) -> dict[str, Any]:
    return {"id": f"{did}#{fragment}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": key.to_jwk()}


def document_of(version: DidVersion, did: Did) -> DidDocument | None:
    """Return the checked document of one version; None for a deactivation. Raises InvalidDidDocumentError.

    Cost: parsed once for each anchored text, then a look-up.
    """
    if not version.is_active:
        return None
    try:
        if version.kind == KIND_HOLDER:
            return holder_document(did, holder_key(version.holder_x or b"", version.holder_y or b""))
        return parsed_organisation(version.document or b"", did)
    except InvalidKeyError as error:
        raise InvalidDidDocumentError(f"the holder's key: {error.detail}", did=did) from None


@lru_cache(maxsize=1_024)
def parsed_organisation(data: bytes, did: Did) -> DidDocument:
    """Return the checked document of these anchored bytes, parsed once. Raises InvalidDidDocumentError."""
    return parse_organisation(data, did)
