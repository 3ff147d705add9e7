"""Receipts against the root that a header commits to: which logs a block has, none more and none less.

The root is that of a Merkle Patricia trie from rlp(index) to the receipt's bytes (Yellow Paper, appendix D; EIP-2718).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.domain import rlp
from node.domain.event import RawLog
from registry_client.core.hashing import keccak256

EMPTY_ROOT: Final = keccak256(b"\x80")
_Pairs = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class BlockReceipt:
    """One transaction's receipt. `outcome`: byte 1 succeeded, empty failed (before Byzantium: a state root)."""

    transaction_hash: bytes
    kind: int
    outcome: bytes
    cumulative_gas: int
    bloom: bytes
    logs: tuple[RawLog, ...]

    def encoded(self) -> bytes:
        """Return the bytes that the trie holds."""
        logs = rlp.list_of(b"".join([_encoded(log) for log in self.logs]))
        head = [rlp.encode(item) for item in (self.outcome, rlp.integer(self.cumulative_gas), self.bloom)]
        body = rlp.list_of(b"".join((*head, logs)))
        return bytes((self.kind,)) + body if self.kind else body


def _encoded(log: RawLog) -> bytes:
    """Encode a log; written out for the sizes that address and topics always have, which is most of a proof's cost."""
    topics = log.topics
    if len(log.address) != 20 or not 2 <= len(topics) <= 4 or set(map(len, topics)) != {32}:
        return rlp.encode((log.address, topics, log.data))
    words = b"\xa0".join((bytes((0xF8, 33 * len(topics))), *topics))
    return rlp.list_of(b"".join((b"\x94", log.address, words, rlp.encode(log.data))))


def receipts_root(receipts: Sequence[BlockReceipt]) -> bytes:
    """Return the root over a block's receipts, in the order of its transactions."""
    return trie_root([receipt.encoded() for receipt in receipts])


def trie_root(values: Sequence[bytes]) -> bytes:
    """Return the root of the trie from rlp(0), rlp(1), ... to the values."""
    if not values:
        return EMPTY_ROOT
    pairs = sorted((_nibbles(rlp.encode(rlp.integer(index))), value) for index, value in enumerate(values))
    return keccak256(_node(pairs, 0))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _node(pairs: _Pairs, depth: int) -> bytes:
    """Encode the node over sorted pairs whose keys agree in their first `depth` nibbles. No key is another's prefix."""
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return rlp.encode((_packed(first[depth:], is_leaf=True), pairs[0][1]))
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        path = rlp.encode(_packed(first[depth:shared], is_leaf=False))
        return rlp.list_of(path + _reference(_node(pairs, shared)))
    branches = []
    for nibble in range(16):
        inside = [pair for pair in pairs if pair[0][depth] == nibble]
        branches.append(_reference(_node(inside, depth + 1)) if inside else b"\x80")
    return rlp.list_of(b"".join(branches) + b"\x80")


def _reference(node: bytes) -> bytes:
    return node if len(node) < 32 else rlp.encode(keccak256(node))


def _packed(nibbles: bytes, *, is_leaf: bool) -> bytes:
    """Hex-prefix encoding (appendix C)."""
    flag = 2 * is_leaf + len(nibbles) % 2
    padded = bytes((flag,)) + nibbles if len(nibbles) % 2 else bytes((flag, 0)) + nibbles
    return bytes(padded[at] << 4 | padded[at + 1] for at in range(0, len(padded), 2))
