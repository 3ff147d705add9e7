"""A client's hand: signs, sends until somebody answers, waits until the node says what became of it; all journaled.

- Every call may be repeated: an operation's id is what was signed. A lost connection is no answer: it is tried again.
- What was accepted once must be known for ever, and what is settled must stay as it was: all else is a violation.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from registry_client.core.operation import (
    OPERATIONS,
    OperationSignature,
    SignedOperation,
    encode_call,
    payload_of,
    relay_id,
)
from registry_client.core.outcome import Outcome
from registry_client.errors import LedgerUnavailableError, NodeRefusedError
from registry_client.submit import NodeClient
from tests.soak.journal import MAY, MUST, NEVER, Journal
from tests.soak.system import System
from tests.support.chain import RELAYER
from tests.support.keys import Key

DEADLINE_S = 7_200
SETTLE_S = 420.0
"""Longest time for an operation to settle, faults and all; the node keeps it in any case."""
RETRY_S = 0.25
POLL_S = (0.05, 0.4)
MISSING = 404
SERVER_ERROR = 500


@dataclass(slots=True)
class Score:
    """Figures that all clients share."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    latencies: list[tuple[float, float]] = field(default_factory=list)
    """(when it was settled, seconds from the first sending)."""
    violations: list[str] = field(default_factory=list)
    open: int = 0


