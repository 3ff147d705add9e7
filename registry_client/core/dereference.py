"""What a DID URL names inside a resolved document (DID Resolution v1, dereferencing): pure.

- A fragment names a verification method or a service; it is handed out with the document's @context.
- `service` or `serviceType` names endpoints; `relativeRef` is resolved against them (RFC 3986 section 5).
- A relative reference never leaves its endpoint's host and never climbs: it is decoded until nothing is left to decode,
  and refused if any segment is `..`, if it names a host or a scheme, or if it hides a backslash or a control character.
- An endpoint may itself be a DID URL: the caller follows it, `HOPS_MAX` times at most and never in a circle.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, cast
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin, urlsplit

from registry_client.core.did import Did, DidUrlParts, parse_did_url
from registry_client.core.document import RELATIONSHIPS
from registry_client.core.strict_json import JsonObject
from registry_client.errors import (
    DereferencingError,
    FeatureNotSupportedError,
    InvalidDidUrlError,
    InvalidOptionsError,
    InvalidVerificationMethodError,
    WrongRelationshipError,
)

PARAMETERS: Final = frozenset({"service", "serviceType", "relativeRef", "versionId", "versionTime", "hl"})
"""Parameters of a DID URL that DID Core and DID Resolution name."""
UNSUPPORTED: Final = frozenset({"hl"})
HOPS_MAX: Final = 4
"""DID URLs that may lead to one another before an endpoint is reached."""
_PARAMETERS_MAX: Final = 20
_DECODINGS_MAX: Final = 8
"""Rounds of percent-decoding that a reference may need; more is not a reference but an attack."""
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_WEB: Final = re.compile(r"https?://[^/?#]", re.ASCII | re.IGNORECASE)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a document is meant. All None: the document itself."""

    fragment: str | None = None
    service: str | None = None
    service_type: str | None = None
    relative_ref: str | None = None
    relationship: str | None = None

    @classmethod
    def of(cls, fragment: str | None, parameters: Mapping[str, str], *, relationship: str | None = None) -> Self:
        """Read it off a DID URL. Raises FeatureNotSupportedError, InvalidOptionsError, InvalidDidUrlError."""
        if unsupported := sorted(UNSUPPORTED & parameters.keys()):
            raise FeatureNotSupportedError(f"the parameter {unsupported[0]} is not supported", parameter=unsupported[0])
        made = cls(
            fragment,
            parameters.get("service"),
            parameters.get("serviceType"),
            parameters.get("relativeRef"),
            relationship,
        )
        if relationship is not None and relationship not in RELATIONSHIPS:
            raise InvalidOptionsError(
                f"verificationRelationship is one of {', '.join(RELATIONSHIPS)}",
                verificationRelationship=relationship[:64],
            )
        if relationship is not None and (fragment is None or made.names_service):
            raise InvalidOptionsError("verificationRelationship needs a DID URL whose fragment names a key")
        if made.relative_ref is not None and not made.names_service:
            raise InvalidDidUrlError("relativeRef needs service or serviceType beside it")
        return made

    @property
    def names_service(self) -> bool:
        """Whether endpoints are asked for."""
        return self.service is not None or self.service_type is not None

    @property
    def names_document(self) -> bool:
        """Whether nothing but the document is asked for."""
        return self.fragment is None and not self.names_service


def parse_parameters(query: str | None) -> dict[str, str]:
    """Read a query, percent-decoded, `+` being itself. Raises InvalidDidUrlError: a name twice, too many, not UTF-8."""
    found: dict[str, str] = {}
    pieces = query.split("&", _PARAMETERS_MAX) if query else []
    for piece in pieces:
        raw, _, value = piece.partition("=")
        name = _decoded(raw)
        if name in found:
            raise InvalidDidUrlError(f"the parameter {name[:64]} is given twice", parameter=name[:64])
        found[name] = _decoded(value)
    if len(pieces) > _PARAMETERS_MAX:
        raise InvalidDidUrlError(f"a DID URL has at most {_PARAMETERS_MAX} parameters")
    return found


def select_part(document: JsonObject, did: Did, selection: Selection) -> JsonObject:
    """Return the verification method or service under the fragment, with @context.

    Raises DereferencingError (no such part), InvalidVerificationMethodError, WrongRelationshipError.
    """
    wanted = f"{did}#{selection.fragment}"
    methods = {item["id"]: item for item in document.get("verificationMethod", ())}
    found = methods.get(wanted)
    if selection.relationship is not None:
        if found is None:
            raise InvalidVerificationMethodError("the document has no such verification method", method=wanted[:256])
        if wanted not in document.get(selection.relationship, ()):
            raise WrongRelationshipError(
                f"the key is not listed under {selection.relationship}",
                method=wanted[:256],
                relationship=selection.relationship,
            )
    found = found or next((item for item in document.get("service", ()) if item["id"] == wanted), None)
    if found is None:
        raise DereferencingError(f"the document has no #{(selection.fragment or '')[:64]}", url=wanted[:256])
    return {"@context": document["@context"], **found}


