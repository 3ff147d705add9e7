"""A list at one moment, and how it is published: which parts, for how long, and what is known of one that was fetched.

- A snapshot is both planes of a list as they were at `seq` changes; its digest is what AnchorSnapshot anchors.
- It is published as three signed lists: two bitstrings (revocation, suspension) and one token list of two bits.
- Each carries `seq` and the digest, so that any of them can be held against the ledger, and none against an older one.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from struct import Struct
from typing import Final, Literal

from registry_client.core.did import Did
from registry_client.core.document import DidDocument
from registry_client.core.encoding import encode_hex
from registry_client.core.jose import verify_signature
from registry_client.core.policy import CLOCK_SKEW_S, SIGNED_BY_STATE
from registry_client.core.status import LIST_SIZE, PLANE_LENGTH, WORDS_LENGTH
from registry_client.errors import StatusListMalformedError, StatusStaleError

Purpose = Literal["revocation", "suspension"]
PURPOSES: Final[tuple[Purpose, ...]] = ("revocation", "suspension")
TOKEN_BITS: Final = 2  # bits of an entry in our token lists
VALID_S: Final = 86_400
"""How long a published list may be used; a day, as a gate's policy allows by default."""
TTL_S: Final = 300
"""How long a copy is kept before it is asked for again."""
_STATUS_FRAGMENT: Final = re.compile(r"status-[1-9][0-9]{0,8}", re.ASCII)
_PAIRS: Final = Struct(f"<{PLANE_LENGTH}H")
_SPREAD: Final = tuple(sum(1 << 2 * place for place in range(8) if byte & 0x80 >> place) for byte in range(256))
"""Eight places, most significant first -> sixteen bits, two a place, least significant first."""


@dataclass(frozen=True)
class Snapshot:
    """Both planes of a list as they were after `seq` changes. `words`: 32,768 bytes; `owner`: the agency's DID."""

    list_id: bytes
    owner: Did
    seq: int
    words: bytes

    def __post_init__(self) -> None:
        if len(self.words) != WORDS_LENGTH:
            raise StatusListMalformedError(f"a snapshot has {WORDS_LENGTH} bytes", length=len(self.words))

    @cached_property
    def digest(self) -> bytes:
        """sha256 of the words (32 bytes): what is anchored."""
        return sha256(self.words).digest()

    def plane(self, purpose: Purpose) -> bytes:
        """Return the 16,384 bytes of one purpose."""
        return self.words[:PLANE_LENGTH] if purpose == "revocation" else self.words[PLANE_LENGTH:]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A published list taken apart; nothing in it is verified before `verify_list`.

    `values`: a bitstring's plane (16,384 bytes) where `purpose` says which, else a token list's 32,768 bytes.
    Times are unix seconds.
    """

    list_id: bytes
    purpose: Purpose | None
    issuer: str
    method_id: str
    algorithm: str
    signed: bytes
    signature: bytes
    signed_at: int
    valid_from: int | None
    expires_at: int
    ttl_s: int
    seq: int
    digest: bytes
    values: bytes

    def value(self, index: int) -> int:
        """Return an entry: a bitstring's bit, or a token list's 0, 1 or 2. Raises StatusListMalformedError."""
        if not 0 <= index < LIST_SIZE:
            raise StatusListMalformedError(f"a status index lies in 0..{LIST_SIZE - 1}", index=index)
        if self.purpose is not None:
            return self.values[index >> 3] >> (7 - (index & 7)) & 1
        return self.values[index >> 2] >> 2 * (index & 3) & 3

    def require_purpose(self, purpose: str) -> None:
        """Refuse a list that answers another question. Raises StatusListMalformedError."""
        if self.purpose is not None and self.purpose != purpose:
            raise StatusListMalformedError(
                f"the list is for {self.purpose}, the entry asks about {purpose[:32]}", purpose=self.purpose
            )


def token_values(words: bytes) -> bytes:
    """Return the 32,768 bytes of a token list: 1 where revoked, else 2 where suspended, least significant first."""
    revoked, suspended = words[:PLANE_LENGTH], words[PLANE_LENGTH:]
    return _PAIRS.pack(*(_SPREAD[r] | _SPREAD[s & ~r & 0xFF] << 1 for r, s in zip(revoked, suspended, strict=True)))


def is_status_method(method_id: str) -> bool:
    """Tell whether a DID URL names a key that signs lists and nothing else: its fragment is `status-N`."""
    return _STATUS_FRAGMENT.fullmatch(method_id.partition("#")[2]) is not None


def require_status_method(method_id: str, *, owner: str) -> None:
    """Refuse any key but the owner's `#status-N`. Raises StatusListMalformedError."""
    if not method_id.startswith(owner + "#") or not is_status_method(method_id):
        raise StatusListMalformedError(f"a list is signed by {owner}#status-N", method=method_id[:256])


