"""DID resolution and dereferencing (W3C DID Resolution v1) over any LedgerReader, as flows.

Order of checks: syntax, method, options, then the ledger, then the document (docs/did-method.md section 8).
- `resolve` raises the error that stops it; `resolution_result` is the same as the W3C result object and never raises
  for input or ledger: every failure is an RFC 9457 object in didResolutionMetadata, a ledger's an INTERNAL_ERROR.
- A deactivated DID resolves: no document, `deactivated` true, no error.
- `versionTime` after the head gives the latest version; such an answer must not be cached (`after_head`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from registry_client.core.assurance import Assurance
from registry_client.core.dereference import (
    PARAMETERS,
    Selection,
    follow,
    parse_parameters,
    select_endpoints,
    select_part,
)
from registry_client.core.did import (
    KIND_HOLDER,
    METHOD,
    Did,
    format_did,
    method_of,
    parse_did,
    parse_did_url,
    parse_mapae,
)
from registry_client.core.did_self import resolve_did_jwk, resolve_did_key
from registry_client.core.document import DidDocument
from registry_client.core.document_builder import document_of
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import DidVersion, LedgerHead
from registry_client.core.strict_json import JsonObject
from registry_client.core.times import format_time, parse_time
from registry_client.errors import (
    DID_ERRORS,
    DereferencingError,
    DidNotFoundError,
    FeatureNotSupportedError,
    InvalidOptionsError,
    MalformedValueError,
    MethodNotSupportedError,
    RegistryError,
)
from registry_client.flows import Flow
from registry_client.ports import LedgerReader

DOCUMENT_MEDIA_TYPE: Final = "application/did"
URI_LIST: Final = "text/uri-list"
VERSION_MAX: Final = 2**32 - 1
_SELF_CERTIFYING: Final[Mapping[str, Callable[[str], DidDocument]]] = {"key": resolve_did_key, "jwk": resolve_did_jwk}


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolved DID. `document`: JSON, None after deactivation. `checked`: the same as a DidDocument."""

    did: Did
    document: JsonObject | None
    document_metadata: JsonObject
    resolution_metadata: JsonObject
    checked: DidDocument | None = field(repr=False, default=None)
    version: DidVersion | None = field(repr=False, default=None)
    """The ledger's fact behind it; None for did:key and did:jwk."""
    after_head: bool = False
    """Asked for a time that the ledger has not reached: must not be cached."""

    @property
    def metadata(self) -> JsonObject:
        """DidDocumentMetadata."""
        return self.document_metadata

    @property
    def assurance(self) -> Assurance:
        """How the answer is known; a DID that carries its own key needs nobody's word."""
        return self.version.assurance if self.version else Assurance.PROVEN

    @property
    def is_deactivated(self) -> bool:
        """Whether the version asked for is the DID's end."""
        return self.document is None

    def to_json(self) -> JsonObject:
        """Return the W3C resolution result."""
        return {
            "didDocument": self.document,
            "didDocumentMetadata": self.document_metadata,
            "didResolutionMetadata": self.resolution_metadata,
        }


@dataclass(frozen=True, slots=True)
class Dereferenced:
    """What a DID URL names. `content`: a verification method, a service, the document, or URLs (`text/uri-list`)."""

    url: str
    content: JsonObject | str
    resolution: Resolution = field(repr=False)
    content_type: str = DOCUMENT_MEDIA_TYPE

    def to_json(self) -> JsonObject:
        """Return the W3C dereferencing result."""
        return {
            "dereferencingMetadata": {"contentType": self.content_type},
            "contentStream": self.content,
            "contentMetadata": self.resolution.document_metadata,
        }


def resolve(
    ledger: LedgerReader, did: str, *, version_id: str | None = None, version_time: str | None = None
) -> Flow[Resolution]:
    """Resolve a DID: the latest version, `version_id` ("1", "2", ...) or the one in force at `version_time` (UTC, Z).

    Raises InvalidDidError, MethodNotSupportedError, InvalidOptionsError, DidNotFoundError, InvalidDidDocumentError, and
    LedgerError when the ledger cannot tell.
    """
    parsed = parse_did(did)
    method = method_of(parsed)
    if method != METHOD:
        return (yield from _resolve_self(parsed, method, version_id=version_id, version_time=version_time))
    own = parse_mapae(parsed)
    version, time = _version_option(version_id, version_time), _time_option(version_time)
    if own.network != ledger.network:
        raise DidNotFoundError(f"this ledger is {ledger.network}, the DID is of {own.network}", did=parsed)
    fact = yield from ledger.did_version(own.did_id, version=version, time=time)
    if fact is None:
        raise DidNotFoundError(_why_missing(version_id, version_time), did=parsed)
    checked = document_of(fact, parsed)
    return Resolution(
        parsed,
        checked.json if checked else None,
        document_metadata(fact, ledger.network),
        {"contentType": DOCUMENT_MEDIA_TYPE, "ledger": _place(fact.head), "assurance": fact.assurance.value},
        checked,
        fact,
        after_head=time is not None and time > fact.head.time,
    )


def resolution_result(
    ledger: LedgerReader, did: str, *, version_id: str | None = None, version_time: str | None = None
) -> Flow[JsonObject]:
    """Resolve a DID to the W3C result object; failures are in it (`didResolutionMetadata.error`)."""
    try:
        resolution = yield from resolve(ledger, did, version_id=version_id, version_time=version_time)
    except RegistryError as error:
        return {"didDocument": None, "didDocumentMetadata": {}, "didResolutionMetadata": {"error": _problem(error)}}
    return resolution.to_json()


