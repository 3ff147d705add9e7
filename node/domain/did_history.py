"""The history of one DID: each version follows the one before, bound by the history digest (DESIGN section 3)."""

from collections.abc import Mapping
from typing import Any

from node.domain import fact
from node.domain.event import LedgerEvent
from registry_client.core.hashing import sha256
from registry_client.errors import LedgerInconsistentError

ORGANISATION, HOLDER = 1, 2
ACTIVE, DEACTIVATED = 1, 2


def history_digest(*, previous: bytes, content: bytes, version: fact.DidVersion) -> bytes:
    """Compute H_v = sha256(H_{v-1} ‖ content digest ‖ packed slot 1 ‖ uint64 block time), DESIGN section 3."""
    slot = (
        version.controller
        + version.version.to_bytes(4)
        + (version.kind << 4 | version.state).to_bytes(1)
        + version.block_number.to_bytes(6)
    )
    return sha256(previous + content + slot + version.block_time.to_bytes(8))


def next_version(event: LedgerEvent, before: fact.DidVersion | None) -> fact.DidVersion:
    """Return the version that a DidRegistry event made of `before`.

    Raises LedgerInconsistentError where the event does not follow it: events were missed or invented.
    """
    f: Mapping[str, Any] = event.fields
    did_id, version = f["id"], f["version"]
    previous = before.history_digest if before else bytes(32)
    if previous != f["previousDigest"] or version != (before.version if before else 0) + 1:
        raise LedgerInconsistentError(
            f"version {version} of DID 0x{did_id.hex()} does not follow the version that the index holds: "
            "events are missing; rebuild the index (`mapae-node index rebuild`)",
            did_id="0x" + did_id.hex(),
            version=version,
            indexed_version=before.version if before else 0,
            indexed_digest="0x" + previous.hex(),
            ledger_previous_digest="0x" + f["previousDigest"].hex(),
            block_number=event.block_number,
        )
    kind, state, document = before.kind if before else ORGANISATION, ACTIVE, f.get("document")
    controller = f.get("controller", before.controller if before else bytes(21))
    salt, key, guardian = (
        (before.salt, before.key, before.guardian) if before else (f.get("salt", bytes(32)), b"", bytes(20))
    )
    content = document if document is not None else b""
    if event.type == "HolderCreated":
        kind, key, guardian = HOLDER, f["x"] + f["y"], f["guardian"]
        content = key + salt + guardian
    elif event.type == "DidDeactivated":
        state = DEACTIVATED
    row = fact.DidVersion(
        did_id=did_id,
        version=version,
        kind=kind,
        state=state,
        controller=controller,
        guardian=guardian,
        salt=salt,
        key=key,
        document=document,
        history_digest=b"",
        block_time=event.block_time,
        block_hash=event.block_hash,
        transaction_hash=event.transaction_hash,
        created_at=before.created_at if before else event.block_time,
        block_number=event.block_number,
        log_index=event.log_index,
        seen_block=event.seen_block,
    )
    digest = history_digest(previous=previous, content=sha256(content), version=row)
    object.__setattr__(row, "history_digest", digest)  # the row is not shared yet
    return row
