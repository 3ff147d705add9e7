"""Random histories on a real ledger: the logs alone, replayed into the plain model, give every state that is stored.

- The machine tries operations of every kind, by those who may and those who may not, over several generations.
- Afterwards the model has to agree with the contracts' views, and with every storage cell of all their accounts: cells
  are computed by the formulas of docs/storage.md, and neither side may have one more.
"""

import os
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from node.services.artifacts import PEERS
from registry_client.core.operation import encode_call
from tests.contracts.views import compare
from tests.simulators.model import HOLDER, ORGANISATION, Model
from tests.support.abi import RevertedError, contract_abi
from tests.support.cells import Replay, require_same_cells
from tests.support.chain import APPROVE, CANCEL, DAY_S, PROPOSALS, Registry, did_id, salt_of
from tests.support.keys import P256Key, Secp256k1Key, keccak256
from tests.support.story import NOBODY, TYPE, VCT, Story, document_of, tell

pytestmark = [pytest.mark.chain, pytest.mark.slow]

EXAMPLES = int(os.environ.get("MAPAE_MODEL_EXAMPLES", "12"))
STEPS = 60
ORGANISATIONS = (P256Key("ministry"), P256Key("agency"), Secp256k1Key("third"), P256Key("fourth"))
HANDS = (P256Key("desk"), P256Key("issuer"), P256Key("endorser"), Secp256k1Key("other hand"))
PHONES = (P256Key("phone"), P256Key("second phone"), P256Key("third phone"))
COUNCILS = {1: ("council member 1", "council member 2", "council member 3"), 2: ("x", "y", "z", "council member 1")}
REPLACEABLE = (
    *("Roles", "DidRegistry", "AccreditationRegistry", "IssuanceLog"),
    *("StatusRegistry", "SchemaRegistry", "ServiceRegistry"),
)

index = st.integers(0, 3)
mostly = st.integers(0, 7).map(lambda number: int(number == 0))
"""0 mostly, 1 sometimes: how far an expected number is off."""

mask = st.integers(0, (1 << 256) - 1) | st.sampled_from([1, 3, 1 << 255])
"""Words of a status operation."""


def event_names(contract: str) -> set[str]:
    """Events that a contract can emit; the network's name never changes, so EIP-712's own is never seen."""
    return {item["name"] for item in contract_abi(contract).events.values()} - {"EIP712DomainChanged"}


