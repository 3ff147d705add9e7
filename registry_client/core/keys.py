"""Public keys: one value type, its three texts (JWK, Multikey, x‖y), and strict signature checks.

- Curves: P-256, P-384, secp256k1, Ed25519. A PublicKey always lies on its curve; it cannot be made otherwise.
- Signatures are fixed-size: r‖s (64, P-384: 96 bytes), Ed25519 64 bytes; never DER, never longer, never shorter.
- High s is accepted where JOSE allows it; `require_low_s` refuses it where a signature must be unique (operations).
- Specs: RFC 7517, 7518, 8037, 8812 (JWK), RFC 7638 (thumbprint), CID 1.0 section 2.2 (Multikey).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol, Self, cast, runtime_checkable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry_client.core import encoding
from registry_client.core.curves import Curve, has_low_s, require_shape, to_der, to_low_s
from registry_client.core.hashing import keccak256
from registry_client.errors import InvalidKeyError, MalformedValueError, ProofInvalidError

try:
    import coincurve
except ImportError:  # the light base install; the answers are the same, only slower
    coincurve = None  # type: ignore[assignment]

__all__ = [
    "KIND_P256",
    "KIND_SECP256K1",
    "PRIVATE_JWK_MEMBERS",
    "Curve",
    "NamedSigner",
    "PublicKey",
    "Signer",
    "address_of",
    "has_low_s",
    "to_low_s",
]

PRIVATE_JWK_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that make a JWK secret; a JWK with one of them is refused everywhere."""


_EC: Final[dict[Curve, ec.EllipticCurve]] = {
    Curve.P256: ec.SECP256R1(),
    Curve.P384: ec.SECP384R1(),
    Curve.SECP256K1: ec.SECP256K1(),
}
_SHA256: Final = ec.ECDSA(Prehashed(hashes.SHA256()))
_HASHED: Final = {
    Curve.P256: (hashlib.sha256, _SHA256),
    Curve.P384: (hashlib.sha384, ec.ECDSA(Prehashed(hashes.SHA384()))),
    Curve.SECP256K1: (hashlib.sha256, _SHA256),
}
"""What hashes a message, and what the check is told of it. By hashlib: `cryptography` takes 1.2 µs longer to begin."""
_MULTICODEC: Final = {
    Curve.P256: encoding.P256_PUB,
    Curve.P384: encoding.P384_PUB,
    Curve.SECP256K1: encoding.SECP256K1_PUB,
    Curve.ED25519: encoding.ED25519_PUB,
}

