"""What is durable beside the index: operations under way, jobs, tokens, published lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from node.domain.operation import OperationState, Relayed, SentTransaction
from node.domain.published import StoredList
from node.domain.registration import RegistrationJob
from node.domain.token import Token


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation that was checked and may be queued. `deadline`: 0 where it has none."""

    operation_id: bytes
    kind: str
    contract: str
    body: bytes
    calldata: bytes
    deadline: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How much is under way. `operations`: by open state. `oldest_queued_at`: unix seconds, None if none is queued."""

    operations: Mapping[str, int]
    oldest_queued_at: int | None
    pending_transactions: int


class Outbox(Protocol):
    """Durable queue of operations and of the transactions that carry them."""

    def submit(self, new: Sequence[NewOperation], *, label: str, now: int) -> list[Relayed]: ...

    def unknown(self, ids: Iterable[bytes]) -> int: ...

    def get(self, operation_id: bytes) -> Relayed | None: ...

    def open(self, *, limit: int) -> list[Relayed]: ...

    def open_count(self) -> int: ...

    def queue(self) -> Queue: ...

    def change(self, operation_id: bytes, state: OperationState, *, now: int, **values: Any) -> None: ...

    def record(self, transaction: SentTransaction, carried: Sequence[bytes], *, now: int) -> None: ...

    def pending_transactions(self) -> list[SentTransaction]: ...

    def transaction(self, transaction_hash: bytes) -> SentTransaction | None: ...

    def mark(
        self, transaction_hash: bytes, *, state: str, block_number: int | None = None, sent_at: int | None = None
    ) -> None: ...


class RegistrationStore(Protocol):
    """Jobs of DID registration, durable."""

    def add(self, job: RegistrationJob, *, open_max: int, forget_before: int) -> bool: ...

    def get(self, job_id: str) -> RegistrationJob | None: ...

    def replace_operation(self, job_id: str, operation: bytes, *, expected: bytes) -> bool: ...


class TokenStore(Protocol):
    """Tokens by digest."""

    def create(self, digest: bytes, *, label: str, quota_per_day: int, now: int) -> None: ...

    def find(self, digest: bytes) -> Token | None: ...

    def all(self, *, now: int) -> list[Token]: ...

    def revoke(self, label: str, *, now: int) -> bool: ...

    def spend(self, digest: bytes, count: int, *, quota_per_day: int, now: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the published lists are. Times in unix seconds, of the valid ones; None where none is."""

    valid: int
    expired: int
    oldest_signed_at: int | None
    next_expiry_at: int | None


class PublishedStore(Protocol):
    """Lists that agencies signed, as they came: a cache, filled again by whoever publishes."""

    def replace(self, forms: Sequence[StoredList]) -> bool: ...

    def get(self, list_id: bytes, form: str) -> StoredList | None: ...

    def freshness(self, *, now: int) -> Freshness: ...

    def urls(self, *, alive_at: int, limit: int) -> list[str]: ...
