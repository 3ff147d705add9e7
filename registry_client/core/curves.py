"""The curves that we speak and the fixed-size shape of their signatures: r‖s in, r‖s out, DER only for OpenSSL."""

from enum import Enum
from typing import Final

from registry_client.core import secp256k1
from registry_client.errors import ProofInvalidError


class Curve(Enum):
    """The curves that we speak; the value is the JWK `crv`."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash costs a call in every cached look-up

    P256 = "P-256"
    P384 = "P-384"
    SECP256K1 = "secp256k1"
    ED25519 = "Ed25519"

    @property
    def algorithm(self) -> str:
        """The JOSE algorithm that fits (RFC 7518, 8812, 9864): exactly one for each curve."""
        return _ALGORITHM[self]

    @property
    def coordinate_bytes(self) -> int:
        """Bytes of one coordinate, of r and of s (Ed25519: half a signature)."""
        return _SIGNATURE_BYTES[self] >> 1


_ALGORITHM: Final = {Curve.P256: "ES256", Curve.P384: "ES384", Curve.SECP256K1: "ES256K", Curve.ED25519: "Ed25519"}
_SIGNATURE_BYTES: Final = {Curve.P256: 64, Curve.P384: 96, Curve.SECP256K1: 64, Curve.ED25519: 64}
GROUP_ORDER: Final = {
    Curve.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Curve.P384: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    Curve.SECP256K1: secp256k1.ORDER,
}


def has_low_s(curve: Curve, signature: bytes) -> bool:
    """Tell whether s of an r‖s signature is at most half the group order (Ed25519: always)."""
    if curve is Curve.ED25519:
        return True
    return int.from_bytes(signature[curve.coordinate_bytes :], "big") <= GROUP_ORDER[curve] >> 1


def to_low_s(curve: Curve, signature: bytes) -> bytes:
    """Return the same r‖s signature with s at most half the group order; both verify alike.

    Raises ProofInvalidError when s is not below the group order: no signature has that.
    """
    if has_low_s(curve, signature):
        return signature
    half = curve.coordinate_bytes
    s = GROUP_ORDER[curve] - int.from_bytes(signature[half:], "big")
    if s <= 0:
        raise ProofInvalidError("s is not below the group order", algorithm=curve.algorithm)
    return signature[:half] + s.to_bytes(half, "big")


def require_shape(curve: Curve, signature: bytes, *, require_low_s: bool) -> None:
    """Raise ProofInvalidError unless the signature has its curve's fixed size and, where demanded, a low s."""
    if len(signature) != _SIGNATURE_BYTES[curve]:
        raise ProofInvalidError(
            f"a {curve.algorithm} signature has {2 * curve.coordinate_bytes} bytes", actual=len(signature)
        )
    if require_low_s and not has_low_s(curve, signature):
        raise ProofInvalidError("the signature has a high s; normalise it to n - s", algorithm=curve.algorithm)


def to_der(signature: bytes) -> bytes:
    """Write r‖s as the DER SEQUENCE that OpenSSL wants; at most 104 bytes, so every length fits one byte."""
    half = len(signature) >> 1
    r = signature[:half].lstrip(b"\0")
    s = signature[half:].lstrip(b"\0")
    if not r or r[0] & 0x80:
        r = b"\0" + r
    if not s or s[0] & 0x80:
        s = b"\0" + s
    return b"\x30%c\x02%c%b\x02%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)
