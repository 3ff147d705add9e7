"""Related resources of a VCDM 2.0 credential: named with digests, so that nobody can swap what it rests on.

- Contexts that are pinned here are checked with the shape, when issuing and when verifying: a wrong digest is refused.
- What is anchored with the type is checked by the plan; what nobody here holds is undetermined. Nothing is fetched.
- A digest is Subresource Integrity (of several values the strongest algorithm counts) or a multibase multihash.
- Spec: Verifiable Credentials Data Model 2.0, section 5.3.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from hashlib import sha256, sha384, sha512
from hmac import compare_digest
from typing import Any, Final, NamedTuple

from registry_client.core.contexts import PINNED_DIGESTS
from registry_client.core.encoding import decode_base58, decode_base64url
from registry_client.errors import MalformedValueError

Digests = Mapping[str, bytes]
"""Algorithm -> digest of one resource."""
RESOURCES_MAX: Final = 16
"""Related resources of one credential."""
_LENGTHS: Final = {"sha512": 64, "sha384": 48, "sha256": 32}
"""Algorithms by strength, and their lengths in bytes."""
_MULTIHASHES: Final = {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}
_TEXT_MAX: Final = 1_024  # characters


class RelatedResource(NamedTuple):
    """A resource that is not pinned here: its URL, and what its digest must be."""

    url: str
    sri: str | None
    multibase: str | None

    def require_digests(self, known: Digests) -> None:
        """Refuse a resource with other digests than the ones named. Raises MalformedValueError."""
        if self.sri is not None:
            algorithm, digests = _parse_sri(self.sri, self.url)
            if not any(compare_digest(digest, known[algorithm]) for digest in digests):
                raise MalformedValueError("digestSRI is not that of the resource", id=self.url[:128])
        if self.multibase is not None:
            algorithm, digest = _parse_multibase(self.multibase, self.url)
            if not compare_digest(digest, known[algorithm]):
                raise MalformedValueError("digestMultibase is not that of the resource", id=self.url[:128])


def digests_of(data: bytes) -> Digests:
    """Return every digest of a resource that a credential may name."""
    return {"sha256": sha256(data).digest(), "sha384": sha384(data).digest(), "sha512": sha512(data).digest()}


def check_related(entries: list[Any], urls: list[str]) -> tuple[RelatedResource, ...]:
    """Check related resources whose ids were read; return those that are not pinned. Raises MalformedValueError."""
    if len(entries) > RESOURCES_MAX:
        raise MalformedValueError(f"relatedResource has more than {RESOURCES_MAX} entries")
    others: list[RelatedResource] = []
    for entry, url in zip(entries, urls, strict=True):
        resource = RelatedResource(url, _text(entry, "digestSRI"), _text(entry, "digestMultibase"))
        if url in PINNED_DIGESTS:
            resource.require_digests(PINNED_DIGESTS[url])
            continue
        if resource.sri is not None:
            _parse_sri(resource.sri, url)
        if resource.multibase is not None:
            _parse_multibase(resource.multibase, url)
        others.append(resource)
    return tuple(others)


def _text(entry: Mapping[str, Any], name: str) -> str | None:
    if name not in entry:
        return None
    value = entry[name]
    if type(value) is not str or not value or len(value) > _TEXT_MAX:
        raise MalformedValueError(f"{name} is text", member=name)
    return value


def _parse_sri(text: str, url: str) -> tuple[str, list[bytes]]:
    """Return the strongest algorithm that is named, and its digests."""
    found: dict[str, list[bytes]] = {}
    for value in text.split():
        name, _, encoded = value.partition("-")
        if name in _LENGTHS:
            try:
                digest = b64decode(encoded.partition("?")[0], validate=True)
            except (Base64Error, ValueError):
                digest = b""
            if len(digest) != _LENGTHS[name]:
                raise MalformedValueError(f"digestSRI: {name} has {_LENGTHS[name]} bytes of base64", id=url[:128])
            found.setdefault(name, []).append(digest)
    for name in _LENGTHS:
        if name in found:
            return name, found[name]
    raise MalformedValueError("digestSRI names none of sha256, sha384, sha512", id=url[:128])


def _parse_multibase(text: str, url: str) -> tuple[str, bytes]:
    """Return algorithm and digest of a multihash in base58btc or base64url; 32 bare bytes are SHA-256."""
    readers = {"z": decode_base58, "u": decode_base64url}
    if text[0] not in readers:
        raise MalformedValueError("digestMultibase starts with z or u", id=url[:128])
    data = readers[text[0]](text[1:])
    name = _MULTIHASHES.get(data[:2])
    if name is not None and len(data) == 2 + _LENGTHS[name]:
        return name, data[2:]
    if len(data) == _LENGTHS["sha256"]:
        return "sha256", data
    raise MalformedValueError("digestMultibase is no multihash of SHA-2", id=url[:128])
