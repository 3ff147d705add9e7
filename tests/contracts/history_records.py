"""Rules of a random history: issuance, status lists, types and services; the council, replacements, time."""

from eth_abi import encode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from registry_client.core.operation import encode_call
from tests.contracts.history import HANDS, Attempts, index, mostly
from tests.support.abi import RevertedError
from tests.support.chain import APPROVE, CANCEL, DAY_S, PROPOSALS, salt_of
from tests.support.keys import P256Key, keccak256
from tests.support.story import NOBODY, TYPE, VCT, document_of

COUNCILS = {1: ("council member 1", "council member 2", "council member 3"), 2: ("x", "y", "z", "council member 1")}
REPLACEABLE = (
    *("Roles", "DidRegistry", "AccreditationRegistry", "IssuanceLog"),
    *("StatusRegistry", "SchemaRegistry", "ServiceRegistry"),
)

mask = st.integers(0, (1 << 256) - 1) | st.sampled_from([1, 3, 1 << 255])
"""Words of a status operation."""


class Records(Attempts):
    """Batches are anchored, lists change, types and services come and end."""

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


class Governance(Attempts):
    """The council decides, is replaced, pauses; contracts are replaced; time passes."""

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
