"""Scenes one to three: the council and a ministry, an agency, the types and a gate."""

import time
from collections.abc import Sequence

from registry_client.actions import accreditation, agency, council, roles, schema, service
from registry_client.actions import did as dids
from registry_client.actions.agency import AgencyKeys
from registry_client.actions.did import Birth
from registry_client.adapters.book import IssuerBook
from registry_client.core.did import Did
from registry_client.core.document_builder import MethodEntry, ServiceEntry, build_organisation
from registry_client.errors import NodeRefusedError
from registry_client.submit import Outcome
from registry_client.walkthrough.cast import MINISTRY_SALT, council_of, new_salt
from registry_client.walkthrough.play import GATE_CLAIMS, Play
from registry_client.walkthrough.stage import Line

_YEAR = 365 * 24 * 3600


def found_ministry(play: Play) -> None:
    """Let the council admit and accredit a ministry, the first time only."""
    desk, ring = play.desk, play.ring
    controller, endorser = ring.standing("ministry"), ring.standing("ministry-endorser")
    birth = dids.organisation_birth(desk, controller=controller, salt=MINISTRY_SALT)
    play.ministry = birth.did
    play.name(birth.did, "the Ministry of the Interior", "행정안전부")
    play.stage.chapter(
        Line(
            "A council of three, two of whom decide, admits a ministry",
            "위원 3명 중 2명이 의결하는 협의회가 부처를 승인합니다",
        )
    )
    if _exists(play, f"/v1/dids/{birth.did}") and accreditation.grants(desk, birth.did):
        play.stage.say(
            Line("Done in an earlier run; the ledger still says so.", "지난 실행에서 마쳤고, 원장에 그대로 있습니다.")
        )
        play.stage.fact(birth.did)
        return
    if not _admitted(play, birth.did):
        admission = council.proposal(
            "admit",
            (birth.did_id, endorser.public_key.controller(), desk.now() + 3 * _YEAR),
            salt=new_salt(),
        )
        play.show(
            _decide(play, [admission]),
            Line("The ministry may now create its DID.", "이제 부처가 DID를 만들 수 있습니다."),
        )
    if not _exists(play, f"/v1/dids/{birth.did}"):
        _create_ministry(play, birth)
    start, end = desk.now() - 1, desk.now() + 3 * _YEAR - 60
    rights = [
        council.proposal("grant-root", (birth.did_id, kind.type_id, start, end, False, True), salt=new_salt())
        for kind in (play.civil_servant, play.gate_pass)
    ]
    play.show(
        _decide(play, rights),
        Line(
            "The ministry may accredit others for two credential types; it issues none itself.",
            "부처는 두 유형의 발급 권한을 다른 기관에 줄 수 있으나, 직접 발급하지는 않습니다.",
        ),
    )


def _create_ministry(play: Play, birth: Birth) -> None:
    ring = play.ring
    controller = ring.standing("ministry")
    document = build_organisation(
        Did(birth.did),
        methods=[MethodEntry("auth-1", controller.public_key, ("authentication",))],
        services=[ServiceEntry("web", "LinkedDomains", "https://mois.example")],
    )
    creation = dids.create_organisation(
        play.desk,
        birth,
        document=document,
        controller=controller,
        endorser=ring.standing("ministry-endorser"),
        agency=birth.did,
    )
    play.show(play.desk.send(creation))
    play.stage.fact(birth.did)


def _decide(play: Play, proposals: Sequence[council.Proposal]) -> list[Outcome]:
    """Let two of three members approve, wait for the delay, execute."""
    desk = play.desk
    state = desk.node.get("/v1/council")
    epoch = int(state["epoch"])
    members = council_of(play.ring)[: int(state["threshold"])]
    outcomes = desk.send(
        *(council.ballot(desk, item, epoch=epoch, member=member) for item in proposals for member in members)
    )
    wanted = {"0x" + item.id.hex() for item in proposals}
    answer = desk.node.get("/v1/council")
    ready = max(int(row["ready_at"] or 0) for row in answer["proposals"] if row["proposal"] in wanted)
    while desk.now() < ready:
        time.sleep(0.05)
    return outcomes + desk.send(*(council.execution(desk, item, epoch=epoch) for item in proposals))


