"""The effect of an operation as the ledger's log tells it: one key for the operation, the same key for its event.

`key_of(operation)` and `key_of_event(event)` are equal where the event is what the operation asked for. Events that
no client asked for directly (what the council's votes bring about) are None here; `council_effects` has those.
"""

from collections.abc import Callable, Mapping
from typing import Any

from eth_abi import decode

from registry_client.core.did import compute_did_id
from registry_client.core.operation import SignedOperation
from tests.support.abi import Event
from tests.support.chain import PROPOSALS
from tests.support.keys import keccak256

Key = tuple[Any, ...]
NOBODY, COUNCIL = bytes(21), bytes(20)
REVOKE, SUSPEND, LIFT = 1, 2, 3
BY_VOTES = frozenset(
    {"CouncilSet", "EntryRegistered", "ProposalOpened", "ProposalReady", "ProposalCancelled", "OperationSkipped"}
)
"""Events that follow from votes or say that nothing happened."""


def key_of(signed: SignedOperation) -> Key:
    """What this operation does if it does anything."""
    return _OPERATIONS[signed.kind](signed.message, signed)


def key_of_event(event: Event) -> Key | None:
    """What an event says was done; None where no single operation asked for it."""
    if event.name in BY_VOTES:
        return None
    fields = event.fields
    if fields.get("by") == NOBODY or event.name == "ProposalExecuted":
        return None
    return _EVENTS[event.name](fields)


def list_id_of(registry: bytes, owner: bytes, salt: bytes) -> bytes:
    return keccak256(registry.rjust(32, b"\0") + owner.ljust(32, b"\0") + salt)


def proposal_id(kind: int, arguments: bytes, salt: bytes) -> bytes:
    return keccak256(kind.to_bytes(32) + keccak256(arguments) + salt)


_M = Mapping[str, Any]


def _organisation(m: _M, _: SignedOperation) -> Key:
    return "OrganisationCreated", compute_did_id(kind=1, controller=m["controller"], salt=m["salt"]), m["document"]


def _holder(m: _M, _: SignedOperation) -> Key:
    controller = b"\2" + keccak256(m["x"] + m["y"])[12:]
    return "HolderCreated", compute_did_id(kind=2, controller=controller, salt=m["salt"]), m["guardian"]


def _status(op: int) -> Callable[[_M, SignedOperation], Key]:
    return lambda m, _: ("StatusChanged", m["list"], op, m["startWord"], tuple(m["masks"]))


_OPERATIONS: Mapping[str, Callable[[_M, SignedOperation], Key]] = {
    "CreateOrganisation": _organisation,
    "CreateHolder": _holder,
    "UpdateDocument": lambda m, _: ("DocumentUpdated", m["id"], m["expectedVersion"] + 1, m["document"]),
    "TransferControl": lambda m, _: (
        *("ControlTransferred", m["id"], m["expectedVersion"] + 1),
        *(m["newController"], m["document"]),
    ),
    "DeactivateDid": lambda m, _: ("DidDeactivated", m["id"]),
    "DeactivateHolder": lambda m, _: ("DidDeactivated", m["id"]),
    "MarkCompromised": lambda m, _: ("KeyCompromised", m["id"], m["keyThumbprint"], m["since"], m["reporter"]),
    "AdmitAgency": lambda m, _: ("AgencyAdmitted", m["agency"], m["root"], m["endorser"], m["until"], m["nonce"]),
    "DismissAgency": lambda m, o: ("AgencyDismissed", m["agency"], o.signers()[0], m["nonce"]),
    "GrantRole": lambda m, _: ("RoleGranted", m["agency"], m["role"], m["grantee"], m["until"], m["nonce"]),
    "EndRole": lambda m, _: ("RoleEnded", m["agency"], m["role"], m["grantee"], m["nonce"]),
    "Accredit": lambda m, _: (
        *("Accredited", m["agency"], m["typeId"], m["expectedSeq"]),
        *(m["grantor"], m["grantorSeq"], m["from"], m["until"], m["mayIssue"], m["mayAccredit"]),
    ),
    "EndGrant": lambda m, _: ("GrantEnded", m["agency"], m["typeId"], m["seq"], m["endedAt"], m["nonce"]),
    "AnchorIssuance": lambda m, _: ("IssuanceAnchored", m["agency"], m["expectedSeq"], m["root"], m["count"]),
    "OpenList": lambda m, o: ("ListOpened", list_id_of(o.domain.verifying_contract, m["owner"], m["salt"])),
    "Revoke": _status(REVOKE),
    "Suspend": _status(SUSPEND),
    "Lift": _status(LIFT),
    "AnchorSnapshot": lambda m, _: ("SnapshotAnchored", m["list"], m["seq"], m["digest"]),
    "RegisterSchema": lambda m, _: (
        *("SchemaRegistered", keccak256(m["vct"].encode()), m["expectedVersion"]),
        *(m["owner"], m["document"]),
    ),
    "SetService": lambda m, _: (
        *("ServiceSet", m["typeId"], m["code"], m["expectedVersion"]),
        *(m["verifier"], m["from"], m["until"], m["document"]),
    ),
    "EndService": lambda m, _: ("ServiceEnded", m["typeId"], m["code"], m["expectedVersion"], m["endedAt"]),
    "Vote": lambda m, o: (
        *("Voted", proposal_id(m["kind"], m["arguments"], m["salt"]), m["epoch"]),
        *(o.signers()[0], m["choice"]),
    ),
    "Pause": lambda m, o: ("Paused", o.signers()[0], m["until"]),
}

