"""Development keys for tests, of both kinds of controller; made from a label, so that every run has the same ones.

- `P256Key` signs sha256(payload) and supplies x‖y‖r‖s (128 bytes); `Secp256k1Key` signs keccak256(payload) and
  supplies r‖s‖v (65 bytes): what the contracts take. Low s only.
- Signatures are deterministic (RFC 6979): a gas figure or a block hash does not change from run to run.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from Crypto.Hash import keccak
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_account import Account
from eth_keys import keys as eth_keys

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def _scalar(label: str, order: int) -> int:
    return int.from_bytes(hashlib.sha512(b"development key: " + label.encode()).digest(), "big") % (order - 1) + 1


@dataclass(frozen=True)
class P256Key:
    """A P-256 key (controller kind 2)."""

    label: str
    kind: int = field(default=2, init=False)

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(_scalar(self.label, P256_ORDER), ec.SECP256R1())

    @cached_property
    def public_key(self) -> bytes:
        """x‖y, 64 bytes."""
        numbers = self.private.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    @cached_property
    def controller(self) -> bytes:
        """kind ‖ last 20 bytes of keccak256(x‖y), 21 bytes."""
        return b"\x02" + keccak256(self.public_key)[-20:]

    def sign(self, payload: bytes, *, high_s: bool = False) -> bytes:
        """x‖y‖r‖s over sha256(payload). `high_s`: the malleable twin, which the contracts must refuse."""
        der = self.private.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        low = min(s, P256_ORDER - s)
        s = P256_ORDER - low if high_s else low
        return self.public_key + r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class Secp256k1Key:
    """A secp256k1 key (controller kind 1), also the sender of transactions."""

    label: str
    kind: int = field(default=1, init=False)

    @cached_property
    def secret(self) -> bytes:
        return _scalar(self.label, SECP256K1_ORDER).to_bytes(32, "big")

    @cached_property
    def account(self):
        return Account.from_key(self.secret)

    @cached_property
    def address(self) -> str:
        return self.account.address

    @cached_property
    def controller(self) -> bytes:
        """kind ‖ address, 21 bytes."""
        return b"\x01" + bytes.fromhex(self.address[2:])

    def sign(self, payload: bytes, *, high_s: bool = False) -> bytes:
        """r‖s‖v over keccak256(payload). `high_s`: the malleable twin, which the contracts must refuse."""
        signature = eth_keys.PrivateKey(self.secret).sign_msg_hash(keccak256(payload))
        r, s, v = signature.r, signature.s, signature.v
        if high_s:
            s, v = SECP256K1_ORDER - s, 1 - v
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + v])


Key = P256Key | Secp256k1Key
