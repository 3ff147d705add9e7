"""What every store may say: not now, or not this node."""

from typing import Protocol


class StoreUnavailableError(Exception):
    """A store cannot be written or read now: no space left, read-only, or locked for too long."""


class LeaseLostError(Exception):
    """Another node holds the lease that a transaction needs; nothing of it was stored."""


class Lease(Protocol):
    """The right to do what only one of several nodes may do, for a time, unless it is kept."""

    @property
    def name(self) -> str: ...

    @property
    def token(self) -> int | None:
        """A number that grows with every new holder; None while this node does not hold it, as far as it knows."""
        ...

    def begin(self) -> int | None:
        """Act under the lease from here on: what is stored until the next `begin` needs the token that this returns."""
        ...

    def keep(self) -> bool: ...

    def release(self) -> None: ...
