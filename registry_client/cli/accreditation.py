"""`mapae accreditation`: who may issue what, given by whom, until when; and admission under a root."""

from pathlib import Path
from typing import Annotated

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, outcome

app = noun("accreditation", help=tr("Give, end and show rights to issue", "발급 권한을 주고 끝내고 봅니다"))

Grantor = Annotated[
    str | None,
    typer.Option("--grantor", metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관")),
]


@command(
    app,
    "show",
    help=tr(
        "Every grant of an agency; with --type, the path up to the council",
        "기관의 모든 권한; --type이면 협의회까지의 경로",
    ),
    examples=(
        "mapae accreditation show DID",
        "mapae accreditation show DID --type civil-servant --at 2026-01-31",
    ),
)
def show(
    did: options.Did,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help=tr("one type", "유형 하나"))] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help=tr("as it was then", "그때의 권한"))] = None,
) -> None:
    if type_ is not None:
        _path(did, type_, at)
        return
    answer = context.node().get(f"/v1/accreditations/{did}")

    def page(screen: Screen) -> None:
        if not answer["grants"]:
            screen.line(tr("no grants", "권한이 없습니다"))
        for grant in answer["grants"]:
            live = not grant.get("ended_at") and grant["until"] > context.desk().network.head_time
            screen.line(
                f"{outcome('active' if live else 'ended')}  {context.type_name(grant['type_id'])} #{grant['seq']}"
            )
            screen.facts(
                [
                    (tr("by", "부여"), context.did_name(grant["grantor"])),
                    (tr("window", "기간"), f"{moment(grant['from'])} .. {moment(grant['until'])}"),
                    (tr("ended", "종료"), moment(grant.get("ended_at") or None)),
                ]
            )

    emit(answer, page)


def _path(did: str, type_: str, at: str | None) -> None:
    vct = options.vct_of(type_, base=context.profile().base)
    head_time = context.desk().network.head_time
    when = options.time_of(at, now=head_time, default=head_time)
    found = context.registry().accreditation(did, vct, at=when)
    document = {
        "did": did,
        "vct": vct,
        "at": when,
        "valid": found.valid,
        "assurance": str(found.assurance),
        "path": [
            {
                "agency": context.did_name("0x" + link.agency.hex()),
                "seq": link.seq,
                "from": link.grant.valid_from,
                "until": link.grant.valid_until,
                "ended_at": link.grant.ended_at,
                "may_issue": link.grant.may_issue,
                "may_accredit": link.grant.may_accredit,
            }
            for link in found.links
        ],
    }

    def page(screen: Screen) -> None:
        screen.verdict("accepted" if found.valid else "rejected", f"{options.type_name(vct)}  {moment(when)}")
        for link in found.links:
            grant = link.grant
            screen.facts(
                [
                    (tr("agency", "기관"), context.did_name("0x" + link.agency.hex())),
                    (tr("window", "기간"), f"{moment(grant.valid_from)} .. {moment(grant.valid_until)}"),
                    (tr("ended", "종료"), moment(grant.ended_at)),
                ]
            )

    emit(document, page)


