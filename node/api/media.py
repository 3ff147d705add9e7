"""Which representation a resolution client wants: Accept lists with quality values (RFC 9110 section 12.5.1)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from registry_client.errors import RepresentationNotSupportedError

FULL: Final = b"application/did-resolution;charset=utf-8"
"""The whole result. Without charset the Universal Resolver reads Korean as ISO-8859-1."""
NEWEST_DOCUMENT: Final = b"application/did"
DEACTIVATED_STATUS: Final = 410
_OFFERED: Final = {
    "application/did-resolution": FULL,
    "application/did": b"application/did;charset=utf-8",
    "application/did+json": b"application/did+json;charset=utf-8",
    "application/did+ld+json": b"application/did+ld+json;charset=utf-8",
    "application/ld+json;profile=https://w3id.org/did-resolution": FULL,
    "application/ld+json": b"application/did+ld+json;charset=utf-8",
}
"""In the order of preference; what follows application/did is for older clients. The last is what drivers of the
Universal Resolver are told to expect (its docs/driver-development.md), and so is the answer's type."""
_ACCEPT_MAX: Final = 4_096  # characters


@lru_cache(maxsize=256)
def negotiate(accept: str) -> bytes:
    """Return the Content-Type to answer with. Raises RepresentationNotSupportedError.

    No header, `*/*` and `application/*` get the whole result. Equal quality: the first that is named.
    """
    return choose(accept, _OFFERED, default=FULL)


def choose(accept: str, offered_types: Mapping[str, bytes], *, default: bytes) -> bytes:
    """Return what an Accept header asks for out of media type -> answer; anything is as good as `default`.

    Raises RepresentationNotSupportedError.
    """
    if len(accept) > _ACCEPT_MAX:
        raise RepresentationNotSupportedError("the Accept header is too long", length=len(accept))
    if not accept.strip():
        return default
    best: tuple[float, int] = (0.0, 0)
    chosen: bytes | None = None
    items = [_item(item) for item in _split(accept)]
    refused = {offered_types[name] for name, quality in items if quality == 0 and name in offered_types}
    anything = next((answer for answer in (default, *offered_types.values()) if answer not in refused), None)
    for place, (name, quality) in enumerate(items):
        offered = anything if name in {"*/*", "application/*"} else offered_types.get(name)
        if offered is not None and (quality, -place) > best and quality > 0:
            best, chosen = (quality, -place), offered
    if chosen is None:
        raise RepresentationNotSupportedError(f"offered: {', '.join(offered_types)}", accept=accept[:256])
    return chosen


def _split(accept: str) -> list[str]:
    pieces, quoted, start = [], False, 0
    for place, character in enumerate(accept):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            pieces.append(accept[start:place])
            start = place + 1
    return [*pieces, accept[start:]]


def _item(text: str) -> tuple[str, float]:
    """Return a media type (with a profile, if it has one) and its quality; an unreadable quality is zero."""
    name, *parameters = (piece.strip() for piece in text.split(";"))
    quality, profile = 1.0, ""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        match key.strip().lower():
            case "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
            case "profile":
                profile = ";profile=" + value.strip().strip('"')
            case _:
                pass
    return name.lower() + profile, quality if 0 <= quality <= 1 else 0.0
