"""The history digest of a DID: one 32-byte value that commits to every version, its bytes, its controller and its time.

- H_v = sha256(H_(v-1) ‖ content digest ‖ slot 1 after the change ‖ uint64 block time), H_0 = 32 zero bytes.
- Content digest: sha256 of the document; for a holder, of x ‖ y ‖ salt ‖ guardian; for a deactivation, of nothing.
- Slot 1: controller (21 bytes) ‖ version (uint32) ‖ status (uint8: kind ‖ state) ‖ block number (uint48).
"""

from typing import Final

from registry_client.core.hashing import sha256

EMPTY_HISTORY: Final = bytes(32)
"""H_0."""
STATE_ACTIVE: Final = 1
STATE_DEACTIVATED: Final = 2


def pack_head(*, controller: bytes, version: int, kind: int, state: int, block_number: int) -> bytes:
    """Return slot 1 as stored: 32 bytes, big-endian, the controller highest."""
    return controller + version.to_bytes(4, "big") + bytes([kind << 4 | state]) + block_number.to_bytes(6, "big")


def document_digest(document: bytes) -> bytes:
    """Return the content digest of an organisation's version."""
    return sha256(document)


def holder_digest(*, x: bytes, y: bytes, salt: bytes, guardian: bytes) -> bytes:
    """Return the content digest of a holder's version 1."""
    return sha256(x + y + salt + guardian)


DEACTIVATION_DIGEST: Final = sha256(b"")
"""The content digest of every deactivation."""


def next_history(previous: bytes, *, content_digest: bytes, head: bytes, block_time: int) -> bytes:
    """Return H_v from H_(v-1), the content digest, slot 1 after the change and the block's unix time."""
    return sha256(previous + content_digest + head + block_time.to_bytes(8, "big"))
