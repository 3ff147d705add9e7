"""Carry queued operations to the ledger: the one sender of its relayers' keys.

- What became of an operation, the judge says (judging.py); here is what is sent, and followed into a block.
- A refusal counts when nothing of ours that came before is still under way: until then it may be the cure.
- Every transaction is durable before it is first sent, resent until it is in a block; no nonce is left as a gap.
- New transactions are the active relayer's. Those of retired or foreign keys are followed by their own nonces, resent
  as they are, and replaced only with their own key: what is under way is never sent a second time under another.
- Time comes from a clock that may jump: an age below zero counts as due.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from node.domain.effect import Verdict, effect_of
from node.domain.operation import OperationState, Refusal, Relayed, SentTransaction
from node.domain.refusal import ErrorCodec
from node.ports import ChainReader, IndexReads, Outbox, RevertedError
from node.ports_sending import LedgerWriter, Relayers, TransactionRefusedError
from node.services.judging import EXPIRED, OPEN_MAX, Judge, read_operation
from node.services.packing import Parcel, pack
from node.tracing import tracer

IN_FLIGHT_MAX: Final = 16
"""Transactions without a block at once."""
RESEND_AFTER_S: Final = 3
FILL_GAP_AFTER_S: Final = 10
REPLACE_AFTER_S: Final = 60
REPLACEMENT_FACTOR: Final = 1.125
"""Clients demand a tenth more for a replacement; an eighth is safely above."""
_FILLER_GAS: Final = 21_000
_TOO_EARLY: Final = frozenset({"CouncilTooEarly"})
"""Refusals that time alone cures."""


@dataclass(frozen=True, slots=True)
class RelayStep:
    """What one step did, for logs and tests."""

    judged: int
    sent: int
    open: int


class Relay:
    """One sender. `now`: unix seconds; everything durable is in the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        reads: IndexReads,
        chain: ChainReader,
        relayers: Relayers,
        errors: ErrorCodec,
        *,
        now: Callable[[], int],
    ) -> None:
        self._outbox, self._reads, self._chain, self._relayers = outbox, reads, chain, relayers
        self._writer = relayers.active()
        self._errors, self._now = errors, now
        self.refusal: str | None = None
        """Why the ledger did not take the last transaction, None if it did."""
        self._judge = Judge(outbox, reads, chain, errors, now=now)
        self.measures = self._judge.measures

    def step(self) -> RelayStep:
        """Judge what is under way, follow its transactions, send what is queued. Raises LedgerUnavailableError."""
        self._writer = self._relayers.active()
        with tracer.span("judge") as describe:
            judged = self._judge.step()
            describe({"operations": judged})
        with tracer.span("send") as describe:
            self._follow()
            sent = self._send_queued()
            describe({"operations": sent})
        return RelayStep(judged, sent, self._outbox.open_count())

    def _follow(self) -> None:
        """Find blocks for pending transactions; resend, replace or give up those that have none."""
        pending = sorted(self._outbox.pending_transactions(), key=lambda transaction: transaction.relayer)
        for relayer, transactions in groupby(pending, key=lambda transaction: transaction.relayer):
            self._follow_one(relayer, sorted(transactions, key=lambda transaction: transaction.nonce))

    def _follow_one(self, relayer: bytes, pending: Sequence[SentTransaction]) -> None:
        used = self._writer.next_nonce(relayer)
        receipts = self._chain.receipts([transaction.hash for transaction in pending])
        waiting: list[SentTransaction] = []
        for transaction, receipt in zip(pending, receipts, strict=True):
            if receipt is not None:
                self._outbox.mark(transaction.hash, state="mined", block_number=receipt.block_number)
            elif transaction.nonce < used:
                self._drop(transaction)
            else:
                waiting.append(transaction)
        own = self._relayers.of(relayer)
        if own is not None and waiting and self._is_due(waiting[0].created_at, FILL_GAP_AFTER_S):
            for nonce in range(used, waiting[0].nonce):
                self._fill(nonce, own)
        for transaction in waiting:
            if self._is_due(transaction.sent_at, RESEND_AFTER_S):
                self._send_again(transaction, own)

    def _is_due(self, since: int, after_s: int) -> bool:
        return not 0 <= self._now() - since < after_s

    def _drop(self, transaction: SentTransaction) -> None:
        """Give up a transaction whose nonce another one used; its operations are queued again."""
        self._outbox.mark(transaction.hash, state="dropped")
        for operation in self._outbox.open(limit=OPEN_MAX):
            if operation.transaction_hash == transaction.hash and operation.state is OperationState.SENT:
                self._judge.move(operation, OperationState.QUEUED, transaction_hash=None, position=None)

    def _send_again(self, transaction: SentTransaction, own: LedgerWriter | None) -> None:
        self._outbox.mark(transaction.hash, state="pending", sent_at=self._now())
        taken = self._try_send(transaction.raw, "again")
        if taken or own is None or not self._is_due(transaction.created_at, REPLACE_AFTER_S):
            return
        if transaction.gas_price > 0:
            self._replace(transaction, own)
        else:
            # No price to raise. Use its nonce up: its operations are packed anew then, within what the ledger takes.
            self._fill(transaction.nonce, own)

    def _replace(self, stuck: SentTransaction, own: LedgerWriter) -> None:
        """Offer the same operations at the same nonce for more."""
        carried = [o for o in self._outbox.open(limit=OPEN_MAX) if o.transaction_hash == stuck.hash]
        if not carried:
            return
        carried.sort(key=lambda operation: operation.position or 0)
        price = max(int(stuck.gas_price * REPLACEMENT_FACTOR) + 1, own.gas_price())
        signed, _ = read_operation(carried[0].body)
        parcel = Parcel(signed.domain.verifying_contract, stuck.contract, tuple(carried), stuck.gas)
        self._carry(parcel, own, nonce=stuck.nonce, gas_price=price, kind="replacement")
        self._outbox.mark(stuck.hash, state="dropped")  # afterwards: a crash in between leaves two for one nonce

    def _fill(self, nonce: int, own: LedgerWriter) -> None:
        """Use up a nonce that nobody will use any more, so that those above it can move."""
        price = own.gas_price()
        transaction_hash, raw = own.sign(to=own.relayer, data=b"", nonce=nonce, gas=_FILLER_GAS, gas_price=price)
        if self._outbox.transaction(transaction_hash) is None:
            filler = Parcel(own.relayer, "", (), _FILLER_GAS)
            self._outbox.record(
                self._sent(transaction_hash, raw, filler, own, nonce=nonce, gas_price=price), [], now=self._now()
            )
        self._try_send(raw, "filler")

    def _send_queued(self) -> int:
        operations = self._outbox.open(limit=OPEN_MAX)
        if not any(operation.state is OperationState.QUEUED for operation in operations):
            return 0
        pending = self._outbox.pending_transactions()
        ready = self._preflight(operations)
        if not ready:
            return 0
        own = [transaction.nonce for transaction in pending if transaction.relayer == self._writer.relayer]
        nonce = max([self._writer.next_nonce(), *(used + 1 for used in own)])
        price, sent = self._writer.gas_price(), 0
        for parcel in pack(ready, gas_max=self._writer.gas_limit())[: max(0, IN_FLIGHT_MAX - len(pending))]:
            self._carry(parcel, self._writer, nonce=nonce, gas_price=price, kind="new")
            nonce, sent = nonce + 1, sent + len(parcel.operations)
        return sent

    def _preflight(self, operations: Sequence[Relayed]) -> list[tuple[Relayed, bytes, int]]:
        """Return (operation, contract's address, gas) of what the ledger would take now; fail what it never will."""
        queued = [operation for operation in operations if operation.state is OperationState.QUEUED]
        targets = {o.operation_id: read_operation(o.body)[0].domain.verifying_contract for o in queued}
        outcomes: dict[bytes, int | bytes] = {}
        for address in dict.fromkeys(targets.values()):
            group = [o for o in queued if targets[o.operation_id] == address]
            gas = self._chain.estimate(address, [o.calldata for o in group], sender=self._writer.relayer)
            outcomes.update(zip((o.operation_id for o in group), gas, strict=True))
        ready: list[tuple[Relayed, bytes, int]] = []
        under_way = False
        for operation in operations:
            outcome = outcomes.get(operation.operation_id)
            if outcome is None:
                under_way = under_way or operation.state is OperationState.SENT
            elif isinstance(outcome, int):
                ready.append((operation, targets[operation.operation_id], outcome))
                under_way = True
            else:
                under_way = self._refused(operation, self._errors.decode(outcome), under_way=under_way) or under_way
        return ready

    def _refused(self, operation: Relayed, refusal: Refusal, *, under_way: bool) -> bool:
        """Settle a refused operation; True if it waits instead."""
        if refusal.name == EXPIRED:
            self._judge.move(operation, OperationState.EXPIRED, error=refusal.as_json())
            return False
        if under_way or refusal.name in _TOO_EARLY or not self._is_refused_at_head(operation):
            return True
        self._judge.move(operation, OperationState.FAILED, error=refusal.as_json())
        return False

    def _is_refused_at_head(self, operation: Relayed) -> bool:
        """Tell whether the refusal holds on the block that index and ledger agree to be the newest.

        Else it may be of what is done already, or of a state that is not the newest: of several replicas behind one
        address, one that lags has no such block and fails the call, which is no refusal.
        """
        signed, signers = read_operation(operation.body)
        with self._reads.view() as view:
            head = view.head.block
            is_there = effect_of(signed, signers, view.at_head()).verdict is Verdict.PRESENT
        if is_there or self._chain.head().hash != head.hash:
            return False
        try:
            self._chain.call(signed.domain.verifying_contract, operation.calldata, block=head.number)
        except RevertedError:
            return True
        return False

    def _carry(self, parcel: Parcel, own: LedgerWriter, *, nonce: int, gas_price: int, kind: str) -> None:
        """Sign, store, send one transaction; once stored, it is sent again until it is in a block."""
        transaction_hash, raw = own.sign(
            to=parcel.address, data=parcel.calldata(), nonce=nonce, gas=parcel.gas, gas_price=gas_price
        )
        transaction = self._sent(transaction_hash, raw, parcel, own, nonce=nonce, gas_price=gas_price)
        self._outbox.record(transaction, [o.operation_id for o in parcel.operations], now=self._now())
        self._try_send(raw, kind)

    def _try_send(self, raw: bytes, kind: str) -> bool:
        """Hand a transaction over; if it is refused, `_follow` finds out what became of its nonce."""
        self.measures.sent.add(kind)
        try:
            self._writer.send(raw)
        except TransactionRefusedError as error:
            self.refusal = str(error)
            self.measures.refused.add()
            return False
        self.refusal = None
        return True

    def _sent(
        self, transaction_hash: bytes, raw: bytes, parcel: Parcel, own: LedgerWriter, *, nonce: int, gas_price: int
    ) -> SentTransaction:
        now = self._now()
        return SentTransaction(
            transaction_hash, own.relayer, nonce, raw, parcel.contract, parcel.gas, gas_price, "pending", now, now
        )
