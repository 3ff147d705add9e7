"""`mapae service`: which verifier may ask for which claims, and why."""

import re
from typing import Annotated, Final

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, emit, moment, outcome
from registry_client.cli.settings import UsageError

_CODE: Final = re.compile(r"[A-Z0-9-]{1,32}")

app = noun("service", help=tr("Set, end and show service codes", "서비스 코드를 정하고 끝내고 봅니다"))

Code = Annotated[str, typer.Argument(metavar="CODE", help=tr("1 to 32 of A-Z, 0-9, -", "A-Z, 0-9, - 1~32자"))]


@command(
    app,
    "set",
    help=tr("Let a verifier ask for claims of your type", "검증자가 요청할 수 있는 항목을 정합니다"),
    examples=(
        (
            "mapae service set GATE-SEJONG --type gate-pass --verifier DID --claims "
            "institutionName,validUntil --purpose 'Entry to the Sejong complex' --purpose-ko "
            "'정부세종청사 출입' --key controller"
        ),
    ),
)
def set_(
    code: Code,
    type_: options.TypeName,
    key: options.Controller,
    verifier: Annotated[str, typer.Option("--verifier", metavar="DID", help=tr("who may ask", "요청하는 기관"))],
    claims: Annotated[
        str, typer.Option("--claims", metavar="A,B", help=tr("what may be asked for", "요청할 수 있는 항목"))
    ],
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help=tr("why, in English", "목적 (영어)"))],
    purpose_ko: Annotated[
        str, typer.Option("--purpose-ko", metavar="TEXT", help=tr("why, in Korean", "목적 (한국어)"))
    ],
    valid_from: options.From = None,
    until: options.Until = None,
    agency: options.Agency = None,
) -> None:
    from registry_client.actions import service as services

    desk = context.desk()
    vct = options.vct_of(type_, base=context.profile().base)
    start = options.time_of(valid_from, now=desk.now(), default=desk.network.head_time)
    end_at = options.time_of(until, now=desk.now(), default=start + services.WINDOW_S)
    standing = context.registry().service(vct, _checked(code))
    names = _claims(claims, vct)
    document = services.service_document(vct=vct, claims=names, purpose_en=purpose, purpose_ko=purpose_ko)
    version = 1 if standing is None else standing.version + 1
    operation = services.set_service(
        desk,
        vct=vct,
        code=code,
        version=version,
        verifier=verifier,
        valid_from=start,
        valid_until=end_at,
        document=document,
        owner=context.agency(agency),
        controller=context.signer(key),
    )
    sending.change(
        operation,
        what=tr("setting the service", "서비스 등록"),
        result={"code": code, "vct": vct, "version": version, "verifier": verifier, "from": start, "until": end_at},
        facts=[
            (tr("service", "서비스"), code),
            (tr("verifier", "검증자"), verifier),
            (tr("claims", "항목"), ", ".join(names)),
            (tr("window", "기간"), f"{moment(start)} .. {moment(end_at)}"),
        ],
    )


@command(
    app,
    "end",
    help=tr("End a service", "서비스를 끝냅니다"),
    examples=("mapae service end GATE-SEJONG --type gate-pass --key controller",),
)
def end(
    code: Code,
    type_: options.TypeName,
    key: options.Controller,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help=tr("since when", "언제부터"))] = "now",
    agency: options.Agency = None,
) -> None:
    from registry_client.actions import service as services
    from registry_client.errors import RequestInvalidError

    desk = context.desk()
    vct = options.vct_of(type_, base=context.profile().base)
    standing = context.registry().service(vct, _checked(code))
    if standing is None:
        raise RequestInvalidError(
            tr(f"the ledger has no service {code} for this type", f"원장에 이 유형의 서비스 {code}가 없습니다"),
            code=code,
            type=vct,
        )
    when = options.time_of(at, now=desk.now(), default=desk.now())
    operation = services.end_service(
        desk,
        vct=vct,
        code=code,
        version=standing.version,
        ended_at=when,
        owner=context.agency(agency),
        controller=context.signer(key),
    )
    sending.change(
        operation,
        what=tr("ending the service", "서비스 종료"),
        result={"code": code, "vct": vct, "ended_at": when},
        facts=[(tr("service", "서비스"), code), (tr("ended", "종료"), moment(when))],
    )


@command(
    app,
    "show",
    help=tr("Show who may ask for what", "누가 무엇을 요청할 수 있는지 봅니다"),
    examples=("mapae service show GATE-SEJONG --type gate-pass --lang ko",),
)
def show(code: Code, type_: options.TypeName) -> None:
    from registry_client.core.strict_json import parse_object
    from registry_client.errors import RequestInvalidError

    vct = options.vct_of(type_, base=context.profile().base)
    found = context.registry().service(vct, _checked(code))
    if found is None:
        raise RequestInvalidError(
            tr(f"the ledger has no service {code} for this type", f"원장에 이 유형의 서비스 {code}가 없습니다"),
            code=code,
            type=vct,
        )
    said = parse_object(found.document)
    verifier = context.did_name("0x" + found.verifier.hex())
    live = found.covers(found.head.time)
    document = {
        "code": code,
        "vct": vct,
        "version": found.version,
        "verifier": verifier,
        "from": found.valid_from,
        "until": found.valid_until,
        "ended_at": found.ended_at,
        "document": said,
        "assurance": str(found.assurance),
    }

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('active' if live else 'ended')}  {code}")
        screen.facts(
            [
                (tr("purpose", "목적"), said.get("purpose", {}).get(language())),
                (tr("verifier", "검증자"), verifier),
                (tr("claims", "항목"), ", ".join(said.get("claims", ()))),
                (tr("window", "기간"), f"{moment(found.valid_from)} .. {moment(found.valid_until)}"),
                (tr("ended", "종료"), moment(found.ended_at)),
            ]
        )

    emit(document, page)


def _checked(code: str) -> str:
    """A service code as the contract takes it. Raises UsageError."""
    if not _CODE.fullmatch(code):
        raise UsageError(
            tr(
                f"{code!r}: a service code has 1 to 32 of A-Z, 0-9 and -",
                f"{code!r}: 서비스 코드는 A-Z, 0-9, - 1~32자입니다",
            )
        )
    return code


def _claims(text: str, vct: str) -> list[str]:
    """The claims that were typed, each one of the registered type's. Raises UsageError, SchemaMismatchError."""
    from registry_client.core.credential_types import CredentialType
    from registry_client.errors import SchemaMismatchError

    record = context.registry().schema(vct)
    if record is None:
        raise SchemaMismatchError("the ledger has no such credential type", type=vct)
    known = CredentialType.from_document(record.document).claim_names
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or set(names) - known:
        wrong = ", ".join(sorted(set(names) - known)) or "--claims"
        listed = ", ".join(sorted(known))
        raise UsageError(tr(f"{wrong}: the type has the claims {listed}", f"{wrong}: 이 유형의 항목은 {listed}입니다"))
    return names