def select_endpoints(document: JsonObject, did: Did, selection: Selection) -> list[str]:
    """Return the endpoint URLs that are meant, `relativeRef` and fragment applied, in the document's order.

    Raises DereferencingError (no such service, or none with a URL), InvalidDidUrlError (the reference leads elsewhere).
    """
    urls = [url for service in _services(document, did, selection) for url in _urls_of(service)]
    if not urls:
        raise DereferencingError(
            "the document has no such service with a URL",
            service=(selection.service or "")[:64],
            serviceType=(selection.service_type or "")[:64],
        )
    if selection.relative_ref is not None:
        urls = [join_reference(url, selection.relative_ref) for url in urls]
    if selection.fragment is not None:
        urls = [_with_fragment(url, selection.fragment) for url in urls]
    return [quote(url, safe="!#$%&'()*+,/:;=?@[]~") for url in urls]


def follow(url: str, seen: list[str]) -> DidUrlParts | None:
    """Return a DID URL that an endpoint leads to, None for any other URL. `seen`: those followed, this one is added.

    Raises DereferencingError if it leads in a circle or too far, InvalidDidUrlError.
    """
    if not url.startswith("did:"):
        return None
    if url in seen:
        raise DereferencingError("the service's endpoints lead in a circle", url=url[:256])
    if len(seen) >= HOPS_MAX:
        raise DereferencingError(f"the service's endpoints lead through more than {HOPS_MAX} DID URLs", url=url[:256])
    seen.append(url)
    return parse_did_url(url)


def require_web(urls: list[str]) -> str:
    """Return the first http(s) URL: where a client may be sent. A DID document may name any URI, `javascript:` too.

    Raises DereferencingError if there is none.
    """
    for url in urls:
        if _WEB.match(url):
            return url
    raise DereferencingError(
        "the service has no http(s) endpoint to be sent to; ask for application/did-url-dereferencing to read it",
        endpoint=urls[0][:256],
    )


def join_reference(base: str, reference: str) -> str:
    """Resolve a relative reference against an endpoint (RFC 3986 section 5). Raises InvalidDidUrlError."""
    decoded = _fully_decoded(reference)
    segments = [segment.partition(";")[0].strip() for segment in re.split(r"[/?#]", decoded)]
    if ".." in segments or _FORBIDDEN.search(decoded) or decoded.startswith("//") or _SCHEME.match(decoded):
        raise InvalidDidUrlError("relativeRef leads out of the service's endpoint", relativeRef=reference[:128])
    joined = urljoin(base, reference)
    if urlsplit(joined)[:2] != urlsplit(base)[:2]:
        raise InvalidDidUrlError(
            "the service's endpoint cannot take a relative reference", endpoint=base[:256], relativeRef=reference[:128]
        )
    return joined


def _services(document: JsonObject, did: Did, selection: Selection) -> Iterator[JsonObject]:
    wanted = None if selection.service is None else f"{did}#{selection.service}"
    for item in document.get("service", ()):
        types = item["type"] if isinstance(item["type"], list) else [item["type"]]
        if wanted in {None, item["id"]} and selection.service_type in {None, *types}:
            yield cast("JsonObject", item)


def _urls_of(service: Mapping[str, Any]) -> Iterator[str]:
    endpoints = service["serviceEndpoint"]
    for endpoint in endpoints if isinstance(endpoints, list) else [endpoints]:
        uri = endpoint.get("uri") if isinstance(endpoint, dict) else endpoint
        if isinstance(uri, str):
            yield uri


def _with_fragment(url: str, fragment: str) -> str:
    if "#" in url:
        raise InvalidDidUrlError("the endpoint and the DID URL both have a fragment", endpoint=url[:256])
    return f"{url}#{fragment}"


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise InvalidDidUrlError("a parameter is not UTF-8 after decoding", parameter=text[:64]) from None


def _fully_decoded(text: str) -> str:
    for _ in range(_DECODINGS_MAX):
        following = unquote(text)
        if following == text:
            return text
        text = following
    raise InvalidDidUrlError("relativeRef is encoded too many times over", relativeRef=text[:128])
