"""Bitstring Status List 1.0: a VCDM credential with one bit a credential, signed by Data Integrity or as vc+jwt.

- `encodedList` = multibase `u` + base64url(gzip(bits)); index 0 is the most significant bit of the first byte.
- One list a purpose, revocation or suspension; at least 131,072 entries, ours exactly that many; size 1.
- `ttl` is in milliseconds. `relatedResource` names the snapshot: its sequence in the URL, its anchored digest as SRI.
- Spec: Bitstring Status List v1.0 (W3C Recommendation) sections 2.2 and 3.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.formats.data_integrity import ASSERTION, issue_data_integrity, parse_proof
from registry_client.core.formats.vc_jwt import issue_vc_jwt, parse_vc_jwt
from registry_client.core.formats.vcdm import Shape, check_credential
from registry_client.core.jose import parse_jws
from registry_client.core.keys import Signer
from registry_client.core.status import LIST_SIZE, PLANE_LENGTH, list_id_of, list_url
from registry_client.core.status_lists.inflating import GZIP, gzipped, inflate
from registry_client.core.status_lists.snapshot import (
    PURPOSES,
    TTL_S,
    VALID_S,
    PublishedList,
    Purpose,
    Snapshot,
    require_status_method,
)
from registry_client.core.times import format_time
from registry_client.errors import MalformedValueError, StatusListLengthError, StatusListMalformedError

LIST_CREDENTIAL: Final = "BitstringStatusListCredential"
LIST_TYPE: Final = "BitstringStatusList"
BITS_MAX_BYTES: Final = 1_048_576
"""Largest bitstring of anybody's that is decompressed: 2^23 entries."""
_JWT_CLAIMS: Final = frozenset({"iss", "sub", "jti", "iat", "nbf", "exp"})
_ENCODED_MAX: Final = 2_097_152  # characters
_SNAPSHOT: Final = re.compile(r"/snapshots/(0|[1-9][0-9]{0,14})", re.ASCII)
_SRI: Final = "sha256-"
_TTL_MAX_MS: Final = 365 * 86_400_000


def encode_bits(bits: bytes) -> str:
    """Return `encodedList` of a bitstring, most significant bit first."""
    return "u" + encode_base64url(gzipped(bits))


def decode_bits(encoded: object, *, max_bytes: int = BITS_MAX_BYTES) -> bytes:
    """Return the bitstring in an `encodedList`, anybody's. Raises StatusListMalformedError, StatusListLengthError."""
    if type(encoded) is not str or not encoded.startswith("u") or len(encoded) > _ENCODED_MAX:
        raise StatusListMalformedError("encodedList is multibase base64url: u and text without padding")
    try:
        packed = decode_base64url(encoded[1:])
    except MalformedValueError as error:
        raise StatusListMalformedError(f"encodedList: {error.detail}") from None
    bits = inflate(packed, wrapper=GZIP, max_bytes=max_bytes)
    if len(bits) < PLANE_LENGTH:
        raise StatusListLengthError(f"a bitstring has at least {LIST_SIZE} entries", entries=8 * len(bits))
    return bits


def bit_of(bits: bytes, index: int) -> int:
    """Return the bit of a place: index 0 is the left-most. Raises StatusListMalformedError beyond the end."""
    if not 0 <= index < 8 * len(bits):
        raise StatusListMalformedError("the index lies outside the list", index=index, entries=8 * len(bits))
    return bits[index >> 3] >> (7 - (index & 7)) & 1


def build_bitstring_list(
    snapshot: Snapshot,
    purpose: Purpose,
    *,
    host: str,
    signer: Signer,
    method_id: str,
    now: int,
    valid_s: int = VALID_S,
    ttl_s: int = TTL_S,
) -> dict[str, Any]:
    """Return the signed list credential of one purpose. `method_id`: the owner's `#status-N`; `now`: unix seconds."""
    require_status_method(method_id, owner=snapshot.owner)
    document = _unsigned(snapshot, purpose, host=host, now=now, valid_s=valid_s, ttl_s=ttl_s)
    return issue_data_integrity(document, signer=signer, method_id=method_id, signed_at=now)


def build_bitstring_jwt(
    snapshot: Snapshot,
    purpose: Purpose,
    *,
    host: str,
    signer: Signer,
    method_id: str,
    now: int,
    valid_s: int = VALID_S,
    ttl_s: int = TTL_S,
) -> str:
    """Return the list credential of one purpose as a vc+jwt."""
    require_status_method(method_id, owner=snapshot.owner)
    document = _unsigned(snapshot, purpose, host=host, now=now, valid_s=valid_s, ttl_s=ttl_s)
    return issue_vc_jwt(document, signer=signer, method_id=method_id, signed_at=now)


