"""The life of a relayed operation.

- queued: in the outbox, durable. sent: in a transaction that the ledger was given. mined: its effect is on the ledger.
- final: its effect can no longer be undone. failed: refused by the contract, by name. expired: its deadline passed
  without effect. superseded: what it was based on (a version, a sequence, a nonce) was used by something else.
- The chain's state judges, not the receipt: an operation whose effect somebody else's transaction had is mined too.
- A reorg may take mined back to sent or queued. Posting a failed operation again queues it again: it is the same one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class OperationState(StrEnum):
    """States as they are stored and shown."""

    QUEUED = "queued"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


OPEN_STATES: Final = (OperationState.QUEUED, OperationState.SENT, OperationState.MINED)
"""States that still change on their own."""
_NEXT: Final = {
    OperationState.QUEUED: {
        OperationState.SENT,
        OperationState.MINED,
        OperationState.FINAL,
        OperationState.FAILED,
        OperationState.EXPIRED,
        OperationState.SUPERSEDED,
    },
    OperationState.SENT: {
        OperationState.QUEUED,
        OperationState.MINED,
        OperationState.FINAL,
        OperationState.FAILED,
        OperationState.EXPIRED,
        OperationState.SUPERSEDED,
    },
    OperationState.MINED: {OperationState.QUEUED, OperationState.SENT, OperationState.FINAL},
    OperationState.FAILED: {OperationState.QUEUED},
    OperationState.EXPIRED: set(),
    OperationState.SUPERSEDED: set(),
    OperationState.FINAL: set(),
}


def may_follow(state: OperationState, following: OperationState) -> bool:
    """Tell whether an operation may go from `state` to `following`."""
    return following in _NEXT[state]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a contract refused: the Solidity error's name and arguments, or the raw revert data if nobody knows it."""

    name: str
    detail: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the `error` member of an operation's answer."""
        return {"name": self.name, "detail": self.detail, "arguments": self.arguments}


@dataclass(frozen=True, slots=True)
class Relayed:
    """One operation as the outbox keeps it. `operation_id`: 32 bytes. `body`: its JSON as it was accepted.

    `calldata`: the call that carries it. `position`: its place in the transaction's batch. `deadline`: 0 if none.
    """

    operation_id: bytes
    kind: str
    contract: str
    body: bytes
    calldata: bytes
    label: str
    deadline: int
    state: OperationState
    submitted_at: int
    updated_at: int
    arrival: int
    error: dict[str, Any] | None = None
    transaction_hash: bytes | None = None
    position: int | None = None
    block_number: int | None = None
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction that carries operations, durable before it is first sent. `raw`: its signed bytes."""

    hash: bytes
    relayer: bytes
    nonce: int
    raw: bytes
    contract: str
    gas: int
    gas_price: int
    state: str
    created_at: int
    sent_at: int
    block_number: int | None = None
