"""One operation of every kind, in an order in which each finds what it needs: what a fault is thrown at.

`steps(registry, agency)` yields lists of operations; what is in one list may travel together. The agency is a root that
the council admitted and accredited; `prepared` does that, past the node.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from eth_abi import encode

from registry_client.core.hashing import keccak256, keccak_text, sha256
from registry_client.core.operation import SignedOperation
from tests.integration.node_support import Agency
from tests.support.chain import APPROVE, DAY_S, PROPOSALS, YEAR_S, Registry, did_id, salt_of
from tests.support.keys import P256Key

VCT = "https://mapae.invalid/vct/civil-servant/v1"
CODE = b"GATE-1".ljust(32, b"\0")
BY_THE_NODE = "ExecuteProposal"
"""Nobody signs it: the node makes it when the votes are there."""


def prepared(registry: Registry, agency: Agency) -> None:
    """Create the agency's DID and let the council accredit it."""
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    now = registry.now()
    registry.decide("GrantRoot", agency.id, keccak_text(VCT), now, now + YEAR_S, True, True)


def steps(registry: Registry, agency: Agency) -> Iterator[list[SignedOperation]]:
    """Yield one operation of every kind that is signed, and the few that must come before them."""
    key, type_id, now = agency.controller, keccak_text(VCT), registry.now()
    until, desk, successor = now + YEAR_S - DAY_S, P256Key("desk of all kinds"), P256Key("successor of all kinds")
    second = replace(agency, controller=P256Key("second of all kinds"), salt=salt_of("second of all kinds"))
    phone = P256Key("phone of all kinds")
    address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
    list_id = keccak256(address.rjust(32, b"\0") + agency.id.ljust(32, b"\0") + salt_of("all kinds"))
    holder = agency.holder(phone, phone.label)

    def op(kind: str, /, *signers: Any, **message: Any) -> SignedOperation:
        return registry.sign(kind, message, *(signers or (key,)))

    message = {**second.create().message, "agency": agency.id}
    yield [registry.sign("CreateOrganisation", dict(message), second.controller, agency.endorser)]
    yield [holder]
    yield [agency.update(1, "issue-1", "issue-2")]
    yield [
        op(
            "TransferControl",
            second.controller,
            successor,
            id=second.id,
            expectedVersion=1,
            newController=successor.controller,
            document=second.document("issue-1"),
        )
    ]
    thumbprint = {"keyThumbprint": b"\x11" * 32, "since": now, "reporter": second.id, "typeId": bytes(32), "seq": 0}
    yield [op("MarkCompromised", successor, id=second.id, **thumbprint)]
    admission = {"root": agency.id, "agency": second.id}
    yield [op("AdmitAgency", **admission, endorser=P256Key("new endorser").controller, until=until, nonce=0)]
    grant = {"grantor": agency.id, "agency": second.id, "typeId": type_id}
    yield [
        op(
            "Accredit",
            **grant,
            **{"grantorSeq": 1, "expectedSeq": 1, "from": now, "until": until, "mayIssue": True, "mayAccredit": False},
        )
    ]
    yield [op("GrantRole", agency=agency.id, role=2, grantee=desk.controller, until=until, nonce=1)]
    yield [op("OpenList", desk, owner=agency.id, salt=salt_of("all kinds"))]
    yield [op("Suspend", desk, list=list_id, startWord=3, masks=(6,), nonce=0)]
    yield [op("Revoke", desk, list=list_id, startWord=0, masks=(5,))]
    yield [op("Lift", desk, list=list_id, startWord=3, masks=(2,), nonce=1)]
    yield [op("AnchorSnapshot", desk, list=list_id, seq=3, digest=sha256(b"snapshot"))]
    yield [op("AnchorIssuance", agency=agency.id, expectedSeq=1, root=sha256(b"root"), count=3)]
    schema = (
        b'{"context":{"@context":{}},"schema":{"type":"object"},"type":"CivilServantCredential","vct":"'
        + VCT.encode()
        + b'"}'
    )
    yield [op("RegisterSchema", owner=agency.id, vct=VCT, expectedVersion=1, document=schema)]
    service = {"typeId": type_id, "code": CODE, "expectedVersion": 1}
    yield [
        op(
            "SetService",
            **service,
            **{"verifier": agency.id, "from": now, "until": until},
            document=b'{"claims":["name"],"purpose":{"en":"gate","ko":"gate"}}',
        )
    ]
    yield [op("EndService", **service, endedAt=now + 1)]
    kind, types = PROPOSALS["Admit"]
    arguments = encode(types, [b"\x07" * 20, P256Key("voted endorser").controller, until])
    vote = {"kind": kind, "arguments": arguments, "salt": salt_of("all kinds"), "epoch": 1, "choice": APPROVE}
    yield [op("Vote", member, **vote) for member in registry.council[:2]]
    yield [op("EndGrant", **grant, seq=1, endedAt=now + 1, nonce=_lane(1))]
    yield [op("EndRole", agency=agency.id, role=2, grantee=desk.controller, nonce=2)]
    yield [op("DismissAgency", **admission, nonce=3)]
    yield [op("DeactivateDid", successor, id=second.id, expectedVersion=2)]
    yield [op("DeactivateHolder", id=did_id(2, phone.controller, salt_of(phone.label)), guardian=agency.id)]
    half_a_day = registry.now() + DAY_S // 2  # a pause must be asked for and end soon, on any branch's clock
    yield [op("Pause", registry.council[2], epoch=1, until=half_a_day, deadline=half_a_day)]


def _lane(lane: int) -> int:
    """The first nonce of a lane: keys have as many sequences as they like."""
    return lane << 64
