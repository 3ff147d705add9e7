"""COSE_Sign1 (RFC 9052 section 4.2), untagged and strict, and the compact form of a P-256 key.

- The protected header names the algorithm and may name the key; the unprotected header is empty: nothing that matters
  may stand outside the signature.
- As in JOSE here, the algorithm follows from the key; a header that names another is refused, never obeyed.
- A COSE_Key is one compressed P-256 point: {1: 2, -1: 1, -2: x, -3: sign of y} (RFC 9053 section 7.1.1).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from registry_client.core import cbor
from registry_client.core.keys import Curve, PublicKey, Signer
from registry_client.errors import AlgorithmNotAllowedError, MalformedValueError, ParsingError

ALGORITHM: Final = 1
KEY_ID: Final = 4
_ALGORITHMS: Final = {-7: "ES256", -35: "ES384"}
"""COSE algorithm -> its JOSE name."""
_NUMBERS: Final = {name: number for number, name in _ALGORITHMS.items()}
_START: Final = b"\x84" + cbor.encode("Signature1")
"""How the four parts of a Sig_structure begin."""
_KEY_TYPE, _CURVE, _X, _Y = 1, -1, -2, -3
_EC2, _P256 = 2, 1
_COORDINATE_LENGTH: Final = 32  # bytes


class Sign1(NamedTuple):
    """A COSE_Sign1 taken apart; nothing in it is verified yet."""

    algorithm: str
    """JOSE name of what the header claims."""
    key_id: str | None
    payload: Any
    """The payload, decoded."""
    signed: bytes
    """The Sig_structure: the bytes under the signature."""
    signature: bytes


def read_sign1(value: object, *, external: bytes = b"") -> Sign1:
    """Take a decoded COSE_Sign1 apart. `external`: bytes that are signed but not carried.

    Raises ParsingError, MalformedValueError, AlgorithmNotAllowedError.
    """
    if type(value) is not list or len(value) != 4:
        raise MalformedValueError("a COSE_Sign1 is an array of four")
    protected, unprotected, payload, signature = value
    if type(protected) is not bytes or type(payload) is not bytes or type(signature) is not bytes:
        raise MalformedValueError("a COSE_Sign1 has a header, a payload and a signature, each a byte string")
    if unprotected != {}:
        raise MalformedValueError("the unprotected header of a COSE_Sign1 is empty")
    algorithm, key_id = _read_header(protected)
    return Sign1(algorithm, key_id, cbor.decode(payload), _to_be_signed(protected, payload, external), signature)


def sign1(payload: object, signer: Signer, *, key_id: str | None = None, external: bytes = b"") -> list[object]:
    """Return a COSE_Sign1 as the value to encode. Raises MalformedValueError for a key that COSE has no number for."""
    name = signer.public_key.curve.algorithm
    if name not in _NUMBERS:
        raise MalformedValueError(f"a gate pass is not signed with {name}", algorithms=sorted(_NUMBERS))
    header: dict[int, object] = {ALGORITHM: _NUMBERS[name]}
    if key_id is not None:
        header[KEY_ID] = key_id.encode("ascii")
    protected, body = cbor.encode(header), cbor.encode(payload)
    return [protected, {}, body, signer.sign(_to_be_signed(protected, body, external))]


def write_key(key: PublicKey) -> dict[int, object]:
    """Return the COSE_Key of a P-256 key as the value to encode. Raises MalformedValueError for another curve."""
    if key.curve is not Curve.P256:
        raise MalformedValueError("a gate pass is bound to a P-256 key", curve=key.curve.value)
    return {_KEY_TYPE: _EC2, _CURVE: _P256, _X: key.raw[:_COORDINATE_LENGTH], _Y: bool(key.raw[-1] & 1)}


def read_key(value: object) -> PublicKey:
    """Return the key of a decoded COSE_Key of exactly this form. Raises MalformedValueError, InvalidKeyError."""
    if type(value) is not dict or value.keys() != {_KEY_TYPE, _CURVE, _X, _Y}:
        raise MalformedValueError("a COSE_Key is {1: 2, -1: 1, -2: x, -3: sign of y}")
    x, sign = value[_X], value[_Y]
    kind, curve = value[_KEY_TYPE], value[_CURVE]
    if type(kind) is not int or type(curve) is not int or (kind, curve) != (_EC2, _P256):
        raise MalformedValueError("a COSE_Key here is a P-256 key")
    if type(x) is not bytes or type(sign) is not bool:
        raise MalformedValueError("a COSE_Key here is one compressed P-256 point")
    return _key_of((b"\x03" if sign else b"\x02") + x)


@lru_cache(maxsize=4_096)
def _key_of(point: bytes) -> PublicKey:
    """Return the key of a point: finding y costs a third of a signature check, and the same phones come every day."""
    return PublicKey.from_compressed(Curve.P256, point)


def _to_be_signed(protected: bytes, payload: bytes, external: bytes) -> bytes:
    return _START + cbor.encode_bytes(protected) + cbor.encode_bytes(external) + cbor.encode_bytes(payload)


@lru_cache(maxsize=1_024)
def _read_header(protected: bytes) -> tuple[str, str | None]:
    """Return the algorithm and the key id: the same few headers come with every pass of an issuer."""
    header: Mapping[Any, Any] = _map_of(cbor.decode(protected))
    if not header.keys() <= {ALGORITHM, KEY_ID}:
        raise AlgorithmNotAllowedError("a COSE header names the algorithm and the key, and nothing else")
    algorithm = header.get(ALGORITHM)
    if type(algorithm) is not int or algorithm not in _ALGORITHMS:
        raise AlgorithmNotAllowedError("a COSE algorithm that is not spoken here", algorithm=str(algorithm)[:32])
    key_id = header.get(KEY_ID)
    if key_id is None:
        return _ALGORITHMS[algorithm], None
    if type(key_id) is not bytes or not key_id.isascii():
        raise MalformedValueError("a COSE key id is the ASCII bytes of a fragment")
    return _ALGORITHMS[algorithm], key_id.decode("ascii")


def _map_of(value: object) -> Mapping[Any, Any]:
    if type(value) is not dict:
        raise ParsingError("a COSE header is a map")
    return value
