"""Service codes: what a verifier may ask for, of which type, and why, as the type's owner registered it.

- The anchored document is JCS JSON {"type": vct, "claims": [names], "purpose": {"ko", "en"}}.
- The wallet refuses a request that goes beyond it; the verifier drops what was disclosed beyond it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from registry_client.core.encoding import encode_hex
from registry_client.core.facts import ServiceRecord
from registry_client.core.strict_json import parse_object
from registry_client.errors import MalformedValueError, PurposeExceededError

DOCUMENT_MAX_LENGTH: Final = 8_192  # bytes
CLAIMS_MAX: Final = 64
_CODE: Final = re.compile(r"[A-Z0-9-]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Service:
    """The content of a registered service."""

    vct: str
    claims: frozenset[str]
    """Names at the top of the claims; what is inside a claim comes with it."""
    purpose_ko: str
    purpose_en: str


def require_code(code: object) -> str:
    """Return a service code: 1 to 32 of A-Z, 0-9 and -. Raises MalformedValueError."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise MalformedValueError("a service code has 1 to 32 of A-Z, 0-9 and -")
    return code


def parse_service(document: bytes) -> Service:
    """Read an anchored service document. Raises ParsingError, MalformedValueError."""
    value = parse_object(document, max_bytes=DOCUMENT_MAX_LENGTH)
    vct, claims, purpose = value.get("type"), value.get("claims"), value.get("purpose")
    if not isinstance(vct, str) or not isinstance(claims, list) or not isinstance(purpose, dict):
        raise MalformedValueError("a service document has type, claims and purpose")
    if not 0 < len(claims) <= CLAIMS_MAX or not all(isinstance(name, str) for name in claims):
        raise MalformedValueError(f"a service lists 1 to {CLAIMS_MAX} claim names")
    korean, english = purpose.get("ko"), purpose.get("en")
    if not isinstance(korean, str) or not isinstance(english, str):
        raise MalformedValueError("a service's purpose is text in ko and en")
    return Service(vct, frozenset(claims), korean, english)


def verify_service(
    record: ServiceRecord | None, service: Service | None, *, code: str, verifier: bytes, vct: str | None, at: int
) -> tuple[ServiceRecord, Service]:
    """Verify that a service is registered for this verifier and type at time `at`; return what was looked at.

    `service`: the record's document, parsed; both None if the ledger has none. Raises PurposeExceededError.
    """
    if record is None or service is None:
        raise PurposeExceededError("the type's owner registered no such service", service=code)
    if record.verifier != verifier:
        owner = encode_hex(record.verifier)
        raise PurposeExceededError("the service is another verifier's", service=code, verifier=owner)
    if not record.covers(at):
        raise PurposeExceededError("the service is not in force now", service=code, valid_until=record.valid_until)
    if service.vct != vct:
        raise PurposeExceededError("the service is for another type", service=code, type=service.vct)
    return record, service


def surplus_of(service: Service, claims: Iterable[str]) -> list[str]:
    """Return the claim names that the service does not allow, sorted."""
    return sorted([name for name in claims if name not in service.claims])
