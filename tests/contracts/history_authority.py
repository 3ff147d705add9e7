"""Rules of a random history: DIDs, roles and accreditations."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.history import HANDS, ORGANISATIONS, PHONES, Attempts, index, mostly
from tests.support.chain import DAY_S, salt_of
from tests.support.keys import keccak256
from tests.support.story import NOBODY, TYPE, document_of


class Identities(Attempts):
    """DIDs come, change hands, end; keys are reported stolen."""

    @rule(who=index, label=index, agency=index, by=index)
    def create_organisation(self, who: int, label: int, agency: int, by: int) -> None:
        key, endorser = ORGANISATIONS[who], HANDS[by]
        message = {"controller": key.controller, "salt": salt_of(f"org {label}"), "document": document_of(f"{label}")}
        self._attempt("CreateOrganisation", {**message, "agency": self._organisation(agency)}, key, endorser)

    @rule(phone=st.integers(0, 2), label=index, guardian=index, by=index)
    def create_holder(self, phone: int, label: int, guardian: int, by: int) -> None:
        key = PHONES[phone]
        message = {"x": key.public_key[:32], "y": key.public_key[32:], "salt": salt_of(f"holder {label}")}
        self._attempt("CreateHolder", {**message, "guardian": self._organisation(guardian)}, key, HANDS[by])

    @rule(who=index, off=mostly, size=st.sampled_from([1, 33, 600]))
    def update(self, who: int, off: int, size: int) -> None:
        did = self._organisation(who)
        document = bytes(range(256)) * 3
        message = {"id": did, "expectedVersion": self.model.records[did].version + off, "document": document[:size]}
        self._attempt("UpdateDocument", message, self._controller(did))

    @rule(who=index, to=index, off=mostly)
    def transfer(self, who: int, to: int, off: int) -> None:
        did, heir = self._organisation(who), ORGANISATIONS[to]
        message = {
            "id": did,
            "expectedVersion": self.model.records[did].version + off,
            "document": document_of("moved"),
        }
        self._attempt("TransferControl", {**message, "newController": heir.controller}, self._controller(did), heir)

    @rule(who=st.integers(2, 9), luck=st.integers(0, 3))
    def deactivate(self, who: int, luck: int) -> None:
        did = self._organisation(who) if luck else self._holder(who)
        message = {"id": did, "expectedVersion": self.model.records[did].version}
        if did not in {self.story.ministry_id, self.story.agency_id}:
            self._attempt("DeactivateDid", message, self._controller(did))

    @rule(who=index, by=index)
    def deactivate_holder(self, who: int, by: int) -> None:
        did = self._holder(who)
        guardian = self.model.records[did].guardian
        key = HANDS[by] if by else self._controller(guardian)
        self._attempt("DeactivateHolder", {"id": did, "guardian": guardian}, key)

    @rule(who=index, age=st.integers(-1, 100), thumb=st.integers(0, 2), parent=st.booleans())
    def mark_compromised(self, who: int, age: int, thumb: int, parent: bool) -> None:
        did = self._organisation(who)
        reporter, seq = (self.story.ministry_id, 1) if parent else (did, 0)
        message = {"id": did, "keyThumbprint": keccak256(bytes([thumb])), "since": self.registry.now() - 60 * age}
        message |= {"reporter": reporter, "typeId": TYPE if parent else bytes(32), "seq": seq}
        self._attempt("MarkCompromised", message, self._controller(reporter))


class Authorities(Attempts):
    """Agencies are admitted and dismissed, roles and grants given and ended."""

    @rule(agency=index, by=st.integers(0, 4), days=st.integers(0, 400), off=mostly)
    def admit(self, agency: int, by: int, days: int, off: int) -> None:
        root, key = self.story.ministry_id, self._controller(self.story.ministry_id)
        endorser = HANDS[by].controller if by < len(HANDS) else NOBODY
        message = {"root": root, "agency": self._organisation(agency), "endorser": endorser}
        message |= {"until": self.registry.now() + DAY_S * days, "nonce": self._nonce("Roles", key, off)}
        self._attempt("AdmitAgency", message, key)

    @rule(agency=index, off=mostly)
    def dismiss(self, agency: int, off: int) -> None:
        key = self._controller(self.story.ministry_id)
        message = {"root": self.story.ministry_id, "agency": self._organisation(agency)}
        self._attempt("DismissAgency", {**message, "nonce": self._nonce("Roles", key, off)}, key)

    @rule(agency=index, role=st.integers(0, 4), hand=index, days=st.integers(0, 400), off=mostly)
    def grant_role(self, agency: int, role: int, hand: int, days: int, off: int) -> None:
        did = self._organisation(agency)
        key = self._controller(did)
        message = {"agency": did, "role": role, "grantee": HANDS[hand].controller}
        message |= {"until": self.registry.now() + DAY_S * days, "nonce": self._nonce("Roles", key, off)}
        self._attempt("GrantRole", message, key)

    @rule(number=st.integers(0, 20))
    def end_role(self, number: int) -> None:
        agency, role, grantee = list(self.model.terms)[number % len(self.model.terms)]
        key = self._controller(agency)
        message = {"agency": agency, "role": role, "grantee": grantee, "nonce": self._nonce("Roles", key, 0)}
        self._attempt("EndRole", message, key)

    @rule(parent=st.integers(0, 20), agency=index, days=st.integers(0, 60), issue=st.booleans(), accredit=st.booleans())
    def accredit(self, parent: int, agency: int, days: int, issue: bool, accredit: bool) -> None:
        grantor, type_id, seq = list(self.model.grants)[parent % len(self.model.grants)]
        did = self._organisation(agency)
        count = self.model.counts.get((did, type_id), ("", 0))[1]
        start = self.registry.now()
        message = {"grantor": grantor, "grantorSeq": seq, "agency": did, "typeId": type_id, "expectedSeq": count + 1}
        message |= {"from": start, "until": start + DAY_S * days, "mayIssue": issue, "mayAccredit": accredit}
        self._attempt("Accredit", message, self._controller(grantor))

    @rule(number=st.integers(0, 20), hours=st.integers(-48, 48), off=mostly)
    def end_grant(self, number: int, hours: int, off: int) -> None:
        keys = [key for key, grant in self.model.grants.items() if grant.grantor != bytes(20)]
        agency, type_id, seq = keys[number % len(keys)]
        grantor = self.model.grants[agency, type_id, seq].grantor
        key = self._controller(grantor)
        message = {"grantor": grantor, "agency": agency, "typeId": type_id, "seq": seq}
        message |= {"endedAt": self.registry.now() + 3600 * hours}
        message |= {"nonce": self._nonce("AccreditationRegistry", key, off)}
        self._attempt("EndGrant", message, key)
