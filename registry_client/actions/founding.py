"""Found a development registry: a council's decisions, a ministry with its types, an agency that may issue.

Each step asks the ledger first, so that a second run finds what the first one made. `on_done(stage, outcomes)` is told
what became final; a stage that was done before is told with no outcomes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from registry_client.actions import accreditation, agency, council, roles, schema
from registry_client.actions import did as dids
from registry_client.actions.agency import AgencyKeys
from registry_client.actions.desk import Desk
from registry_client.actions.did import Birth
from registry_client.actions.keyring import MINISTRY_SALT, KeyRing, council_of, new_salt
from registry_client.core.credential_types import CredentialType
from registry_client.core.did import Did
from registry_client.core.document_builder import MethodEntry, ServiceEntry, build_organisation
from registry_client.core.operation import SignedOperation
from registry_client.core.outcome import Outcome

YEAR_S: Final = 365 * 24 * 3600
_ADMISSION_S: Final = 3 * YEAR_S
_START_MARGIN_S: Final = 2
"""Rights begin this long ago: a block's time may lie a moment before this clock's."""

OnDone = Callable[[str, Sequence[Outcome]], None]


@dataclass(frozen=True, slots=True)
class FoundedAgency:
    """An agency that may issue. `list_id`: its status list, 32 bytes."""

    did: str
    keys: AgencyKeys
    list_id: bytes


def decide(desk: Desk, ring: KeyRing, proposals: Sequence[council.Proposal]) -> list[Outcome]:
    """Let as many members approve as decide, wait for the delay, execute. Not for proposals that act at once."""
    state = desk.node.get("/v1/council")
    epoch = int(state["epoch"])
    members = council_of(ring)[: int(state["threshold"])]
    votes = [council.ballot(desk, item, epoch=epoch, member=member) for item in proposals for member in members]
    outcomes = desk.send(*votes)
    wanted = {"0x" + item.id.hex() for item in proposals}
    rows = desk.node.get("/v1/council")["proposals"]
    ready_at = max((int(row["ready_at"] or 0) for row in rows if row["proposal"] in wanted), default=0)
    while desk.now() < ready_at:
        time.sleep(0.05)
    return outcomes + desk.send(*(council.execution(desk, item, epoch=epoch) for item in proposals))


def found_ministry(desk: Desk, ring: KeyRing, *, types: Sequence[CredentialType], on_done: OnDone) -> str:
    """Let the council admit a ministry and give it the right to accredit for `types`; return its DID.

    Stages: `admitted`, `created`, `accredited`.
    """
    birth = dids.organisation_birth(desk, controller=ring.standing("ministry"), salt=MINISTRY_SALT)
    on_done("admitted", _admit_ministry(desk, ring, birth))
    exists = desk.node.find(f"/v1/dids/{birth.did}") is not None
    on_done("created", [] if exists else desk.send(_ministry_creation(desk, ring, birth)))
    held = {grant["type_id"] for grant in accreditation.grants(desk, birth.did)}
    start, end = desk.now() - _START_MARGIN_S, desk.now() + _ADMISSION_S - 60
    rights = [
        council.proposal("grant-root", (birth.did_id, kind.type_id, start, end, False, True), salt=new_salt())
        for kind in types
        if "0x" + kind.type_id.hex() not in held
    ]
    on_done("accredited", decide(desk, ring, rights) if rights else [])
    return birth.did


def register_types(desk: Desk, ring: KeyRing, *, ministry: str, types: Sequence[CredentialType]) -> list[Outcome]:
    """Register the types that the ledger does not know yet."""
    registrations = [
        schema.register_schema(
            desk,
            owner=ministry,
            vct=kind.vct,
            document=kind.to_document(),
            version=1,
            controller=ring.standing("ministry"),
        )
        for kind in types
        if desk.node.find(f"/v1/schemas/0x{kind.type_id.hex()}") is None
    ]
    return desk.send(*registrations) if registrations else []


def found_agency(
    desk: Desk, ring: KeyRing, *, ministry: str, types: Sequence[CredentialType], on_done: OnDone
) -> FoundedAgency:
    """Let the ministry admit a new agency, let that set itself up, and accredit it for `types`.

    Stages: `admitted`, `established`, `accredited`.
    """
    keys = AgencyKeys(*(ring.fresh(name) for name in agency.KEY_NAMES))
    birth = dids.organisation_birth(desk, controller=keys.controller, salt=new_salt())
    controller = ring.standing("ministry")
    admission = roles.admit_agency(
        desk,
        root=ministry,
        agency=birth.did_id,
        endorser=keys.endorser.public_key.controller(),
        controller=controller,
        until=desk.now() + YEAR_S,
    )
    on_done("admitted", desk.send(admission))
    nothing: Mapping[agency.Stage, bool] = dict.fromkeys(agency.STAGES, False)
    outcomes: list[Outcome] = []
    list_id = agency.establish(desk, birth, keys, done=nothing, on_done=outcomes.extend)
    on_done("established", outcomes)
    grants = []
    for kind in types:
        parent = accreditation.newest_grant(desk, ministry, kind.vct)
        grants.append(
            accreditation.accredit(
                desk,
                grantor=ministry,
                grantor_seq=int(parent["seq"]),
                agency=birth.did,
                vct=kind.vct,
                seq=1,
                valid_from=max(int(parent["from"]), desk.now() - _START_MARGIN_S),
                valid_until=min(int(parent["until"]), desk.now() + YEAR_S),
                controller=controller,
            )
        )
    on_done("accredited", desk.send(*grants))
    return FoundedAgency(birth.did, keys, list_id)


def _admit_ministry(desk: Desk, ring: KeyRing, birth: Birth) -> list[Outcome]:
    admission = desk.node.get(f"/v1/roles/{birth.did}")["admission"]
    if int(admission["until"] or 0) > desk.now():
        return []
    endorser = ring.standing("ministry-endorser").public_key.controller()
    values = (birth.did_id, endorser, desk.now() + _ADMISSION_S)
    return decide(desk, ring, [council.proposal("admit", values, salt=new_salt())])


def _ministry_creation(desk: Desk, ring: KeyRing, birth: Birth) -> SignedOperation:
    controller = ring.standing("ministry")
    document = build_organisation(
        Did(birth.did),
        methods=[MethodEntry("auth-1", controller.public_key, ("authentication",))],
        services=[ServiceEntry("web", "LinkedDomains", "https://mois.example")],
    )
    return dids.create_organisation(
        desk,
        birth,
        document=document,
        controller=controller,
        endorser=ring.standing("ministry-endorser"),
        agency=birth.did,
    )
