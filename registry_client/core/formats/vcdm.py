"""The shape of a VCDM 2.0 credential or presentation: what must hold before a proof is worth checking.

- JSON only, so a term that no context maps would be signed without meaning anything to a JSON-LD reader: unknown
  members at the top are refused here, and unknown claims against the type's schema by the plan.
- Spec: Verifiable Credentials Data Model 2.0, sections 4 and 5.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.credential_types import vct_of_schema
from registry_client.core.formats.related import RelatedResource, check_related
from registry_client.core.times import parse_time
from registry_client.errors import FormatNotSupportedError, MalformedValueError

CREDENTIAL_TYPE: Final = "VerifiableCredential"
PRESENTATION_TYPE: Final = "VerifiablePresentation"
CREDENTIAL_MEMBERS: Final = frozenset(
    {
        "@context", "id", "type", "name", "description", "issuer", "validFrom", "validUntil", "credentialSubject",
        "credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence", "relatedResource",
        "renderMethod", "confidenceMethod", "proof",
    }
)  # fmt: skip
_PRESENTATION_MEMBERS: Final = frozenset(
    {"@context", "id", "type", "holder", "verifiableCredential", "termsOfUse", "proof"}
)
_TYPED: Final = (
    "credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence", "renderMethod",
    "confidenceMethod",
)  # fmt: skip
"""Members whose values are objects with a `type`, and an `id` that is a URL if they have one (section 4)."""
URL_MAX_LENGTH: Final = 2_048  # characters
_DID: Final = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+", re.ASCII)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"\\^`{|}]+", re.ASCII)
_LIST_MAX: Final = 16  # entries of a list at the top


class Shape(NamedTuple):
    """A credential whose shape was checked, taken apart."""

    contexts: tuple[str, ...]
    types: tuple[str, ...]
    issuer: str
    subject: str | None
    claims: dict[str, Any]
    valid_from: int | None
    valid_until: int | None
    resources: tuple[RelatedResource, ...] = ()
    """Related resources that are not pinned here."""


def check_credential(document: Mapping[str, Any], *, members: frozenset[str] = CREDENTIAL_MEMBERS) -> Shape:
    """Check the shape of a credential and take it apart. Raises MalformedValueError, FormatNotSupportedError.

    `members`: what may stand at the top, where an envelope has claims of its own beside the credential's.
    """
    if not members.issuperset(document):
        raise MalformedValueError("members that no context maps", members=sorted(document.keys() - members)[:8])
    contexts = contexts_of(document)
    types = types_of(document, CREDENTIAL_TYPE)
    if "id" in document:
        require_url(document["id"], "id")
    if "name" in document:
        _check_language_map(document["name"], "name")
    if "description" in document:
        _check_language_map(document["description"], "description")
    subject, claims = _subject_of(document.get("credentialSubject"))
    for name in _TYPED:
        if name in document:
            _check_typed(document[name], name)
    if "credentialSchema" in document:
        for entry in entries_of(document["credentialSchema"]):
            require_url(entry.get("id"), "credentialSchema.id")
    resources = _check_related(document["relatedResource"]) if "relatedResource" in document else ()
    start = parse_time(document["validFrom"], "validFrom") if "validFrom" in document else None
    end = parse_time(document["validUntil"], "validUntil") if "validUntil" in document else None
    if start is not None and end is not None and end < start:
        raise MalformedValueError("validUntil lies before validFrom")
    return Shape(contexts, types, issuer_of(document), subject, claims, start, end, resources)


def check_presentation(document: Mapping[str, Any], *, limit: int = 1) -> list[dict[str, Any]]:
    """Check the shape of a presentation and return its credentials, at most `limit`, each there once.

    Raises MalformedValueError, FormatNotSupportedError.
    """
    if unknown := document.keys() - _PRESENTATION_MEMBERS:
        raise MalformedValueError("members that no context maps", members=sorted(unknown)[:8])
    contexts_of(document)
    types_of(document, PRESENTATION_TYPE)
    if "id" in document:
        require_url(document["id"], "id")
    if "termsOfUse" in document:
        _check_typed(document["termsOfUse"], "termsOfUse")
    credentials = entries_of(document.get("verifiableCredential"))
    if not 1 <= len(credentials) <= limit:
        raise MalformedValueError(
            "a presentation carries exactly one credential here"
            if limit == 1
            else f"a presentation carries 1 to {limit} credentials",
            count=len(credentials),
        )
    for place, credential in enumerate(credentials):
        if type(credential) is not dict:
            raise MalformedValueError("verifiableCredential is an object")
        if credential in credentials[:place]:
            raise MalformedValueError("a credential is presented twice", place=place)
    return credentials


def contexts_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return `@context`: URLs only, credentials/v2 first. Raises MalformedValueError."""
    contexts = document.get("@context")
    if type(contexts) is not list or not contexts or contexts[0] != CREDENTIALS_V2 or len(contexts) > _LIST_MAX:
        raise MalformedValueError(f"@context is a list that starts with {CREDENTIALS_V2}")
    return _names(contexts, "@context")