class Hand:
    """One client's connection, keys aside. Not shared between threads."""

    def __init__(self, system: System, journal: Journal, score: Score, *, seed: int) -> None:
        self.system, self.journal, self.score = system, journal, score
        self.dice = random.Random(seed)
        self.client = NodeClient(system.node_url, token_file=system.token_file)
        self._nonces: dict[tuple[str, bytes], int] = {}
        self._block = 0
        """The newest block that has an effect of ours."""

    def close(self) -> None:
        self.client.close()

    def take_over(self, other: "Hand") -> None:
        """Go on with another's nonces: the same keys, a new client."""
        self._nonces.update(other._nonces)

    def violation(self, text: str) -> None:
        """Note what must never happen."""
        with self.score.lock:
            self.score.violations.append(text)
        self.journal.violation(text)

    # signing

    def sign(self, kind: str, message: dict[str, Any], *keys: Key, deadline_s: int = DEADLINE_S) -> SignedOperation:
        """Sign with one key for each role; deadline and nonce are filled in."""
        operation = OPERATIONS[kind]
        values = dict(message)
        if "deadline" in operation.field_names:
            values.setdefault("deadline", int(time.time()) + deadline_s)
        if "nonce" in operation.field_names:
            values.setdefault("nonce", self._nonces.get((operation.contract, keys[0].controller), 0))
        domain = self.system.registry.domain(operation.contract)
        payload = payload_of(domain, kind, values)
        signatures = tuple(
            OperationSignature(role, key.sign(payload)) for role, key in zip(operation.roles, keys, strict=True)
        )
        return SignedOperation(operation, domain, values, signatures)

    def do(self, kind: str, message: dict[str, Any], *keys: Key, allowed: Sequence[str] = ()) -> bool:
        """Sign and carry one operation that must take effect; False: it failed with one of the `allowed` errors."""
        return self.carry(self.sign(kind, message, *keys), allowed=allowed)[0].state == "final"

    def refused(self, kind: str, message: dict[str, Any], *keys: Key, **more: Any) -> None:
        """Sign and send one operation that must have no effect."""
        self.carry(self.sign(kind, message, *keys, **more), wanted=NEVER)

    # carrying

    def carry(self, *operations: SignedOperation, wanted: str = MUST, allowed: Sequence[str] = ()) -> list[Outcome]:
        """Send operations in one request and wait until each is settled; returns what the node said."""
        ids = ["0x" + relay_id(signed).hex() for signed in operations]
        for id_, signed in zip(ids, operations, strict=True):
            self.journal.signed(id_, signed, wanted=wanted, allowed=tuple(allowed))
        began = time.monotonic()
        with self.score.lock:
            self.score.open += len(ids)
            self.score.sent.update(signed.kind for signed in operations)
        try:
            outcomes = self._until_settled(ids, operations, began)
        finally:
            with self.score.lock:
                self.score.open -= len(ids)
        for signed, outcome in zip(operations, outcomes, strict=True):
            self._judge(signed, outcome, wanted, allowed)
        return outcomes

    def _until_settled(self, ids: Sequence[str], operations: Sequence[SignedOperation], began: float) -> list[Outcome]:
        first = self._post(ids, operations, began)
        if first is None:
            return [Outcome(id_, signed.kind, "failed") for id_, signed in zip(ids, operations, strict=True)]
        if self.dice.random() < 0.05:
            self._elsewhere(ids[0], operations[0])
        outcomes = [self._wait(id_, began) for id_ in ids]
        if (
            all(o.state == "final" for o in outcomes) and self.dice.random() < 0.05
        ):  # a client that lost the answer sends again: it is the same operation
            again = self._post(ids, operations, began)
            for before, after in zip(outcomes, again or (), strict=False):
                if after.state != "final":
                    self.violation(f"{before.id} was final and is {after.state} after it was sent again")
        return outcomes

    def _post(self, ids: Sequence[str], operations: Sequence[SignedOperation], began: float) -> list[Outcome] | None:
        """Send until the node answers; None: it refused."""
        while True:
            try:
                outcomes = self.client.submit(operations)
            except LedgerUnavailableError:
                self._be_patient(began, ids[0])
                time.sleep(RETRY_S)
                continue
            except NodeRefusedError as error:
                if error.status >= SERVER_ERROR:
                    self.violation(f"{operations[0].kind} was answered {error.status}: {error.detail}")
                for id_ in ids:
                    self.journal.refused(id_, f"{error.problem_type}: {error.detail}")
                return None
            for outcome, id_ in zip(outcomes, ids, strict=True):
                if outcome.id != id_:
                    self.violation(f"{id_} was answered as {outcome.id}")
                self.journal.accepted(id_, outcome.state)
            return outcomes

    def _wait(self, id_: str, began: float) -> Outcome:
        pause = POLL_S[0]
        while True:
            try:
                outcome = self.client.outcome(id_)
            except LedgerUnavailableError:
                outcome = None
            except NodeRefusedError as error:
                self.violation(f"{id_} was accepted and is answered {error.status}: {error.detail}")
                outcome = None
            if outcome is not None and outcome.is_settled:
                self._settled(outcome, began)
                return outcome
            self._be_patient(began, id_)
            time.sleep(pause)
            pause = min(pause * 1.4, POLL_S[1])

    def _settled(self, outcome: Outcome, began: float) -> None:
        self.journal.settled(outcome.id, outcome.state, outcome.error_name, outcome.block_number)
        with self.score.lock:
            self.score.latencies.append((time.monotonic(), time.monotonic() - began))

    def _be_patient(self, began: float, id_: str) -> None:
        if time.monotonic() - began > SETTLE_S:
            self.violation(f"{id_} is not settled after {SETTLE_S:g} s: {self.system.why_not_ready()}")
            raise TimeoutError(id_)

    def _judge(self, signed: SignedOperation, outcome: Outcome, wanted: str, allowed: Sequence[str]) -> None:
        with self.score.lock:
            self.score.states[outcome.state] += 1
            if outcome.error_name:
                self.score.errors[outcome.error_name] += 1
        if outcome.state == "final":
            self._block = max(self._block, outcome.block_number or 0)
            if "nonce" in signed.message:
                self._nonces[signed.type.contract, signed.signers()[0]] = signed.message["nonce"] + 1
            if wanted == NEVER:
                self.violation(f"{signed.kind} {outcome.id} must be refused and took effect")
        elif wanted == MUST and outcome.error_name not in allowed:
            self.violation(f"{signed.kind} {outcome.id} must take effect and is {outcome.state}: {outcome}")

    def _elsewhere(self, id_: str, signed: SignedOperation) -> None:
        """Let another relayer carry the same operation, as anybody may; whether it gets there does not matter."""
        self.journal.elsewhere(id_)
        calls = self.system.calls
        try:
            nonce = int(calls.rpc("eth_getTransactionCount", RELAYER.address, "latest"), 16)
            transaction = {
                "chainId": self.system.config.chain_id,
                "nonce": nonce,
                "to": signed.domain.verifying_contract,
                "data": encode_call(signed),
                "gas": 3_000_000,
                "gasPrice": 0,
                "value": 0,
            }
            raw = RELAYER.account.sign_transaction(transaction).raw_transaction
            calls.rpc("eth_sendRawTransaction", "0x" + raw.hex())
        except Exception:
            return  # no answer, a nonce that another client took: this relayer owes nobody anything

    # reading

    def get(self, path: str, **params: str) -> dict[str, Any] | None:
        """Read from the node as of a block that has all of one's own effects; None: it is not there.

        Waits out what is broken meanwhile, and an index that is being filled again.
        """
        began = time.monotonic()
        while True:
            try:
                with self.score.lock:
                    self.score.reads["own"] += 1
                before, answer, after = self._final(), self._found(path, params), self._final()
                indexed = min(before, after)
            except LedgerUnavailableError:
                indexed, answer = -1, None
            if indexed >= self._block:
                return answer
            self._be_patient(began, path)
            time.sleep(RETRY_S)

    def _final(self) -> int:
        return int(self.client.get("/v1/ledger")["final"]["number"])

    def _found(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        try:
            return self.client.get(path, params)
        except NodeRefusedError as error:
            if error.status != MISSING:
                self.violation(f"GET {path} was answered {error.status}: {error.detail}")
            return None

    def expect(self, path: str, what: str, **wanted: Any) -> None:
        """Read one's own thing after its change is final: it must be as it was made."""
        answer = self.get(path) or {}
        for name, value in wanted.items():
            if answer.get(name) != value:
                self.violation(f"{what}: {name} is {answer.get(name)!r}, not {value!r} ({answer.get('ledger')})")


__all__ = ["MAY", "MUST", "NEVER", "Hand", "Score"]
