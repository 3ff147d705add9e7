"""The encryption of the issuer's book: every personal field by itself, bound to its place.

- A random 256-bit data key seals the fields with AES-256-GCM; the place (table, row, column) is authenticated with
  each, so a sealed value cannot be moved to another row. The data key itself is sealed under the passphrase
  (PBKDF2-HMAC-SHA-256, 600,000 rounds) or under a 256-bit key of the agency's keystore.
- Look-ups by reference or subject go through HMAC-SHA-256 tags: equal values have equal tags and nothing else shows.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry_client.core.canonical import canonicalize
from registry_client.core.strict_json import parse_json
from registry_client.errors import BookError

KDF_ROUNDS: Final = 600_000
"""PBKDF2 iterations of new books."""
KEY_LENGTH: Final = 32  # bytes
SALT_LENGTH: Final = 16  # bytes
TAG_LENGTH: Final = 16  # bytes of a look-up tag
_NONCE_LENGTH: Final = 12  # bytes
_KEY_PLACE: Final = b"book|data-key"


@dataclass(frozen=True, slots=True)
class KeyEnvelope:
    """How the data key is kept in the book. `rounds` 0: the secret is a 256-bit key already."""

    salt: bytes
    rounds: int
    sealed_key: bytes


class BookSeal:
    """Seals and opens fields with one data key."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)
        self._tag_key = hmac.digest(data_key, b"book|tags", "sha256")

    def seal(self, place: str, value: Any) -> bytes:
        """Return nonce ‖ ciphertext of a JSON value. `place`: table, row and column."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, canonicalize(value), place.encode("utf-8"))

    def open(self, place: str, sealed: bytes) -> Any:
        """Return the JSON value sealed at this place. Raises BookError if it was altered or moved."""
        nonce, text = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
        try:
            return parse_json(self._cipher.decrypt(nonce, text, place.encode("utf-8")))
        except (InvalidTag, ValueError):
            raise BookError("the book was altered: restore it from a backup", place=place) from None

    def tag(self, column: str, value: Any) -> bytes:
        """Return the look-up tag of a JSON value in a column: the same for equal values, and only then."""
        return hmac.digest(self._tag_key, column.encode("utf-8") + b"|" + canonicalize(value), "sha256")[:TAG_LENGTH]


def new_seal(secret: str | bytes, *, rounds: int = KDF_ROUNDS) -> tuple[BookSeal, KeyEnvelope]:
    """Make a data key and seal it under the agency's secret: a passphrase, or 32 bytes of its keystore."""
    data_key, salt = secrets.token_bytes(KEY_LENGTH), secrets.token_bytes(SALT_LENGTH)
    rounds = rounds if isinstance(secret, str) else 0
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    sealed = AESGCM(_wrapping_key(secret, salt, rounds)).encrypt(nonce, data_key, _KEY_PLACE)
    return BookSeal(data_key), KeyEnvelope(salt, rounds, nonce + sealed)


def open_seal(secret: str | bytes, envelope: KeyEnvelope) -> BookSeal:
    """Open the data key. Raises BookError if the secret is wrong or of the wrong kind."""
    if (envelope.rounds == 0) is isinstance(secret, str):
        raise BookError("this book opens with " + ("a keystore's key" if envelope.rounds == 0 else "a passphrase"))
    nonce, sealed = envelope.sealed_key[:_NONCE_LENGTH], envelope.sealed_key[_NONCE_LENGTH:]
    try:
        key = AESGCM(_wrapping_key(secret, envelope.salt, envelope.rounds)).decrypt(nonce, sealed, _KEY_PLACE)
    except InvalidTag:
        raise BookError("the book does not open with this passphrase or key") from None
    return BookSeal(key)


def _wrapping_key(secret: str | bytes, salt: bytes, rounds: int) -> bytes:
    if isinstance(secret, str):
        return pbkdf2_hmac("sha256", secret.encode("utf-8"), salt, rounds, KEY_LENGTH)
    if len(secret) != KEY_LENGTH:
        raise BookError(f"a book's key has {KEY_LENGTH} bytes", length=len(secret))
    return hmac.digest(secret, b"book|wrap|" + salt, sha256)
