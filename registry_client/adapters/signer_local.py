"""A signer whose private key is in this process: freshly made, or read from a file (signer_file.py)."""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry_client.core.curves import Curve, to_low_s
from registry_client.core.keys import PublicKey
from registry_client.errors import InvalidKeyError

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_CURVES: Final[dict[Curve, ec.EllipticCurve]] = {
    Curve.P256: ec.SECP256R1(),
    Curve.P384: ec.SECP384R1(),
    Curve.SECP256K1: ec.SECP256K1(),
}
_BY_NAME: Final = {curve.name: ours for ours, curve in _CURVES.items()}


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """Signs with a key held in memory. `key_id` and `purpose` say what the key is for; neither is signed."""

    private_key: PrivateKey = field(repr=False)
    public_key: PublicKey
    key_id: str = ""
    purpose: str = ""

    def sign(self, message: bytes) -> bytes:
        """Sign by the curve's JOSE algorithm: r‖s with low s, or Ed25519's 64 bytes."""
        key = self.private_key
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(message)
        digest = hashes.SHA384() if self.public_key.curve is Curve.P384 else hashes.SHA256()
        return self._pair(key.sign(message, ec.ECDSA(digest)))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest with P-256 or secp256k1: r‖s with low s. Raises InvalidKeyError for other curves."""
        key = self.private_key
        if isinstance(key, ed25519.Ed25519PrivateKey) or self.public_key.curve is Curve.P384 or len(digest) != 32:
            raise InvalidKeyError(
                "32-byte digests are signed by P-256 or secp256k1 keys", curve=self.public_key.curve.value
            )
        return self._pair(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))

    def _pair(self, der: bytes) -> bytes:
        r, s = decode_dss_signature(der)
        size = self.public_key.curve.coordinate_bytes
        return to_low_s(self.public_key.curve, r.to_bytes(size, "big") + s.to_bytes(size, "big"))


def generate_signer(curve: Curve = Curve.P256, *, key_id: str = "", purpose: str = "") -> LocalSigner:
    """Make a new private key from the system's random source."""
    if curve is Curve.ED25519:
        return signer_from(ed25519.Ed25519PrivateKey.generate(), key_id=key_id, purpose=purpose)
    return signer_from(ec.generate_private_key(_CURVES[curve]), key_id=key_id, purpose=purpose)


def signer_from(private_key: PrivateKey, *, key_id: str = "", purpose: str = "") -> LocalSigner:
    """Wrap a private key of a curve that we speak. Raises InvalidKeyError."""
    return LocalSigner(private_key, public_key_of(private_key), key_id, purpose)


def signer_from_secret(curve: Curve, secret: int, *, key_id: str = "", purpose: str = "") -> LocalSigner:
    """Rebuild an EC key from its secret scalar (test vectors). Raises InvalidKeyError when it is out of range."""
    if curve not in _CURVES:
        raise InvalidKeyError("only EC keys have a secret scalar", curve=curve.value)
    try:
        return signer_from(ec.derive_private_key(secret, _CURVES[curve]), key_id=key_id, purpose=purpose)
    except ValueError:
        raise InvalidKeyError("the secret is not between 1 and the group order", curve=curve.value) from None


def public_key_of(private_key: PrivateKey) -> PublicKey:
    """Return the public half. Raises InvalidKeyError for a curve that we do not speak."""
    if isinstance(private_key, ed25519.Ed25519PrivateKey):
        raw = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return PublicKey(Curve.ED25519, raw)
    curve = _BY_NAME.get(private_key.curve.name)
    if curve is None:
        raise InvalidKeyError("P-256, P-384, secp256k1 and Ed25519 are spoken", curve=private_key.curve.name)
    point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PublicKey(curve, point[1:])
