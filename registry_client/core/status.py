"""Credential status: the entry inside a credential, and the words on the ledger that answer it.

- A list has 131,072 places in two planes of 512 words under one list id: revocation first, then suspension.
  A credential has the same index in both; index i is bit 255 - (i % 256) of word i // 256, most significant first.
- The words are the truth; the host in `statusListCredential` or `uri` is ignored, only the list id in it is read.
- Token value: 1 if revoked, else 2 if suspended, else 0.
- Specs: Bitstring Status List 1.0 section 3; Token Status List (draft) section 6.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.errors import (
    MalformedValueError,
    StatusListMalformedError,
    StatusRevokedError,
    StatusSuspendedError,
)

LIST_SIZE: Final = 131_072  # entries; the herd that hides one credential
PLANE_LENGTH: Final = LIST_SIZE // 8  # bytes of one plane
WORDS_LENGTH: Final = 2 * PLANE_LENGTH  # bytes: 1024 words of 32
VALID: Final = 0
REVOKED: Final = 1
SUSPENDED: Final = 2
_URL_MAX_LENGTH: Final = 2_048  # characters
_LIST_TEXT_LENGTH: Final = 66  # characters of a list id: 0x and 64 hex digits
_FOLDER: Final = "/status/"
_ENTRY_TYPE: Final = "BitstringStatusListEntry"
_PURPOSES: Final = ("revocation", "suspension")


ListForm = Literal["bitstring", "token"]
"""The standard by which a credential names its list: Bitstring Status List, or Token Status List."""


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where a credential's status is: the list id (32 bytes) and the index in it."""

    list_id: bytes
    index: int
    form: ListForm = field(default="bitstring", compare=False)
    """The published list that the credential points at; on the ledger both are the same words."""


def status_value(words: bytes, index: int) -> int:
    """Return VALID, REVOKED or SUSPENDED for a place. `words`: 32,768 bytes, big-endian. Cost: O(1)."""
    place, mask = index >> 3, 0x80 >> (index & 7)
    if words[place] & mask:
        return REVOKED
    return SUSPENDED if words[PLANE_LENGTH + place] & mask else VALID


def verify_status(words: bytes, reference: StatusReference, *, owner: bytes, issuer: bytes) -> None:
    """Verify that the list is the issuer's and that the place in it is unset.

    `words`: 32,768 bytes. `owner`: 20-byte DID id that the ledger names for the list. `issuer`: the credential's.
    Raises StatusListMalformedError, StatusRevokedError, StatusSuspendedError.
    """
    if owner != issuer:
        raise StatusListMalformedError(
            "the status list belongs to another DID than the issuer", owner=encode_hex(owner)
        )
    if len(words) != WORDS_LENGTH:
        raise StatusListMalformedError(f"a status list has {WORDS_LENGTH} bytes", length=len(words))
    value = status_value(words, reference.index)
    if value == REVOKED:
        raise StatusRevokedError("the credential is revoked", index=reference.index)
    if value == SUSPENDED:
        raise StatusSuspendedError("the credential is suspended", index=reference.index)


def parse_token_status(value: object) -> StatusReference:
    """Read an SD-JWT VC's `status`: {"status_list": {"idx": integer, "uri": URL}}. Raises StatusListMalformedError."""
    entry = value.get("status_list") if type(value) is dict else None
    if type(entry) is not dict:
        raise StatusListMalformedError("the status claim has no status_list")
    index, uri = entry.get("idx"), entry.get("uri")
    if type(index) is not int:
        raise StatusListMalformedError("status_list.idx is an integer")
    return StatusReference(list_id_of(uri), require_index(index), "token")


