"""The gate pass: a CWT in a COSE_Sign1 small enough for a QR code, with a fresh proof by the phone's key.

- `GQ1:` + base45(CBOR [credential, ? proof]); both are COSE_Sign1 (core/cose.py), without tags. docs/gate-qr.md has the
  whole wire format.
- Credential: claims by number (RFC 8392), `kid` the fragment of the issuer's key, one private claim for the rest.
- Proof: [time, gate group, random number or the gate's challenge]. The phone signs the sha256 of the credential with
  it, as external data (RFC 9052 section 4.3): it costs no room, and a proof fits no other credential.
- Deterministic CBOR only, every member known: a pass has exactly one text for each of its signatures.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from registry_client.core import cbor
from registry_client.core.base45 import decode_base45, encode_base45
from registry_client.core.cose import Sign1, read_key, read_sign1, sign1, write_key
from registry_client.core.credential import GATE_CWT, Credential, HolderProof, Presentation
from registry_client.core.did import format_did, parse_mapae
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.jose import require_text, require_time
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.status import StatusReference, require_index
from registry_client.errors import MalformedValueError, ParsingError

PREFIX: Final = "GQ1:"
PAYLOAD_MAX_LENGTH: Final = 640  # bytes that an issuer signs; ours are under 300
TEXT_MAX_LENGTH: Final = 1_536  # characters; QR version 26 at level M, what the longest payload can come to
NONCE_LENGTH: Final = 8  # bytes of a phone's own random number
CHALLENGE_LENGTH: Final = 16  # bytes of a gate's challenge; so that neither number can pass for the other
ISS, SUB, EXP, NBF, IAT, CNF = 1, 2, 4, 5, 6, 8
PASS: Final = -65_537
"""A claim of private use: {0: vct, 1: [status list, index], 2: claims, 3: id of the holder's DID}."""
VCT, STATUS, CLAIMS, HOLDER = 0, 1, 2, 3
NUMBERED: Final = {1: "name", 2: "institutionCode", 3: "institutionName", 4: "staffNumber", 5: "photoDigest"}
"""Claims that travel under a number; others travel by name."""
_NUMBER_OF: Final = {name: number for number, name in NUMBERED.items()}
_PHOTO, _PHOTO_PREFIX = 5, "sha256-"
_MEMBERS: Final = frozenset({ISS, SUB, EXP, NBF, IAT, CNF, PASS})
_NEEDED: Final = frozenset({ISS, EXP, IAT, CNF, PASS})
_FRAGMENT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_GROUP: Final = re.compile(r"[A-Z0-9-]{1,32}", re.ASCII)
_LIST_LENGTH, _DIGEST_LENGTH = 32, 32
_ALONE, _WITH_PROOF = 0x81, 0x82  # how an array of one, and of two, begins


def is_gate_code(text: str) -> bool:
    """Tell whether the text can be nothing but a gate code."""
    return text.startswith(PREFIX)


def require_group(value: object) -> str:
    """Return the name of a gate group: 1 to 32 of A-Z, 0-9 and -. Raises MalformedValueError."""
    if type(value) is not str or not _GROUP.fullmatch(value):
        raise MalformedValueError("a gate group has 1 to 32 of A-Z, 0-9 and -")
    return value


def parse_gate_code(text: str) -> Presentation:
    """Parse a gate pass with or without its proof; nothing is verified. Raises RegistryError's input family."""
    credential, source, proof = _split(text)
    return Presentation(
        _credential_of(read_sign1(credential), source),
        None if proof is None else _proof_of(read_sign1(proof, external=sha256(source).digest())),
    )


def _split(text: str) -> tuple[Any, bytes, Any]:
    """Return a code's credential, decoded and in bytes, and its decoded proof, None if it has none."""
    if len(text) > TEXT_MAX_LENGTH or not text.startswith(PREFIX):
        raise ParsingError(f"a gate code is {PREFIX} and at most {TEXT_MAX_LENGTH} characters", length=len(text))
    data = decode_base45(text[len(PREFIX) :])
    if not data or data[0] not in {_ALONE, _WITH_PROOF}:
        raise ParsingError("a gate code is a credential, or a credential and a proof")
    credential, end = cbor.decode_at(data, 1)
    proof = None
    if data[0] == _WITH_PROOF:
        proof, last = cbor.decode_at(data, end)
    else:
        last = end
    if last != len(data):
        raise ParsingError("bytes after the gate code", position=last)
    return credential, data[1:end], proof


def _credential_of(envelope: Sign1, source: bytes) -> Credential:
    payload = _map_of(envelope.payload, "the payload of a gate pass")
    if not _NEEDED <= payload.keys() <= _MEMBERS:
        raise MalformedValueError("a gate pass has iss, exp, iat, cnf and its own claim, and may have sub and nbf")
    issuer = require_text(payload[ISS], "iss")
    confirmation = payload[CNF]
    if type(confirmation) is not dict or confirmation.keys() != {1}:
        raise MalformedValueError("cnf holds one COSE_Key")
    inner = _map_of(payload[PASS], "the claim of a gate pass")
    if not {VCT, CLAIMS} <= inner.keys() <= {VCT, STATUS, CLAIMS, HOLDER}:
        raise MalformedValueError("a gate pass has a type and claims, and may have a status and a holder")
    return Credential(  # in the fields' order: by name it would take 0.5 µs longer
        GATE_CWT,
        issuer,
        _method_of(issuer, envelope.key_id),
        envelope.algorithm,
        envelope.signed,
        envelope.signature,
        require_time(payload[IAT], "iat"),
        require_time(payload[NBF], "nbf") if NBF in payload else None,
        require_time(payload[EXP], "exp"),
        require_text(inner[VCT], "vct"),
        (),
        (),
        _subject_of(payload.get(SUB), inner.get(HOLDER), issuer),
        None,
        _read_claims(_map_of(inner[CLAIMS], "the claims of a gate pass")),
        _status_of(inner[STATUS]) if STATUS in inner else None,
        None,
        source,
        read_key(confirmation[1]),
    )


@lru_cache(maxsize=256)
def _method_of(issuer: str, fragment: str | None) -> str:
    if fragment is None or not _FRAGMENT.fullmatch(fragment):
        raise MalformedValueError("kid is the fragment of the issuer's key")
    return f"{issuer}#{fragment}"


def _proof_of(envelope: Sign1) -> HolderProof:
    payload = envelope.payload
    if envelope.key_id is not None or type(payload) is not list or len(payload) != 3:
        raise MalformedValueError("a gate proof is [time, gate group, number], signed by the bound key")
    nonce = payload[2]
    if type(nonce) is not bytes or len(nonce) not in {NONCE_LENGTH, CHALLENGE_LENGTH}:
        raise MalformedValueError(f"a gate proof has {NONCE_LENGTH} bytes of its own, or a challenge's")
    return HolderProof(  # in the fields' order: by name it would take 0.5 µs longer
        envelope.algorithm,
        envelope.signed,
        envelope.signature,
        None,
        nonce.hex(),
        require_group(payload[1]),
        require_time(payload[0], "time"),
        True,  # what is signed holds the credential's digest: over any other, the signature fails
    )


def _subject_of(sub: object, holder: object, issuer: str) -> str | None:
    if holder is not None:
        if sub is not None or type(holder) is not bytes:
            raise MalformedValueError("a gate pass names its holder once")
        return str(format_did(parse_mapae(issuer).network, holder))
    return None if sub is None else require_text(sub, "sub")


def _status_of(value: object) -> StatusReference:
    if type(value) is not list or len(value) != 2:
        raise MalformedValueError("a gate pass's status is [list, index]")
    list_id, index = value
    if type(list_id) is not bytes or len(list_id) != _LIST_LENGTH or type(index) is not int:
        raise MalformedValueError(f"a status list is named by {_LIST_LENGTH} bytes, and a place by an integer")
    return StatusReference(list_id, require_index(index))


def _read_claims(pairs: Mapping[Any, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    for key, value in pairs.items():
        name = NUMBERED.get(key) if type(key) is int else key
        if name is None or key in _NUMBER_OF:
            raise MalformedValueError("a claim without a number, or one that has a number and came by name")
        if key == _PHOTO:
            if type(value) is not bytes or len(value) != _DIGEST_LENGTH:
                raise MalformedValueError(f"a photo digest has {_DIGEST_LENGTH} bytes")
            claims[name] = _PHOTO_PREFIX + encode_base64url(value)
        elif type(value) is str or type(value) is int or type(value) is bool:
            claims[name] = value
        else:
            raise MalformedValueError("the claims of a gate pass are text, integers or booleans", claim=name[:64])
    return claims


def _map_of(value: object, what: str) -> Mapping[Any, Any]:
    if type(value) is not dict:
        raise MalformedValueError(f"{what} is a map")
    return value


def write_pass(
    claims: Mapping[str, Any],
    *,
    issuer: str,
    vct: str,
    signed_at: int,
    valid_until: int,
    holder: PublicKey,
    status: StatusReference | None = None,
    valid_from: int | None = None,
    subject: str | None = None,
) -> dict[int, object]:
    """Return what an issuer signs, as the value to encode. Raises MalformedValueError, InvalidDidError.

    `holder`: the phone's P-256 key. `valid_from` is left out where it is not later than `signed_at`: it would say
    nothing. Times are unix seconds.
    """
    inner: dict[int, object] = {VCT: vct, CLAIMS: _write_claims(claims)}
    payload: dict[int, object] = {ISS: issuer, EXP: valid_until, IAT: signed_at, CNF: {1: write_key(holder)}}
    if valid_from is not None and valid_from > signed_at:
        payload[NBF] = valid_from
    if status is not None:
        inner[STATUS] = [status.list_id, status.index]
    if subject is not None and subject.startswith("did:mapae:"):
        inner[HOLDER] = _holder_id(subject, issuer)
    elif subject is not None:
        payload[SUB] = subject
    payload[PASS] = inner
    if (length := len(cbor.encode(payload))) > PAYLOAD_MAX_LENGTH:
        raise MalformedValueError(f"a gate pass signs at most {PAYLOAD_MAX_LENGTH} bytes: shorten it", length=length)
    return payload


def sign_pass(payload: dict[int, object], *, method_id: str, signer: Signer) -> str:
    """Sign what `write_pass` returned and return the pass as text, without a proof.

    `method_id`: DID URL of the signing key; its DID is the pass's issuer. Raises MalformedValueError.
    """
    issuer, _, fragment = method_id.partition("#")
    if issuer != payload[ISS] or not _FRAGMENT.fullmatch(fragment):
        raise MalformedValueError("a gate pass is signed by a key of its issuer", method=method_id[:256])
    return _text_of([sign1(payload, signer, key_id=fragment)])


def _holder_id(subject: str, issuer: str) -> bytes:
    parts = parse_mapae(subject)
    if parts.network != parse_mapae(issuer).network:
        raise MalformedValueError("the holder's DID is of another network than the issuer's", subject=subject)
    return parts.did_id


def _write_claims(claims: Mapping[str, Any]) -> dict[int | str, Any]:
    pairs: dict[int | str, Any] = {}
    for name, value in claims.items():
        key = _NUMBER_OF.get(name, name)
        if key == _PHOTO:
            if not isinstance(value, str) or not value.startswith(_PHOTO_PREFIX):
                raise MalformedValueError(f"a photo digest is {_PHOTO_PREFIX}<base64url>")
            pairs[key] = decode_base64url(value.removeprefix(_PHOTO_PREFIX))
        elif isinstance(value, str | int):
            pairs[key] = value
        else:
            raise MalformedValueError("the claims of a gate pass are text, integers or booleans", claim=name[:64])
    return pairs


def make_gate_code(text: str, *, signer: Signer, group: str, nonce: bytes, created: int) -> str:
    """Return the code to show: the pass with a fresh proof. Raises ParsingError, MalformedValueError.

    `text`: the pass, with or without an earlier proof. `nonce`: 8 random bytes, or the 16 of the gate's challenge.
    `created`: unix seconds by the phone's clock.
    """
    if len(nonce) not in {NONCE_LENGTH, CHALLENGE_LENGTH}:
        raise MalformedValueError(f"a nonce has {NONCE_LENGTH} random bytes, or a challenge's {CHALLENGE_LENGTH}")
    credential, source, _ = _split(text.strip())
    proof = sign1([created, require_group(group), nonce], signer, external=sha256(source).digest())
    return _text_of([credential, proof])


def _text_of(parts: list[object]) -> str:
    return PREFIX + encode_base45(cbor.encode(parts))
