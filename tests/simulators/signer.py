"""Signers whose keys come from a label, so that every run of a test has the same ones."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry_client.adapters.signer_local import LocalSigner
from registry_client.core.curves import Curve
from registry_client.core.keys import PublicKey

_CURVES = {Curve.P256: ec.SECP256R1(), Curve.P384: ec.SECP384R1(), Curve.SECP256K1: ec.SECP256K1()}


def memory_signer(label: str, curve: Curve = Curve.P256) -> LocalSigner:
    """A signer of the client's own, with a key derived from its label."""
    seed = hashlib.sha256(f"{curve.value}:{label}".encode()).digest()
    if curve is Curve.ED25519:
        edwards = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        return LocalSigner(edwards, PublicKey(curve, edwards.public_key().public_bytes_raw()), key_id=label)
    private = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, _CURVES[curve])
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return LocalSigner(private, PublicKey(curve, point[1:]), key_id=label)