_P256, _SECP256K1, _ED25519 = Curve.P256, Curve.SECP256K1, Curve.ED25519
"""Members by names of their own: Python 3.11 looks for `Curve.P256` anew at each use, which takes 0.1 µs."""
_JWK_SHAPE: Final = {
    Curve.P256: ("EC", ("x", "y"), 32),
    Curve.P384: ("EC", ("x", "y"), 48),
    Curve.SECP256K1: ("EC", ("x", "y"), 32),
    Curve.ED25519: ("OKP", ("x",), 32),
}
"""kty, coordinates and the bytes of each."""
KIND_SECP256K1: Final = 1
"""Controller kind of an Ethereum address."""
KIND_P256: Final = 2
"""Controller kind of a P-256 key."""
_BY_NAME: Final = {curve.value: curve for curve in Curve}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on a curve. `raw`: x‖y (64, P-384: 96 bytes), or the 32 bytes of an Ed25519 key."""

    curve: Curve
    raw: bytes
    _loaded: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | None = field(
        default=None, repr=False, compare=False, kw_only=True
    )
    """The library's object for the point, which is also what shows that it lies on the curve."""

    def __post_init__(self) -> None:
        if self._loaded is None:
            object.__setattr__(self, "_loaded", _load(self.curve, self.raw))

    def __reduce__(self) -> tuple[type[Self], tuple[Curve, bytes]]:
        return type(self), (self.curve, self.raw)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """Read a public JWK; private members, unknown curves, padded or short coordinates raise InvalidKeyError."""
        if not PRIVATE_JWK_MEMBERS.isdisjoint(jwk):
            secret = sorted(PRIVATE_JWK_MEMBERS & jwk.keys())
            raise InvalidKeyError("a public JWK must not carry private members", members=secret)
        name = jwk.get("crv")
        curve = _BY_NAME.get(name) if isinstance(name, str) else None
        if curve is None:
            raise InvalidKeyError("unknown JWK curve; P-256, P-384, secp256k1 and Ed25519 are spoken")
        kind, names, size = _JWK_SHAPE[curve]
        if jwk.get("kty") != kind:
            raise InvalidKeyError("JWK kty and crv do not belong together", crv=curve.value)
        raw = b""
        for name in names:
            text = jwk.get(name)
            if not isinstance(text, str):
                raise InvalidKeyError(f"JWK member {name} is missing or not a string", crv=curve.value)
            try:
                coordinate = encoding.decode_base64url(text)
            except MalformedValueError as error:
                raise InvalidKeyError(f"JWK member {name}: {error.detail}", crv=curve.value) from None
            if len(coordinate) != size:
                raise InvalidKeyError(f"JWK member {name} must have {size} bytes", actual=len(coordinate))
            raw += coordinate
        return cls(curve, raw)

    @classmethod
    def from_multikey(cls, text: str) -> Self:
        """Read a `z...` Multikey (CID 1.0 section 2.2.2); raises InvalidKeyError."""
        if not text.startswith("z"):
            raise InvalidKeyError("a Multikey is multibase base58btc and starts with z")
        try:
            data = encoding.decode_base58(text[1:])
        except MalformedValueError as error:
            raise InvalidKeyError(f"Multikey: {error.detail}") from None
        for curve, prefix in _MULTICODEC.items():
            if data.startswith(prefix):
                return cls.from_compressed(curve, data[len(prefix) :])
        raise InvalidKeyError("unknown Multikey codec; P-256, P-384, secp256k1 and Ed25519 are spoken")

    @classmethod
    def from_compressed(cls, curve: Curve, point: bytes) -> Self:
        """Read a compressed point (02 or 03, then x), or the 32 bytes of Ed25519. Raises InvalidKeyError."""
        if curve is _ED25519:
            return cls(curve, point)
        if len(point) != curve.coordinate_bytes + 1 or point[0] not in {2, 3}:
            raise InvalidKeyError("a compressed point is 02 or 03 and x", curve=curve.value, length=len(point))
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(_EC[curve], point)
        except ValueError:
            raise InvalidKeyError("the point is not on the curve", curve=curve.value) from None
        return cls(curve, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:], _loaded=key)

    def to_jwk(self) -> dict[str, str]:
        """Return the public JWK: exactly the members that RFC 7638 hashes, in its order."""
        if self.curve is _ED25519:
            return {"crv": "Ed25519", "kty": "OKP", "x": encoding.encode_base64url(self.raw)}
        half = self.curve.coordinate_bytes
        return {
            "crv": self.curve.value,
            "kty": "EC",
            "x": encoding.encode_base64url(self.raw[:half]),
            "y": encoding.encode_base64url(self.raw[half:]),
        }

    def to_multikey(self) -> str:
        """Return the Multikey text (`z...`)."""
        return encoding.encode_multibase(_MULTICODEC[self.curve] + self._compressed())

    def _compressed(self) -> bytes:
        if self.curve is _ED25519:
            return self.raw
        return bytes([2 + (self.raw[-1] & 1)]) + self.raw[: self.curve.coordinate_bytes]

    def thumbprint(self) -> bytes:
        """Return the 32-byte RFC 7638 SHA-256 thumbprint."""
        return _thumbprint(self)

    def controller(self) -> bytes:
        """Return the 21-byte Controller: kind ‖ last 20 bytes of keccak256(x‖y). P-256 and secp256k1 only."""
        if self.curve is _P256:
            return bytes([KIND_P256]) + keccak256(self.raw)[12:]
        if self.curve is _SECP256K1:
            return bytes([KIND_SECP256K1]) + keccak256(self.raw)[12:]
        raise InvalidKeyError("a controller is a P-256 or secp256k1 key", curve=self.curve.value)

    def verify(self, signature: bytes, message: bytes, *, require_low_s: bool = False) -> None:
        """Check a signature over `message` (hashed here, by the curve's JOSE algorithm). Raises ProofInvalidError.

        `signature`: r‖s, or 64 bytes of Ed25519. Cost: one signature check; the key object is cached.
        """
        require_shape(self.curve, signature, require_low_s=require_low_s)
        if coincurve is not None and self.curve is _SECP256K1:
            _verify_fast(self.raw, signature, hashlib.sha256(message).digest())
            return
        key = self._loaded or _load(self.curve, self.raw)
        try:
            if self.curve is _ED25519:
                cast("ed25519.Ed25519PublicKey", key).verify(signature, message)
            else:  # by the curve, because asking the key what it is takes 0.3 µs: its classes are abstract ones
                hasher, prehashed = _HASHED[self.curve]
                cast("ec.EllipticCurvePublicKey", key).verify(to_der(signature), hasher(message).digest(), prehashed)
        except InvalidSignature:
            raise ProofInvalidError("the signature does not verify", algorithm=self.curve.algorithm) from None

    def verify_digest(self, signature: bytes, digest: bytes, *, require_low_s: bool = False) -> None:
        """Check an ECDSA signature over a 32-byte digest that the caller computed. P-256 and secp256k1 only."""
        if self.curve not in {_P256, _SECP256K1}:
            raise InvalidKeyError("digests are signed by P-256 or secp256k1 keys", curve=self.curve.value)
        require_shape(self.curve, signature, require_low_s=require_low_s)
        if coincurve is not None and self.curve is _SECP256K1:
            _verify_fast(self.raw, signature, digest)
            return
        key = self._loaded or _load(self.curve, self.raw)
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(to_der(signature), digest, _SHA256)
        except InvalidSignature:
            raise ProofInvalidError("the signature does not verify", algorithm=self.curve.algorithm) from None