def parse_bitstring_status(value: object) -> StatusReference:
    """Read a VCDM `credentialStatus` of our profile: a revocation and a suspension entry, same list, same index.

    Raises StatusListMalformedError.
    """
    entries = value if type(value) is list else [value]
    if not 1 <= len(entries) <= 2:
        raise StatusListMalformedError("credentialStatus has a revocation and a suspension entry")
    seen: dict[str, tuple[bytes, int]] = {}
    for entry in entries:
        if type(entry) is not dict or entry.get("type") != _ENTRY_TYPE:
            raise StatusListMalformedError(f"credentialStatus entries have the type {_ENTRY_TYPE}")
        purpose, text = entry.get("statusPurpose"), entry.get("statusListIndex")
        if purpose not in _PURPOSES or purpose in seen:
            raise StatusListMalformedError(
                "statusPurpose is revocation once and suspension once", purpose=str(purpose)[:32]
            )
        if type(text) is not str or not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise StatusListMalformedError("statusListIndex is a base-10 string")
        url = entry.get("statusListCredential")
        if entry.get("statusSize", 1) != 1 or entry.get("id") == url:
            raise StatusListMalformedError("a status entry has size 1 and is not named like its list")
        seen[purpose] = list_id_of(url, purpose=purpose), require_index(int(text))
    revocation = seen.get("revocation")
    if revocation is None or seen.get("suspension", revocation) != revocation:
        raise StatusListMalformedError("the revocation and suspension entries name one list and one index")
    return StatusReference(*revocation)


def token_status(reference: StatusReference, *, host: str) -> dict[str, object]:
    """Return the `status` claim of an SD-JWT VC. `host`: base URL where the agency publishes its lists."""
    return {"status_list": {"idx": reference.index, "uri": list_url(reference.list_id, host=host)}}


def bitstring_status(reference: StatusReference, *, host: str) -> list[dict[str, object]]:
    """Return the two `credentialStatus` entries of a VCDM credential: each purpose has a list of its own."""
    return [
        {
            "id": f"{list_url(reference.list_id, host=host, purpose=purpose)}#{reference.index}",
            "type": _ENTRY_TYPE,
            "statusPurpose": purpose,
            "statusListIndex": str(reference.index),
            "statusListCredential": list_url(reference.list_id, host=host, purpose=purpose),
        }
        for purpose in _PURPOSES
    ]


def list_url(list_id: bytes, *, host: str, purpose: str | None = None) -> str:
    """Return the URL of a published list: `<host>/status/<list id>` (token list), with `/<purpose>` of a bitstring."""
    url = f"{host.rstrip('/')}{_FOLDER}{encode_hex(list_id)}"
    return url if purpose is None else f"{url}/{purpose}"


def list_id_of(url: object, *, purpose: str | None = None) -> bytes:
    """Return the list id in a published list's URL; with a `purpose`, of a bitstring. Raises StatusListMalformedError.

    Whatever stands before `/status/` is ignored: the ledger knows the list, not the host.
    """
    if type(url) is not str or len(url) > _URL_MAX_LENGTH:
        raise StatusListMalformedError(f"a status list is named by a URL of at most {_URL_MAX_LENGTH} characters")
    return _list_id_in(url, purpose)


@lru_cache(maxsize=1_024)
def _list_id_in(url: str, purpose: str | None) -> bytes:
    ending = "" if purpose is None else f"/{purpose}"
    place = url.removesuffix(ending)
    if not url.endswith(ending) or not place[:-_LIST_TEXT_LENGTH].endswith(_FOLDER):
        raise StatusListMalformedError(f"the status list's URL does not end in {_FOLDER}<list id>{ending}")
    try:
        return decode_hex(place[-_LIST_TEXT_LENGTH:], length=32)
    except MalformedValueError as error:
        raise StatusListMalformedError(f"the status list's URL names no list id: {error.detail}") from None


def require_index(index: int) -> int:
    """Return a place in a status list. Raises StatusListMalformedError."""
    if not 0 <= index < LIST_SIZE:
        raise StatusListMalformedError(f"a status index lies in 0..{LIST_SIZE - 1}", index=index)
    return index
