"""The two hash functions of the registry: SHA-256 for what people sign, Keccak-256 for what the chain computes."""

import hashlib
from functools import lru_cache

from Crypto.Hash import keccak as _keccak


def sha256(data: bytes) -> bytes:
    """Return the 32-byte SHA-256 digest."""
    return hashlib.sha256(data).digest()


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 digest (the chain's, not SHA3-256)."""
    return _keccak.new(digest_bits=256, data=data).digest()


@lru_cache(maxsize=1024)
def keccak_text(text: str) -> bytes:
    """Return keccak256 of the UTF-8 bytes; cached, for selectors, topics and type ids."""
    return keccak256(text.encode("utf-8"))
