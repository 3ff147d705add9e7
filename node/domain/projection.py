"""From one event to the facts that it establishes.

- Pure: what must be known of before (the DID's last version, a list's head) is asked of `Known`.
- Most facts are the event's own fields under our names; those are one line each in `_COPIED`.
- What an event says of before is compared with what is known: a difference means that events were missed or invented,
  and raises LedgerInconsistentError with both sides.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from node.domain import fact, roles
from node.domain.did_history import next_version
from node.domain.event import LedgerEvent
from node.domain.places import at, never_seen
from registry_client.core.hashing import sha256
from registry_client.errors import LedgerInconsistentError

REVOKE, SUSPEND, LIFT = 1, 2, 3
PLANE_WORDS: Final = 512

_DID_EVENTS: Final = frozenset(
    {"OrganisationCreated", "HolderCreated", "DocumentUpdated", "ControlTransferred", "DidDeactivated"}
)
_TIME: Final = "@time"
_ADDRESS: Final = "@address"
_COPIED: Final[Mapping[str, tuple[type[fact.Fact], Mapping[str, Any]]]] = {
    # event: (fact, {its column: the event's field, a value that starts with @ from the event itself, or a constant})
    "KeyCompromised": (
        fact.Compromise,
        {"did_id": "id", "thumbprint": "keyThumbprint", "since": "since", "reporter": "reporter", "by": "by"},
    ),
    "RoleGranted": (
        fact.RoleTerm,
        {
            "agency": "agency",
            "role": "role",
            "grantee": "grantee",
            "valid_from": _TIME,
            "valid_until": "until",
            "by": "by",
        },
    ),
    "Accredited": (
        fact.Grant,
        {
            "agency": "agency",
            "type_id": "typeId",
            "seq": "seq",
            "grantor": "grantor",
            "grantor_seq": "grantorSeq",
            "depth": "depth",
            "may_issue": "mayIssue",
            "may_accredit": "mayAccredit",
            "valid_from": "from",
            "valid_until": "until",
            "by": "by",
        },
    ),
    "GrantEnded": (
        fact.GrantEnd,
        {"agency": "agency", "type_id": "typeId", "seq": "seq", "ended_at": "endedAt", "by": "by"},
    ),
    "ListOpened": (fact.StatusList, {"list_id": "list", "owner": "owner", "registry": _ADDRESS, "by": "by"}),
    "SnapshotAnchored": (fact.Snapshot, {"list_id": "list", "seq": "seq", "digest": "digest", "by": "by"}),
    "SchemaRegistered": (
        fact.Schema,
        {
            "type_id": "typeId",
            "version": "version",
            "owner": "owner",
            "vct": "vct",
            "digest": "digest",
            "document": "document",
            "block_time": _TIME,
            "by": "by",
        },
    ),
    "ServiceSet": (
        fact.Service,
        {
            "type_id": "typeId",
            "code": "code",
            "version": "version",
            "verifier": "verifier",
            "valid_from": "from",
            "valid_until": "until",
            "ended_at": 0,
            "digest": "digest",
            "document": "document",
            "by": "by",
        },
    ),
    "ProposalOpened": (
        fact.Proposal,
        {"proposal": "proposal", "epoch": "epoch", "kind": "kind", "arguments": "arguments", "salt": "salt"},
    ),
    "Voted": (
        fact.ProposalStep,
        {
            "proposal": "proposal",
            "epoch": "epoch",
            "step": b"voted",
            "member": "member",
            "choice": "choice",
            "ready_at": 0,
        },
    ),
    "ProposalReady": (
        fact.ProposalStep,
        {"proposal": "proposal", "epoch": "epoch", "step": b"ready", "member": b"", "choice": 0, "ready_at": "readyAt"},
    ),
    "ProposalCancelled": (
        fact.ProposalStep,
        {"proposal": "proposal", "epoch": "epoch", "step": b"cancelled", "member": b"", "choice": 0, "ready_at": 0},
    ),
    "ProposalExecuted": (
        fact.ProposalStep,
        {"proposal": "proposal", "epoch": "epoch", "step": b"executed", "member": b"", "choice": 0, "ready_at": 0},
    ),
    "Paused": (fact.CouncilPause, {"member": "member", "until": "until"}),
}


class Known(Protocol):
    """What was established before an event."""

    def last_version(self, did_id: bytes) -> fact.DidVersion | None: ...

    def ops_head(self, list_id: bytes) -> bytes | None: ...

    def last_service(self, type_id: bytes, code: bytes) -> fact.Service | None: ...

    def last_admission(self, agency: bytes) -> fact.Admission | None: ...

    def last_term(self, agency: bytes, role: int, grantee: bytes) -> fact.RoleTerm | None: ...


def project(event: LedgerEvent, known: Known) -> list[fact.Fact]:
    """Return the facts of one event, none for events that only accompany others."""
    facts: list[fact.Fact] = []
    if event.type in _DID_EVENTS:
        f: Mapping[str, Any] = event.fields
        facts.append(next_version(event, known.last_version(f["id"]) if f["version"] != 1 else None))
    elif event.type in _COPIED:
        facts.append(_copied(event))
    else:
        facts += _computed(event, event.fields, known)
    if event.type == "AgencyAdmitted":
        facts.append(roles.first_endorser(event, event.fields))
    return [*facts, *_spent_nonce(event)]


def first_ops_head(list_id: bytes) -> bytes:
    """Return a list's running digest before its first change: sha256(list id)."""
    return sha256(list_id)


