"""Admission and roles of an agency: shown, given and ended."""

from typing import Annotated, Literal

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, outcome

Role = Literal["endorser", "status-operator", "issuance-operator"]
Grantee = Annotated[
    str, typer.Option("--to", metavar="KEY|0x..", help=tr("a key's name, or a controller", "키 이름 또는 제어자"))
]
RoleOption = Annotated[Role, typer.Option("--role", help=tr("which role", "역할"))]


def show(
    did: Annotated[
        str | None, typer.Argument(metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관"))
    ] = None,
) -> None:
    chosen = context.agency(did)
    answer = context.node().get(f"/v1/roles/{chosen}")
    now = context.desk().network.head_time

    def page(screen: Screen) -> None:
        screen.title(chosen)
        admission = answer["admission"]
        live = int(admission["until"] or 0) > now
        screen.facts(
            [
                (
                    tr("admitted", "가입"),
                    outcome("active" if live else "ended") if admission["until"] else tr("never", "없음"),
                ),
                (tr("by", "승인"), context.did_name(admission["sponsor"]) if admission["until"] else None),
                (tr("until", "기한"), moment(admission["until"] or None)),
            ]
        )
        for term in answer["terms"]:
            state = "active" if term["until"] > now else "ended"
            screen.facts([(f"{outcome(state)}  {term['role_name']}", f"{term['controller']}  {moment(term['until'])}")])

    emit(answer, page)


def grant_role(
    role: RoleOption, to: Grantee, key: options.Controller, until: options.Until = None, agency: options.Agency = None
) -> None:
    from registry_client.actions import roles

    desk, chosen = context.desk(), context.agency(agency)
    end = options.time_of(until, now=desk.now(), default=desk.now() + roles.TERM_S)
    grantee = _controller(to)
    sending.change(
        roles.grant_role(
            desk,
            agency=chosen,
            role=roles.role_number(role),
            grantee=grantee,
            controller=context.signer(key),
            until=end,
        ),
        what=tr("granting the role", "역할 부여"),
        result={"agency": chosen, "role": role, "grantee": grantee, "until": end},
        facts=[
            (tr("role", "역할"), role),
            (tr("to", "대상"), "0x" + grantee.hex()),
            (tr("until", "기한"), moment(end)),
        ],
    )


def end_role(role: RoleOption, to: Grantee, key: options.Controller, agency: options.Agency = None) -> None:
    from registry_client.actions import roles

    desk, chosen = context.desk(), context.agency(agency)
    grantee = _controller(to)
    sending.change(
        roles.end_role(
            desk, agency=chosen, role=roles.role_number(role), grantee=grantee, controller=context.signer(key)
        ),
        what=tr("ending the role", "역할 종료"),
        result={"agency": chosen, "role": role, "grantee": grantee},
        facts=[(tr("role", "역할"), role), (tr("of", "대상"), "0x" + grantee.hex())],
    )


def dismiss(
    did: options.Did,
    key: options.Controller,
    root: Annotated[
        str | None,
        typer.Option("--root", metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관")),
    ] = None,
) -> None:
    from registry_client.actions import roles

    sending.change(
        roles.dismiss_agency(context.desk(), root=context.agency(root), agency=did, controller=context.signer(key)),
        what=tr("dismissing the agency", "기관 가입 종료"),
        result={"agency": did},
        facts=[(tr("agency", "기관"), did)],
    )


def _controller(text: str) -> bytes:
    from registry_client.core.encoding import decode_hex

    if text.startswith("0x"):
        return decode_hex(text.lower(), length=21)
    return context.public_key(text).controller()