_EVENTS: Mapping[str, Callable[[_M], Key]] = {
    "OrganisationCreated": lambda f: ("OrganisationCreated", f["id"], f["document"]),
    "HolderCreated": lambda f: ("HolderCreated", f["id"], f["guardian"]),
    "DocumentUpdated": lambda f: ("DocumentUpdated", f["id"], f["version"], f["document"]),
    "ControlTransferred": lambda f: ("ControlTransferred", f["id"], f["version"], f["controller"], f["document"]),
    "DidDeactivated": lambda f: ("DidDeactivated", f["id"]),
    "KeyCompromised": lambda f: ("KeyCompromised", f["id"], f["keyThumbprint"], f["since"], f["reporter"]),
    "AgencyAdmitted": lambda f: (
        *("AgencyAdmitted", f["agency"], f["sponsor"]),
        *(f["endorser"], f["until"], f["nonce"]),
    ),
    "AgencyDismissed": lambda f: ("AgencyDismissed", f["agency"], f["by"], f["nonce"]),
    "RoleGranted": lambda f: ("RoleGranted", f["agency"], f["role"], f["grantee"], f["until"], f["nonce"]),
    "RoleEnded": lambda f: ("RoleEnded", f["agency"], f["role"], f["grantee"], f["nonce"]),
    "Accredited": lambda f: (
        *("Accredited", f["agency"], f["typeId"], f["seq"]),
        *(f["grantor"], f["grantorSeq"], f["from"], f["until"], f["mayIssue"], f["mayAccredit"]),
    ),
    "GrantEnded": lambda f: ("GrantEnded", f["agency"], f["typeId"], f["seq"], f["endedAt"], f["nonce"]),
    "IssuanceAnchored": lambda f: ("IssuanceAnchored", f["agency"], f["seq"], f["root"], f["count"]),
    "ListOpened": lambda f: ("ListOpened", f["list"]),
    "StatusChanged": lambda f: ("StatusChanged", f["list"], f["op"], f["startWord"], tuple(f["masks"])),
    "StatusUnchanged": lambda f: ("StatusUnchanged", f["list"], f["by"], f["nonce"]),
    "SnapshotAnchored": lambda f: ("SnapshotAnchored", f["list"], f["seq"], f["digest"]),
    "SchemaRegistered": lambda f: ("SchemaRegistered", f["typeId"], f["version"], f["owner"], f["document"]),
    "ServiceSet": lambda f: (
        *("ServiceSet", f["typeId"], f["code"], f["version"]),
        *(f["verifier"], f["from"], f["until"], f["document"]),
    ),
    "ServiceEnded": lambda f: ("ServiceEnded", f["typeId"], f["code"], f["version"], f["endedAt"]),
    "Voted": lambda f: ("Voted", f["proposal"], f["epoch"], f["member"], f["choice"]),
    "Paused": lambda f: ("Paused", f["member"], f["until"]),
}


def council_key(kind: int, arguments: bytes) -> Key | None:
    """What an executed proposal brings about, as `council_key_of_event` tells it; None: see Council's own events."""
    name, (_, types) = next((name, entry) for name, entry in PROPOSALS.items() if entry[0] == kind)
    values = decode(types, arguments)
    match name:
        case "Admit":
            return "AgencyAdmitted", *values
        case "Dismiss":
            return "AgencyDismissed", *values
        case "GrantRoot":
            agency, type_id, *rest = values
            return "Accredited", agency, type_id, *rest
        case "EndGrant":
            return "GrantEnded", *values
        case "Compromise":
            return "KeyCompromised", *values
    return None


def council_key_of_event(event: Event) -> Key | None:
    """What the council itself did, None for everybody else's doing."""
    f = event.fields
    if f.get("by") != NOBODY:
        return None
    match event.name:
        case "AgencyAdmitted":
            return event.name, f["agency"], f["endorser"], f["until"]
        case "AgencyDismissed":
            return event.name, f["agency"]
        case "Accredited":
            return event.name, f["agency"], f["typeId"], f["from"], f["until"], f["mayIssue"], f["mayAccredit"]
        case "GrantEnded":
            return event.name, f["agency"], f["typeId"], f["seq"], f["endedAt"]
        case "KeyCompromised":
            return event.name, f["id"], f["keyThumbprint"], f["since"]
    return None
