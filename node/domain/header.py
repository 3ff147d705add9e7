"""Block headers that prove themselves: the hash of what a header says is the hash that the next block names.

- A header commits to its parent, its time, the root of its receipts and the bloom filter of its logs.
- Engines hash alike but for one thing: QBFT leaves the commit seals and the round out of `extraData` (they are made
  after the hash). A header that fits either rule is whole: nobody can find another content for a given hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.domain import rlp
from node.domain.ledger import Block
from registry_client.core.hashing import keccak256

_BYTES, _NUMBER = True, False
_FIELDS: Final = (
    ("parentHash", _BYTES),
    ("sha3Uncles", _BYTES),
    ("miner", _BYTES),
    ("stateRoot", _BYTES),
    ("transactionsRoot", _BYTES),
    ("receiptsRoot", _BYTES),
    ("logsBloom", _BYTES),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _BYTES),
    ("mixHash", _BYTES),
    ("nonce", _BYTES),
)
"""What every header has, in the order of its hash."""
_LATER: Final = (
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", _BYTES),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _BYTES),
    ("requestsHash", _BYTES),
)
"""What forks added at the end; a header has the first so many of them."""
_EXTRA_AT: Final = 12


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose content fits its hash. `bloom`: 256 bytes."""

    block: Block
    bloom: bytes
    receipts_root: bytes

    def may_have_logs_of(self, address: bytes) -> bool:
        """Tell whether the bloom filter admits a log of this contract; False is certain (Yellow Paper, 4.4.3)."""
        digest, bits = keccak256(address), self.bloom
        for at in (0, 2, 4):
            bit = int.from_bytes(digest[at : at + 2]) & 2047
            if not bits[255 - bit // 8] >> (bit % 8) & 1:
                return False
        return True


def header_rlp(answer: Mapping[str, Any]) -> bytes:
    """Return what a header as JSON-RPC gives it hashes. Raises KeyError, ValueError, TypeError."""
    return rlp.encode(_items(answer))


def fits_its_hash(answer: Mapping[str, Any], block_hash: bytes) -> bool:
    """Tell whether a header as JSON-RPC gives it hashes to `block_hash`. Raises KeyError, ValueError, TypeError."""
    items = _items(answer)
    if keccak256(rlp.encode(items)) == block_hash:
        return True
    bare = _without_seals(items[_EXTRA_AT])
    if bare is None:
        return False
    items[_EXTRA_AT] = bare
    return keccak256(rlp.encode(items)) == block_hash


def _items(answer: Mapping[str, Any]) -> list[bytes]:
    items = [_bytes_of(answer[name], is_bytes=is_bytes) for name, is_bytes in _FIELDS]
    for name, is_bytes in _LATER:
        if answer.get(name) is None:
            break
        items.append(_bytes_of(answer[name], is_bytes=is_bytes))
    return items


def _bytes_of(text: str, *, is_bytes: bool) -> bytes:
    return bytes.fromhex(text[2:]) if is_bytes else rlp.integer(int(text, 16))


def _without_seals(extra: bytes) -> bytes | None:
    """QBFT's `extraData` [vanity, validators, vote, round, seals] with round 0 and no seals; None if it is not that."""
    items = rlp.split_list(extra)
    if items is None or len(items) != 5:
        return None
    payload = b"".join((*items[:3], b"\x80", b"\xc0"))
    return rlp.list_of(payload)
