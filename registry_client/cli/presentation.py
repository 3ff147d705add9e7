"""`mapae presentation`: answer a request from the wallet; verify an answer at the gate."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, emit, outcome
from registry_client.cli.settings import UsageError

app = noun("presentation", help=tr("Answer a request; verify an answer", "요청에 답하고, 답을 검증합니다"))

Request = Annotated[Path, typer.Option("--request", metavar="FILE", help=tr("the signed request", "서명된 요청"))]


@command(
    app,
    "make",
    help=tr(
        "Answer a request with a credential; asks too much: refused",
        "요청에 자격증명으로 답합니다 (지나친 요구는 거절)",
    ),
    examples=("mapae presentation make --request request.jwt --credential pass.json --key phone --out answer.json",),
)
def make(
    request: Request,
    credential: Annotated[
        Path, typer.Option("--credential", metavar="FILE", help=tr("the credential", "자격증명 파일"))
    ],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help=tr("the phone's key", "휴대전화의 키"))],
    holder: Annotated[
        str | None,
        typer.Option(
            "--holder", metavar="DID#KEY", help=tr("the holder's key, for all but SD-JWT", "소지자 키의 DID URL")
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=tr("do not ask for consent", "동의를 묻지 않음"))] = False,
    out: options.Output = None,
) -> None:
    from registry_client.cli.handed import read_handed, write_private
    from registry_client.holder import answer_request

    opened = context.open_request(request)
    held = read_handed(credential)
    told = opened.describe(language())
    claims = ", ".join(
        opened.type.label(name, language()) for name in _disclosed(held.content, opened.request.claim_names)
    )
    options.confirm(
        tr(
            f"{told['verifier']} will see {claims}, for: {told['purpose']}.",
            f"{told['verifier']}에게 {claims} 항목을 보입니다. 목적: {told['purpose']}.",
        ),
        yes=yes,
    )
    answer = answer_request(
        opened, held.content, signer=context.signer(key), method_id=holder, created=datetime.now(UTC)
    )
    document = {"presentation": answer, "receipts": [dict(receipt) for receipt in held.receipts]}
    if out is not None:
        write_private(out, document)

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('ok')}  {told['purpose']}")
        screen.facts([(tr("shown", "제시"), claims), (tr("to", "대상"), told["verifier"]), (tr("file", "파일"), out)])
        if out is None:
            typer.echo(answer)

    emit(document, page)


@command(
    app,
    "verify",
    help=tr("Verify an answer against the request that it answers", "요청에 대한 답을 검증합니다"),
    examples=(
        "mapae presentation verify answer.json --request request.jwt",
        "mapae presentation verify answer.json --request request.jwt --json --lang ko",
        "mapae presentation verify several.json --nonce n-1f0c9c2d7a --audience https://gate.example",
    ),
)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=tr("the answer; - for stdin", "답 파일, -는 표준 입력"))],
    request: Annotated[
        Path | None, typer.Option("--request", metavar="FILE", help=tr("the signed request", "서명된 요청"))
    ] = None,
    nonce: Annotated[
        str | None, typer.Option("--nonce", metavar="TEXT", help=tr("of a request without a file", "요청의 nonce 값"))
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="TEXT", help=tr("whom it is for, or the domain", "제시 대상"))
    ] = None,
    skew: options.Skew = 300,
    status: options.StatusFrom = None,
    lists: options.ListsFolder = None,
) -> int:
    from registry_client.cli.handed import read_handed
    from registry_client.cli.verdicts import show_presentation, show_report
    from registry_client.core.policy import Policy
    from registry_client.core.presentation import Challenge
    from registry_client.core.request import parse_request

    given = read_handed(file)
    minimum, now = context.profile().minimum_assurance, datetime.now(UTC)
    if request is None:
        if nonce is None or audience is None:
            raise UsageError(
                tr("give --request, or --nonce and --audience", "--request 또는 --nonce와 --audience를 지정하세요")
            )
        several = context.verifier(status, lists).verify_presentation(
            given.content,
            policy=Policy(minimum_assurance=minimum, clock_skew_s=skew, possession="always"),
            as_of=now,
            challenge=Challenge(nonce, audience),
            receipts=given.receipts,
        )
        return show_presentation(several)
    if nonce is not None or audience is not None:
        raise UsageError(
            tr("--request says the nonce and audience itself", "--request에 nonce와 audience가 들어 있습니다")
        )
    asked = parse_request(request.read_text(encoding="ascii")).request
    report = context.verifier(status, lists).verify(
        given.content,
        policy=Policy(minimum_assurance=minimum, clock_skew_s=skew, types=frozenset({asked.vct}), require_service=True),
        as_of=now,
        challenge=Challenge(asked.nonce, asked.audience),
        service=asked.service,
        receipts=given.receipts,
    )
    return show_report(report, claims=True)


def _disclosed(credential: str | dict[str, Any], asked: Sequence[str]) -> Sequence[str]:
    """What the verifier will see: of an SD-JWT what was asked for, of a whole document all that it says."""
    from registry_client.core.formats.vc_jwt import is_compact_jws
    from registry_client.core.jose import parse_jws

    if isinstance(credential, str) and not is_compact_jws(credential):
        return asked
    document = parse_jws(credential).payload if isinstance(credential, str) else credential
    subject = document.get("credentialSubject")
    return sorted(name for name in subject if name != "id") if isinstance(subject, dict) else asked
