"""Carry out what the council decided once its delay is over: anybody may, so the node does."""

from collections.abc import Callable
from typing import Final

import orjson

from node.domain import fact
from node.domain.operation import OperationState
from node.ports import IndexReads, IndexView, NewOperation, Outbox
from registry_client.core.eip712 import domain_of
from registry_client.core.operation import SignedOperation, encode_call, operation_to_json, type_of

LABEL: Final = "node"
"""Whose operations these are in the outbox."""
EXECUTION_WINDOW_S: Final = 14 * 86_400
"""After it, a decision can no longer be carried out."""
_APPROVED: Final = "ready"


class Executor:
    """Queues ExecuteProposal for every decision whose time has come; the outbox makes it happen once."""

    def __init__(
        self, reads: IndexReads, outbox: Outbox, *, network: str, chain_id: int, now: Callable[[], int]
    ) -> None:
        self._reads, self._outbox, self._now = reads, outbox, now
        self._network, self._chain_id = network, chain_id
        self._seen: tuple[int, int] | None = None
        self._waiting: list[tuple[int, NewOperation]] = []

    def step(self) -> None:
        """Look for decisions when there are new blocks; queue those whose delay is over."""
        with self._reads.view() as view:
            place = (view.head.final.number, view.head.block.number)
            if place != self._seen:
                self._waiting, self._seen = self._decided(view), place
        now = self._now()
        due = [operation for ready_at, operation in self._waiting if ready_at <= now < ready_at + EXECUTION_WINDOW_S]
        new = [operation for operation in due if self._is_new(operation)]
        if new:
            self._outbox.submit(new, label=LABEL, now=now)

    def _is_new(self, operation: NewOperation) -> bool:
        known = self._outbox.get(operation.operation_id)
        return known is None or (known.state is OperationState.FAILED and self._now() - known.updated_at > 3_600)

    def _decided(self, view: IndexView) -> list[tuple[int, NewOperation]]:
        """Return (ready at, operation) of decisions of the present council that are neither executed nor cancelled."""
        term = view.last(fact.CouncilTerm)
        council = view.last(fact.DirectoryEntry, name="Council")
        if term is None or council is None:
            return []
        decided = []
        for step in view.facts(fact.ProposalStep, epoch=term.epoch, step=_APPROVED):
            last = view.last(fact.ProposalStep, proposal=step.proposal, epoch=term.epoch)
            proposal = view.last(fact.Proposal, proposal=step.proposal, epoch=term.epoch)
            if proposal is not None and last is not None and last.step not in {"executed", "cancelled"}:
                decided.append((step.ready_at, self._operation(proposal, council.address)))
        return decided

    def _operation(self, proposal: fact.Proposal, council: bytes) -> NewOperation:
        signed = SignedOperation(
            type_of("ExecuteProposal"),
            domain_of(self._network, self._chain_id, council),
            {
                "kind": proposal.kind,
                "arguments": proposal.arguments,
                "salt": proposal.salt,
                "epoch": proposal.epoch,
            },
        )
        body = orjson.dumps(operation_to_json(signed))
        return NewOperation(signed.id, signed.kind, signed.type.contract, body, encode_call(signed), 0)
