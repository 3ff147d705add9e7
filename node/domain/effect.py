"""Is what an operation asked for on the ledger? Judged on the index's state, never on a receipt.

- present: the ledger is as the operation wanted it. superseded: what it was based on (a version, a sequence, a nonce)
  was used by something else, so it can never take effect. absent: neither, yet.
- The caller asks twice: on the final state (present there is final) and on everything seen (present there is mined).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeVar

from node.domain import fact
from node.domain.did_history import DEACTIVATED
from node.domain.overlay import StoredEvent
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id
from registry_client.core.hashing import keccak256, keccak_text, sha256
from registry_client.core.keys import KIND_P256
from registry_client.core.operation import SignedOperation

F = TypeVar("F", bound=fact.Fact)


class Verdict(Enum):
    """What the state says about an operation."""

    ABSENT = "absent"
    PRESENT = "present"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Effect:
    """A verdict, and the block that made it true where one fact did."""

    verdict: Verdict
    block_number: int | None = None


ABSENT: Final = Effect(Verdict.ABSENT)


class State(Protocol):
    """The state to judge on: facts up to some block, and a list's words as of the same block."""

    def facts(self, kind: type[F], **equal: Any) -> list[F]: ...

    def last(self, kind: type[F], **equal: Any) -> F | None: ...

    def event_at(self, block_number: int, log_index: int) -> StoredEvent | None: ...

    def words_upto(self, list_id: bytes) -> bytes: ...


def effect_of(signed: SignedOperation, signers: tuple[bytes, ...], state: State) -> Effect:
    """Judge one operation. `signers`: the Controllers (21 bytes) that signed it, in the order of its roles."""
    message = signed.message
    if "nonce" in message:
        return _by_nonce(signed, signers[0], state)
    return _JUDGES[signed.kind](message, signers, signed, state)


def _of(found: fact.Fact | None, *, as_wanted: bool) -> Effect:
    if found is None:
        return ABSENT
    return Effect(Verdict.PRESENT if as_wanted else Verdict.SUPERSEDED, found.block_number)


_Message = Mapping[str, Any]
_Signers = tuple[bytes, ...]


