"""What is asked under /1.0/identifiers/: a DID or a DID URL, parameters and options, read in the order of the standard.

Syntax (INVALID_DID, INVALID_DID_URL), method (METHOD_NOT_SUPPORTED), unknown options (FEATURE_NOT_SUPPORTED), values
and combinations (INVALID_OPTIONS). Parameters may stand in the DID URL or in the query of the request, never in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from node.services.dids import SELF_CERTIFYING
from registry_client.core.dereference import PARAMETERS, Selection, parse_parameters
from registry_client.core.did import DID_MAX_LENGTH, METHOD, Did, method_of, parse_did, parse_did_url, parse_mapae
from registry_client.core.times import parse_time
from registry_client.errors import (
    FeatureNotSupportedError,
    InvalidDidError,
    InvalidDidUrlError,
    InvalidOptionsError,
    MalformedValueError,
    MethodNotSupportedError,
)

OPTIONS: Final = frozenset({"noCache", "expandRelativeUrls", "accept", "verificationRelationship"})
_VERSION_MAX: Final = (1 << 32) - 1
_QUERY_MAX: Final = 4_096  # bytes


@dataclass(frozen=True, slots=True)
class ResolutionRequest:
    """A request whose syntax, method and options are right. `accept`: of the options, instead of the header's."""

    did: Did
    method: str
    url: str
    selection: Selection
    version: int | None = None
    time: int | None = None
    no_cache: bool = False
    accept: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the latest version of a document is asked for: what can be answered from memory."""
        return self.version is None and self.time is None and not self.no_cache and self.selection.names_document


def read_request(path: bytes, query: bytes, body: Mapping[str, Any] | None = None) -> ResolutionRequest:
    """Read a request. `path`: what follows /1.0/identifiers/, as it came. `body`: the options of a POST.

    Raises InvalidDidError, InvalidDidUrlError, MethodNotSupportedError, FeatureNotSupportedError, InvalidOptionsError.
    """
    text = _text_of(path)
    if len(query) > _QUERY_MAX:
        raise InvalidOptionsError("the query is too long", length=len(query))
    parts = parse_did_url(_did_url_of(text))
    given = _merged(parse_parameters(parts.query), parse_parameters(query.decode("latin-1")), _texts(body or {}))
    method = method_of(parts.did)
    if method == METHOD:
        parse_mapae(parts.did)
    elif method not in SELF_CERTIFYING:
        listed = ", ".join(SELF_CERTIFYING)
        raise MethodNotSupportedError(f"this resolver speaks {METHOD}, {listed}; not {method[:64]}", did=parts.did)
    if unknown := sorted(given.keys() - PARAMETERS - OPTIONS):
        raise FeatureNotSupportedError(f"not supported here: {unknown[0][:64]}", option=unknown[0][:64])
    if parts.path:
        raise FeatureNotSupportedError("this method gives no meaning to a path: use service and relativeRef")
    if method != METHOD and given.keys() & {"versionId", "versionTime"}:
        raise FeatureNotSupportedError(f"a did:{method} has one version for ever", did=parts.did)
    if given.keys() >= {"versionId", "versionTime"}:
        raise InvalidOptionsError("versionId and versionTime exclude each other")
    _flag(given, "expandRelativeUrls")  # every id in our documents is absolute: expanded, they are what they are
    return ResolutionRequest(
        did=parts.did,
        method=method,
        url=str(parts),
        selection=Selection.of(parts.fragment, given, relationship=given.get("verificationRelationship")),
        version=_version(given.get("versionId")),
        time=_time(given.get("versionTime")),
        no_cache=_flag(given, "noCache"),
        accept=given.get("accept"),
    )


def _text_of(raw: bytes) -> str:
    """Decode a percent-encoded path; what is not ASCII after that is no DID."""
    if len(raw) > 3 * DID_MAX_LENGTH:
        raise InvalidDidError(f"a DID has at most {DID_MAX_LENGTH} characters", length=len(raw))
    return unquote_to_bytes(raw).decode("latin-1")


def _did_url_of(text: str) -> str:
    """Tell a bad DID from a good DID with something bad after it. Raises InvalidDidError, InvalidDidUrlError."""
    end = min((at for at in map(text.find, "/?#") if at >= 0), default=len(text))
    parse_did(text[:end])
    if end < len(text):
        parse_did_url(text)
    return text


def _merged(url: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, str]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for source in (url, query, body):
        for name, value in source.items():
            if name in merged:
                raise InvalidDidUrlError(f"the parameter {name[:64]} is given twice", parameter=name[:64])
            merged[name] = value
    return merged


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of a body as texts: JSON's true and false are as good as "true" and "false"."""
    texts = {}
    for name, value in body.items():
        if not isinstance(value, str | bool):
            raise InvalidOptionsError(f"{name[:64]} is a text", option=name[:64])
        texts[name] = value if isinstance(value, str) else str(value).lower()
    return texts


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false")
    if text not in {"true", "false"}:
        raise InvalidOptionsError(f"{name} is true or false", option=name)
    return text == "true"


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    good = text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) <= len(str(_VERSION_MAX))
    if not good or int(text) > _VERSION_MAX:
        raise InvalidOptionsError("versionId is a version number: 1, 2, 3 ...", versionId=text[:32])
    return int(text)


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.endswith("Z") or "." in text:  # normalised: that also makes it one key in a cache
        raise InvalidOptionsError(
            "versionTime is UTC in whole seconds, like 2026-01-31T09:00:00Z", versionTime=text[:64]
        )
    try:
        return parse_time(text, "versionTime")
    except MalformedValueError as error:
        raise InvalidOptionsError(error.detail, versionTime=text[:64]) from None