@runtime_checkable
class Signer(Protocol):
    """Holds one private key and signs with it; where the key lives (file, HSM) is its own affair."""

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify under."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign by the curve's JOSE algorithm: r‖s with low s (64, P-384: 96 bytes), or Ed25519's 64 bytes."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest: r‖s with low s. P-256 and secp256k1 only, else InvalidKeyError."""
        ...


class NamedSigner(Signer, Protocol):
    """A signer that says what its key is called and what it is for; neither is signed."""

    @property
    def key_id(self) -> str:
        """The key's name."""
        ...

    @property
    def purpose(self) -> str:
        """What the key is for, in its owner's words."""
        ...


def address_of(controller: bytes) -> bytes:
    """Return the 20 bytes after the kind: the owner of nonces, and for kind 1 the Ethereum address."""
    if len(controller) != 21 or controller[0] not in {KIND_SECP256K1, KIND_P256}:
        raise MalformedValueError("a controller is 21 bytes: kind 1 or 2, then 20 bytes", length=len(controller))
    return controller[1:]


def _verify_fast(raw: bytes, signature: bytes, digest: bytes) -> None:
    """Check a secp256k1 signature with libsecp256k1, which wants low s; s and n - s verify alike."""
    low = to_low_s(_SECP256K1, signature)
    try:
        good = _load_fast(raw).verify(to_der(low), digest, hasher=None)
    except ValueError:
        good = False
    if not good:
        raise ProofInvalidError("the signature does not verify", algorithm="ES256K")


@lru_cache(maxsize=256)
def _load_fast(raw: bytes) -> Any:
    return coincurve.PublicKey(b"\x04" + raw)


@lru_cache(maxsize=4096)
def _load(curve: Curve, raw: bytes) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    """Build the cryptography object, which also checks that the point is on the curve."""
    try:
        if curve is _ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        if len(raw) != 2 * curve.coordinate_bytes:
            raise InvalidKeyError(f"a {curve.value} key has {2 * curve.coordinate_bytes} bytes", actual=len(raw))
        return ec.EllipticCurvePublicKey.from_encoded_point(_EC[curve], b"\x04" + raw)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKeyError(f"not a {curve.value} public key: the point is not on the curve") from None


@lru_cache(maxsize=4096)
def _thumbprint(key: PublicKey) -> bytes:
    jwk = key.to_jwk()
    text = "{" + ",".join(f'"{name}":"{value}"' for name, value in jwk.items()) + "}"
    return hashlib.sha256(text.encode("ascii")).digest()
