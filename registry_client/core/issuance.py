"""Issuance roots and receipts: when a credential was signed, said by a block instead of by its signer.

- digest = sha256 of the issuer's signed bytes (each format says which); leaf = sha256(0x00 ‖ digest), in issuing order;
  inner node = sha256(0x01 ‖ left ‖ right): an RFC 6962 tree, so a leaf can never pass for an inner node.
- anchored digest = sha256(root ‖ uint64 count ‖ uint64 block time), kept by IssuanceLog at (agency, seq).
- A receipt is delivered with the credential, kept by the wallet and handed over beside the presentation; never fetched.
- Spec: RFC 6962 sections 2.1 and 2.1.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.errors import MalformedValueError, ReceiptInvalidError

DIGEST_LENGTH: Final = 32  # bytes
PATH_MAX_LENGTH: Final = 63  # nodes
"""A tree of 2^63 leaves; no agency reaches it, so a longer path is an attack on the reader's time."""
COUNT_MAX: Final = 2**63
RECEIPT_FIELDS: Final = frozenset({"agency", "seq", "index", "count", "root", "time", "path"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """The place of one credential in one anchored batch."""

    agency: str
    """DID of the issuer whose IssuanceLog entry this is."""
    seq: int
    """1-based number of the entry."""
    index: int
    """0-based place of the leaf."""
    count: int
    root: bytes
    time: int
    """Unix seconds of the block that anchored the root; bound by the anchored digest."""
    path: tuple[bytes, ...]
    """Sibling hashes from the leaf upwards."""

    def to_json(self) -> dict[str, object]:
        """Return the receipt as it travels: numbers as JSON integers, hashes as 0x-hex."""
        return {
            "agency": self.agency,
            "seq": self.seq,
            "index": self.index,
            "count": self.count,
            "root": encode_hex(self.root),
            "time": self.time,
            "path": [encode_hex(node) for node in self.path],
        }


def parse_receipt(value: object) -> Receipt:
    """Read a receipt from parsed JSON. Raises MalformedValueError."""
    if not isinstance(value, Mapping) or set(value) != RECEIPT_FIELDS:
        raise MalformedValueError(f"a receipt has exactly the members {', '.join(sorted(RECEIPT_FIELDS))}")
    agency, path = value["agency"], value["path"]
    numbers = [value[name] for name in ("seq", "index", "count", "time")]
    if not isinstance(agency, str) or not isinstance(path, list) or len(path) > PATH_MAX_LENGTH:
        raise MalformedValueError(f"a receipt's agency is a DID and its path at most {PATH_MAX_LENGTH} hashes")
    if any(type(number) is not int or not 0 <= number < COUNT_MAX for number in numbers):
        raise MalformedValueError("a receipt's seq, index, count and time are non-negative integers below 2^63")
    seq, index, count, time = numbers
    if seq < 1 or index >= count:
        raise MalformedValueError("a receipt's seq starts at 1, and its index lies below its count", seq=seq)
    return Receipt(
        agency=agency,
        seq=seq,
        index=index,
        count=count,
        root=_digest_of(value["root"]),
        time=time,
        path=tuple(_digest_of(node) for node in path),
    )


def compute_leaf(digest: bytes) -> bytes:
    """Return the leaf of one credential digest (32 bytes)."""
    return sha256(b"\x00" + digest).digest()


def compute_root(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root of at least one leaf. Cost: O(n) hashes."""
    return _levels(leaves)[-1][0]


def compute_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[tuple[bytes, ...]]]:
    """Return the root, and for each leaf the sibling hashes from the leaf upwards. Cost: O(n log n) references."""
    levels = _levels(leaves)
    paths = []
    for position in range(len(leaves)):
        path, place = [], position
        for level in levels[:-1]:
            sibling = place ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            place >>= 1
        paths.append(tuple(path))
    return levels[-1][0], paths


def root_from_path(leaf: bytes, *, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to (RFC 6962 section 2.1.1). Raises ReceiptInvalidError."""
    node, place, last = leaf, index, count - 1
    for sibling in path:
        if last == 0:
            raise ReceiptInvalidError("the path is longer than the tree is high", index=index, count=count)
        if place & 1 or place == last:
            node = sha256(b"\x01" + sibling + node).digest()
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = sha256(b"\x01" + node + sibling).digest()
        place >>= 1
        last >>= 1
    if last != 0:
        raise ReceiptInvalidError("the path is shorter than the tree is high", index=index, count=count)
    return node


def compute_anchor(root: bytes, *, count: int, time: int) -> bytes:
    """Return sha256(root ‖ uint64 count ‖ uint64 block time): what IssuanceLog keeps for an entry."""
    return sha256(root + count.to_bytes(8, "big") + time.to_bytes(8, "big")).digest()


def verify_receipt(receipt: Receipt, *, digest: bytes, issuer: str, anchored: bytes | None) -> int:
    """Verify that `digest` is in the receipt's batch, and the batch on the ledger; return the anchoring time.

    `issuer`: DID of the credential's issuer. `anchored`: what IssuanceLog holds at (issuer, seq), None if nothing.
    Raises ReceiptInvalidError.
    """
    if receipt.agency != issuer:
        raise ReceiptInvalidError("the receipt is another agency's", agency=receipt.agency, issuer=issuer)
    root = root_from_path(compute_leaf(digest), index=receipt.index, count=receipt.count, path=receipt.path)
    if root != receipt.root:
        raise ReceiptInvalidError("the credential is not in the receipt's batch", seq=receipt.seq, index=receipt.index)
    if anchored is None:
        raise ReceiptInvalidError("the ledger holds no such issuance entry", seq=receipt.seq)
    if compute_anchor(root, count=receipt.count, time=receipt.time) != anchored:
        raise ReceiptInvalidError("the ledger holds another root, count or time for this entry", seq=receipt.seq)
    return receipt.time


def _digest_of(value: object) -> bytes:
    if not isinstance(value, str):
        raise MalformedValueError("a hash in a receipt is 0x and 64 hex digits")
    return decode_hex(value, length=DIGEST_LENGTH)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return every level of the tree, leaves first; an unpaired last node moves up unchanged.

    Pairing from the left gives RFC 6962's tree, because each of its splits is at a power of two.
    """
    if not leaves:
        raise MalformedValueError("a batch has at least one credential")
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            level.append(below[-1])
        levels.append(level)
    return levels
