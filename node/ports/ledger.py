"""Reads of the ledger, and the values that they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from node.domain.event import RawLog
from node.domain.header import Header
from node.domain.ledger import Block
from node.domain.receipts import BlockReceipt


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction went; `succeeded` is its status."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int


class RangeTooLargeError(Exception):
    """The ledger refuses or cannot answer a range of logs this large."""


class RevertedError(Exception):
    """A call reverted; `data` is what the contract gave."""

    def __init__(self, data: bytes) -> None:
        super().__init__("0x" + data.hex()[:136])
        self.data = data


class ChainReader(Protocol):
    """Reads of the ledger. Unreachable or nonsense: LedgerUnavailableError; absent: None; reverted: RevertedError."""

    def chain_id(self) -> int: ...

    def head(self) -> Block: ...

    def block(self, number: int) -> Block | None: ...

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]: ...

    def headers(self, numbers: Sequence[int]) -> list[Header | None]: ...

    def block_receipts(self, numbers: Sequence[int]) -> list[list[BlockReceipt]]: ...

    def logs(self, addresses: Sequence[bytes], *, first: int, last: int) -> list[RawLog]:
        """All logs of the addresses in [first, last], in order. Raises RangeTooLargeError where it should be split."""
        ...

    def code(self, address: bytes) -> bytes: ...

    def call(self, address: bytes, data: bytes, *, block: str | int = "latest") -> bytes: ...

    def estimate(self, address: bytes, calls: Sequence[bytes], *, sender: bytes) -> list[int | bytes]:
        """Return for each call its gas, or the bytes that it reverts with."""

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]: ...
