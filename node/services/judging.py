"""What became of relayed operations: judged by their effect on the index's state.

- Present on the final state: final. Present on what is seen: mined. A receipt only explains why there was no effect.
- A reorg takes mined back to sent (its transaction waits again) or queued.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from node.domain.effect import Effect, Verdict, effect_of
from node.domain.operation import OPEN_STATES, OperationState, Refusal, Relayed, may_follow
from node.domain.refusal import OUT_OF_GAS, ErrorCodec
from node.measures import RelayMeasures
from node.ports import ChainReader, IndexReads, IndexView, Outbox, RevertedError
from registry_client.core.operation import SignedOperation, parse_operation

OPEN_MAX: Final = 500
"""Operations looked at in one step; the rest wait their turn."""
EXPIRED: Final = "OperationExpired"
"""The contracts' error for a deadline that has passed."""
_NO_EFFECT: Final = "NoEffect"


@lru_cache(maxsize=4_096)
def read_operation(body: bytes) -> tuple[SignedOperation, tuple[bytes, ...]]:
    """Return an operation of the outbox and the Controllers that signed it."""
    signed = parse_operation(body)
    return signed, signed.signers()


class Judge:
    """Moves operations through their states. `now`: unix seconds."""

    def __init__(
        self, outbox: Outbox, reads: IndexReads, chain: ChainReader, errors: ErrorCodec, *, now: Callable[[], int]
    ) -> None:
        self._outbox, self._reads, self._chain = outbox, reads, chain
        self._errors, self._now = errors, now
        self.measures = RelayMeasures()

    def step(self) -> int:
        """Judge every open operation; return how many changed. Raises LedgerUnavailableError."""
        operations = self._outbox.open(limit=OPEN_MAX)
        if not operations:
            return 0
        with self._reads.view() as view:
            return sum(self._judge(operation, view) for operation in operations)

    def move(self, operation: Relayed, state: OperationState, **values: Any) -> bool:
        """Put an operation into a state; False if it is there already. A leap that states do not allow is a bug."""
        if operation.state is state:
            return False
        if not may_follow(operation.state, state):
            raise RuntimeError(f"operation 0x{operation.operation_id.hex()}: {operation.state} cannot become {state}")
        self._outbox.change(operation.operation_id, state, now=self._now(), **values)
        if state not in OPEN_STATES:
            self.measures.ended.add(state.value)
        if state is OperationState.FAILED:
            name = (values.get("error") or {}).get("name")
            self.measures.failed.add(name if name in self._errors.names else "other")
        return True

    def _judge(self, operation: Relayed, view: IndexView) -> bool:
        signed, signers = read_operation(operation.body)
        final = effect_of(signed, signers, view)
        if final.verdict is Verdict.PRESENT:
            return self.move(
                operation, OperationState.FINAL, error=None, block_number=self._block(operation, final, view)
            )
        mined = operation.state is OperationState.MINED
        if final.verdict is Verdict.SUPERSEDED and not mined:
            error = Refusal("Superseded", "its version, sequence or nonce was used by another operation")
            values = {"error": error.as_json(), "block_number": final.block_number}
            return self.move(operation, OperationState.SUPERSEDED, **values)
        seen = final if view.head.is_all_final else effect_of(signed, signers, view.at_head())
        if seen.verdict is Verdict.PRESENT:
            return self.move(
                operation, OperationState.MINED, error=None, block_number=self._block(operation, seen, view)
            )
        if operation.deadline and view.head.final.time > operation.deadline and not mined:
            return self.move(operation, OperationState.EXPIRED, error=_expired(operation).as_json())
        if operation.state is OperationState.QUEUED:
            return False
        if operation.transaction_hash is None:  # somebody else's transaction had its effect, and was undone
            return self.move(operation, OperationState.QUEUED, block_number=None)
        return self._without_effect(operation, operation.transaction_hash, view)

    def _block(self, operation: Relayed, effect: Effect, view: IndexView) -> int:
        """Return the block of an effect; what leaves no event of its own (bits that were set) has its transaction's."""
        if effect.block_number:
            return effect.block_number
        if operation.transaction_hash is not None:
            receipt = self._chain.receipts([operation.transaction_hash])[0]
            if receipt is not None and receipt.block_number <= view.head.block.number:
                return receipt.block_number
        return operation.block_number or view.head.block.number

    def _without_effect(self, operation: Relayed, transaction_hash: bytes, view: IndexView) -> bool:
        """Judge an operation whose transaction was sent and whose effect is not there."""
        receipt = self._chain.receipts([transaction_hash])[0]
        if receipt is None:
            transaction = self._outbox.transaction(transaction_hash)
            if transaction is None or transaction.state == "dropped":  # another used its nonce; a crash came between
                return self.move(operation, OperationState.QUEUED, transaction_hash=None, position=None)
            if transaction.state == "mined":  # its block was undone
                self._outbox.mark(transaction_hash, state="pending", sent_at=0)  # to be sent again at once
            return self.move(operation, OperationState.SENT, block_number=None)
        if operation.state is OperationState.MINED:  # undone, and in another block again that is not indexed yet
            return self.move(operation, OperationState.SENT, block_number=None)
        if receipt.block_number > view.head.final.number:
            return False  # not indexed, or not final: it may yet be undone
        block = self._chain.block(receipt.block_number)
        if block is None or block.hash != receipt.block_hash:
            return False  # a receipt from a branch that is no more
        refusal = self._reason(operation, transaction_hash, receipt.block_number, view)
        if refusal.name in (OUT_OF_GAS, _NO_EFFECT) and operation.error is None:
            # Gas was short, for it or for its whole transaction: once more, alone (see packing).
            return self.move(operation, OperationState.QUEUED, error=refusal.as_json(), transaction_hash=None)
        values = {"error": refusal.as_json(), "block_number": receipt.block_number}
        return self.move(operation, OperationState.FAILED, **values)

    def _reason(self, operation: Relayed, transaction_hash: bytes, block_number: int, view: IndexView) -> Refusal:
        for event in view.events_of_transaction(transaction_hash):
            if event.type == "OperationSkipped" and int(event.fields["position"], 16) == operation.position:
                return self._errors.decode(bytes.fromhex(event.fields["reason"][2:]))
        signed, _ = read_operation(operation.body)
        try:
            self._chain.call(signed.domain.verifying_contract, operation.calldata, block=block_number)
        except RevertedError as error:
            return self._errors.decode(error.data)
        return Refusal(_NO_EFFECT, "the transaction is in a block and the operation had no effect")


def _expired(operation: Relayed) -> Refusal:
    return Refusal(EXPIRED, "its deadline passed without effect; sign it again", {"deadline": operation.deadline})
