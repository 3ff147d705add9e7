"""API tokens: 256 random bits, shown once, kept as sha256; one per agency, with a quota a day.

A token lets its bearer relay and nothing else: what an operation may do, its signatures decide.
"""

import re
import secrets
from collections.abc import Callable
from typing import Final

from node.domain.token import QuotaExceededError, Token, TokenExistsError
from node.ports import TokenStore
from registry_client.core.hashing import sha256
from registry_client.errors import InvalidInputError, RegistryError

PREFIX: Final = "mapae_"
"""So that a token is recognised where it should not be: in a log, in a repository."""
QUOTA_DEFAULT: Final = 20_000
QUOTA_MAX: Final = 100_000_000
_TOKEN_MAX_LENGTH: Final = 200  # characters
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class TokenRefusedError(RegistryError):
    """No token, an unknown one, or a revoked one."""

    type_uri = "https://mapae.invalid/problems/token-refused"
    title = "Token refused"


class QuotaSpentError(RegistryError):
    """The day's quota is spent; the detail says when the next day begins."""

    type_uri = "https://mapae.invalid/problems/quota-spent"
    title = "Quota spent"


class Tokens:
    """Makes, checks and ends tokens. `now`: unix seconds."""

    def __init__(self, store: TokenStore, *, now: Callable[[], int]) -> None:
        self._store, self._now = store, now

    def create(self, label: str, *, quota_per_day: int = QUOTA_DEFAULT) -> str:
        """Make a token and return it, the only time it is seen. Raises InvalidInputError."""
        if not _LABEL.fullmatch(label):
            raise InvalidInputError(
                "a label is 1 to 64 letters, digits, dots, underscores or hyphens", label=label[:80]
            )
        if not 1 <= quota_per_day <= QUOTA_MAX:
            raise InvalidInputError(f"a quota is 1 to {QUOTA_MAX} operations a day", quota=quota_per_day)
        token = PREFIX + secrets.token_urlsafe(32)
        try:
            self._store.create(_digest(token), label=label, quota_per_day=quota_per_day, now=self._now())
        except TokenExistsError:
            raise InvalidInputError(
                f"a token {label} exists: revoke it first (`mapae-node tokens revoke {label}`) or choose another label",
                label=label,
            ) from None
        return token

    def list(self) -> list[Token]:
        """Return every token with today's use, never its secret."""
        return self._store.all(now=self._now())

    def revoke(self, label: str) -> None:
        """End a token at once. Raises InvalidInputError if there is none."""
        if not self._store.revoke(label, now=self._now()):
            raise InvalidInputError(
                f"no live token has the label {label}: see `mapae-node tokens list`", label=label[:80]
            )

    def bearer(self, authorization: str | None) -> tuple[Token, bytes]:
        """Return the token of an Authorization header and its digest. Raises TokenRefusedError."""
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise TokenRefusedError("relaying needs the header `Authorization: Bearer <token>`")
        digest = _digest(text.strip()[:_TOKEN_MAX_LENGTH])
        token = self._store.find(digest)
        if token is None or token.revoked_at is not None:
            raise TokenRefusedError("this token is unknown or revoked: ask the node's operator for one")
        return token, digest

    def spend(self, token: Token, digest: bytes, count: int) -> None:
        """Count operations against the token's day. Raises QuotaSpentError; then nothing is counted."""
        if count == 0:
            return
        try:
            self._store.spend(digest, count, quota_per_day=token.quota_per_day, now=self._now())
        except QuotaExceededError as error:
            raise QuotaSpentError(
                f"{count} operations do not fit into today's quota ({error.used} of {error.quota_per_day} used)",
                used=error.used,
                quota_per_day=error.quota_per_day,
                resets_at=error.resets_at,
            ) from None


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass"))
