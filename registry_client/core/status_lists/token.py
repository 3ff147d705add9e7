"""Token Status List: a signed JWT with two bits a credential.

- `lst` = base64url(zlib(values)); index 0 is in the least significant bits of the first byte (a bitstring's is not).
- Values: 0 valid, 1 invalid (revoked), 2 suspended. `sub` is the list's own URL; iat, exp and ttl are always there.
- `snapshot` says which state of the ledger this is: its sequence, and its anchored digest as base64url.
- Spec: draft-ietf-oauth-status-list (2fb61cd) sections 4 and 5; CWT is not spoken.
"""

import zlib
from typing import Any, Final

from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.jose import parse_jws, require_text, require_time, sign_jws
from registry_client.core.keys import Signer
from registry_client.core.status import LIST_SIZE, WORDS_LENGTH, list_id_of, list_url
from registry_client.core.status_lists.inflating import ZLIB, inflate
from registry_client.core.status_lists.snapshot import (
    TOKEN_BITS,
    TTL_S,
    VALID_S,
    PublishedList,
    Snapshot,
    require_status_method,
    token_values,
)
from registry_client.errors import MalformedValueError, StatusListLengthError, StatusListMalformedError

LIST_JWT_TYPE: Final = "statuslist+jwt"
VALUES_MAX_BYTES: Final = 1_048_576
"""Largest list of anybody's that is decompressed: 2^20 entries of eight bits."""
JWT_MAX_LENGTH: Final = 131_072
"""Characters of our longest list, one that does not compress at all, with room to spare."""
_LST_MAX: Final = 2_097_152  # characters
_SEQ_MAX: Final = 2**48
_TTL_MAX_S: Final = 365 * 86_400


def encode_values(values: bytes) -> str:
    """Return `lst` of packed values."""
    return encode_base64url(zlib.compress(values, 9))


def decode_values(status_list: object, *, max_bytes: int = VALUES_MAX_BYTES) -> tuple[int, bytes]:
    """Return (bits, packed values) of a `status_list` object, anybody's. Raises StatusListMalformedError."""
    if type(status_list) is not dict:
        raise StatusListMalformedError("status_list is an object")
    bits, packed = status_list.get("bits"), status_list.get("lst")
    if type(bits) is not int or bits not in {1, 2, 4, 8}:
        raise StatusListMalformedError("status_list.bits is 1, 2, 4 or 8")
    if type(packed) is not str or len(packed) > _LST_MAX:
        raise StatusListMalformedError("status_list.lst is base64url text")
    try:
        data = decode_base64url(packed)
    except MalformedValueError as error:
        raise StatusListMalformedError(f"status_list.lst: {error.detail}") from None
    return bits, inflate(data, wrapper=ZLIB, max_bytes=max_bytes)


def value_of(values: bytes, index: int, *, bits: int) -> int:
    """Return the value of a place: index 0 is in the least significant bits. Raises StatusListMalformedError."""
    per_byte = 8 // bits
    if not 0 <= index < len(values) * per_byte:
        raise StatusListMalformedError("the index lies outside the list", index=index, entries=len(values) * per_byte)
    return values[index // per_byte] >> bits * (index % per_byte) & ((1 << bits) - 1)


def build_token_list(
    snapshot: Snapshot,
    *,
    host: str,
    signer: Signer,
    method_id: str,
    now: int,
    valid_s: int = VALID_S,
    ttl_s: int = TTL_S,
) -> str:
    """Return the signed token list as a compact JWS. `method_id`: the owner's `#status-N`; `now`: unix seconds."""
    require_status_method(method_id, owner=snapshot.owner)
    payload: dict[str, Any] = {
        "iss": str(snapshot.owner),
        "sub": list_url(snapshot.list_id, host=host),
        "iat": now,
        "exp": now + valid_s,
        "ttl": ttl_s,
        "status_list": {
            "bits": TOKEN_BITS,
            "lst": encode_values(token_values(snapshot.words)),
            "aggregation_uri": f"{host.rstrip('/')}/status",
        },
        "snapshot": {"seq": snapshot.seq, "digest": encode_base64url(snapshot.digest)},
    }
    return sign_jws({"typ": LIST_JWT_TYPE, "kid": method_id}, payload, signer)


def parse_token_list(text: str) -> PublishedList:
    """Take a token list of our profile apart; nothing is verified yet. Raises StatusListMalformedError and kin."""
    jws = parse_jws(text, max_length=JWT_MAX_LENGTH)
    header, payload = jws.header, jws.payload
    if header.get("typ") not in {LIST_JWT_TYPE, "application/" + LIST_JWT_TYPE}:
        raise StatusListMalformedError(f"a token list has typ {LIST_JWT_TYPE}", typ=str(header.get("typ"))[:64])
    if not jws.signature:
        raise StatusListMalformedError("the list is not signed")
    if any(name not in payload for name in ("iss", "sub", "iat", "exp", "ttl", "status_list")):
        raise StatusListMalformedError("a token list has iss, sub, iat, exp, ttl and status_list")
    ttl = payload["ttl"]
    if type(ttl) is not int or not 0 < ttl <= _TTL_MAX_S:
        raise StatusListMalformedError("ttl is a positive number of seconds, at most a year")
    bits, values = decode_values(payload["status_list"], max_bytes=WORDS_LENGTH)
    if bits != TOKEN_BITS or len(values) != WORDS_LENGTH:
        raise StatusListLengthError(f"our token lists have {LIST_SIZE} entries of two bits", bits=bits)
    seq, digest = _snapshot_of(payload.get("snapshot"))
    return PublishedList(
        list_id=list_id_of(payload["sub"]),
        purpose=None,
        issuer=require_text(payload["iss"], "iss"),
        method_id=require_text(header.get("kid"), "kid"),
        algorithm=header["alg"],
        signed=jws.signed,
        signature=jws.signature,
        signed_at=require_time(payload["iat"], "iat"),
        valid_from=require_time(payload["nbf"], "nbf") if "nbf" in payload else None,
        expires_at=require_time(payload["exp"], "exp"),
        ttl_s=ttl,
        seq=seq,
        digest=digest,
        values=values,
    )


def _snapshot_of(snapshot: object) -> tuple[int, bytes]:
    """Read the `snapshot` claim: sequence and digest."""
    seq, text = (snapshot.get("seq"), snapshot.get("digest")) if type(snapshot) is dict else (None, None)
    if type(seq) is not int or not 0 <= seq < _SEQ_MAX or type(text) is not str:
        raise StatusListMalformedError("snapshot says which state of the ledger the list was made from")
    digest = decode_base64url(text)
    if len(digest) != 32:
        raise StatusListMalformedError("snapshot.digest has 32 bytes")
    return seq, digest
