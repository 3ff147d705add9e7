"""Operations in: everything that can be known to be wrong is said before anything is stored.

- The payload's id is the operation (`relay_id`): the same one posted twice is one, in whatever state it is by then.
- Checked here: shape, network, contract, signatures, deadline, rules of documents. The contract judges who may do what.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from node.domain import fact
from node.domain.operation import OPEN_STATES, Relayed
from node.measures import Tally
from node.ports import IndexView, NewOperation, Outbox
from node.services.context import Ledger, hexed
from node.services.judging import read_operation
from registry_client.core.did import KIND_ORGANISATION, Did, compute_did_id
from registry_client.core.document import parse_organisation, require_no_reuse
from registry_client.core.operation import SignedOperation, encode_call, operation_to_json, parse_operation, relay_id
from registry_client.core.times import format_time
from registry_client.errors import (
    InvalidDidDocumentError,
    InvalidInputError,
    LedgerUnavailableError,
    WrongLedgerError,
)

BATCH_MAX: Final = 100
"""Operations in one request."""
DEADLINE_MAX_S: Final = 30 * 86_400
"""Furthest deadline that is relayed: what is signed must not lie about for ever."""
_WITHOUT_DEADLINE: Final = 0


class OperationExpiredError(InvalidInputError):
    """The operation's deadline has passed, or lies too far ahead."""

    type_uri = "https://mapae.invalid/problems/operation-deadline"
    title = "Unfit deadline"


class QueueFullError(InvalidInputError):
    """The outbox holds as many operations as it may."""

    type_uri = "https://mapae.invalid/problems/queue-full"
    title = "Queue full"


class Operations:
    """Takes operations in and answers for them. `now`: unix seconds."""

    def __init__(self, ledger: Ledger, outbox: Outbox, *, queue_max: int, now: Callable[[], int]) -> None:
        self._ledger, self._outbox, self._queue_max, self._now = ledger, outbox, queue_max, now
        self.accepted = Tally()

    def check(self, values: Sequence[Mapping[str, Any]], view: IndexView) -> list[NewOperation]:
        """Check parsed operations, all or none. Raises InvalidInputError's family or WrongLedgerError."""
        if not 1 <= len(values) <= BATCH_MAX:
            raise InvalidInputError(f"a request carries 1 to {BATCH_MAX} operations", count=len(values))
        checked = []
        for position, value in enumerate(values):
            try:
                checked.append(self._check(value, view))
            except (InvalidInputError, WrongLedgerError) as error:
                if len(values) > 1:
                    error.evidence.setdefault("position", position)
                raise
        return checked

    def unknown(self, operations: Sequence[NewOperation]) -> int:
        """Return how many of these were never posted: what a quota counts."""
        return self._outbox.unknown(operation.operation_id for operation in operations)

    def submit(self, operations: Sequence[NewOperation], *, label: str) -> list[dict[str, Any]]:
        """Store operations durably and return their states, in order. Raises QueueFullError."""
        if self._outbox.open_count() + len(operations) > self._queue_max:
            raise QueueFullError(f"{self._queue_max} operations are under way already: try again in a moment")
        rows = self._outbox.submit(operations, label=label, now=self._now())
        self.accepted.add(count=len(rows))
        return [operation_json(row) for row in rows]

    def get(self, operation_id: bytes) -> dict[str, Any] | None:
        """Return one operation's state, None if it was never posted here."""
        row = self._outbox.get(operation_id)
        return operation_json(row) if row else None

    def queued_sequence(self, owner: bytes, *, registry: bytes, key: int) -> int:
        """Return the highest sequence of a keyed nonce among operations under way here, -1 if there is none.

        `registry`: 20-byte address of the contract that counts it.
        """
        highest = -1
        for row in self._outbox.open(limit=self._queue_max):
            if row.state not in OPEN_STATES:
                continue
            signed, signers = read_operation(row.body)
            if signed.domain.verifying_contract != registry:
                continue
            nonce = signed.message.get("nonce")
            if nonce is not None and nonce >> 64 == key and any(signer[1:] == owner for signer in signers):
                highest = max(highest, nonce & (1 << 64) - 1)
        return highest

    def _check(self, value: Mapping[str, Any], view: IndexView) -> NewOperation:
        signed = parse_operation(value)
        self.check_unsigned(signed, view)
        signed.signers()
        deadline = signed.deadline
        return NewOperation(
            relay_id(signed),
            signed.kind,
            signed.type.contract,
            orjson.dumps(operation_to_json(signed)),
            encode_call(signed),
            _WITHOUT_DEADLINE if deadline is None else deadline,
        )

    def check_unsigned(self, signed: SignedOperation, view: IndexView) -> None:
        """Check everything but the signatures: ledger, deadline, document. Raises as `check` does."""
        self._check_ledger(signed, view)
        deadline, now = signed.deadline, self._now()
        if deadline is not None and not now <= deadline <= now + DEADLINE_MAX_S:
            problem = "has passed" if deadline < now else "lies more than 30 days ahead"
            raise OperationExpiredError(
                f"the deadline {deadline} {problem}: sign the operation again", deadline=deadline, now=now
            )
        self._check_document(signed, view)

    def _check_ledger(self, signed: SignedOperation, view: IndexView) -> None:
        domain, contract = signed.domain, signed.type.contract
        if domain.name != f"did:mapae:{self._ledger.network}" or domain.chain_id != self._ledger.chain_id:
            raise WrongLedgerError(
                f"signed for {domain.name} on chain {domain.chain_id}; this node serves "
                f"did:mapae:{self._ledger.network} on chain {self._ledger.chain_id}",
                name=domain.name,
                chain_id=domain.chain_id,
            )
        if domain.version != "1":
            raise WrongLedgerError("the domain's version is 1", version=domain.version)
        addresses = [entry.address for entry in view.facts(fact.DirectoryEntry, name=contract)]
        if not addresses:
            raise LedgerUnavailableError("the index has not seen the registry's contracts yet: it is catching up")
        if domain.verifying_contract not in addresses:
            raise WrongLedgerError(
                f"verifyingContract is no {contract} of this ledger",
                verifying_contract=hexed(domain.verifying_contract),
                current=hexed(addresses[-1]),
            )

    def _check_document(self, signed: SignedOperation, view: IndexView) -> None:
        """Refuse to relay a DID document that would resolve as INVALID_DID_DOCUMENT."""
        message = signed.message
        if signed.type.contract != "DidRegistry" or "document" not in message:
            return
        if signed.kind == "CreateOrganisation":
            did_id = compute_did_id(kind=KIND_ORGANISATION, controller=message["controller"], salt=message["salt"])
        else:
            did_id = message["id"]
        did = Did(self._ledger.did(did_id))
        following = parse_organisation(message["document"], did)
        previous = view.at_head().last(fact.DidVersion, did_id=did_id)
        if previous is None or previous.document is None:
            return
        try:
            before = parse_organisation(previous.document, did)
        except InvalidDidDocumentError:
            return  # whatever was anchored before, the next version may mend it
        require_no_reuse(before, following)


def operation_json(row: Relayed) -> dict[str, Any]:
    """Return an operation as it is shown."""
    return {
        "id": hexed(row.operation_id),
        "kind": row.kind,
        "contract": row.contract,
        "state": row.state.value,
        "error": row.error,
        "transaction_hash": hexed(row.transaction_hash) if row.transaction_hash else None,
        "block_number": row.block_number,
        "deadline": row.deadline or None,
        "submitted_at": row.submitted_at,
        "updated_at": row.updated_at,
        "submitted": format_time(row.submitted_at),
    }
