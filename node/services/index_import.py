"""An index from a stranger's file: every fact is established here, then held against this node's own ledger.

- Into an empty index, which is put in place only if the whole check passed: nothing of the file is believed before.
- A ledger that was moved (`ledger export`) has the old state in its genesis and none of the old blocks. The file then
  stands for the blocks up to the old head, and the ledger must have said nothing of its own in them.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

import orjson

from node.domain import fact
from node.domain.event import EventCodec, LedgerEvent
from node.domain.event_json import EventReader
from node.domain.ledger import Block, Head
from node.domain.projection import project
from node.domain.subjects import subjects_of
from node.ports import ChainReader, Chunk, IndexStore
from node.services.chunk_known import ChunkKnown
from node.services.index_file import UNKNOWN_HASH, IndexFile, IndexFileHead
from registry_client.errors import InvalidInputError, LedgerUnavailableError, WrongLedgerError

CHUNK: Final = 1_000
"""Events stored at once."""


class IndexImporter:
    """Fills an empty index from a file."""

    def __init__(
        self, chain: ChainReader, store: IndexStore, codec: EventCodec, reader: EventReader, *, moved: bool
    ) -> None:
        """Take what is needed. `moved`: the events' blocks are not this ledger's, and not held against it."""
        self._chain, self._store, self._codec, self._reader = chain, store, codec, reader
        self._moved = moved

    def take(self, file: IndexFile, *, anchor: Block, on_event: Callable[[int], None] = lambda _: None) -> int:
        """Take every event of the file; the index then stands at `anchor`. Returns how many events those were.

        Raises InvalidInputError for a damaged file, LedgerInconsistentError for events that do not follow each other.
        """
        base = self._chain.block(0)
        if base is None:
            raise LedgerUnavailableError("the ledger has no block 0")
        self._store.apply(Chunk((), (), (base,), Head(base, base)))
        events, count, last = iter(file.events()), 0, (-1, -1, -1)
        while batch := list(islice(events, CHUNK)):
            last = self._apply(batch, last, anchor.number, Head(base, base))
            count += len(batch)
            on_event(count)
        self._store.apply(Chunk((), (), (anchor,), Head(anchor, anchor)))
        return count

    def _apply(
        self, batch: Iterable[Any], last: tuple[int, int, int], highest: int, head: Head
    ) -> tuple[int, int, int]:
        known, rows, facts = ChunkKnown(self._store), [], list[fact.Fact]()
        read = [self._read(value) for value in batch]
        if not self._moved:
            self._require_blocks(read)
        for event in read:
            place = event.seen_block, event.block_number, event.log_index
            if not last < place or not event.block_number <= event.seen_block <= highest:
                raise InvalidInputError("the file's events are out of order", after=last, found=place)
            last = place
            made = project(event, known)
            for item in made:
                known.add(item)
            facts += made
            rows.append(
                {
                    "block_number": event.block_number,
                    "log_index": event.log_index,
                    "seen_block": event.seen_block,
                    "block_time": event.block_time,
                    "transaction_hash": event.transaction_hash,
                    "contract": event.contract,
                    "type": event.type,
                    "fields": orjson.dumps(self._codec.json_fields(event)).decode(),
                    "subjects": b"".join(subjects_of(event, known.owner_of)),
                }
            )
        self._store.apply(Chunk(rows, facts, (), head))
        return last

    def _read(self, value: Any) -> LedgerEvent:
        try:
            return self._reader.read(value)
        except ValueError as error:
            raise InvalidInputError(f"an event of the file is malformed: {error}") from error

    def _require_blocks(self, events: list[LedgerEvent]) -> None:
        """Hold time (and hash, where the file has it) of every event's block against the ledger's own headers."""
        numbers = sorted({event.block_number for event in events})
        shown = dict(zip(numbers, self._chain.blocks(numbers), strict=True))
        for event in events:
            block = shown[event.block_number]
            if block is None or block.time != event.block_time or event.block_hash not in {UNKNOWN_HASH, block.hash}:
                raise WrongLedgerError(
                    f"the file's block {event.block_number} is not the ledger's", block_number=event.block_number
                )


def anchor_of(chain: ChainReader, head: IndexFileHead, *, genesis_hash: bytes, final_number: int, moved: bool) -> Block:
    """Return the ledger's own block at the file's height. `moved`: the file is of the ledger that this one continues.

    Raises WrongLedgerError, LedgerUnavailableError while the ledger is not that far.
    """
    if final_number < head.block_number or (block := chain.block(head.block_number)) is None:
        raise LedgerUnavailableError(
            f"the file goes up to block {head.block_number}, the ledger's newest final block is {final_number}: wait "
            "until it is further",
            block=head.block_number,
        )
    if moved:
        if head.genesis_hash == genesis_hash:
            raise WrongLedgerError("the file is of this very ledger: leave out --moved")
        return block
    if head.genesis_hash != genesis_hash or block.hash != head.block_hash:
        raise WrongLedgerError(
            f"the file is of another ledger: block {head.block_number} is 0x{head.block_hash.hex()} there and "
            f"0x{block.hash.hex()} here. For a ledger that continues it, give --moved"
        )
    return block


def require_silence(chain: ChainReader, addresses: list[bytes], *, upto: int) -> None:
    """Raise WrongLedgerError if contracts of the registry said something on this ledger in the blocks up to `upto`."""
    found = chain.logs(addresses, first=0, last=upto)
    if found:
        raise WrongLedgerError(
            f"the registry was written to on this ledger at block {found[0].block_number}: a ledger that continues "
            f"another must be past its block {upto} before the first operation"
        )
