"""DIDs of organisations and holders: they come, change, go to other hands, end; two may want to change one at once."""

import threading
import time
from typing import Any

from registry_client.core.did import format_did
from tests.soak.cast import Agency, Cast, Organisation, create
from tests.soak.hand import MAY, Hand
from tests.soak.players.base import PAUSED, Player
from tests.support.chain import did_id, salt_of
from tests.support.keys import P256Key, keccak256

REFUSED_SAMPLE = 0.12
"""Share of turns that try what must be refused."""
BATCH_MAX = 8


class Budget:
    """DIDs that may still be made, all clients together."""

    def __init__(self, count: int) -> None:
        self._lock, self.left = threading.Lock(), count

    def take(self, count: int) -> bool:
        with self._lock:
            if self.left < count:
                return False
            self.left -= count
            return True


class Organisations(Player):
    """The owner of organisations under one agency."""

    def __init__(self, name: str, hand: Hand, cast: Cast, agency: Agency, budget: Budget, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._agency, self._budget = agency, budget
        self._owned: list[Organisation] = []

    def turn(self) -> None:
        alive = [party for party in self._owned if party.active]
        if not alive or (self.dice.random() < 0.15 and self._budget.take(1)):
            self._create()
            return
        party = self.dice.choice(alive)
        draw = self.dice.random()
        if draw < REFUSED_SAMPLE:
            self._try_wrong(party)
        elif draw < 0.55:
            self._update(party)
        elif draw < 0.70:
            self._compete(party)
        elif draw < 0.82:
            self._transfer(party)
        elif draw < 0.92:
            self._compromise(party)
        elif len(alive) > 3:
            self._deactivate(party)
        else:
            self._update(party)
        self._look(party)

    def _create(self) -> None:
        label = self.label("organisation")
        party = Organisation(self.cast.network, label, P256Key(f"{label} controller"))
        if create(self.hand, party, endorser=self._agency.endorser, agency=self._agency.id, allowed=PAUSED):
            self._owned.append(party)
            self.cast.dids.append(party.did)
            self._look(party)

    def _look(self, party: Organisation) -> None:
        state = "active" if party.active else "deactivated"
        controller = "0x" + party.controller.controller.hex()
        self.hand.expect(f"/v1/dids/{party.did}", party.did, version=party.version, state=state, controller=controller)

    def _message(self, party: Organisation, edition: int) -> dict[str, Any]:
        document = party.document(edition, size=self.dice.choice((0, 0, 2, 7)))
        return {"id": party.id, "expectedVersion": party.version, "document": document}

    def _update(self, party: Organisation) -> None:
        if self.hand.do("UpdateDocument", self._message(party, party.version + 1), party.controller):
            party.version += 1

    def _compete(self, party: Organisation) -> None:
        """Two updates of one version: one is the next version, the other has no effect and says so."""
        rivals = [
            self.hand.sign("UpdateDocument", self._message(party, 10_000 * rival + party.version + 1), party.controller)
            for rival in (1, 2)
        ]
        states = sorted(outcome.state for outcome in self.hand.carry(*rivals, wanted=MAY))
        if states.count("final") != 1:
            self.hand.violation(f"two updates of version {party.version} of {party.did} are {states}")
        party.version += states.count("final")

    def _transfer(self, party: Organisation) -> None:
        heir = P256Key(self.label("heir"))
        message = {**self._message(party, party.version + 1), "newController": heir.controller}
        if self.hand.do("TransferControl", message, party.controller, heir, allowed=PAUSED):
            party.version, party.controller = party.version + 1, heir

    def _compromise(self, party: Organisation) -> None:
        thumbprint, since = keccak256(self.label("key").encode()), int(time.time()) - 3_600
        message = {"id": party.id, "keyThumbprint": thumbprint, "since": since, "reporter": party.id}
        if not self.hand.do("MarkCompromised", {**message, "typeId": bytes(32), "seq": 0}, party.controller):
            return
        marks = (self.hand.get(f"/v1/dids/{party.did}/compromises") or {"compromises": []})["compromises"]
        if not any(mark["key_thumbprint"] == "0x" + thumbprint.hex() and mark["since"] == since for mark in marks):
            self.hand.violation(f"the mark against a key of {party.did} is final and not shown: {marks}")

    def _deactivate(self, party: Organisation) -> None:
        if self.hand.do("DeactivateDid", {"id": party.id, "expectedVersion": party.version}, party.controller):
            party.version, party.active = party.version + 1, False

    def _try_wrong(self, party: Organisation) -> None:
        """A stranger's update, an old version's, another birth of the same DID, one that is late."""
        draw = self.dice.randrange(4)
        if draw == 0:
            self.hand.refused("UpdateDocument", self._message(party, 777), P256Key(self.label("stranger")))
        elif draw == 1:
            old = {**self._message(party, 778), "expectedVersion": party.version + 5}
            self.hand.refused("UpdateDocument", old, party.controller)
        elif draw == 2 and party.controller.controller == party.first_controller:
            message = {"controller": party.first_controller, "salt": party.salt, "agency": self._agency.id}
            again = {**message, "document": party.document(779)}
            self.hand.refused("CreateOrganisation", again, party.controller, self._agency.endorser)
        else:
            late = self.hand.sign(
                "UpdateDocument", self._message(party, party.version + 1), party.controller, deadline_s=2
            )
            (outcome,) = self.hand.carry(late, wanted=MAY)
            party.version += outcome.state == "final"


class Holders(Player):
    """A personnel office: phones get DIDs by the handful, and lose them."""

    def __init__(self, name: str, hand: Hand, cast: Cast, agency: Agency, budget: Budget, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._agency, self._budget = agency, budget
        self._phones: list[tuple[P256Key, bytes, str]] = []

    def turn(self) -> None:
        count = self.dice.randint(1, BATCH_MAX)
        if self.dice.random() < 0.6 and self._budget.take(count):
            self._create(count)
        elif self.dice.random() < REFUSED_SAMPLE:
            self._try_wrong()
        elif self._phones:
            self._end()

    def _message(self, phone: P256Key, label: str) -> dict[str, Any]:
        x, y = phone.public_key[:32], phone.public_key[32:]
        return {"x": x, "y": y, "salt": salt_of(label), "guardian": self._agency.id}

    def _create(self, count: int) -> None:
        made = []
        for _ in range(count):
            label = self.label("phone")
            phone = P256Key(label)
            signed = self.hand.sign("CreateHolder", self._message(phone, label), phone, self._agency.endorser)
            made.append((phone, label, signed))
        outcomes = self.hand.carry(*(signed for _, _, signed in made), allowed=PAUSED)
        for (phone, label, _), outcome in zip(made, outcomes, strict=True):
            if outcome.state == "final":
                id_ = did_id(2, phone.controller, salt_of(label))
                did = str(format_did(self.cast.network, id_))
                self._phones.append((phone, id_, did))
                self.cast.dids.append(did)
        if self._phones:
            self.hand.expect(f"/v1/dids/{self._phones[-1][2]}", "a new holder", version=1, state="active")

    def _end(self) -> None:
        phone, id_, did = self._phones.pop(self.dice.randrange(len(self._phones)))
        if self.dice.random() < 0.5:
            self.hand.do("DeactivateHolder", {"id": id_, "guardian": self._agency.id}, self._agency.desk)
        else:
            self.hand.do("DeactivateDid", {"id": id_, "expectedVersion": 1}, phone)
        self.hand.expect(f"/v1/dids/{did}", "an ended holder", version=2, state="deactivated")

    def _try_wrong(self) -> None:
        """An endorser of nobody; a guardian that is not the phone's."""
        label = self.label("phone")
        phone = P256Key(label)
        if self._phones and self.dice.random() < 0.5:
            _, id_, _ = self.dice.choice(self._phones)
            other = next(agency for agency in self.cast.agencies if agency is not self._agency)
            self.hand.refused("DeactivateHolder", {"id": id_, "guardian": other.id}, other.desk)
        else:
            self.hand.refused("CreateHolder", self._message(phone, label), phone, P256Key(self.label("stranger")))
