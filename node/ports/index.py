"""The index: its one writer, and its readers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from node.domain import fact
from node.domain.ledger import Block, Head
from node.domain.overlay import StoredEvent
from node.domain.projection import Known

F = TypeVar("F", bound=fact.Fact)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one step of the indexer stores at once. `events`: rows ready for the events table, in order."""

    events: Sequence[Mapping[str, Any]]
    facts: Sequence[fact.Fact]
    blocks: Sequence[Block]
    head: Head
    fills_to: int = 0
    """With an index's first chunk: the ledger's newest block then. The index answers nobody before it was there."""


class IndexStore(Known, Protocol):
    """The index as its one writer sees it."""

    def head(self) -> Head | None: ...

    def block(self, number: int) -> Block | None: ...

    def apply(self, chunk: Chunk) -> None: ...

    def undo_to(self, block: Block, final: Block) -> int: ...

    def watched(self) -> list[fact.DirectoryEntry]: ...

    def owner_of(self, kind: str, key: bytes) -> bytes | None: ...

    def forget(self) -> None: ...


class NotIndexedError(Exception):
    """The index has no block yet: the ledger was never reached since it was made."""


class IndexFillingError(NotIndexedError):
    """The index began with nothing and was never whole: what it does not have says nothing yet."""

    def __init__(self, number: int, fills_to: int) -> None:
        super().__init__(f"the index is being filled from the ledger: block {number} of {fills_to}")
        self.number, self.fills_to = number, fills_to


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
