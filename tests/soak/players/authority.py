"""Agencies' rights and what they anchor; the ministry's types and services; the council's decisions."""

import secrets
import time
from typing import Any

from tests.soak.cast import (
    ENDORSER,
    ISSUANCE_OPERATOR,
    STATUS_OPERATOR,
    TYPE,
    VCT,
    Agency,
    Cast,
    decide,
    propose,
    schema,
    wait_for_execution,
)
from tests.soak.hand import Hand
from tests.soak.players.base import PAUSED, Player
from tests.support.chain import APPROVE, CANCEL, COUNCIL, DAY_S
from tests.support.keys import P256Key, keccak256

PAUSE_S = 6
PROPOSALS_MAX = 400
"""Decisions in one soak: each keeps slots of the ledger for ever."""


class Issuances(Player):
    """The issuing desk of one agency, and its controller, who gives and ends the roles of others."""

    def __init__(self, name: str, hand: Hand, cast: Cast, agency: Agency, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._agency, self._seq = agency, 0
        self._terms: list[tuple[int, bytes]] = []

    def turn(self) -> None:
        draw = self.dice.random()
        if draw < 0.6:
            self._anchor()
        elif draw < 0.7:
            self._anchor_wrong()
        elif draw < 0.87 or not self._terms:
            self._grant()
        else:
            self._end()

    def _message(self, seq: int) -> dict[str, Any]:
        root = secrets.token_bytes(32)
        return {"agency": self._agency.id, "expectedSeq": seq, "root": root, "count": self.dice.randint(1, 5_000)}

    def _anchor(self) -> None:
        message = self._message(self._seq + 1)
        if self.hand.do("AnchorIssuance", message, self._agency.issuer):
            self._seq += 1
            path = f"/v1/issuances/{self._agency.did}/{self._seq}"
            self.hand.expect(path, path, root="0x" + message["root"].hex(), count=message["count"])

    def _anchor_wrong(self) -> None:
        """A batch that skips a number; one by a stranger."""
        if self.dice.random() < 0.5:
            self.hand.refused("AnchorIssuance", self._message(self._seq + 3), self._agency.issuer)
        else:
            self.hand.refused("AnchorIssuance", self._message(self._seq + 1), P256Key(self.label("stranger")))

    def _grant(self) -> None:
        role = self.dice.choice((ENDORSER, STATUS_OPERATOR, ISSUANCE_OPERATOR))
        grantee = P256Key(self.label("hand")).controller
        message = {"agency": self._agency.id, "role": role, "grantee": grantee, "until": self.cast.until}
        if self.hand.do("GrantRole", message, self._agency.controller, allowed=PAUSED):
            self._terms.append((role, grantee))

    def _end(self) -> None:
        role, grantee = self._terms.pop()
        message = {"agency": self._agency.id, "role": role, "grantee": grantee}
        self.hand.do("EndRole", message, self._agency.controller)


class Ministry(Player):
    """The ministry: accredits and ends, admits and dismisses, keeps its type and the service codes."""

    def __init__(self, name: str, hand: Hand, cast: Cast, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._ministry = cast.ministry
        self._counts = {agency.did: 1 for agency in cast.agencies}
        self._ended: set[tuple[str, int]] = set()
        self._schemas, self._services = 1, {"GATE-1": 0, "GATE-2": 0}
        self._ended_services: set[tuple[str, int]] = set()
        self._admitted: list[bytes] = []

    def turn(self) -> None:
        draw = self.dice.random()
        if draw < 0.25:
            self._accredit()
        elif draw < 0.40:
            self._end_grant()
        elif draw < 0.55:
            self._admit()
        elif draw < 0.65 and self._admitted:
            self._dismiss()
        elif draw < 0.80:
            self._register()
        else:
            self._serve()

    def _accredit(self) -> None:
        agency = self.dice.choice(self.cast.agencies)
        message = {"grantor": self._ministry.id, "grantorSeq": 1, "agency": agency.id, "typeId": TYPE}
        message |= {
            "expectedSeq": self._counts[agency.did] + 1,
            "from": self.cast.grants_from,
            "until": self.cast.until,
        }
        message |= {"mayIssue": True, "mayAccredit": False}
        if self.hand.do("Accredit", message, self._ministry.controller, allowed=PAUSED):
            self._counts[agency.did] += 1
            grants = (self.hand.get(f"/v1/accreditations/{agency.did}") or {"grants": []})["grants"]
            if len(grants) != self._counts[agency.did]:
                self.hand.violation(f"{agency.did} has {self._counts[agency.did]} grants and is shown {len(grants)}")

    def _end_grant(self) -> None:
        agency = self.dice.choice(self.cast.agencies)
        seq = self._counts[agency.did]
        if seq < 2 or (agency.did, seq) in self._ended:
            return
        message = {"grantor": self._ministry.id, "agency": agency.id, "typeId": TYPE, "seq": seq}
        message["endedAt"] = int(time.time())
        if self.hand.do("EndGrant", message, self._ministry.controller):
            self._ended.add((agency.did, seq))

    def _admit(self) -> None:
        agency = keccak256(self.label("agency").encode())[:20]
        endorser = P256Key(self.label("endorser")).controller
        message = {"root": self._ministry.id, "agency": agency, "endorser": endorser, "until": self.cast.until}
        if self.hand.do("AdmitAgency", message, self._ministry.controller, allowed=PAUSED):
            self._admitted.append(agency)

    def _dismiss(self) -> None:
        message = {"root": self._ministry.id, "agency": self._admitted.pop()}
        self.hand.do("DismissAgency", message, self._ministry.controller)

    def _register(self) -> None:
        version = self._schemas + 1
        message = {"owner": self._ministry.id, "vct": VCT, "expectedVersion": version, "document": schema(version)}
        if self.hand.do("RegisterSchema", message, self._ministry.controller):
            self._schemas = version
            self.hand.expect(f"/v1/schemas/0x{TYPE.hex()}", "the type", version=version)

    def _serve(self) -> None:
        code, version = self.dice.choice(list(self._services.items()))
        word = code.encode().ljust(32, b"\0")
        if version and (code, version) not in self._ended_services and self.dice.random() < 0.4:
            ended = {"typeId": TYPE, "code": word, "expectedVersion": version, "endedAt": int(time.time())}
            if self.hand.do("EndService", ended, self._ministry.controller):
                self._ended_services.add((code, version))
            return
        message = {"typeId": TYPE, "code": word, "expectedVersion": version + 1, "verifier": self.cast.agencies[0].id}
        message |= {"from": self.cast.grants_from, "until": self.cast.until}
        message["document"] = f'{{"edition":{version + 1}}}'.encode()
        if self.hand.do("SetService", message, self._ministry.controller):
            self._services[code] = version + 1
            self.hand.expect(f"/v1/services/0x{TYPE.hex()}/{code}", code, version=version + 1)


class Council(Player):
    """Three members: decisions with a delay and without, cancelled ones, votes that are too late, one pause."""

    def __init__(self, name: str, hand: Hand, cast: Cast, *, pause_after_s: float, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._pause_at: float | None = time.monotonic() + pause_after_s
        self._admitted: list[bytes] = []
        self._decided = 0

    def turn(self) -> None:
        draw = self.dice.random()
        if self._pause_at is not None and time.monotonic() > self._pause_at:
            self._pause_at = None
            self._pause()
        elif self._decided >= PROPOSALS_MAX:
            self._vote_as_stranger()
        elif draw < 0.35:
            self._admit()
        elif draw < 0.55 and self._admitted:
            label = self.label("dismissal")
            self._immediately("Dismiss", self._admitted.pop(), label=label)
        elif draw < 0.75:
            thumbprint = keccak256(self.label("key").encode())
            who = self.dice.choice(self.cast.agencies).id
            self._immediately("Compromise", who, thumbprint, int(time.time()) - DAY_S, label=self.label("mark"))
        elif draw < 0.9:
            self._cancel()
        else:
            self._vote_as_stranger()

    def _admit(self) -> None:
        label = self.label("admission")
        agency = keccak256(label.encode())[:20]
        decide(self.hand, "Admit", agency, P256Key(label).controller, self.cast.until, label=label)
        self._admitted.append(agency)
        self._decided += 1

    def _immediately(self, name: str, *values: Any, label: str) -> None:
        message, proposal = propose(self.hand, name, *values, label=label)
        for member in self.dice.sample(COUNCIL, 2):
            self.hand.do("Vote", {**message, "choice": APPROVE}, member)
        wait_for_execution(self.hand, proposal, label)
        self._decided += 1

    def _cancel(self) -> None:
        """One approves, two cancel: it can never be executed."""
        label = self.label("idea")
        message, _ = propose(
            self.hand, "Admit", keccak256(label.encode())[:20], bytes(21), self.cast.until, label=label
        )
        first, second, third = self.dice.sample(COUNCIL, 3)
        for member, choice in ((first, APPROVE), (second, CANCEL), (third, CANCEL)):
            self.hand.do("Vote", {**message, "choice": choice}, member)
        self.hand.refused("Vote", {**message, "choice": APPROVE}, third)
        self._decided += 1

    def _vote_as_stranger(self) -> None:
        message, _ = propose(self.hand, "Dismiss", self.cast.ministry.id, label=self.label("coup"))
        self.hand.refused("Vote", {**message, "choice": APPROVE}, P256Key(self.label("stranger")))

    def _pause(self) -> None:
        until = int(time.time()) + PAUSE_S
        message = {"epoch": 1, "until": until, "deadline": int(time.time()) + 3_600}
        # Whoever relays it late relays a pause that has passed, which the council refuses.
        if self.hand.do("Pause", message, COUNCIL[0], allowed=("CouncilInvalidPause",)):
            time.sleep(max(0.0, until + 2 - time.time()))


__all__ = ["Council", "Issuances", "Ministry"]
