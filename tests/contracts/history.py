"""Attempts at one registry on a real ledger: what the rules of a random history have in common."""

from collections import Counter
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.contracts.views import compare
from tests.simulators.model import HOLDER, ORGANISATION, Model
from tests.support.abi import RevertedError
from tests.support.cells import Replay, require_same_cells
from tests.support.chain import Registry
from tests.support.keys import P256Key, Secp256k1Key
from tests.support.story import Story, tell

ORGANISATIONS = (P256Key("ministry"), P256Key("agency"), Secp256k1Key("third"), P256Key("fourth"))
HANDS = (P256Key("desk"), P256Key("issuer"), P256Key("endorser"), Secp256k1Key("other hand"))
PHONES = (P256Key("phone"), P256Key("second phone"), P256Key("third phone"))

index = st.integers(0, 3)
mostly = st.integers(0, 7).map(lambda number: int(number == 0))
"""0 mostly, 1 sometimes: how far an expected number is off."""


class Attempts(RuleBasedStateMachine):
    """Attempts at one registry; what the contracts refuse simply does not happen."""

    origin: Registry
    seen: ClassVar[Counter[str]] = Counter()
    """Events of all histories: a history in which nothing happens would prove nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = self.origin.ledger.snapshot()
        self.registry = self.origin.copy()
        self.replay = Replay(self.registry)
        self.story: Story = tell(self.registry)
        self.council = list(self.registry.council)
        self.taken = 0
        self.replay.advance()

    @property
    def model(self) -> Model:
        return self.replay.model

    def teardown(self) -> None:
        try:
            self.replay.advance()
            compare(self.model, self.registry)
            require_same_cells(self.registry, self.replay)
            self.seen.update(event.name for event in self.registry.logs())
            again = Replay(self.registry)
            again.advance()
            assert again.cells() == self.replay.cells()
        finally:
            self.registry.ledger.revert(self.snapshot)

    # what the rules choose from

    def _attempt(self, kind: str, message: dict, *keys, at: str | None = None) -> bool:
        try:
            self.registry.submit(kind, message, *keys, at=at)
        except RevertedError:
            return False
        self.taken += 1
        self.replay.advance()
        return True

    def _ids(self, kind: int) -> list[bytes]:
        return [did for did, record in self.model.records.items() if record.kind == kind]

    def _organisation(self, number: int) -> bytes:
        found = self._ids(ORGANISATION)
        return found[number % len(found)]

    def _holder(self, number: int) -> bytes:
        found = self._ids(HOLDER)
        return found[number % len(found)]

    def _controller(self, did: bytes):
        everybody = (*ORGANISATIONS, *HANDS, *PHONES)
        wanted = self.model.records[did].controller
        return next(key for key in everybody if key.controller == wanted)

    def _nonce(self, contract: str, key, off: int) -> int:
        sequence = self.model.nonces.get((self.registry.contracts[contract], key.controller[1:], 0), 0)
        return sequence + off

    def _list(self, number: int) -> tuple[bytes, str]:
        found = list(self.model.lists.items())
        list_id, status_list = found[number % len(found)]
        return list_id, status_list.home