def found_agency(play: Play) -> None:
    """Let the ministry admit and accredit an agency, which sets itself up."""
    desk, ring, run = play.desk, play.ring, play.ring.run
    keys = AgencyKeys(
        controller=ring.fresh("controller"),
        issue=ring.fresh("issue-1"),
        status=ring.fresh("status-1"),
        endorser=ring.fresh("endorser"),
        status_operator=ring.fresh("status-operator"),
        issuance_operator=ring.fresh("issuance-operator"),
    )
    play.keys = keys
    birth = dids.organisation_birth(desk, controller=keys.controller, salt=new_salt())
    play.agency = birth.did
    play.name(birth.did, f"the city (run {run})", f"서울특별시 ({run}회차)")
    ministry = ring.standing("ministry")
    play.stage.chapter(
        Line(
            f"The ministry admits an agency and accredits it to issue (run {run})",
            f"부처가 기관을 승인하고 발급 권한을 줍니다 ({run}회차)",
        )
    )
    admission = roles.admit_agency(
        desk,
        root=play.ministry,
        agency=birth.did_id,
        endorser=keys.endorser.public_key.controller(),
        controller=ministry,
        until=desk.now() + _YEAR,
    )
    play.show(desk.send(admission))
    nothing: dict[agency.Stage, bool] = dict.fromkeys(agency.STAGES, False)
    done: list[Outcome] = []
    play.list_id = agency.establish(desk, birth, keys, done=nothing, on_done=done.extend)
    play.show(
        done,
        Line(
            "It creates its DID, names its operators and opens a status list.",
            "기관은 DID를 만들고, 담당자 역할을 정하고, 상태 목록을 엽니다.",
        ),
    )
    play.stage.fact(birth.did)
    path = play.home / "demo" / f"run-{run}" / "book.sqlite"
    play.book = IssuerBook.create(path, agency=birth.did, secret=ring.book_secret())
    play.book.add_list(play.list_id, opened_at=desk.now())
    grants = []
    for kind in (play.civil_servant, play.gate_pass):
        parent = accreditation.newest_grant(desk, play.ministry, kind.vct)
        grants.append(
            accreditation.accredit(
                desk,
                grantor=play.ministry,
                grantor_seq=int(parent["seq"]),
                agency=birth.did,
                vct=kind.vct,
                seq=1,
                valid_from=max(desk.now() - 1, int(parent["from"])),
                valid_until=min(int(parent["until"]), desk.now() + _YEAR),
                controller=ministry,
            )
        )
    play.show(
        desk.send(*grants),
        Line(
            "It may issue CivilServantCredential and CivilServantGatePass.",
            "공무원증과 출입증 두 유형을 발급할 수 있습니다.",
        ),
    )


def open_gate(play: Play) -> None:
    """Register the types, and let a gate ask for three claims under a service code."""
    desk, ring = play.desk, play.ring
    ministry = ring.standing("ministry")
    play.stage.chapter(
        Line(
            "Schemas and a gate's service code: who may ask for what, and why",
            "유형 등록과 출입문의 서비스 코드: 누가 무엇을 왜 물을 수 있는가",
        )
    )
    missing = [
        kind
        for kind in (play.civil_servant, play.gate_pass)
        if not _exists(play, f"/v1/schemas/0x{kind.type_id.hex()}")
    ]
    if missing:
        registrations = [
            schema.register_schema(
                desk, owner=play.ministry, vct=kind.vct, document=kind.to_document(), version=1, controller=ministry
            )
            for kind in missing
        ]
        play.show(desk.send(*registrations))
    gate = ring.fresh("gate")
    birth = dids.organisation_birth(desk, controller=gate, salt=new_salt())
    play.gate = birth.did
    play.service = f"GATE-SEJONG-{ring.run}"
    play.name(birth.did, f"the Sejong gate (run {ring.run})", f"정부세종청사 출입문 ({ring.run}회차)")
    document = build_organisation(Did(birth.did), methods=[MethodEntry("auth-1", gate.public_key, ("authentication",))])
    creation = dids.create_organisation(
        desk,
        birth,
        document=document,
        controller=gate,
        endorser=ring.standing("ministry-endorser"),
        agency=play.ministry,
    )
    outcomes = desk.send(creation)
    code = service.set_service(
        desk,
        vct=play.gate_pass.vct,
        code=play.service,
        version=1,
        verifier=birth.did,
        valid_from=desk.now() - 1,
        valid_until=desk.now() + service.WINDOW_S,
        document=service.service_document(
            vct=play.gate_pass.vct,
            claims=GATE_CLAIMS,
            purpose_en="Entry to the Sejong government complex",
            purpose_ko="정부세종청사 출입",
        ),
        owner=play.ministry,
        controller=ministry,
    )
    play.show(
        outcomes + desk.send(code),
        Line(
            f"{play.service}: name, institution and photo digest; the staff number is not among them.",
            f"{play.service}: 이름, 기관, 사진 지문만. 직원 번호는 물을 수 없습니다.",
        ),
    )


def _exists(play: Play, path: str) -> bool:
    try:
        play.desk.node.get(path)
    except NodeRefusedError as error:
        if error.status == 404:
            return False
        raise
    return True


def _admitted(play: Play, did: str) -> bool:
    answer = play.desk.node.get(f"/v1/roles/{did}")
    return int(answer["admission"]["until"] or 0) > play.desk.now()
