"""A Signer whose key lives in memory and comes from a label, so that every run of a test has the same keys."""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry_client.core.keys import Curve, PublicKey, to_low_s

_CURVES = {Curve.P256: ec.SECP256R1(), Curve.P384: ec.SECP384R1(), Curve.SECP256K1: ec.SECP256K1()}
_HASHES = {Curve.P256: hashes.SHA256(), Curve.P384: hashes.SHA384(), Curve.SECP256K1: hashes.SHA256()}


class MemorySigner:
    """Signs by the JOSE algorithm of its curve; r‖s with low s."""

    def __init__(self, label: str, curve: Curve = Curve.P256) -> None:
        self.curve = curve
        seed = hashlib.sha256(f"{curve.value}:{label}".encode()).digest()
        if curve is Curve.ED25519:
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            raw = self.private.public_key().public_bytes_raw()
        else:
            self.private = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, _CURVES[curve])
            raw = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
        self._public_key = PublicKey(curve, raw)

    @property
    def public_key(self) -> PublicKey:
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        if self.curve is Curve.ED25519:
            return self.private.sign(message)
        return self._raw(self.private.sign(message, ec.ECDSA(_HASHES[self.curve])))

    def sign_digest(self, digest: bytes) -> bytes:
        return self._raw(self.private.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))

    def _raw(self, der: bytes) -> bytes:
        r, s = decode_dss_signature(der)
        half = self.curve.coordinate_bytes
        return to_low_s(self.curve, r.to_bytes(half, "big") + s.to_bytes(half, "big"))
