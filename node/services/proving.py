"""Are these all the logs that the ledger has, and only those? Proved from block headers, not believed.

- The headers of the range link by hash from the indexed block to the newest one asked for, and hash to what they show.
- A block whose bloom filter admits a log of ours, or that is said to have one, shows all its receipts. They must give
  the root in its header; then its logs are known exactly: left out, added or altered ones cannot be.
- What cannot be proved here: that this chain is the right one (a forger of whole chains; see docs/threat-model.md), and
  the hash of a log's transaction, which no receipt holds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from node.domain.event import RawLog
from node.domain.header import Header
from node.domain.ledger import Block, LedgerUnfaithfulError
from node.domain.receipts import BlockReceipt, receipts_root
from node.ports import ChainReader

AT_ONCE: Final = 100
"""Headers held in memory at once."""


class LogProver:
    """Checks ranges of logs. Raises LedgerUnfaithfulError where they are not what the headers commit to."""

    def __init__(self, chain: ChainReader) -> None:
        self._chain = chain

    def require_whole(
        self, logs: Sequence[RawLog], addresses: Collection[bytes], *, first: int, last: Block, parent: bytes | None
    ) -> None:
        """Check that `logs` are all logs of `addresses` from block `first` to `last`, in order.

        `parent`: hash of the block before `first`, None where nobody knows it.
        """
        claimed: dict[int, list[RawLog]] = defaultdict(list)
        for log in logs:
            claimed[log.block_number].append(log)
        for headers in self._linked(first, last, parent):
            concerned = [
                header
                for header in headers
                if header.block.number in claimed or any(header.may_have_logs_of(address) for address in addresses)
            ]
            receipts = self._chain.block_receipts([header.block.number for header in concerned])
            for header, own in zip(concerned, receipts, strict=True):
                _require_logs(header, own, claimed.pop(header.block.number, []), addresses)
        if claimed:
            raise _unfaithful("gives logs of blocks that were not asked for", min(claimed))

    def _linked(self, first: int, last: Block, parent: bytes | None) -> Iterator[list[Header]]:
        """Yield the headers from `first` to `last`, each the child of the one before."""
        for start in range(first, last.number + 1, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, last.number + 1))
            headers: list[Header] = []
            for number, header in zip(numbers, self._chain.headers(numbers), strict=True):
                if header is None:
                    raise _unfaithful("lost a block below its own head", number)
                if parent is not None and header.block.parent_hash != parent:
                    raise _unfaithful("shows a block that is no child of the one before it", number)
                parent = header.block.hash
                headers.append(header)
            yield headers
        if parent != last.hash:
            raise _unfaithful("shows another block than a moment ago", last.number)


def _require_logs(
    header: Header, receipts: Sequence[BlockReceipt], claimed: Sequence[RawLog], addresses: Collection[bytes]
) -> None:
    number = header.block.number
    if receipts_root(receipts) != header.receipts_root:
        raise _unfaithful("gives receipts that are not those of the block", number)
    index = 0
    proved: list[RawLog] = []
    for receipt in receipts:
        for log in receipt.logs:
            if log.log_index != index or log.transaction_hash != receipt.transaction_hash:
                raise _unfaithful("numbers the logs of a block wrongly", number)
            index += 1
            if log.address in addresses:
                proved.append(log)
    if len(proved) != len(claimed):
        raise _unfaithful(f"gives {len(claimed)} logs where the block has {len(proved)} of our contracts", number)
    for log, said in zip(proved, claimed, strict=True):
        is_same = (log.address, log.topics, log.data, log.log_index, log.transaction_hash) == (
            said.address,
            said.topics,
            said.data,
            said.log_index,
            said.transaction_hash,
        )
        if not is_same or said.block_hash != header.block.hash or said.block_time not in (None, header.block.time):
            raise _unfaithful("gives a log that the block does not have", number)


def _unfaithful(what: str, number: int) -> LedgerUnfaithfulError:
    return LedgerUnfaithfulError(
        f"the ledger {what} (block {number}): it changed while it was asked, lags behind itself or lies. Nothing of "
        "it was taken over; it is asked again. If this stays, point rpc_url at another node of the network",
        block_number=number,
    )
