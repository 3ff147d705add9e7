"""What the node's services need from outside, as Protocols, and the values that cross."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from node.domain import fact
from node.domain.event import RawLog
from node.domain.header import Header
from node.domain.ledger import Block, Head
from node.domain.operation import OperationState, Relayed, SentTransaction
from node.domain.overlay import StoredEvent
from node.domain.projection import Known
from node.domain.published import StoredList
from node.domain.receipts import BlockReceipt
from node.domain.registration import RegistrationJob
from node.domain.token import Token

F = TypeVar("F", bound=fact.Fact)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one step of the indexer stores at once. `events`: rows ready for the events table, in order."""

    events: Sequence[Mapping[str, Any]]
    facts: Sequence[fact.Fact]
    blocks: Sequence[Block]
    head: Head


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

    def estimate(self, address: bytes, calls: Sequence[bytes], *, sender: bytes) -> list["int | bytes"]:
        """Return for each call its gas, or the bytes that it reverts with."""

    def receipts(self, hashes: Sequence[bytes]) -> list["Receipt | None"]: ...


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


class IndexStore(Known, Protocol):
    """The index as its one writer sees it."""

    def head(self) -> Head | None: ...

    def block(self, number: int) -> Block | None: ...

    def apply(self, chunk: Chunk) -> None: ...

    def undo_to(self, block: Block, final: Block) -> int: ...

    def watched(self) -> list[fact.DirectoryEntry]: ...

    def owner_of(self, kind: str, key: bytes) -> bytes | None: ...

    def forget(self) -> None: ...


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


class NotIndexedError(Exception):
    """The index has no block yet: the ledger was never reached since it was made."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which part of the story. Blocks and times are inclusive bounds; `after`: (block, log index) of the last seen."""

    limit: int
    did_id: bytes | None = None
    types: tuple[str, ...] = ()
    from_block: int | None = None
    to_block: int | None = None
    from_time: int | None = None
    to_time: int | None = None
    after: tuple[int, int] | None = None


class IndexView(Protocol):
    """One consistent state of the index. Facts are bounded by the final block unless the view is `at_head()`."""

    @property
    def head(self) -> Head: ...

    def at_head(self) -> "IndexView": ...

    def facts(
        self,
        kind: type[F],
        *,
        newest: bool = False,
        limit: int | None = None,
        at_most: Mapping[str, int] | None = None,
        **equal: Any,
    ) -> list[F]: ...

    def last(self, kind: type[F], *, at_most: Mapping[str, int] | None = None, **equal: Any) -> F | None: ...

    def every(self, kind: type[F]) -> Iterator[F]:
        """All facts of a kind by key, as they are read: nothing is kept in memory."""
        ...

    def count(self, kind: type[fact.Fact]) -> int: ...

    def event_rows(self) -> Iterator[Mapping[str, Any]]:
        """All events in the order in which they entered the index, as rows of their table."""
        ...

    def words(self, list_id: bytes) -> bytes: ...

    def changes_after_final(self, list_id: bytes) -> list[fact.StatusChange]: ...

    def words_upto(self, list_id: bytes) -> bytes: ...

    def event_at(self, block_number: int, log_index: int) -> StoredEvent | None: ...

    def pending(self, did_id: bytes) -> list[StoredEvent]: ...

    def events(self, wanted: EventQuery) -> list[StoredEvent]: ...

    def events_of_transaction(self, transaction_hash: bytes) -> list[StoredEvent]: ...


class IndexReads(Protocol):
    """Opens views. Safe to share between threads."""

    def view(self) -> AbstractContextManager[IndexView]: ...


@dataclass(frozen=True, slots=True)
class DidHead:
    """Where the index stands and which version of a DID is in force there (None: no such DID, finally).

    `has_pending`: something about the DID is seen in a block that is not final yet.
    """

    number: int
    hash: bytes
    time: int
    final_number: int
    version: int | None
    has_pending: bool


class HotReads(Protocol):
    """The one read of the hot path; it takes no lock."""

    async def did_head(self, did_id: bytes) -> DidHead | None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation that was checked and may be queued. `deadline`: 0 where it has none."""

    operation_id: bytes
    kind: str
    contract: str
    body: bytes
    calldata: bytes
    deadline: int


class Outbox(Protocol):
    """Durable queue of operations and of the transactions that carry them."""

    def submit(self, new: Sequence[NewOperation], *, label: str, now: int) -> list[Relayed]: ...

    def unknown(self, ids: Iterable[bytes]) -> int: ...

    def get(self, operation_id: bytes) -> Relayed | None: ...

    def open(self, *, limit: int) -> list[Relayed]: ...

    def open_count(self) -> int: ...

    def change(self, operation_id: bytes, state: OperationState, *, now: int, **values: Any) -> None: ...

    def record(self, transaction: SentTransaction, carried: Sequence[bytes], *, now: int) -> None: ...

    def pending_transactions(self) -> list[SentTransaction]: ...

    def transaction(self, transaction_hash: bytes) -> SentTransaction | None: ...

    def mark(
        self, transaction_hash: bytes, *, state: str, block_number: int | None = None, sent_at: int | None = None
    ) -> None: ...


class TokenStore(Protocol):
    """Tokens by digest."""

    def create(self, digest: bytes, *, label: str, quota_per_day: int, now: int) -> None: ...

    def find(self, digest: bytes) -> Token | None: ...

    def all(self, *, now: int) -> list[Token]: ...

    def revoke(self, label: str, *, now: int) -> bool: ...

    def spend(self, digest: bytes, count: int, *, quota_per_day: int, now: int) -> None: ...


class RegistrationStore(Protocol):
    """Jobs of DID registration, durable."""

    def add(self, job: RegistrationJob, *, open_max: int, forget_before: int) -> bool: ...

    def get(self, job_id: str) -> RegistrationJob | None: ...

    def replace_operation(self, job_id: str, operation: bytes, *, expected: bytes) -> bool: ...


class PublishedStore(Protocol):
    """Lists that agencies signed, as they came: a cache, filled again by whoever publishes."""

    def replace(self, forms: Sequence[StoredList]) -> bool: ...

    def get(self, list_id: bytes, form: str) -> StoredList | None: ...

    def urls(self, *, alive_at: int, limit: int) -> list[str]: ...
