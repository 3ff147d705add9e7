"""One DID straight from the chain: the record, the one log at its block, and from there back to older versions.

- Latest version: two JSON-RPC requests in sequence (record and head; log and block header), whatever the history.
- Every log is checked: its fields must give the history digest that the record, or the next event, carries.
  A difference is a LedgerInconsistentError with both sides, never an answer.
- Versions in blocks that are not final yet are walked past; what they do to the DID is in `pending`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registry_client.adapters import rpc_codec
from registry_client.adapters.rpc_codec import BlockHeader, RpcLog, view
from registry_client.adapters.rpc_contracts import ContractMap, Contracts
from registry_client.core.assurance import Assurance
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id
from registry_client.core.encoding import encode_hex
from registry_client.core.events import EVENTS, EventType
from registry_client.core.facts import BlockRef, DidVersion, LedgerHead, PendingState
from registry_client.core.history import (
    DEACTIVATION_DIGEST,
    STATE_ACTIVE,
    STATE_DEACTIVATED,
    document_digest,
    holder_digest,
    next_history,
    pack_head,
)
from registry_client.errors import LedgerInconsistentError, LedgerUnavailableError
from registry_client.flows import Flow, rpc

REGISTRY: Final = "DidRegistry"
WALK_MAX: Final = 10_000
"""Versions that a reader walks back before it gives up."""
RECORD_OF: Final = view(REGISTRY, "recordOf(bytes20)", "bytes32,bytes21,uint32,uint8,uint48,bytes20")
_CREATIONS: Final = ("OrganisationCreated", "HolderCreated")
_CHANGES: Final = (*_CREATIONS, "DocumentUpdated", "ControlTransferred", "DidDeactivated")
_TOPICS: Final = [event.topic for event in EVENTS.values() if event.contract == REGISTRY and event.name in _CHANGES]


@dataclass(frozen=True, slots=True)
class Record:
    """The three slots of a DID at one block."""

    history_digest: bytes
    controller: bytes
    version: int
    status: int
    block_number: int
    guardian: bytes

    @property
    def kind(self) -> int:
        """KIND_ORGANISATION or KIND_HOLDER."""
        return self.status >> 4

    @property
    def state(self) -> int:
        """STATE_ACTIVE or STATE_DEACTIVATED."""
        return self.status & 0x0F


@dataclass(frozen=True, slots=True)
class Step:
    """One version as its log tells it, checked against the digest that commits to it."""

    version: int
    event: EventType
    fields: Mapping[str, Any]
    controller: bytes
    state: int
    digest: bytes
    block: BlockHeader
    transaction_hash: bytes


class DidHistory:
    """Reads and checks versions of DIDs on one ledger."""

    def __init__(self, contracts: Contracts, *, assurance: Assurance, final_depth: int) -> None:
        """`final_depth`: blocks at the head that are not final yet."""
        self._contracts = contracts
        self._assurance = assurance
        self._depth = final_depth

    def version(
        self, did_id: bytes, *, version: int | None, time: int | None, block: BlockRef | None
    ) -> Flow[DidVersion | None]:
        """Read the latest final version, or `version`, or the highest with block time <= `time`; None = none such."""
        known, head, record = yield from self._record(did_id, block)
        if record.version == 0 or (version is not None and not 0 < version <= record.version):
            return None
        _require_status(did_id, record)
        newest: Step | None = None  # the newest final version
        after: Step | None = None  # the version after the present step
        number, at, digest = record.version, record.block_number, record.history_digest
        for _ in range(min(record.version, WALK_MAX)):
            step = yield from self._step(known, did_id, record, number=number, at=at, digest=digest, head=head)
            head = _not_before(head, step.block, self._depth)
            if step.block.number <= head.final_number:
                newest = newest or step
                if _is_wanted(step, version=version, time=time):
                    following = None if step is newest else after
                    return self._fact(did_id, record, step, head=head, newest=newest, following=following)
                if version is not None and step.version < version:
                    return None  # exists, but not finally yet
            after = step
            number, at, digest = number - 1, step.fields["previousBlock"], step.fields["previousDigest"]
        if number > 0:
            raise LedgerUnavailableError(
                f"more than {WALK_MAX} versions lie between; ask a node", versions=record.version
            )
        return None

    def _record(self, did_id: bytes, block: BlockRef | None) -> Flow[tuple[ContractMap, LedgerHead, Record]]:
        """Read head and record in one request; a second one only when DidRegistry has been replaced."""
        known = yield from self._contracts.connect()
        header_call = rpc_codec.NEWEST_BLOCK if block is None else rpc_codec.get_block(block.number)
        generation = len(known.generations[REGISTRY])
        calls = self._contracts.calls_at(known, REGISTRY, [(RECORD_OF, [did_id])], block, generation)
        header_answer, generation_answer, record_answer = yield from rpc(header_call, *calls)
        head = head_of(rpc_codec.block_of(header_answer), block, self._depth)
        if self._contracts.generation_in(generation_answer) == generation:
            values = RECORD_OF.result(record_answer)
        else:
            (values,) = yield from self._contracts.read(REGISTRY, [(RECORD_OF, [did_id])], block)
            known = yield from self._contracts.connect()
        return known, head, Record(*values)

    def _step(
        self,
        known: ContractMap,
        did_id: bytes,
        record: Record,
        *,
        number: int,
        at: int,
        digest: bytes,
        head: LedgerHead,
    ) -> Flow[Step]:
        """Read the log of one version and its block in one request, and check it against `digest`."""
        topics: list[bytes | Sequence[bytes] | None] = [_TOPICS, did_id.ljust(32, b"\0"), number.to_bytes(32, "big")]
        logs_answer, block_answer = yield from rpc(
            rpc_codec.get_logs(known.addresses(REGISTRY), topics, first=at, last=at), rpc_codec.get_block(at)
        )
        block = rpc_codec.block_of(block_answer)
        logs = [log for log in rpc_codec.logs_of(logs_answer) if known.name_of(log.address) == REGISTRY]
        if len(logs) != 1 or logs[0].block_hash != block.hash or block.number != at:
            if at > head.final_number:
                raise LedgerUnavailableError("the ledger reorganised while it was read; try again", block_number=at)
            raise LedgerInconsistentError(
                f"the record names version {number} in block {at}, where the ledger has {len(logs)} such logs",
                did_id=encode_hex(did_id),
                block_number=at,
                version=number,
                logs=len(logs),
            )
        return _checked_step(did_id, record, logs[0], block, number=number, digest=digest)

    def _fact(
        self, did_id: bytes, record: Record, step: Step, *, head: LedgerHead, newest: Step, following: Step | None
    ) -> DidVersion:
        fields = step.fields
        return DidVersion(
            did_id=did_id,
            kind=record.kind,
            version=step.version,
            state="active" if step.state == STATE_ACTIVE else "deactivated",
            controller=step.controller,
            block_number=step.block.number,
            block_time=step.block.time,
            history_digest=step.digest,
            head=head,
            assurance=self._assurance,
            guardian=record.guardian if record.kind == KIND_HOLDER else None,
            document=fields.get("document"),
            holder_x=fields.get("x"),
            holder_y=fields.get("y"),
            salt=fields.get("salt"),
            created_at=step.block.time if step.version == 1 else None,
            next_version_at=following.block.time if following else None,
            transaction_hash=step.transaction_hash,
            block_hash=step.block.hash,
            latest=step is newest,
            pending=_pending(record, newest) if step is newest else "none",
        )


def head_of(header: BlockHeader, block: BlockRef | None, final_depth: int) -> LedgerHead:
    """Make the head of a read: the newest block, or the one block that was asked for, which then counts as final."""
    if block is not None:
        if header.number != block.number or (block.hash is not None and header.hash != block.hash):
            raise LedgerInconsistentError(
                f"block {block.number} is not the block that was asked for",
                expected=encode_hex(block.hash or b""),
                found=encode_hex(header.hash),
            )
        return LedgerHead(header.number, header.hash, header.time, header.number)
    return LedgerHead(header.number, header.hash, header.time, max(0, header.number - final_depth))


def _not_before(head: LedgerHead, block: BlockHeader, final_depth: int) -> LedgerHead:
    """Take the later block for the head: one was mined between two calls of one request."""
    if block.number <= head.number:
        return head
    return LedgerHead(block.number, block.hash, block.time, max(0, block.number - final_depth))


def _is_wanted(step: Step, *, version: int | None, time: int | None) -> bool:
    if version is not None:
        return step.version == version
    return time is None or step.block.time <= time


def _pending(record: Record, newest: Step) -> PendingState:
    if newest.version == record.version:
        return "none"
    return "deactivation" if record.state == STATE_DEACTIVATED else "update"


def _require_status(did_id: bytes, record: Record) -> None:
    if record.kind not in {KIND_ORGANISATION, KIND_HOLDER} or record.state not in {STATE_ACTIVE, STATE_DEACTIVATED}:
        raise LedgerInconsistentError("a record has a status that no contract writes", did_id=encode_hex(did_id))


def _checked_step(
    did_id: bytes, record: Record, log: RpcLog, block: BlockHeader, *, number: int, digest: bytes
) -> Step:
    event = EVENTS.get((REGISTRY, log.topics[0])) if log.topics else None
    if event is None or event.name not in _CHANGES:
        raise LedgerUnavailableError("the ledger answered with a log that was not asked for")
    fields = rpc_codec.decode_log(event, log)
    _require_asked(did_id, record, event, fields, number)
    ended = event.name == "DidDeactivated"
    # A deactivation leaves the controller as it was, and nothing comes after it: the record still tells.
    controller = record.controller if ended else fields["controller"]
    state = STATE_DEACTIVATED if ended else STATE_ACTIVE
    head = pack_head(controller=controller, version=number, kind=record.kind, state=state, block_number=block.number)
    computed = next_history(
        fields["previousDigest"], content_digest=_content_digest(event, fields), head=head, block_time=block.time
    )
    is_last = number == record.version
    if computed != digest or (is_last and (controller != record.controller or state != record.state)):
        raise LedgerInconsistentError(
            f"version {number} of the DID does not give the history digest that the ledger keeps",
            did_id=encode_hex(did_id),
            version=number,
            block_number=block.number,
            computed=encode_hex(computed),
            kept=encode_hex(digest),
            log_data=encode_hex(log.data[:16_384]),
        )
    if number == 1 and compute_did_id(kind=record.kind, controller=controller, salt=fields["salt"]) != did_id:
        raise LedgerInconsistentError(
            "the DID's id does not follow from the kind, controller and salt of its creation",
            did_id=encode_hex(did_id),
            controller=encode_hex(controller),
            salt=encode_hex(fields["salt"]),
        )
    return Step(number, event, fields, controller, state, digest, block, log.transaction_hash)


def _require_asked(did_id: bytes, record: Record, event: EventType, fields: Mapping[str, Any], number: int) -> None:
    """Refuse the log of another DID or version, and a creation anywhere but at version 1."""
    creation = "HolderCreated" if record.kind == KIND_HOLDER else "OrganisationCreated"
    asked = fields["id"] == did_id and fields["version"] == number
    if not asked or (event.name == creation) != (number == 1) or (event.name in _CREATIONS and event.name != creation):
        raise LedgerInconsistentError(
            f"the log of version {number} is a {event.name} that cannot be it",
            did_id=encode_hex(did_id),
            version=number,
            log_did_id=encode_hex(fields["id"]),
            log_version=fields["version"],
        )


def _content_digest(event: EventType, fields: Mapping[str, Any]) -> bytes:
    if event.name == "DidDeactivated":
        return DEACTIVATION_DIGEST
    if event.name == "HolderCreated":
        return holder_digest(x=fields["x"], y=fields["y"], salt=fields["salt"], guardian=fields["guardian"])
    return document_digest(fields["document"])
