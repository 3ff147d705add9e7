"""The integrity MAC of a PKCS#12 file, at as many rounds as its encryption.

`cryptography` encrypts key and certificate with as many PBKDF2 rounds as asked, and writes the MAC at 2,048. Whoever
holds the file would guess the passphrase against the MAC, some hundred times cheaper. So the MAC is written anew.

- PFX = SEQUENCE { version, authSafe ContentInfo, MacData { DigestInfo, macSalt, iterations } } (RFC 7292 section 4).
- Key of the MAC: the PKCS#12 derivation with SHA-256, purpose 3 (RFC 7292 appendix B.2).
"""

import hashlib
import hmac
from typing import Final

_SHA256_IDENTIFIER: Final = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier { sha256, NULL }."""
_BLOCK: Final = 64
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04


def with_mac_rounds(pfx: bytes, *, passphrase: str, salt: bytes, rounds: int) -> bytes:
    """Return the file with a MAC of `rounds` iterations over the same content. `pfx`: as `cryptography` wrote it."""
    _, body, _ = _element(pfx)
    _, _, after_version = _element(body)
    version, rest = body[: len(body) - len(after_version)], after_version
    _, content_info, after_safe = _element(rest)
    auth_safe = rest[: len(rest) - len(after_safe)]
    _, _, explicit = _element(content_info)
    _, wrapped, _ = _element(explicit)
    _, content, _ = _element(wrapped)
    digest = hmac.digest(derive_mac_key(passphrase, salt, rounds), content, "sha256")
    mac = _encode(_SEQUENCE, _SHA256_IDENTIFIER + _encode(_OCTETS, digest))
    count = rounds.to_bytes(rounds.bit_length() // 8 + 1, "big")
    mac_data = _encode(_SEQUENCE, mac + _encode(_OCTETS, salt) + _encode(_INTEGER, count))
    return _encode(_SEQUENCE, version + auth_safe + mac_data)


def mac_rounds(pfx: bytes) -> int:
    """Return the iterations of a file's MAC."""
    _, body, _ = _element(pfx)
    _, _, rest = _element(body)
    _, _, rest = _element(rest)
    _, mac_data, _ = _element(rest)
    _, _, rest = _element(mac_data)
    _, _, rest = _element(rest)
    return int.from_bytes(_element(rest)[1], "big") if rest else 1


def derive_mac_key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    """Derive the 32-byte MAC key (RFC 7292 appendix B.2, ID 3, SHA-256, so one block)."""
    text = passphrase.encode("utf-16-be") + b"\0\0"
    block = b"\x03" * _BLOCK + _fill(salt) + _fill(text)
    for _ in range(rounds):
        block = hashlib.sha256(block).digest()
    return block


def _fill(data: bytes) -> bytes:
    """Repeat `data` to a whole number of hash blocks."""
    size = -(-len(data) // _BLOCK) * _BLOCK
    return (data * (size // len(data) + 1))[:size]


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Split one DER element off: tag, content, what follows."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[0], data[start : start + length], data[start + length :]


def _encode(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
