"""Keep the index equal to the ledger: bulk ranges up to the final block, block by block above it, undo on reorgs.

- Every block links to the indexed one below it by hash; where it does not, the index goes back to the last block that
  both sides know, never below the final one. A final block that the ledger denies raises LedgerInconsistentError.
- A ledger that shows fewer blocks than the index has (a lagging or restarted peer) is waited for, not believed.
- Contracts are found through Directory's own events; what a contract said before it was named is read when it is named.
- Logs are proved from block headers before anything of them is stored (proving.py).
- Ranges of logs adapt: doubled while they are cheap, halved when refused and then not grown again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from node.domain import fact
from node.domain.event import EventCodec, LedgerEvent, RawLog
from node.domain.ledger import Block, Finality, Head, LedgerBehindError, require_same_final
from node.domain.projection import project
from node.domain.subjects import subjects_of
from node.ports import ChainReader, Chunk, IndexStore, RangeTooLargeError
from node.services.chunk_known import ChunkKnown
from node.services.proving import LogProver
from registry_client.errors import LedgerInconsistentError, LedgerUnavailableError

RANGE_START, RANGE_MAX = 200, 50_000
"""Blocks in one range of logs: the first try, and the most after doubling."""
LOGS_CHEAP, LOGS_MANY = 2_000, 8_000
"""A range that gave fewer logs than this may double; one that gave more is too large for the next chunk's memory."""
DIRECTORY = "Directory"


@dataclass(frozen=True, slots=True)
class Progress:
    """What one step did. `is_done`: the index now stands at the ledger's head."""

    head: Head
    ledger_head: Block
    events: int
    undone: int
    is_done: bool


def require_not_behind(progress: Progress) -> None:
    """Raise LedgerBehindError where the ledger shows less than the index has: nothing may be judged by such a state."""
    ours, shown = progress.head.block, progress.ledger_head
    if shown.number < ours.number:
        raise LedgerBehindError(
            f"the ledger shows block {shown.number} and the index was at block {ours.number} already: a replica that "
            "lags, or a ledger that was set back. Reads go on from the index; nothing is relayed until it catches up",
            indexed=ours.number,
            shown=shown.number,
        )


class _Seen(NamedTuple):
    """A log, and the block with which it enters the index."""

    log: RawLog
    block_number: int