def _create_organisation(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    did_id = compute_did_id(kind=KIND_ORGANISATION, controller=m["controller"], salt=m["salt"])
    row = state.last(fact.DidVersion, did_id=did_id, version=1)
    return _of(row, as_wanted=row is not None and row.document == m["document"])


def _create_holder(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    controller = KIND_P256.to_bytes(1) + keccak256(m["x"] + m["y"])[12:]
    did_id = compute_did_id(kind=KIND_HOLDER, controller=controller, salt=m["salt"])
    row = state.last(fact.DidVersion, did_id=did_id, version=1)
    return _of(row, as_wanted=row is not None and row.guardian == m["guardian"])


def _next_version(m: _Message, state: State) -> fact.DidVersion | None:
    return state.last(fact.DidVersion, did_id=m["id"], version=m["expectedVersion"] + 1)


def _update(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = _next_version(m, state)
    return _of(row, as_wanted=row is not None and row.document == m["document"])


def _transfer(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = _next_version(m, state)
    wanted = row is not None and row.controller == m["newController"] and row.document == m["document"]
    return _of(row, as_wanted=wanted)


def _deactivate(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = _next_version(m, state)
    return _of(row, as_wanted=row is not None and row.state == DEACTIVATED)


def _deactivate_holder(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.DidVersion, did_id=m["id"])
    return _of(row, as_wanted=True) if row is not None and row.state == DEACTIVATED else ABSENT


def _compromised(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    marks = state.facts(fact.Compromise, did_id=m["id"], thumbprint=m["keyThumbprint"])
    enough = next((mark for mark in marks if mark.since <= m["since"]), None)
    return _of(enough, as_wanted=True)


def _accredit(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.Grant, agency=m["agency"], type_id=m["typeId"], seq=m["expectedSeq"])
    wanted = row is not None and (row.grantor, row.grantor_seq, row.valid_from, row.valid_until) == (
        m["grantor"],
        m["grantorSeq"],
        m["from"],
        m["until"],
    )
    return _of(row, as_wanted=wanted)


def _issuance(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.Issuance, agency=m["agency"], seq=m["expectedSeq"])
    return _of(row, as_wanted=row is not None and (row.root, row.count) == (m["root"], m["count"]))


def _open_list(m: _Message, _s: _Signers, o: SignedOperation, state: State) -> Effect:
    list_id = keccak256(o.domain.verifying_contract.rjust(32, b"\0") + m["owner"].ljust(32, b"\0") + m["salt"])
    return _of(state.last(fact.StatusList, list_id=list_id), as_wanted=True)


def _revoke(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    words, start = state.words_upto(m["list"]), 32 * m["startWord"]
    masks = b"".join(mask.to_bytes(32) for mask in m["masks"])
    here = int.from_bytes(words[start : start + len(masks)])
    wanted = int.from_bytes(masks)
    return Effect(Verdict.PRESENT) if here & wanted == wanted else ABSENT


def _snapshot(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.Snapshot, list_id=m["list"], seq=m["seq"])
    return _of(row, as_wanted=row is not None and row.digest == m["digest"])


def _schema(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.Schema, type_id=keccak_text(m["vct"]), version=m["expectedVersion"])
    return _of(row, as_wanted=row is not None and row.digest == sha256(m["document"]))


def _service(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    rows = state.facts(fact.Service, type_id=m["typeId"], code=m["code"], version=m["expectedVersion"])
    row = rows[0] if rows else None  # the first: an end adds another row of the same version
    wanted = row is not None and (row.verifier, row.valid_from, row.valid_until, row.digest) == (
        m["verifier"],
        m["from"],
        m["until"],
        sha256(m["document"]),
    )
    return _of(row, as_wanted=wanted)


def _end_service(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    row = state.last(fact.Service, type_id=m["typeId"], code=m["code"], version=m["expectedVersion"])
    if row is None or not row.ended_at:
        return ABSENT
    return _of(row, as_wanted=row.ended_at <= m["endedAt"])


def proposal_id(m: _Message) -> bytes:
    """Return keccak256(abi.encode(kind, keccak256(arguments), salt)): what members vote on."""
    return keccak256(int(m["kind"]).to_bytes(32) + keccak256(m["arguments"]) + m["salt"])


def _vote(m: _Message, s: _Signers, _o: SignedOperation, state: State) -> Effect:
    cast = {"proposal": proposal_id(m), "epoch": m["epoch"], "member": s[0], "choice": m["choice"]}
    return _of(state.last(fact.ProposalStep, step="voted", **cast), as_wanted=True)


def _pause(m: _Message, s: _Signers, _o: SignedOperation, state: State) -> Effect:
    return _of(state.last(fact.CouncilPause, member=s[0], until=m["until"]), as_wanted=True)


def _execute(m: _Message, _s: _Signers, _o: SignedOperation, state: State) -> Effect:
    wanted = {"proposal": proposal_id(m), "epoch": m["epoch"]}
    if (done := state.last(fact.ProposalStep, step="executed", **wanted)) is not None:
        return _of(done, as_wanted=True)
    return _of(state.last(fact.ProposalStep, step="cancelled", **wanted), as_wanted=False)


_JUDGES: Final[Mapping[str, Callable[[_Message, _Signers, SignedOperation, State], Effect]]] = {
    "CreateOrganisation": _create_organisation,
    "CreateHolder": _create_holder,
    "UpdateDocument": _update,
    "TransferControl": _transfer,
    "DeactivateDid": _deactivate,
    "DeactivateHolder": _deactivate_holder,
    "MarkCompromised": _compromised,
    "Accredit": _accredit,
    "AnchorIssuance": _issuance,
    "OpenList": _open_list,
    "Revoke": _revoke,
    "AnchorSnapshot": _snapshot,
    "RegisterSchema": _schema,
    "SetService": _service,
    "EndService": _end_service,
    "Vote": _vote,
    "Pause": _pause,
    "ExecuteProposal": _execute,
}

_SAME_FIELDS: Final[Mapping[str, tuple[frozenset[str], Mapping[str, str]]]] = {
    # kind: (events that may have used its nonce in its name, {event field: message field} that must then agree)
    "AdmitAgency": (frozenset({"AgencyAdmitted"}), {"sponsor": "root", "agency": "agency", "until": "until"}),
    "DismissAgency": (frozenset({"AgencyDismissed"}), {"agency": "agency"}),
    "GrantRole": (
        frozenset({"RoleGranted"}),
        {"agency": "agency", "role": "role", "grantee": "grantee", "until": "until"},
    ),
    "EndRole": (frozenset({"RoleEnded"}), {"agency": "agency", "role": "role", "grantee": "grantee"}),
    "EndGrant": (frozenset({"GrantEnded"}), {"agency": "agency", "typeId": "typeId", "seq": "seq"}),
    "Suspend": (frozenset({"StatusChanged", "StatusUnchanged"}), {"list": "list"}),
    "Lift": (frozenset({"StatusChanged", "StatusUnchanged"}), {"list": "list"}),
}
_STATUS_OP: Final = {"Suspend": 2, "Lift": 3}


def _by_nonce(signed: SignedOperation, signer: bytes, state: State) -> Effect:
    """Judge an operation whose keyed nonce says whether it was used, and the event at that place by what."""
    key, seq = divmod(signed.message["nonce"], 1 << 64)
    spent = state.last(
        fact.SpentNonce,
        registry=signed.domain.verifying_contract,
        owner=signer[1:],
        nonce_key=key.to_bytes(24),
        nonce_seq=seq,
    )
    if spent is None:
        return ABSENT
    event = state.event_at(spent.block_number, spent.log_index)
    return _of(spent, as_wanted=event is not None and _is_event_of(signed, event))


def _is_event_of(signed: SignedOperation, event: StoredEvent) -> bool:
    types, same = _SAME_FIELDS[signed.kind]
    message, fields = signed.message, event.fields
    if event.type not in types or any(fields[ours] != _json(message[theirs]) for ours, theirs in same.items()):
        return False
    if event.type != "StatusChanged":
        return True
    asked, changed = message["masks"], [int(mask, 16) for mask in fields["masks"]]
    return (
        fields["op"] == _STATUS_OP[signed.kind]
        and fields["startWord"] == message["startWord"]
        and len(asked) == len(changed)
        and all(mask & wanted == mask for mask, wanted in zip(changed, asked, strict=True))
    )


def _json(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
