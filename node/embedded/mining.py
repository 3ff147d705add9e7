"""Mining: one block at a time, journaled before anybody sees it, and paced by what the last one cost.

- `Miner` does one block, blocking, while the turnstile is shut; it knows nothing of clients.
- `Pace` keeps the engine at most a quarter busy with mining: every block hashes the whole state again, so under load
  fewer and fuller blocks carry more. A lone transaction after a quiet moment waits the shortest pause only.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from node.embedded.errors import EngineFailedError
from node.embedded.journal_writer import JournalWriter
from node.embedded.records import BlockRecord
from node.embedded.replay import as_block_ref
from node.embedded.rpc import AnvilRpc

PAUSE_MIN_S: Final = 0.002
"""Shortest wait after the first transaction, so that what was sent together is mined together."""
PAUSE_MAX_S: Final = 1.0
"""Longest wait, whatever a block costs."""
PAUSE_FACTOR: Final = 3.5
"""Pause between blocks as a multiple of the last block's mining time."""
IN_HAND_MAX: Final = 20_000
"""Transactions taken and not yet mined, at most."""
IN_HAND_BYTES_MAX: Final = 64 << 20
"""The same in bytes."""


@dataclass(slots=True)
class Pace:
    """When the next block is due. Times are of one even clock, in seconds."""

    ended_at: float = 0.0
    took_s: float = 0.0

    def note(self, *, started_at: float, ended_at: float) -> None:
        """Take note of a block's mining."""
        self.ended_at = ended_at
        self.took_s = ended_at - started_at

    def wait_s(self, now: float) -> float:
        """Seconds from `now`, when a transaction is waiting, until the block should be mined."""
        rest = min(self.took_s * PAUSE_FACTOR, PAUSE_MAX_S)
        return max(PAUSE_MIN_S, self.ended_at + rest - now)


@dataclass(slots=True)
class InHand:
    """Raw transactions that the engine took and no block has yet: by hash, for the record that the block will need."""

    size: int = 0
    _raws: dict[bytes, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._raws)

    @property
    def is_full(self) -> bool:
        """True when nothing more should be taken before some of it is mined."""
        return len(self._raws) >= IN_HAND_MAX or self.size >= IN_HAND_BYTES_MAX

    def put(self, transaction_hash: bytes, raw: bytes) -> None:
        """Remember one."""
        if transaction_hash not in self._raws:
            self._raws[transaction_hash] = raw
            self.size += len(raw)

    def take(self, transaction_hash: bytes) -> bytes | None:
        """Give one up to its block; None if it is not here."""
        raw = self._raws.pop(transaction_hash, None)
        self.size -= len(raw) if raw is not None else 0
        return raw

    def clear(self) -> None:
        """Forget everything: the engine's pool is empty, what is left here was dropped."""
        self._raws.clear()
        self.size = 0


@dataclass(frozen=True, slots=True)
class Mined:
    """A durable block, how long it took, and what the engine's pool still holds."""

    record: BlockRecord
    took_s: float
    pending_count: int


class Miner:
    """Mines and journals. Call only while the turnstile is shut; after an error the process must end."""

    def __init__(self, rpc: AnvilRpc, writer: JournalWriter, in_hand: InHand) -> None:
        """Take an engine that stands at the writer's head."""
        self._rpc = rpc
        self._writer = writer
        self._in_hand = in_hand

    def mine(self, now: int, *, even_empty: bool = False) -> Mined | None:
        """Mine one block at `now` (unix seconds) or the head's time if that is later; None if nothing is pending.

        `even_empty`: mine then too (`heartbeat`).
        Raises EngineFailedError if the engine's chain is not ours any more, StorageFullError, StorageError.
        """
        if not even_empty and self._pool()[0] == 0:
            return None
        head = self._writer.head
        timestamp = max(now, head.timestamp)
        started = time.monotonic()
        _, block = self._rpc.pipeline(
            [("evm_mine", [{"timestamp": timestamp}]), ("eth_getBlockByNumber", ["latest", False])]
        )
        ref = as_block_ref(block)
        parent_hash = bytes.fromhex(block["parentHash"][2:])
        if (ref.number, ref.timestamp, parent_hash) != (head.number + 1, timestamp, head.hash):
            raise EngineFailedError(
                f"the engine mined block {ref.number} on {parent_hash.hex()}: somebody else drives it"
            )
        hashes = [bytes.fromhex(text[2:]) for text in block["transactions"]]
        record = BlockRecord(ref.number, ref.timestamp, parent_hash, ref.hash, self._raw_transactions(hashes))
        self._writer.append(record)
        self._writer.acknowledge()
        took = time.monotonic() - started
        pending, queued = self._pool()
        if pending == queued == 0:
            self._in_hand.clear()
        return Mined(record, took, pending)

    def _pool(self) -> tuple[int, int]:
        status = self._rpc.call("txpool_status")
        return int(status["pending"], 16), int(status["queued"], 16)

    def _raw_transactions(self, hashes: list[bytes]) -> tuple[bytes, ...]:
        """Take what was kept when it was sent; ask the engine for the rest (a client that hung up while sending)."""
        kept = {transaction_hash: self._in_hand.take(transaction_hash) for transaction_hash in hashes}
        missing = [transaction_hash for transaction_hash, raw in kept.items() if raw is None]
        asked = self._rpc.pipeline([("eth_getRawTransactionByHash", ["0x" + h.hex()]) for h in missing])
        found = {h: bytes.fromhex(raw[2:]) for h, raw in zip(missing, asked, strict=True)}
        return tuple(kept[h] or found[h] for h in hashes)