class Indexer:
    """The one writer of an index. `directory`: 20-byte address. `first_block`: no event of the registry is older."""

    def __init__(
        self,
        chain: ChainReader,
        store: IndexStore,
        codec: EventCodec,
        *,
        directory: bytes,
        finality: Finality,
        first_block: int = 0,
        known_contracts: frozenset[str] = frozenset(),
        prover: LogProver | None = None,
    ) -> None:
        """`prover`: None believes the ledger's logs as they come."""
        self._chain, self._store, self._codec, self._prover = chain, store, codec, prover
        self._directory, self._finality, self._first = directory, finality, first_block
        self._known_contracts = known_contracts
        self._range, self._ceiling = RANGE_START, RANGE_MAX
        self._watched: dict[bytes, str] = {}
        self._learn()

    def _learn(self) -> None:
        self._watched = {self._directory: DIRECTORY}
        for entry in self._store.watched():
            if entry.name in self._known_contracts:
                self._watched[entry.address] = entry.name

    def resume(self) -> None:
        """Forget what was known: another node may have written the index meanwhile."""
        self._store.forget()
        self._learn()

    def look(self) -> Progress | None:
        """Return how far the index is and the ledger, changing nothing; None before the first block."""
        top, head = self._chain.head(), self._store.head()
        return None if head is None else Progress(head, top, 0, 0, is_done=top.number <= head.block.number)

    def step(self) -> Progress:
        """Take the index one chunk nearer to the ledger's head.

        Raises LedgerInconsistentError, LedgerUnavailableError.
        """
        top = self._chain.head()
        head = self._store.head() or self._begin(top)
        if top.number < head.block.number:
            return self._behind(head, top)
        if top.number == head.block.number:
            if top.hash == head.block.hash:
                return Progress(self._settle(head, top), top, 0, 0, is_done=True)
            return self._reorganise(head, top)
        final_number = self._finality.final_number(top.number, already=head.final.number)
        if head.block.number < final_number:
            return self._bulk(head, top, final_number)
        return self._single(head, top, final_number)

    def _begin(self, top: Block) -> Head:
        """Stand before the first block: the block below it is where the links start. The index is whole at `top`."""
        base = self._chain.block(max(self._first - 1, 0))
        if base is None:
            raise LedgerUnavailableError(f"the ledger does not have block {self._first - 1} yet; is first_block right?")
        head = Head(base, base)
        # Block 0 has no logs (nothing runs in a genesis block), so starting on it loses nothing.
        self._store.apply(Chunk((), (), (base,), head, fills_to=top.number))
        return head

    def _behind(self, head: Head, top: Block) -> Progress:
        known = self._store.block(top.number)
        if known is not None and known.hash != top.hash:
            return self._reorganise(head, top)
        return Progress(head, top, 0, 0, is_done=True)

    def _settle(self, head: Head, top: Block) -> Head:
        """Move only the final block, where confirmations arrived without a new block of ours to index."""
        number = self._finality.final_number(top.number, already=head.final.number)
        if number <= head.final.number:
            return head
        final = self._store.block(number)
        if final is None:
            return head
        settled = Head(head.block, final)
        self._store.apply(Chunk((), (), (), settled))
        return settled

    def _bulk(self, head: Head, top: Block, final_number: int) -> Progress:
        """Index one range of final blocks."""
        first = head.block.number + 1
        last = min(final_number, head.block.number + self._range)
        lowest, highest = self._chain.blocks([first, last])
        if lowest is None or highest is None:
            raise LedgerUnavailableError(
                "the ledger lost blocks below its own head; waiting for it", first=first, last=last
            )
        if lowest.parent_hash != head.block.hash:
            return self._reorganise(head, top)
        try:
            logs = self._logs(first, highest, head.block)
        except RangeTooLargeError as error:
            if last == first:
                raise LedgerUnavailableError(
                    f"the ledger refuses the logs of the single block {first}: {error}"
                ) from error
            self._range = self._ceiling = max(1, (last - first + 1) // 2)
            return Progress(head, top, 0, 0, is_done=False)
        if len(logs) > LOGS_MANY:
            self._range = max(1, (last - first + 1) * LOGS_MANY // len(logs))
        elif len(logs) < LOGS_CHEAP and last - first + 1 == self._range:
            self._range = min(self._ceiling, self._range * 2)
        blocks = {block.number: block for block in (lowest, highest)}
        return self._store_chunk(logs, blocks, Head(highest, highest), top)

    def _single(self, head: Head, top: Block, final_number: int) -> Progress:
        """Index the next block above the final one, checking that its logs are its own."""
        block = self._chain.block(head.block.number + 1)
        if block is None:
            return Progress(head, top, 0, 0, is_done=False)
        if block.parent_hash != head.block.hash:
            return self._reorganise(head, top)
        logs = self._logs(block.number, block, head.block)
        if any(log.block_number == block.number and log.block_hash != block.hash for log, _ in logs):
            return Progress(head, top, 0, 0, is_done=False)  # it was replaced between two answers: look again
        final = head.final if final_number <= head.final.number else self._store.block(final_number) or head.final
        return self._store_chunk(logs, {block.number: block}, Head(block, final), top)

    def _logs(self, first: int, last: Block, before: Block) -> list[_Seen]:
        """Return the logs of every watched contract in the range, and all earlier ones of contracts named in it.

        `before`: the block under `first`.
        """
        found = self._chain.logs(list(self._watched), first=first, last=last.number)
        self._prove(found, self._watched, first, last, before.hash)
        logs = [_Seen(log, log.block_number) for log in found]
        while named := self._named_in(logs):
            self._watched.update({address: name for address, (name, _) in named.items()})
            found = self._history(list(named), self._first, last.number)
            self._prove(found, named, self._first, last, None)
            logs += [_Seen(log, max(log.block_number, named[log.address][1])) for log in found]
            logs.sort(key=lambda seen: (seen.log.block_number, seen.log.log_index))
        return logs

    def _prove(
        self, logs: Sequence[RawLog], addresses: Collection[bytes], first: int, last: Block, parent: bytes | None
    ) -> None:
        if self._prover is not None:
            self._prover.require_whole(logs, addresses, first=first, last=last, parent=parent)

    def _history(self, addresses: Sequence[bytes], first: int, last: int) -> list[RawLog]:
        """Read the logs of a long range, split where the ledger demands it."""
        try:
            return self._chain.logs(addresses, first=first, last=last)
        except RangeTooLargeError:
            if last == first:
                raise
            middle = (first + last) // 2
            return [*self._history(addresses, first, middle), *self._history(addresses, middle + 1, last)]

    def _named_in(self, logs: Sequence[_Seen]) -> dict[bytes, tuple[str, int]]:
        """Contracts that Directory names in these logs and that are not watched yet: address -> (name, block)."""
        named: dict[bytes, tuple[str, int]] = {}
        for log in (seen.log for seen in logs if seen.log.address == self._directory):
            event = self._codec.decode(log, contract=DIRECTORY, block_time=0, seen_block=0)
            target, name = event.fields.get("target"), event.fields.get("name")
            if event.type != "EntryRegistered" or not isinstance(target, bytes) or not isinstance(name, bytes):
                continue
            contract = name.rstrip(b"\0").decode("ascii", "backslashreplace")
            if target not in self._watched and contract in self._known_contracts:
                named[target] = (contract, log.block_number)
        return named

    def _store_chunk(self, logs: Sequence[_Seen], blocks: dict[int, Block], head: Head, top: Block) -> Progress:
        times = self._times(logs, blocks)
        known = ChunkKnown(self._store)
        rows: list[Mapping[str, Any]] = []
        facts: list[fact.Fact] = []
        for log, seen_block in logs:
            event = self._codec.decode(
                log, contract=self._watched[log.address], block_time=times[log.block_number], seen_block=seen_block
            )
            made = project(event, known)
            for item in made:
                known.add(item)
            facts += made
            rows.append(self._row(event, subjects_of(event, known.owner_of)))
        self._store.apply(Chunk(rows, facts, tuple(blocks.values()), head))
        return Progress(head, top, len(rows), 0, is_done=head.block.number == top.number)

    def _times(self, logs: Sequence[_Seen], blocks: Mapping[int, Block]) -> dict[int, int]:
        """Block times of all logs; fetched where the ledger does not put them into the logs themselves."""
        times = {log.block_number: log.block_time for log, _ in logs if log.block_time is not None}
        times.update({number: block.time for number, block in blocks.items()})
        missing = sorted({log.block_number for log, _ in logs} - times.keys())
        for number, block in zip(missing, self._chain.blocks(missing), strict=True):
            if block is None:
                raise LedgerUnavailableError(
                    f"the ledger gave logs of block {number} and denies the block", block=number
                )
            times[number] = block.time
        return times

    def _row(self, event: LedgerEvent, subjects: tuple[bytes, ...]) -> dict[str, Any]:
        return {
            "block_number": event.block_number,
            "log_index": event.log_index,
            "seen_block": event.seen_block,
            "block_time": event.block_time,
            "transaction_hash": event.transaction_hash,
            "contract": event.contract,
            "type": event.type,
            "fields": orjson.dumps(self._codec.json_fields(event)).decode(),
            "subjects": b"".join(subjects),
        }

    def _reorganise(self, head: Head, top: Block) -> Progress:
        """Go back to the newest indexed block that the ledger still shows; it is final at the lowest."""
        number = min(head.block.number, top.number)
        while number > head.final.number:
            indexed, shown = self._store.block(number), self._chain.block(number)
            if indexed is not None and shown is not None and indexed.hash == shown.hash:
                break
            number -= 1
        if number <= head.final.number:
            require_same_final(head.final, self._chain.block(head.final.number))
            number = head.final.number
        back_to = self._store.block(number)
        if back_to is None:
            raise LedgerInconsistentError("the index lost the header of a block it needs; rebuild it", block=number)
        undone = self._store.undo_to(back_to, head.final)
        self._learn()
        return Progress(Head(back_to, head.final), top, 0, undone, is_done=False)