class History(RuleBasedStateMachine):
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

    # helpers

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

    # DIDs

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

    # roles and accreditations

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

    # issuance, status, types

    @rule(agency=index, count=st.integers(0, 1 << 64), off=mostly)
    def anchor_issuance(self, agency: int, count: int, off: int) -> None:
        did = self._organisation(agency)
        seq = 1 + sum(1 for key in self.model.issuances if key[0] == did)
        message = {"agency": did, "expectedSeq": seq + off, "root": keccak256(did), "count": count % (1 << 64)}
        self._attempt("AnchorIssuance", message, self._controller(did) if agency % 2 else HANDS[1])

    @rule(owner=index, label=index)
    def open_list(self, owner: int, label: int) -> None:
        did = self._organisation(owner)
        self._attempt("OpenList", {"owner": did, "salt": salt_of(f"list {label}")}, self._controller(did))

    @rule(number=index, start=st.sampled_from([0, 1, 2, 510, 511]), masks=st.lists(mask, min_size=1, max_size=3))
    def revoke(self, number: int, start: int, masks: list[int]) -> None:
        list_id, home = self._list(number)
        self._attempt("Revoke", {"list": list_id, "startWord": start, "masks": masks}, HANDS[0], at=home)

    @rule(
        kind=st.sampled_from(["Suspend", "Lift"]),
        number=index,
        masks=st.lists(mask, min_size=1, max_size=3),
        off=mostly,
    )
    def suspend_or_lift(self, kind: str, number: int, masks: list[int], off: int) -> None:
        list_id, home = self._list(number)
        spent = self.model.nonces.get((home, HANDS[0].controller[1:], 0), 0)
        message = {"list": list_id, "startWord": 1, "masks": masks, "nonce": spent + off}
        self._attempt(kind, message, HANDS[0], at=home)

    @rule(number=index, back=st.integers(0, 2))
    def anchor_snapshot(self, number: int, back: int) -> None:
        list_id, home = self._list(number)
        seq = max(self.model.lists[list_id].seq - back, 0)
        self._attempt("AnchorSnapshot", {"list": list_id, "seq": seq, "digest": keccak256(list_id)}, HANDS[0], at=home)

    @rule(owner=index, vct=st.sampled_from([VCT, "https://mapae.invalid/vct/other/v1"]), off=mostly)
    def register_schema(self, owner: int, vct: str, off: int) -> None:
        did = self._organisation(owner)
        count = self.model.types.get(keccak256(vct.encode()), ("", b"", 0))[2]
        message = {"owner": did, "vct": vct, "expectedVersion": count + 1 + off, "document": document_of("schema")}
        self._attempt("RegisterSchema", message, self._controller(did))

    @rule(verifier=index, code=st.sampled_from([b"A", b"A", b"GATE-1", b"a"]), days=st.integers(0, 9), off=mostly)
    def set_service(self, verifier: int, code: bytes, days: int, off: int) -> None:
        owner = self.model.types[TYPE][1]
        padded = code.ljust(32, b"\0")
        known = self.model.services.get((TYPE, padded))
        start = self.registry.now()
        message = {"typeId": TYPE, "code": padded, "expectedVersion": (known.version if known else 0) + 1 + off}
        message |= {"verifier": self._organisation(verifier), "from": start, "until": start + DAY_S * days}
        self._attempt("SetService", {**message, "document": document_of("service")}, self._controller(owner))

    @precondition(lambda self: self.model.services)
    @rule(number=index, hours=st.integers(-48, 24))
    def end_service(self, number: int, hours: int) -> None:
        (type_id, code), service = list(self.model.services.items())[number % len(self.model.services)]
        message = {"typeId": type_id, "code": code, "expectedVersion": service.version}
        message |= {"endedAt": self.registry.now() + 3600 * hours}
        self._attempt("EndService", message, self._controller(self.model.types[type_id][1]))

    # the council, the ledger

    @rule(what=st.integers(0, 3), agency=index, choices=st.lists(st.tuples(index, st.booleans()), max_size=5))
    def vote(self, what: int, agency: int, choices: list[tuple[int, bool]]) -> None:
        did, start = self._organisation(agency), self.registry.now() // DAY_S * DAY_S
        name, values = (
            ("Admit", (did, NOBODY, start + 90 * DAY_S)),
            ("Dismiss", (did,)),
            ("Compromise", (did, keccak256(b"k"), 77 + agency)),
            (
                "GrantRoot",
                (did, keccak256(b"https://mapae.invalid/vct/other/v1"), start, start + 90 * DAY_S, True, True),
            ),
        )[what]
        if name == "Dismiss" and did == self.story.ministry_id:
            return
        proposal = self._proposal(name, *values, salt=agency)
        for member, approves in choices:
            key = (*self.council, HANDS[0])[member % (len(self.council) + 1)]
            self._attempt("Vote", {**proposal, "choice": APPROVE if approves else CANCEL}, key)
        self._execute(proposal)

    def _proposal(self, name: str, *values, salt: int) -> dict:
        from eth_abi import encode

        kind, types = PROPOSALS[name]
        epoch = max(epoch for home, epoch in self.model.councils if home == self.registry.contracts["Council"])
        return {"kind": kind, "arguments": encode(types, values), "salt": salt_of(f"p {salt}"), "epoch": epoch}

    def _execute(self, proposal: dict) -> None:
        self.registry.ledger.advance(2)
        self._attempt("ExecuteProposal", proposal)

    @rule(which=st.integers(1, 2))
    def replace_council(self, which: int) -> None:
        members = [P256Key(label) for label in COUNCILS[which]]
        threshold = len(members) // 2 + 1
        proposal = self._proposal("SetCouncil", [m.controller for m in members], threshold, salt=self.taken)
        needed = len(self.council) // 2 + 1
        done = [self._attempt("Vote", {**proposal, "choice": APPROVE}, member) for member in self.council[:needed]]
        self.registry.ledger.advance(2)
        if all(done) and self._attempt("ExecuteProposal", proposal):
            self.council = members
            self.registry.council, self.registry.threshold = tuple(members), threshold

    @rule(member=index, minutes=st.integers(0, 30))
    def pause(self, member: int, minutes: int) -> None:
        epoch = self._proposal("Dismiss", bytes(20), salt=0)["epoch"]
        until = self.registry.now() + 60 * minutes
        message = {"epoch": epoch, "until": until, "deadline": self.registry.now() + 60}
        self._attempt("Pause", message, self.council[member % len(self.council)])

    @rule(name=st.sampled_from(REPLACEABLE))
    def succeed(self, name: str) -> None:
        try:
            self.registry.succeed(name)
        except RevertedError as refusal:
            assert refusal.name == "SuccessionPaused"  # noqa: PT017 -- only a pause may stop a replacement
        self.replay.advance()

    @rule(who=index, count=st.integers(1, 3), number=index)
    def batch(self, who: int, count: int, number: int) -> None:
        """Updates of one DID in a row with a stranger's among them: the stranger's is skipped."""
        did = self._organisation(who)
        version, key = self.model.records[did].version, self._controller(did)
        message = {"id": did, "document": document_of("batched")}
        signed = [
            self.registry.sign("UpdateDocument", {**message, "expectedVersion": version + step}, key)
            for step in range(count)
        ]
        stranger = self.registry.sign("UpdateDocument", {**message, "expectedVersion": version}, HANDS[0])
        signed.insert(number % (count + 1), stranger)
        receipt = self.registry.batch("DidRegistry", signed)
        assert [e for e in receipt.events if e.name == "OperationSkipped"]
        assert len({encode_call(one) for one in signed}) == count + 1
        self.replay.advance()

    @rule(seconds=st.sampled_from([1, 3600, DAY_S, 40 * DAY_S]))
    def wait(self, seconds: int) -> None:
        self.registry.ledger.advance(seconds)


def test_logs_alone_rebuild_every_state(founded: Registry) -> None:
    History.origin = founded
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="MAPAE_MODEL_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            # A history takes seconds: a failing one is shown as it is, unless somebody asks for a shorter one.
            phases=[Phase.generate, *([Phase.shrink] if "MAPAE_MODEL_SHRINK" in os.environ else [])],
            print_blob=False,
        ),
    )

    silent = {name for contract in PEERS for name in event_names(contract)} - set(History.seen)
    assert silent == set(), f"no history had {silent}; the machine does not reach what it is for"


def test_a_told_story_is_rebuilt_from_its_logs(registry: Registry) -> None:
    story = tell(registry)
    replay = Replay(registry)
    replay.advance()
    assert replay.model.records[story.agency_id].version == 1
    assert did_id(ORGANISATION, story.agency.controller, salt_of("agency")) == story.agency_id
    require_same_cells(registry, replay)