def verify_list(
    published: PublishedList, *, owner: str, document: DidDocument, as_of: int, clock_skew_s: int = CLOCK_SKEW_S
) -> bytes:
    """Verify who signed a list and when; return the thumbprint of the key, to be looked up among compromised ones.

    `owner`: the DID that the ledger names for the list; `document`: its document now. `as_of`: unix seconds.
    Raises StatusListMalformedError, ProofInvalidError and its kin, StatusStaleError for a list past its time.
    """
    if published.issuer != owner:
        raise StatusListMalformedError("the list is issued by another DID than its owner", issuer=published.issuer)
    require_status_method(published.method_id, owner=owner)
    key = document.key_for(published.method_id, "assertionMethod")
    verify_signature(
        key,
        algorithm=published.algorithm,
        signature=published.signature,
        signed=published.signed,
        allowed=SIGNED_BY_STATE,
    )
    latest_start = max(published.signed_at, published.valid_from or 0)
    if latest_start > as_of + clock_skew_s:
        raise StatusListMalformedError("the list claims to be made in the future", signed_at=latest_start)
    if as_of >= published.expires_at:
        raise StatusStaleError(
            "the published list is past its time: ask again, or where else the agency publishes it",
            age_s=as_of - published.signed_at,
            expired_at=published.expires_at,
        )
    return key.thumbprint()


def require_words(published: PublishedList, words: bytes) -> None:
    """Refuse a list whose bits are not these words. `words`: 32,768 bytes. Raises StatusListMalformedError."""
    if published.purpose is None:
        expected = token_values(words)
    else:
        expected = Snapshot(published.list_id, Did(published.issuer), published.seq, words).plane(published.purpose)
    if expected != published.values:
        place = next(place for place, (a, b) in enumerate(zip(expected, published.values, strict=True)) if a != b)
        raise StatusListMalformedError(
            "the list says something else than the ledger's words", list=encode_hex(published.list_id), byte=place
        )


def words_of(revocation: PublishedList, suspension: PublishedList) -> bytes:
    """Return the words that the two bitstrings of one snapshot are together. Raises StatusListMalformedError.

    Their digest must be the one that each of them names.
    """
    both = (revocation, suspension)
    if tuple(item.purpose for item in both) != PURPOSES or len({(i.list_id, i.seq, i.digest) for i in both}) != 1:
        raise StatusListMalformedError("the two lists are not the revocation and the suspension of one snapshot")
    words = revocation.values + suspension.values
    if sha256(words).digest() != revocation.digest:
        raise StatusListMalformedError("the lists' bits do not have the digest that they name", seq=revocation.seq)
    return words


def words_of_token(published: PublishedList) -> bytes:
    """Return words that a token list agrees with: a place that is revoked is not told to be suspended as well."""
    revoked, suspended = bytearray(PLANE_LENGTH), bytearray(PLANE_LENGTH)
    for place, pairs in enumerate(_PAIRS.unpack(published.values)):
        if pairs:
            revoked[place], suspended[place] = _gathered(pairs), _gathered(pairs >> 1)
    return bytes(revoked + suspended)


def _gathered(pairs: int) -> int:
    """Return the low bits of eight places of two bits as one byte, most significant first."""
    return sum(0x80 >> place for place in range(8) if pairs >> 2 * place & 1)
