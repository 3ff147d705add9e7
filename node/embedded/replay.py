"""Mining the recorded blocks again, each of which must get its recorded hash.

An engine that was started from a snapshot is not quite the engine that lived on: it keeps words of storage that were
read or reverted as zeros, in accounts that it loaded, and its state root counts them. So what was mined after such a
start can be reproduced only by an engine that loaded its state where that one did. Snapshots begin segments, hence the
second try: where hashes part, the state of the newest segment's beginning is loaded anew and mined on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from node.embedded.errors import ReplayMismatchError
from node.embedded.journal import Journal, blocks_after
from node.embedded.records import BlockRecord, BlockRef
from node.embedded.rpc import AnvilRpc

_BATCH_CALLS: Final = 256
"""Calls sent before their answers are checked."""

OnBlock = Callable[[BlockRecord], None]


@dataclass(frozen=True, slots=True)
class _Station:
    """The engine's whole state where a segment begins."""

    block: BlockRef
    dump: str


def replay(rpc: AnvilRpc, journal: Journal, base: int, on_block: OnBlock) -> None:
    """Mine the blocks above `base`, at which the engine stands, and require each recorded hash.

    `on_block` is told each block once, in order. Cost: the blocks, and a dump where a segment begins.
    Raises ReplayMismatchError, EngineFailedError.
    """
    stations = {segment.first_block - 1 for segment in journal.segments if segment.first_block - 1 > base}
    last: _Station | None = None
    told = start = base

    def tell(block: BlockRecord) -> None:
        nonlocal told
        if block.number > told:
            told = block.number
            on_block(block)

    while True:
        try:
            for batch_end in _mine(rpc, journal, start, stations, tell):
                last = _Station(batch_end, str(rpc.call("anvil_dumpState")))
            return
        except ReplayMismatchError:
            if last is None:
                raise
            start, stations = last.block.number, {number for number in stations if number > last.block.number}
            reload(rpc, last.block, last.dump)
            last = None  # the same blocks a third time would be no different


def reload(rpc: AnvilRpc, block: BlockRef, dump: str) -> None:
    """Empty an engine of this genesis and load a dump (0x-hex) that was taken at `block`."""
    rpc.call("anvil_reset")
    load(rpc, block, dump)


def load(rpc: AnvilRpc, block: BlockRef, dump: str) -> None:
    """Load a dump (0x-hex) into an empty engine of the same genesis. Raises EngineRefusedError, EngineFailedError."""
    rpc.call("anvil_loadState", dump)
    # The engine would go on dating what it estimates by its genesis: a right given since would not have begun there.
    rpc.call("evm_setTime", block.timestamp)


def head_of(rpc: AnvilRpc) -> BlockRef:
    """Read the engine's head."""
    return as_block_ref(rpc.call("eth_getBlockByNumber", "latest", False))


def as_block_ref(block: dict[str, str]) -> BlockRef:
    """Take number, time and hash from a block as JSON-RPC gives it."""
    return BlockRef(int(block["number"], 16), int(block["timestamp"], 16), bytes.fromhex(block["hash"][2:]))


def _mine(rpc: AnvilRpc, journal: Journal, start: int, stations: set[int], on_block: OnBlock) -> Any:
    """Mine what lies above `start`; yield the last block of a segment when the engine stands there."""
    waiting: list[BlockRecord] = []
    calls = 0
    for block in blocks_after(journal, start):
        waiting.append(block)
        calls += len(block.transactions) + 2
        if calls >= _BATCH_CALLS or block.number in stations:
            _mine_batch(rpc, waiting, on_block)
            waiting, calls = [], 0
        if block.number in stations:
            yield block.ref
    _mine_batch(rpc, waiting, on_block)


def _mine_batch(rpc: AnvilRpc, blocks: list[BlockRecord], on_block: OnBlock) -> None:
    calls: list[tuple[str, list[object]]] = []
    for block in blocks:
        calls += [("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in block.transactions]
        calls.append(("evm_mine", [{"timestamp": block.timestamp}]))
        calls.append(("eth_getBlockByNumber", ["latest", False]))
    answers = iter(rpc.answers(calls))
    for block in blocks:
        refused = [answer["error"] for answer in (next(answers) for _ in block.transactions) if "error" in answer]
        mined, head = next(answers), next(answers)
        found = head.get("result")
        if refused or "error" in mined or not isinstance(found, dict) or as_block_ref(found) != block.ref:
            raise ReplayMismatchError(
                f"block {block.number} is recorded as {block.hash.hex()}; the engine made "
                f"{found['hash'] if isinstance(found, dict) else found}{f', refused {refused[0]}' if refused else ''}",
                block=block.number,
            )
        on_block(block)
