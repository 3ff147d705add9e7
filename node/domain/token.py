"""API tokens as the node speaks of them: a label, a day's quota, never a secret."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it may be shown: never its secret."""

    label: str
    quota_per_day: int
    created_at: int
    revoked_at: int | None
    used_today: int


class TokenExistsError(Exception):
    """A live token has this label already."""


class QuotaExceededError(Exception):
    """The day's quota does not cover this; `resets_at` is when the next day begins."""

    def __init__(self, *, used: int, quota_per_day: int, resets_at: int) -> None:
        super().__init__(f"{used} of {quota_per_day} operations used today")
        self.used, self.quota_per_day, self.resets_at = used, quota_per_day, resets_at
