"""DIDs and anchored documents as the steps need them, parsed once for each text."""

from functools import lru_cache

from registry_client.core.credential_types import CredentialType
from registry_client.core.did import Did, method_of, parse_mapae
from registry_client.core.did_self import resolve_did_jwk, resolve_did_key
from registry_client.core.document import DidDocument, Relationship
from registry_client.core.document_builder import holder_document, holder_key, parsed_organisation
from registry_client.core.facts import DidVersion
from registry_client.core.keys import PublicKey
from registry_client.core.service import Service, parse_service
from registry_client.errors import IssuerNotAccreditedError, MethodNotSupportedError

OWN_METHOD = "did:mapae:"


def is_ledger_did(did: str) -> bool:
    """Tell whether a DID is kept by a ledger of ours, and not carried in its own text."""
    return did.startswith(OWN_METHOD)


def ledger_id(did: str, network: str) -> bytes:
    """Return the 20-byte id of a did:mapae DID of this ledger. Raises InvalidDidError, IssuerNotAccreditedError."""
    parts = _parts_of(did)
    if parts[0] != network:
        raise IssuerNotAccreditedError("the DID is of another network", did=did, network=network)
    return parts[1]


@lru_cache(maxsize=4_096)
def _parts_of(did: str) -> tuple[str, bytes]:
    parts = parse_mapae(did)
    return parts.network, parts.did_id


def document_of(version: DidVersion, did: Did) -> DidDocument:
    """Return the document of an active version. Raises InvalidDidDocumentError, InvalidKeyError."""
    if version.document is not None:
        return parsed_organisation(version.document, did)
    return _holder(did, version.holder_x or b"", version.holder_y or b"")


def key_of_carried(did: str, method_id: str, relationship: Relationship) -> PublicKey:
    """Return the key of a did:key or did:jwk. Raises InvalidDidError, MethodNotSupportedError, and as `key_for`."""
    return _carried_document(did).key_for(method_id, relationship)


@lru_cache(maxsize=1_024)
def _carried_document(did: str) -> DidDocument:
    method = method_of(did)
    if method == "key":
        return resolve_did_key(did)
    if method == "jwk":
        return resolve_did_jwk(did)
    raise MethodNotSupportedError(f"DIDs of the method {method} are not resolved here", did=did[:128])


@lru_cache(maxsize=1_024)
def _holder(did: Did, x: bytes, y: bytes) -> DidDocument:
    return holder_document(did, holder_key(x, y))


@lru_cache(maxsize=256)
def service_of_document(document: bytes) -> Service:
    """Return an anchored service, parsed once for each document. Raises ParsingError, MalformedValueError."""
    return parse_service(document)


@lru_cache(maxsize=256)
def type_of_document(document: bytes) -> CredentialType:
    """Return an anchored type, parsed once for each document. Raises ParsingError, MalformedValueError."""
    return CredentialType.from_document(document)
