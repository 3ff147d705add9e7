"""What the relay needs to send: keys, and the ledger's opinion of what they sign."""

from typing import Protocol


class LedgerWriter(Protocol):
    """Signs transactions with one relayer's key and hands them to the ledger."""

    @property
    def relayer(self) -> bytes:
        """Address of the relayer, 20 bytes."""
        ...

    def next_nonce(self, relayer: bytes | None = None) -> int:
        """Transactions of the relayer, or of another address, in blocks: the first nonce that is still free."""
        ...

    def gas_price(self) -> int: ...

    def balance(self) -> int:
        """Wei that the relayer has."""
        ...

    def gas_limit(self) -> int:
        """Gas that a block takes now."""
        ...

    def sign(self, *, to: bytes, data: bytes, nonce: int, gas: int, gas_price: int) -> tuple[bytes, bytes]:
        """Return (hash, raw bytes) of a signed transaction."""
        ...

    def send(self, raw: bytes) -> None:
        """Hand a raw transaction over; one the ledger already has is fine. Raises LedgerUnavailableError or
        TransactionRefusedError.
        """
        ...


class Relayers(Protocol):
    """The keys that this node sends with."""

    def active(self) -> LedgerWriter:
        """Return the one for everything new; another one after a rotation."""
        ...

    def of(self, relayer: bytes) -> LedgerWriter | None:
        """Return the key of an address, retired ones included; None if this node does not have it."""
        ...


class TransactionRefusedError(Exception):
    """The ledger will not take this transaction: its nonce is used, or it is underpriced or unfunded."""