def _unsigned(snapshot: Snapshot, purpose: Purpose, *, host: str, now: int, valid_s: int, ttl_s: int) -> dict[str, Any]:
    url = list_url(snapshot.list_id, host=host, purpose=purpose)
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", LIST_CREDENTIAL],
        "issuer": str(snapshot.owner),
        "validFrom": format_time(now),
        "validUntil": format_time(now + valid_s),
        "relatedResource": {
            "id": f"{list_url(snapshot.list_id, host=host)}/snapshots/{snapshot.seq}",
            "digestSRI": _SRI + b64encode(snapshot.digest).decode("ascii"),
        },
        "credentialSubject": {
            "id": f"{url}#list",
            "type": LIST_TYPE,
            "statusPurpose": purpose,
            "encodedList": encode_bits(snapshot.plane(purpose)),
            "ttl": 1_000 * ttl_s,
        },
    }


def parse_bitstring_list(document: Mapping[str, Any]) -> PublishedList:
    """Take a list credential of our profile apart; nothing is verified yet. Raises StatusListMalformedError and kin."""
    if "proof" not in document:
        raise StatusListMalformedError("the list is not signed")
    shape = check_credential(document)
    proof = parse_proof(document, purpose=ASSERTION)
    ends = [time for time in (shape.valid_until, proof.expires) if time is not None]
    envelope = _Envelope(proof.method_id, proof.algorithm, proof.signed, proof.signature, proof.created)
    return _read(document, shape, envelope, expires_at=min(ends, default=None))


def parse_bitstring_jwt(token: str) -> PublishedList:
    """Take a list credential in a vc+jwt apart, as `parse_bitstring_list` does."""
    credential = parse_vc_jwt(token).credential
    document = {name: value for name, value in parse_jws(token).payload.items() if name not in _JWT_CLAIMS}
    envelope = _Envelope(
        credential.method_id, credential.algorithm, credential.signed, credential.signature, credential.signed_at
    )
    return _read(document, check_credential(document), envelope, expires_at=credential.valid_until)


class _Envelope(NamedTuple):
    """Who signed a list credential, over what, and when."""

    method_id: str
    algorithm: str
    signed: bytes
    signature: bytes
    signed_at: int | None


def _read(document: Mapping[str, Any], shape: Shape, envelope: _Envelope, *, expires_at: int | None) -> PublishedList:
    subject = shape.claims
    if LIST_CREDENTIAL not in shape.types or subject.get("type") != LIST_TYPE:
        raise StatusListMalformedError(f"a list is a {LIST_CREDENTIAL} about a {LIST_TYPE}", types=shape.types[:4])
    purpose, ttl = subject.get("statusPurpose"), subject.get("ttl", 1_000 * TTL_S)
    if purpose not in PURPOSES:
        raise StatusListMalformedError("statusPurpose is revocation or suspension", purpose=str(purpose)[:64])
    if type(ttl) is not int or not 0 <= ttl <= _TTL_MAX_MS:
        raise StatusListMalformedError("ttl is milliseconds, at most a year")
    if envelope.signed_at is None or expires_at is None:
        raise StatusListMalformedError("a list says when it was signed and until when it is valid")
    list_id = list_id_of(document.get("id"), purpose=purpose)
    seq, digest = _snapshot_of(document.get("relatedResource"), list_id)
    return PublishedList(
        list_id=list_id,
        purpose=cast("Purpose", purpose),
        issuer=shape.issuer,
        method_id=envelope.method_id,
        algorithm=envelope.algorithm,
        signed=envelope.signed,
        signature=envelope.signature,
        signed_at=envelope.signed_at,
        valid_from=shape.valid_from,
        expires_at=expires_at,
        ttl_s=ttl // 1_000,
        seq=seq,
        digest=digest,
        values=decode_bits(subject.get("encodedList"), max_bytes=PLANE_LENGTH),
    )


def _snapshot_of(resource: object, list_id: bytes) -> tuple[int, bytes]:
    """Read `relatedResource`: the snapshot's sequence and its digest."""
    if type(resource) is not dict or type(resource.get("id")) is not str:
        raise StatusListMalformedError("relatedResource names the snapshot that the list was made from")
    url, _, _ = resource["id"].rpartition("/snapshots/")
    found = _SNAPSHOT.fullmatch(resource["id"][len(url) :])
    integrity = resource.get("digestSRI")
    if found is None or list_id_of(url) != list_id or type(integrity) is not str or not integrity.startswith(_SRI):
        raise StatusListMalformedError("relatedResource is <list>/snapshots/<sequence> with a sha256 digestSRI")
    try:
        digest = b64decode(integrity[len(_SRI) :], validate=True)
    except (Base64Error, ValueError):
        digest = b""
    if len(digest) != 32:
        raise StatusListMalformedError("digestSRI of a snapshot has 32 bytes")
    return int(found[1]), digest