def dereference(ledger: LedgerReader, url: str, *, verification_relationship: str | None = None) -> Flow[Dereferenced]:
    """Dereference a DID URL: a fragment, `service`, `serviceType`, `relativeRef`, `versionId`, `versionTime`.

    `verification_relationship`: the fragment must name a key that stands under it.
    Raises InvalidDidUrlError, FeatureNotSupportedError, InvalidOptionsError, DereferencingError,
    InvalidVerificationMethodError, WrongRelationshipError, and whatever resolution raises.
    """
    parts, seen = parse_did_url(url), [url]
    while True:
        parameters = parse_parameters(parts.query)
        if parts.path or parameters.keys() - PARAMETERS:
            raise FeatureNotSupportedError("DID URLs with a path or parameters of their own are not dereferenced")
        selection = Selection.of(parts.fragment, parameters, relationship=verification_relationship)
        resolution = yield from resolve(
            ledger, parts.did, version_id=parameters.get("versionId"), version_time=parameters.get("versionTime")
        )
        if resolution.document is None:
            raise DereferencingError("the DID is deactivated: it has no document to look into", url=url[:256])
        if selection.names_document:
            return Dereferenced(url, resolution.document, resolution)
        if not selection.names_service:
            return Dereferenced(url, select_part(resolution.document, parts.did, selection), resolution)
        urls = select_endpoints(resolution.document, parts.did, selection)
        following = follow(urls[0], seen)
        if following is None:
            return Dereferenced(url, "\n".join(urls), resolution, URI_LIST)
        parts = following


def document_metadata(fact: DidVersion, network: str) -> JsonObject:
    """Return didDocumentMetadata of one version: times in whole seconds UTC, versions as strings."""
    metadata: JsonObject = {}
    if fact.created_at is not None:
        metadata["created"] = format_time(fact.created_at)
    if fact.version > 1:
        metadata["updated"] = format_time(fact.block_time)
    metadata["versionId"] = str(fact.version)
    if not fact.is_active:
        metadata["deactivated"] = True
    if fact.next_version_at is not None:
        metadata["nextVersionId"] = str(fact.version + 1)
        metadata["nextUpdate"] = format_time(fact.next_version_at)
    metadata["blockNumber"] = _bounded(fact.block_number)
    if fact.block_hash is not None:
        metadata["blockHash"] = encode_hex(fact.block_hash)
    if fact.transaction_hash is not None:
        metadata["transactionHash"] = encode_hex(fact.transaction_hash)
    metadata["historyDigest"] = encode_hex(fact.history_digest)
    metadata["controller"] = encode_hex(fact.controller)
    metadata["final"] = fact.block_number <= fact.head.final_number
    metadata["assurance"] = fact.assurance.value
    if fact.kind == KIND_HOLDER and fact.guardian is not None:
        metadata["guardian"] = format_did(network, fact.guardian)
    if fact.pending != "none":
        metadata["pending"] = fact.pending
    return metadata


def _resolve_self(did: Did, method: str, *, version_id: str | None, version_time: str | None) -> Flow[Resolution]:
    resolver = _SELF_CERTIFYING.get(method)
    if resolver is None:
        raise MethodNotSupportedError(
            f"did:{METHOD}, did:key and did:jwk are resolved here, not did:{method[:32]}", did=did[:128]
        )
    if version_id is not None or version_time is not None:
        raise FeatureNotSupportedError(f"a did:{method} has one version for ever", did=did[:128])
    yield from ()
    document = resolver(did)
    return Resolution(did, document.json, {}, {"contentType": DOCUMENT_MEDIA_TYPE}, document)


def _version_option(version_id: str | None, version_time: str | None) -> int | None:
    if version_id is None:
        return None
    if version_time is not None:
        raise InvalidOptionsError("versionId and versionTime exclude each other")
    good = version_id.isascii() and version_id.isdecimal() and not version_id.startswith("0") and len(version_id) <= 10
    if not good or int(version_id) > VERSION_MAX:
        raise InvalidOptionsError("versionId is a version number: 1, 2, 3, ...", versionId=version_id[:32])
    return int(version_id)


def _time_option(version_time: str | None) -> int | None:
    if version_time is None:
        return None
    try:
        return parse_time(version_time, "versionTime")
    except MalformedValueError as error:
        raise InvalidOptionsError(error.detail, versionTime=version_time[:64]) from None


def _why_missing(version_id: str | None, version_time: str | None) -> str:
    if version_id is not None:
        return f"the ledger has no final version {version_id} of this DID"
    return "the DID did not exist at that time" if version_time is not None else "no such DID on this ledger"


def _problem(error: RegistryError) -> JsonObject:
    """Return the error object; what no W3C code names is INTERNAL_ERROR, and its text still says what happened."""
    problem = error.as_problem()
    if not error.type_uri.startswith(DID_ERRORS):
        problem["type"] = RegistryError.type_uri
    return problem


def _place(head: LedgerHead) -> JsonObject:
    return {
        "block_number": head.number,
        "block_hash": encode_hex(head.hash),
        "block_time": head.time,
        "final": head.final_number,
    }


def _bounded(number: int) -> Any:
    """Numbers above 2^32 - 1 are strings in resolution metadata."""
    return number if number <= VERSION_MAX else str(number)
