# ruff: noqa: N802 -- rules are named after the events that they read
"""The registry as plain Python: fed with the ledger's logs and nothing else, it knows every state of the contracts.

- `Model.apply(event, time=...)` takes decoded logs in the ledger's order; `time` is the block's, seconds.
- Written from DESIGN.md and the documentation of the events, not from the contracts: where they differ, one is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tests.simulators.items import (
    PLANE_WORDS,
    Admission,
    Entry,
    Grant,
    Proposal,
    ProposalState,
    Record,
    Service,
    StatusList,
    Term,
    sha256,
    u,
)

NOBODY = bytes(21)
COUNCIL = bytes(20)
ORGANISATION, HOLDER = 1, 2
ACTIVE, DEACTIVATED = 1, 2
ENDORSER = 1
REVOKE, SUSPEND, LIFT = 1, 2, 3
APPROVE = 1


class EventLike(Protocol):
    """A decoded log."""

    contract: str
    name: str
    fields: dict[str, Any]
    address: str
    block_number: int


@dataclass(slots=True)
class Model:
    """Everything that the registry keeps, keyed as people speak of it."""

    records: dict[bytes, Record] = field(default_factory=dict)
    compromises: dict[tuple[str, bytes, bytes], int] = field(default_factory=dict)
    """(contract, DID, thumbprint): marks are never copied, each generation has its own."""

    admissions: dict[bytes, Admission] = field(default_factory=dict)
    terms: dict[tuple[bytes, int, bytes], Term] = field(default_factory=dict)
    grants: dict[tuple[bytes, bytes, int], Grant] = field(default_factory=dict)
    counts: dict[tuple[bytes, bytes], tuple[str, int]] = field(default_factory=dict)
    issuances: dict[tuple[bytes, int], tuple[str, bytes]] = field(default_factory=dict)
    lists: dict[bytes, StatusList] = field(default_factory=dict)
    types: dict[bytes, tuple[str, bytes, int]] = field(default_factory=dict)
    schemas: dict[tuple[bytes, int], tuple[str, bytes, int]] = field(default_factory=dict)
    services: dict[tuple[bytes, bytes], Service] = field(default_factory=dict)
    nonces: dict[tuple[str, bytes, int], int] = field(default_factory=dict)
    """(contract, the key's 20 bytes, lane) -> next sequence."""

    councils: dict[tuple[str, int], tuple[tuple[bytes, ...], int]] = field(default_factory=dict)
    """(contract, epoch) -> (members, threshold)."""

    proposals: dict[tuple[str, bytes], Proposal] = field(default_factory=dict)
    paused_until: int = 0
    directory: dict[bytes, list[Entry]] = field(default_factory=dict)

    def apply(self, event: EventLike, *, time: int) -> None:
        """Take in one log. An event that the model does not know is an error: nothing may be left unexplained."""
        rule: Callable[[EventLike, dict[str, Any], int], None] | None
        rule = getattr(self, f"_on_{event.name}", None)
        if rule is None:
            raise KeyError(f"no rule for the event {event.contract}.{event.name}")
        rule(event, event.fields, time)

    def compromised_since(self, did_id: bytes, thumbprint: bytes) -> int:
        """Earliest mark over all generations; 0: never."""
        marks = [since for (_, i, t), since in self.compromises.items() if (i, t) == (did_id, thumbprint)]
        return min(marks, default=0)

    # DidRegistry

    def _on_OrganisationCreated(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        first = Record(event.address, f["controller"], 1, ORGANISATION, ACTIVE, event.block_number)
        self._advance(f, first, sha256(f["document"]), time)

    def _on_HolderCreated(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        first = Record(event.address, f["controller"], 1, HOLDER, ACTIVE, event.block_number, guardian=f["guardian"])
        self._advance(f, first, sha256(f["x"], f["y"], f["salt"], f["guardian"]), time)

    def _on_DocumentUpdated(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self._advance(f, self._next(event, f), sha256(f["document"]), time)

    def _on_ControlTransferred(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        if self.records[f["id"]].controller != f["previousController"]:
            raise ValueError("the event names another previous controller")
        following = replace(self._next(event, f), controller=f["controller"])
        self._advance(f, following, sha256(f["document"]), time)

    def _on_DidDeactivated(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self._advance(f, replace(self._next(event, f), state=DEACTIVATED), sha256(b""), time)

    def _next(self, event: EventLike, f: dict[str, Any]) -> Record:
        before = self.records[f["id"]]
        if (before.history, before.block_number) != (f["previousDigest"], f["previousBlock"]):
            raise ValueError("the event does not follow the version before")
        return replace(before, home=event.address, version=before.version + 1, block_number=event.block_number)

    def _advance(self, f: dict[str, Any], following: Record, content: bytes, time: int) -> None:
        if following.version != f["version"]:
            raise ValueError(f"version {following.version} expected, the event says {f['version']}")
        history = sha256(f["previousDigest"], content, following.head, u(time, 8))
        self.records[f["id"]] = replace(following, history=history)

    def _on_KeyCompromised(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.compromises[event.address, f["id"], f["keyThumbprint"]] = f["since"]

    # Roles

    def _on_AgencyAdmitted(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        before = self.admissions.get(f["agency"])
        start = before.start if before and before.start <= time < before.until else time
        self.admissions[f["agency"]] = Admission(event.address, start, f["until"], f["sponsor"])
        if f["endorser"] != NOBODY:
            self.terms[f["agency"], ENDORSER, f["endorser"]] = Term(event.address, time, f["until"])
        self._spend(event, f)

    def _on_AgencyDismissed(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        before = self.admissions[f["agency"]]
        # Whom the council dismisses is the council's to admit again.
        sponsor = COUNCIL if f["by"] == NOBODY else before.sponsor
        self.admissions[f["agency"]] = replace(before, home=event.address, until=time, sponsor=sponsor)
        self._spend(event, f)

    def _on_RoleGranted(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.terms[f["agency"], f["role"], f["grantee"]] = Term(event.address, time, f["until"])
        self._spend(event, f)

    def _on_RoleEnded(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        key = f["agency"], f["role"], f["grantee"]
        self.terms[key] = replace(self.terms[key], home=event.address, until=time)
        self._spend(event, f)

    def _spend(self, event: EventLike, f: dict[str, Any]) -> None:
        """A nonce names its lane; the council's acts have none."""
        if f["by"] != NOBODY:
            key = event.address, f["by"][1:], f["nonce"] >> 64
            if self.nonces.get(key, 0) != f["nonce"] & (1 << 64) - 1:
                raise ValueError("a nonce was skipped or spent twice")
            self.nonces[key] = self.nonces.get(key, 0) + 1

    # AccreditationRegistry

    def _on_Accredited(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        kind = f["agency"], f["typeId"]
        if f["seq"] != self.counts.get(kind, ("", 0))[1] + 1:
            raise ValueError("a grant's number does not follow")
        self.counts[kind] = event.address, f["seq"]
        self.grants[*kind, f["seq"]] = Grant(
            home=event.address,
            grantor=f["grantor"],
            grantor_seq=f["grantorSeq"],
            depth=f["depth"],
            may_issue=f["mayIssue"],
            may_accredit=f["mayAccredit"],
            start=f["from"],
            until=f["until"],
        )

    def _on_GrantEnded(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        key = f["agency"], f["typeId"], f["seq"]
        self.grants[key] = replace(self.grants[key], home=event.address, ended_at=f["endedAt"])
        self._spend(event, f)

    def path_at(self, agency: bytes, type_id: bytes, time: int) -> tuple[bool, list[tuple[bytes, int]]]:
        """Whether the agency may issue at a time, and by which chain; the newest grant's chain if it may not."""
        newest = self.counts.get((agency, type_id), ("", 0))[1]
        for seq in range(newest, max(newest - 16, 0), -1):
            path = self._chain(agency, type_id, seq)
            links = [self.grants[a, type_id, s] for a, s in path]
            if links[0].may_issue and all(g.start <= time < min(g.until, g.ended_at or g.until) for g in links):
                return True, path
        return False, self._chain(agency, type_id, newest)

    def _chain(self, agency: bytes, type_id: bytes, seq: int) -> list[tuple[bytes, int]]:
        path = []
        while seq:
            path.append((agency, seq))
            grant = self.grants[agency, type_id, seq]
            agency, seq = grant.grantor, grant.grantor_seq
        return path

    # IssuanceLog

    def _on_IssuanceAnchored(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        digest = sha256(f["root"], u(f["count"], 8), u(time, 8))
        self.issuances[f["agency"], f["seq"]] = event.address, digest

    # StatusRegistry

    def _on_ListOpened(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.lists[f["list"]] = StatusList(event.address, f["owner"], sha256(f["list"]))

    def _on_StatusChanged(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        found, op = self.lists[f["list"]], f["op"]
        first = f["startWord"] + (0 if op == REVOKE else PLANE_WORDS)
        for place, mask in enumerate(f["masks"], first):
            expected = mask if op == LIFT else 0
            if found.words[place] & mask != expected:
                raise ValueError("a bit is said to have changed that had the value already")
            found.words[place] ^= mask
        found.seq += 1
        if found.seq != f["seq"]:
            raise ValueError("a change of the list is missing")
        masks = b"".join(u(mask, 32) for mask in f["masks"])
        parts = found.ops_head, u(found.seq, 8), u(time, 8), u(f["startWord"], 2), masks, u(op, 1)
        found.ops_head = sha256(*parts)
        if op != REVOKE:
            self._spend(event, f)

    def _on_StatusUnchanged(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self._spend(event, f)

    def _on_SnapshotAnchored(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        found = self.lists[f["list"]]
        found.published_seq, found.published_digest = f["seq"], f["digest"]

    # SchemaRegistry, ServiceRegistry

    def _on_SchemaRegistered(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        if sha256(f["document"]) != f["digest"]:
            raise ValueError("the digest is not the document's")
        self.types[f["typeId"]] = event.address, f["owner"], f["version"]
        self.schemas[f["typeId"], f["version"]] = event.address, f["digest"], event.block_number

    def _on_ServiceSet(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        if sha256(f["document"]) != f["digest"]:
            raise ValueError("the digest is not the document's")
        self.services[f["typeId"], f["code"]] = Service(
            home=event.address,
            verifier=f["verifier"],
            version=f["version"],
            start=f["from"],
            until=f["until"],
            ended_at=0,
            digest=f["digest"],
            block_number=event.block_number,
        )

    def _on_ServiceEnded(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        key = f["typeId"], f["code"]
        self.services[key] = replace(self.services[key], home=event.address, ended_at=f["endedAt"])

    # Council, Directory

    def _on_CouncilSet(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.councils[event.address, f["epoch"]] = tuple(f["members"]), f["threshold"]

    def _on_ProposalOpened(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.proposals[event.address, f["proposal"]] = Proposal(event.address, f["epoch"])

    def _on_Voted(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        proposal = self.proposals[event.address, f["proposal"]]
        if f["choice"] == APPROVE:
            proposal.approvals.add(f["member"])
        else:
            proposal.cancellations.add(f["member"])
            proposal.approvals.discard(f["member"])

    def _on_ProposalReady(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        proposal = self.proposals[event.address, f["proposal"]]
        proposal.state, proposal.ready_at = ProposalState.READY, f["readyAt"]

    def _on_ProposalCancelled(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.proposals[event.address, f["proposal"]].state = ProposalState.CANCELLED

    def _on_ProposalExecuted(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.proposals[event.address, f["proposal"]].state = ProposalState.EXECUTED

    def _on_Paused(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        self.paused_until = f["until"]

    def _on_EntryRegistered(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        entries = self.directory.setdefault(f["name"], [])
        if f["generation"] != len(entries) + 1:
            raise ValueError("a generation is missing")
        entries.append(Entry(f["target"], f["codeHash"], f["layoutId"], event.block_number))

    def _on_OperationSkipped(self, event: EventLike, f: dict[str, Any], time: int) -> None:
        """A skipped item changed nothing."""