def _copied(event: LedgerEvent) -> fact.Fact:
    kind, columns = _COPIED[event.type]
    values: dict[str, Any] = {**at(event)}
    for column, source in columns.items():
        if source is _TIME:
            values[column] = event.block_time
        elif source is _ADDRESS:
            values[column] = event.address
        elif isinstance(source, str):
            values[column] = event.fields[source]
        else:
            values[column] = source.decode() if column == "step" else source
    return kind(**values)


def _computed(event: LedgerEvent, f: Mapping[str, Any], known: Known) -> list[fact.Fact]:
    """Facts that need more than the event's own fields."""
    match event.type:
        case "IssuanceAnchored":
            return [_issuance(event, f)]
        case "StatusChanged":
            return [_status_changed(event, f, known.ops_head(f["list"]))]
        case "ServiceEnded":
            return [_service_ended(event, f, known.last_service(f["typeId"], f["code"]))]
        case "AgencyAdmitted":
            return [roles.admitted(event, f, known.last_admission(f["agency"]))]
        case "AgencyDismissed":
            return [roles.dismissed(event, f, known.last_admission(f["agency"]))]
        case "RoleEnded":
            return [roles.role_ended(event, f, known.last_term(f["agency"], f["role"], f["grantee"]))]
        case "CouncilSet":
            members = b"".join(f["members"])
            return [fact.CouncilTerm(epoch=f["epoch"], members=members, threshold=f["threshold"], **at(event))]
        case "EntryRegistered":
            name = f["name"].rstrip(b"\0").replace(b"\0", b"?").decode("ascii", "backslashreplace")
            entry = {"address": f["target"], "code_hash": f["codeHash"], "layout_id": f["layoutId"]}
            return [fact.DirectoryEntry(name=name, generation=f["generation"], **entry, **at(event))]
        case _:
            return []


def _spent_nonce(event: LedgerEvent) -> list[fact.Fact]:
    nonce, by = event.fields.get("nonce"), event.fields.get("by")
    if not isinstance(nonce, int) or not isinstance(by, bytes) or not any(by):
        return []  # the council acts without a nonce
    if event.fields.get("op") == REVOKE:
        return []  # revoking needs none; the event's field is then zero
    key, seq = divmod(nonce, 1 << 64)
    spent = {"registry": event.address, "owner": by[1:], "nonce_key": key.to_bytes(24), "nonce_seq": seq}
    return [fact.SpentNonce(event_type=event.type, **spent, **at(event))]  # type: ignore[arg-type]


def _issuance(event: LedgerEvent, f: Mapping[str, Any]) -> fact.Fact:
    digest = sha256(f["root"] + f["count"].to_bytes(8) + event.block_time.to_bytes(8))
    entry = {"agency": f["agency"], "seq": f["seq"], "root": f["root"], "count": f["count"], "by": f["by"]}
    return fact.Issuance(digest=digest, block_time=event.block_time, **entry, **at(event))


def _status_changed(event: LedgerEvent, f: Mapping[str, Any], previous: bytes | None) -> fact.Fact:
    if previous is None:
        raise LedgerInconsistentError(
            f"status list 0x{f['list'].hex()} changed before it was opened: events are missing; rebuild the index",
            list_id="0x" + f["list"].hex(),
            block_number=event.block_number,
        )
    op, masks, start = f["op"], b"".join(mask.to_bytes(32) for mask in f["masks"]), f["startWord"]
    change = f["seq"].to_bytes(8) + event.block_time.to_bytes(8) + start.to_bytes(2) + masks + op.to_bytes(1)
    return fact.StatusChange(
        list_id=f["list"],
        seq=f["seq"],
        op=op,
        first_word=start + (0 if op == REVOKE else PLANE_WORDS),
        masks=masks,
        ops_head=sha256(previous + change),
        by=f["by"],
        block_time=event.block_time,
        **at(event),
    )


def _service_ended(event: LedgerEvent, f: Mapping[str, Any], before: fact.Service | None) -> fact.Fact:
    if before is None:
        raise never_seen(event, "a service code ended that was never set")
    return fact.Service(
        type_id=before.type_id,
        code=before.code,
        version=f["version"],
        verifier=before.verifier,
        valid_from=before.valid_from,
        valid_until=before.valid_until,
        ended_at=f["endedAt"],
        digest=before.digest,
        document=before.document,
        by=f["by"],
        **at(event),
    )
