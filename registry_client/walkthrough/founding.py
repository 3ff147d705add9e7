"""Scenes one to three: the council and a ministry, an agency, the types and a gate."""

from collections.abc import Sequence

from registry_client.actions import did as dids
from registry_client.actions import founding, service
from registry_client.actions.keyring import new_salt
from registry_client.adapters.book import IssuerBook
from registry_client.core.did import Did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.outcome import Outcome
from registry_client.data import shipped_types
from registry_client.walkthrough.play import GATE_CLAIMS, Play
from registry_client.walkthrough.stage import Line


def found_ministry(play: Play) -> None:
    """Let the council admit and accredit a ministry, the first time only."""
    play.stage.chapter(
        Line(
            "A council of three, two of whom decide, admits a ministry",
            "위원 3명 중 2명이 의결하는 협의회가 부처를 승인합니다",
        )
    )
    lines = {
        "admitted": Line("The ministry may now create its DID.", "이제 부처가 DID를 만들 수 있습니다."),
        "created": None,
        "accredited": Line(
            "The ministry may accredit others for three types; it issues none itself.",
            "부처는 세 유형의 발급 권한을 다른 기관에 줄 수 있으나, 직접 발급하지는 않습니다.",
        ),
    }
    acts: list[Outcome] = []

    def on_done(stage: str, outcomes: Sequence[Outcome]) -> None:
        acts.extend(outcomes)
        if outcomes:
            play.show(outcomes, lines[stage])

    play.ministry = founding.found_ministry(
        play.desk, play.ring, types=shipped_types(base=play.profile.base), on_done=on_done
    )
    play.name(play.ministry, "the Ministry of the Interior", "행정안전부")
    if not acts:
        play.stage.say(
            Line("Done in an earlier run; the ledger still says so.", "지난 실행에서 마쳤고, 원장에 그대로 있습니다.")
        )
    play.stage.fact(play.ministry)


def found_agency(play: Play) -> None:
    """Let the ministry admit and accredit an agency, which sets itself up."""
    run = play.ring.run
    play.stage.chapter(
        Line(
            f"The ministry admits an agency and accredits it to issue (run {run})",
            f"부처가 기관을 승인하고 발급 권한을 줍니다 ({run}회차)",
        )
    )
    lines = {
        "admitted": None,
        "established": Line(
            "It creates its DID, names its operators and opens a status list.",
            "기관은 DID를 만들고, 담당자 역할을 정하고, 상태 목록을 엽니다.",
        ),
        "accredited": Line(
            "It may issue CivilServantCredential and CivilServantGatePass.",
            "공무원증과 출입증 두 유형을 발급할 수 있습니다.",
        ),
    }
    founded = founding.found_agency(
        play.desk,
        play.ring,
        ministry=play.ministry,
        types=(play.civil_servant, play.gate_pass),
        on_done=lambda stage, outcomes: play.show(outcomes, lines[stage]),
    )
    play.agency, play.keys, play.list_id = founded.did, founded.keys, founded.list_id
    play.name(founded.did, f"the city (run {run})", f"서울특별시 ({run}회차)")
    play.name_key(founded.keys.status_operator, "the 24-hour desk", "24시간 상황실")
    play.name_key(founded.keys.issuance_operator, "the issuing server", "발급 서버")
    play.stage.fact(founded.did)
    path = play.ring.folder.parent / f"run-{run}" / "book.sqlite"
    play.book = IssuerBook.create(path, agency=founded.did, secret=play.ring.book_secret())
    play.book.add_list(founded.list_id, opened_at=play.desk.now())


def open_gate(play: Play) -> None:
    """Register the types, and let a gate ask for three claims under a service code."""
    desk, ring = play.desk, play.ring
    play.stage.chapter(
        Line(
            "Schemas and a gate's service code: who may ask for what, and why",
            "유형 등록과 출입문의 서비스 코드: 누가 무엇을 왜 물을 수 있는가",
        )
    )
    everything = shipped_types(base=play.profile.base)  # the officers' two, and that of organisations
    registered = founding.register_types(desk, ring, ministry=play.ministry, types=everything)
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
    outcomes = registered + desk.send(creation)
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
        controller=ring.standing("ministry"),
    )
    play.show(
        outcomes + desk.send(code),
        Line(
            f"{play.service}: name, institution and photo digest; the staff number is not among them.",
            f"{play.service}: 이름, 기관, 사진 지문만. 직원 번호는 물을 수 없습니다.",
        ),
    )