@command(
    app,
    "give",
    help=tr("Accredit an agency for a type", "기관에 유형의 발급 권한을 줍니다"),
    examples=(
        "mapae accreditation give DID --type civil-servant --key ministry-controller",
        "mapae accreditation give DID --type civil-servant --until +365d --may-accredit --key controller",
    ),
)
def give(
    did: options.Did,
    type_: options.TypeName,
    key: options.Controller,
    grantor: Grantor = None,
    valid_from: options.From = None,
    until: options.Until = None,
    may_issue: Annotated[bool, typer.Option("--may-issue/--no-issue", help=tr("may issue", "발급 가능"))] = True,
    may_accredit: Annotated[
        bool, typer.Option("--may-accredit", help=tr("may accredit others", "재위임 가능"))
    ] = False,
) -> None:
    from registry_client.actions import accreditation as rights

    desk, giver = context.desk(), context.agency(grantor, option="--grantor")
    vct = options.vct_of(type_, base=context.profile().base)
    parent = rights.newest_grant(desk, giver, vct)
    start = options.time_of(valid_from, now=desk.now(), default=max(int(parent["from"]), desk.network.head_time))
    end = options.time_of(until, now=desk.now(), default=min(int(parent["until"]), start + rights.WINDOW_S))
    seq = rights.count_of(desk, did, vct) + 1
    operation = rights.accredit(
        desk,
        grantor=giver,
        grantor_seq=int(parent["seq"]),
        agency=did,
        vct=vct,
        seq=seq,
        valid_from=start,
        valid_until=end,
        may_issue=may_issue,
        may_accredit=may_accredit,
        controller=context.signer(key),
    )
    sending.change(
        operation,
        what=tr("accrediting", "권한 부여"),
        result={"agency": did, "vct": vct, "seq": seq, "from": start, "until": end},
        facts=[
            (tr("agency", "기관"), did),
            (tr("type", "유형"), options.type_name(vct)),
            (tr("number", "번호"), seq),
            (tr("window", "기간"), f"{moment(start)} .. {moment(end)}"),
        ],
    )


@command(
    app,
    "end",
    help=tr("End a grant; only ever earlier, never undone", "권한을 끝냅니다 (앞당길 수만 있음)"),
    examples=("mapae accreditation end DID --type civil-servant --grant 1 --key ministry-controller",),
)
def end(
    did: options.Did,
    type_: options.TypeName,
    key: options.Controller,
    grant: Annotated[int, typer.Option("--grant", metavar="N", help=tr("the grant's number", "권한 번호"))],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help=tr("since when", "언제부터"))] = "now",
    grantor: Grantor = None,
) -> None:
    from registry_client.actions import accreditation as rights

    desk = context.desk()
    vct = options.vct_of(type_, base=context.profile().base)
    when = options.time_of(at, now=desk.now(), default=desk.now())
    operation = rights.end_grant(
        desk,
        grantor=context.agency(grantor, option="--grantor"),
        agency=did,
        vct=vct,
        seq=grant,
        ended_at=when,
        controller=context.signer(key),
    )
    sending.change(
        operation,
        what=tr("ending the grant", "권한 종료"),
        result={"agency": did, "vct": vct, "seq": grant, "ended_at": when},
        facts=[
            (tr("agency", "기관"), did),
            (tr("type", "유형"), options.type_name(vct)),
            (tr("ended", "종료"), moment(when)),
        ],
    )


@command(
    app,
    "admit",
    help=tr("Admit an agency under your root, from its request file", "신청 파일로 기관의 가입을 승인합니다"),
    examples=("mapae accreditation admit request.json --key controller",),
)
def admit(
    request: Annotated[
        Path, typer.Argument(metavar="FILE", help=tr("from `mapae agency init`", "`mapae agency init`의 신청 파일"))
    ],
    key: options.Controller,
    root: Annotated[
        str | None,
        typer.Option("--root", metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관")),
    ] = None,
    until: options.Until = None,
) -> None:
    from registry_client.actions import roles
    from registry_client.actions.agency import parse_request

    desk = context.desk()
    asked = parse_request(context.read_json(request))
    end_at = options.time_of(until, now=desk.now(), default=desk.now() + roles.ADMISSION_S)
    operation = roles.admit_agency(
        desk,
        root=context.agency(root, option="--root"),
        agency=desk.did_id(asked.did),
        endorser=asked.endorser,
        controller=context.signer(key),
        until=end_at,
    )
    sending.change(
        operation,
        what=tr("admitting the agency", "기관 가입 승인"),
        result={"agency": asked.did, "until": end_at, "types": list(asked.types)},
        facts=[(tr("agency", "기관"), asked.did), (tr("until", "기한"), moment(end_at))],
    )
