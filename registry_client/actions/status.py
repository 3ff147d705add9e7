"""Status lists: open one; revoke, suspend and lift by index. One operation carries a run of words of one plane."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from registry_client.actions.desk import Desk, Party
from registry_client.core import abi_codec
from registry_client.core.encoding import decode_hex
from registry_client.core.hashing import keccak256
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.core.status import LIST_SIZE
from registry_client.errors import ValueOutOfRangeError

WORDS_MAX: Final = 256
"""Words in one operation: about 1.4M gas for contiguous ones, well inside a block."""
GAP_MAX: Final = 4
"""Untouched words that are cheaper to send along (as zero) than to start another operation for."""

Change = Literal["Revoke", "Suspend", "Lift"]


def list_id(desk: Desk, *, owner: str, salt: bytes) -> bytes:
    """keccak256(abi.encode(address of StatusRegistry, bytes20 owner, bytes32 salt)): 32 bytes."""
    registry = desk.network.address("StatusRegistry")
    values = (decode_hex(registry, length=20), desk.did_id(owner), salt)
    return keccak256(abi_codec.encode(("address", "bytes20", "bytes32"), values))


def open_list(desk: Desk, *, owner: str, salt: bytes, operator: Signer) -> SignedOperation:
    """Open a list for an agency, signed by its controller or a StatusOperator."""
    return desk.sign("OpenList", {"owner": desk.did_id(owner), "salt": salt}, Party("operator", operator, owner))


def runs(indices: Iterable[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Group indices into (first word, masks): bit 255 - (i mod 256) of word i // 256. Raises ValueOutOfRangeError."""
    words: dict[int, int] = {}
    for index in indices:
        if not 0 <= index < LIST_SIZE:
            raise ValueOutOfRangeError(f"an index lies in 0..{LIST_SIZE - 1}", index=index)
        words[index // 256] = words.get(index // 256, 0) | 1 << (255 - index % 256)
    start, masks = -1, [0]
    for word in sorted(words):
        distance = word - (start + len(masks))
        if start >= 0 and distance <= GAP_MAX and word - start < WORDS_MAX:
            masks += [0] * distance + [words[word]]
            continue
        if start >= 0:
            yield start, tuple(masks)
        start, masks = word, [words[word]]
    if start >= 0:
        yield start, tuple(masks)


def span(indices: Iterable[int]) -> tuple[int, tuple[int, ...]]:
    """Return (first word, masks) of one run over all indices, untouched words as zero. Raises ValueOutOfRangeError."""
    words: dict[int, int] = {}
    for start, masks in runs(indices):
        words |= {start + offset: mask for offset, mask in enumerate(masks)}
    first = min(words)
    return first, tuple(words.get(word, 0) for word in range(first, max(words) + 1))


def change(
    desk: Desk, kind: Change, *, list_id: bytes, indices: Iterable[int], operator: Signer, owner: str
) -> list[SignedOperation]:
    """Sign what sets (or lifts) these places. Revocation is for ever; suspending and lifting come in pairs."""
    return [
        desk.sign(kind, {"list": list_id, "startWord": start, "masks": masks}, Party("operator", operator, owner))
        for start, masks in runs(indices)
    ]
