"""`mapae request`: a verifier asks for claims under a service code; anybody can look at what is asked."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, emit, moment, outcome

app = noun("request", help=tr("Ask a holder for claims", "소지자에게 제시를 요청합니다"))

File = Annotated[Path, typer.Argument(metavar="FILE", help=tr("the signed request", "서명된 요청"))]


@command(
    app,
    "make",
    help=tr("Sign a request under a service code", "서비스 코드로 요청을 만들어 서명합니다"),
    examples=(
        (
            "mapae request make --service GATE-SEJONG-1 --type gate-pass --claims "
            "name,institutionName --verifier DID --key gate --out request.jwt"
        ),
    ),
)
def make(
    service: Annotated[str, typer.Option("--service", metavar="CODE", help=tr("the service code", "서비스 코드"))],
    type_: options.TypeName,
    claims: Annotated[str, typer.Option("--claims", metavar="A,B", help=tr("what is asked for", "요청할 항목"))],
    key: options.Key,
    verifier: Annotated[
        str | None,
        typer.Option("--verifier", metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관")),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            "--method", metavar="FRAGMENT", help=tr("the key's name in the DID document", "문서 안의 키 이름")
        ),
    ] = "auth-1",
    seconds: Annotated[
        int,
        typer.Option("--expires", metavar="S", min=10, max=900, help=tr("seconds until it expires", "유효 시간(초)")),
    ] = 300,
    format_: options.FormatName = None,
    out: options.Output = None,
) -> None:
    from registry_client.core.request import PresentationRequest, sign_request

    now = int(datetime.now(UTC).timestamp())
    did = context.agency(verifier)
    kind = context.issued_type(type_)
    _require_service(kind.vct, service)
    asked = PresentationRequest(
        verifier=did,
        service=service,
        vct=kind.vct,
        claims=tuple((name.strip(),) for name in claims.split(",") if name.strip()),
        nonce=secrets.token_urlsafe(24),
        issued_at=now,
        expires_at=now + seconds,
        format=options.format_of(format_, kind),
    )
    text = sign_request(asked, method_id=f"{did}#{method}", signer=context.signer(key))
    if out is not None:
        out.write_text(text + "\n", encoding="ascii")

    def page(screen: Screen) -> None:
        if out is None:
            typer.echo(text)
            return
        screen.line(f"{outcome('ok')}  {out}")
        screen.facts([(tr("service", "서비스"), service), (tr("expires", "만료"), moment(asked.expires_at))])

    emit({"request": text, "nonce": asked.nonce, "audience": asked.audience, "expires_at": asked.expires_at}, page)


def _require_service(vct: str, code: str) -> None:
    """Refuse a code that the ledger does not have: every wallet would. Without the ledger nobody knows: it is made."""
    from registry_client.errors import LedgerUnavailableError, RequestInvalidError

    try:
        found = context.registry().service(vct, code)
    except LedgerUnavailableError:
        Screen(stderr=True).note(
            tr(
                f"the ledger cannot be asked whether the service {code} exists",
                f"원장에 연결할 수 없어 서비스 {code}가 있는지 확인하지 못했습니다",
            )
        )
        return
    if found is None:
        raise RequestInvalidError(
            tr(f"the ledger has no service {code} for this type", f"원장에 이 유형의 서비스 {code}가 없습니다"),
            code=code,
            type=vct,
        )


@command(
    app,
    "show",
    help=tr(
        "Check a request and show who asks for what, by the ledger", "요청을 확인하고 누가 무엇을 왜 묻는지 봅니다"
    ),
    examples=("mapae request show request.jwt --lang ko",),
)
def show(file: File) -> None:
    opened = context.open_request(file)
    told = opened.describe(language())

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('ok')}  {told['purpose']}")
        screen.facts(
            [
                (tr("verifier", "검증자"), told["verifier"]),
                (tr("service", "서비스"), told["service"]),
                (tr("type", "유형"), told["type"]),
                (
                    tr("claims", "항목"),
                    ", ".join(opened.type.label(name, language()) for name in opened.request.claim_names),
                ),
                (tr("expires", "만료"), moment(opened.request.expires_at)),
            ]
        )

    emit({**told, "expires_at": opened.request.expires_at, "assurance": str(opened.assurance)}, page)