def types_of(document: Mapping[str, Any], required: str) -> tuple[str, ...]:
    """Return `type`, which must contain `required`. Raises MalformedValueError, FormatNotSupportedError."""
    value = document.get("type")
    types = [value] if type(value) is str else value
    if type(types) is not list or len(types) > _LIST_MAX:
        raise MalformedValueError("type is a name or a list of names")
    names = _names(types, "type")
    if required not in names:
        raise FormatNotSupportedError(f"type has {required}", types=names[:4])
    return names


def _names(values: list[Any], member: str) -> tuple[str, ...]:
    """Return a list of distinct strings as a tuple; anything embedded in it is refused."""
    for value in values:
        if type(value) is not str:
            raise MalformedValueError(f"{member} lists names, and nothing embedded", member=member)
    if len(set(values)) != len(values):
        raise MalformedValueError(f"{member} lists each name once", member=member)
    return tuple(values)


def issuer_of(document: Mapping[str, Any], name: str = "issuer") -> str:
    """Return the DID or URL of the issuer: a string, or an object with an `id`. Raises MalformedValueError."""
    value = document.get(name)
    return require_url(value.get("id") if isinstance(value, dict) else value, name)


def schema_of(document: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return (vct, digestSRI) of a document's one `credentialSchema` of type JsonSchema, None where there is none."""
    schema = document.get("credentialSchema", {})
    if type(schema) is list:
        schema = schema[0] if len(schema) == 1 else {}
    return (vct_of_schema(schema["id"]) if schema.get("type") == "JsonSchema" else None), schema.get("digestSRI")


def entries_of(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list as a list; null is a value, and never a good one."""
    return value if type(value) is list else [value]


def require_url(value: object, name: str) -> str:
    """Return a URL or DID: a bounded string with a scheme and no white space. Raises MalformedValueError."""
    if type(value) is not str or len(value) > URL_MAX_LENGTH:
        raise MalformedValueError(f"{name} is a URL", member=name)
    if not _is_url(value):
        raise MalformedValueError(f"{name} is a URL", member=name, value=value[:64])
    return value


@lru_cache(maxsize=1_024)
def _is_url(value: str) -> bool:
    return _DID.fullmatch(value) is not None if value.startswith("did:") else _URL.fullmatch(value) is not None


def _subject_of(value: Any) -> tuple[str | None, dict[str, Any]]:
    """Return the one subject's id, if any, and what is said about it."""
    subject = value[0] if type(value) is list and len(value) == 1 else value
    if type(subject) is not dict or not subject:
        raise MalformedValueError("credentialSubject is one object that says something about somebody")
    if "id" not in subject:
        return None, subject
    claims = subject.copy()
    return require_url(claims.pop("id"), "credentialSubject.id"), claims


def _check_typed(value: Any, name: str) -> None:
    entries = entries_of(value)
    if len(entries) > _LIST_MAX:
        raise MalformedValueError(f"{name} has more than {_LIST_MAX} entries")
    for entry in entries:
        kind = entry.get("type") if type(entry) is dict else None
        if type(kind) is not str and not (type(kind) is list and kind and all(type(item) is str for item in kind)):
            raise MalformedValueError(f"every {name} has a type", member=name)
        if "id" in entry:
            require_url(entry["id"], f"{name}.id")


def _check_language_map(value: Any, name: str) -> None:
    entries: Iterable[Any] = value if type(value) is list else [value]
    for entry in entries:
        if type(entry) is str:
            continue
        if type(entry) is not dict or type(entry.get("@value")) is not str or entry.keys() - {
            "@value", "@language", "@direction",
        }:  # fmt: skip
            raise MalformedValueError(f"{name} is text or a language value object", member=name)


def _check_related(value: Any) -> tuple[RelatedResource, ...]:
    entries, urls = entries_of(value), []
    for entry in entries:
        if type(entry) is not dict or not ({"digestSRI", "digestMultibase"} & entry.keys()):
            raise MalformedValueError("a relatedResource is an object with a digest")
        url = require_url(entry.get("id"), "relatedResource.id")
        if url in urls:
            raise MalformedValueError("a relatedResource is listed twice", id=url[:128])
        urls.append(url)
    return check_related(entries, urls)
