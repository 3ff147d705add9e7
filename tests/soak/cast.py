"""Who is there from the beginning: a council, a ministry with a type, and agencies with their desks."""

import time
from dataclasses import dataclass, field
from typing import Any

from eth_abi import encode

from registry_client.core.did import Did, format_did
from registry_client.core.document_builder import MethodEntry, ServiceEntry, build_organisation
from registry_client.core.keys import Curve, PublicKey
from tests.soak.effects import proposal_id
from tests.soak.hand import Hand
from tests.support.chain import APPROVE, COUNCIL, PROPOSALS, THRESHOLD, YEAR_S, did_id, salt_of
from tests.support.keys import Key, P256Key, keccak256

VCT = "https://mapae.invalid/vct/soak/v1"
TYPE = keccak256(VCT.encode())
ENDORSER, STATUS_OPERATOR, ISSUANCE_OPERATOR = 1, 2, 3
MARGIN_S = 600
EXECUTED_S = 300.0


@dataclass(slots=True)
class Organisation:
    """An organisation's DID as its owner knows it."""

    network: str
    label: str
    controller: Key
    version: int = 0
    active: bool = True
    salt: bytes = b""
    first_controller: bytes = b""

    def __post_init__(self) -> None:
        self.salt = salt_of(self.label)
        self.first_controller = self.controller.controller

    @property
    def id(self) -> bytes:
        return did_id(1, self.first_controller, self.salt)

    @property
    def did(self) -> str:
        return str(format_did(self.network, self.id))

    def document(self, edition: int, *, size: int = 0) -> bytes:
        """A document that no other edition has; `size`: services more."""
        key = P256Key(f"{self.label} issue")
        services = [ServiceEntry("web", "LinkedDomains", f"https://{edition}.soak.example")]
        services += [
            ServiceEntry(f"more-{n}", "LinkedDomains", f"https://{n}.{edition}.soak.example") for n in range(size)
        ]
        method = MethodEntry("issue-1", PublicKey(Curve.P256, key.public_key))
        return build_organisation(Did(self.did), methods=[method], services=services)


@dataclass(slots=True)
class Agency(Organisation):
    """An admitted agency with its desks."""

    @property
    def endorser(self) -> Key:
        return P256Key(f"{self.label} endorser")

    @property
    def desk(self) -> Key:
        return P256Key(f"{self.label} status desk")

    @property
    def issuer(self) -> Key:
        return P256Key(f"{self.label} issuer")


@dataclass(slots=True)
class Cast:
    """Everybody. `dids`: what readers may ask for."""

    network: str
    ministry: Agency
    agencies: list[Agency]
    dids: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    grants_from: int = 0
    until: int = 0


def propose(hand: Hand, name: str, *values: Any, label: str, epoch: int = 1) -> tuple[dict[str, Any], bytes]:
    """A proposal's message without a choice, and its id."""
    kind, types = PROPOSALS[name]
    message = {"kind": kind, "arguments": encode(types, values), "salt": salt_of(label), "epoch": epoch}
    return message, proposal_id(kind, message["arguments"], message["salt"])


def decide(hand: Hand, name: str, *values: Any, label: str) -> None:
    """Let the council approve something, and wait until it is executed: the node does that by itself."""
    message, proposal = propose(hand, name, *values, label=label)
    for member in COUNCIL[:THRESHOLD]:
        hand.do("Vote", {**message, "choice": APPROVE}, member)
    wait_for_execution(hand, proposal, label)


def wait_for_execution(hand: Hand, proposal: bytes, what: str) -> None:
    until = time.monotonic() + EXECUTED_S
    wanted = "0x" + proposal.hex()
    while time.monotonic() < until:
        answer = hand.get("/v1/council") or {"proposals": []}
        if any(row["proposal"] == wanted and row["state"] == "executed" for row in answer["proposals"]):
            return
        time.sleep(0.2)
    hand.violation(f"the decision {what} has its votes and is not executed after {EXECUTED_S:g} s")


def found_cast(hand: Hand, *, agencies: int) -> Cast:
    """Bring everybody into being, through the node."""
    network = hand.system.registry.deployment.network
    now = int(time.time())
    ministry = Agency(network, "soak ministry", P256Key("soak ministry"))
    cast = Cast(network, ministry, [], grants_from=now - MARGIN_S, until=now + YEAR_S)
    decide(hand, "Admit", ministry.id, ministry.endorser.controller, cast.until + YEAR_S, label="admit the ministry")
    create(hand, ministry, endorser=ministry.endorser, agency=ministry.id)
    decide(
        hand, "GrantRoot", ministry.id, TYPE, cast.grants_from, cast.until + YEAR_S, True, True, label="the root grant"
    )
    hand.do(
        "RegisterSchema",
        {"owner": ministry.id, "vct": VCT, "expectedVersion": 1, "document": schema(1)},
        ministry.controller,
    )
    for number in range(agencies):
        cast.agencies.append(_found_agency(hand, cast, f"soak agency {number}"))
    cast.dids += [party.did for party in (ministry, *cast.agencies)]
    return cast


def schema(version: int) -> bytes:
    return f'{{"edition":{version},"type":"Soak","vct":"{VCT}"}}'.encode()


def create(hand: Hand, party: Organisation, *, endorser: Key, agency: bytes, allowed: tuple[str, ...] = ()) -> bool:
    """Create an organisation's DID."""
    message = {
        "controller": party.controller.controller,
        "salt": party.salt,
        "agency": agency,
        "document": party.document(1),
    }
    made = hand.do("CreateOrganisation", message, party.controller, endorser, allowed=allowed)
    party.version = int(made)
    return made


def _found_agency(hand: Hand, cast: Cast, label: str) -> Agency:
    agency, ministry = Agency(cast.network, label, P256Key(label)), cast.ministry
    admission = {"root": ministry.id, "agency": agency.id, "endorser": agency.endorser.controller, "until": cast.until}
    hand.do("AdmitAgency", admission, ministry.controller)
    create(hand, agency, endorser=agency.endorser, agency=agency.id)
    grant = {"grantor": ministry.id, "grantorSeq": 1, "agency": agency.id, "typeId": TYPE, "expectedSeq": 1}
    grant |= {"from": cast.grants_from, "until": cast.until, "mayIssue": True, "mayAccredit": True}
    hand.do("Accredit", grant, ministry.controller)
    for role, key in ((STATUS_OPERATOR, agency.desk), (ISSUANCE_OPERATOR, agency.issuer)):
        term = {"agency": agency.id, "role": role, "grantee": key.controller, "until": cast.until}
        hand.do("GrantRole", term, agency.controller)
    return agency
