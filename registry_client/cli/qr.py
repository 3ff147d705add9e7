"""`mapae qr`: show a gate pass as a QR code, judge one at the gate, and challenge where it matters."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, outcome

if TYPE_CHECKING:
    from registry_client.core.gate import GateChallenge

app = noun("qr", help=tr("Show and scan gate passes", "출입증 QR을 보이고 확인합니다"))

Group = Annotated[
    str, typer.Option("--group", metavar="GROUP", help=tr("the gate group: A-Z, 0-9, -", "출입구 그룹: A-Z, 0-9, -"))
]
Challenge = Annotated[
    str | None,
    typer.Option(
        "--challenge", metavar="CODE|FILE", help=tr("what the gate shows (GQC1:...)", "출입구가 보이는 값 (GQC1:...)")
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help=tr("FILE.png, FILE.svg or FILE.txt", "FILE.png, .svg 또는 .txt")),
]


@command(
    app,
    "make",
    help=tr("Show a gate pass, good for half a minute and once", "출입증을 QR로 보입니다 (30초, 한 번)"),
    examples=(
        "mapae qr make pass.json --key phone --group SEJONG-1",
        "mapae qr make pass.json --key phone --group SEJONG-1 --out code.png",
        "mapae qr make pass.json --key phone --group SEJONG-1 --challenge gate.png",
    ),
)
def make(
    file: Annotated[Path, typer.Argument(metavar="PASS", help=tr("the gate pass; - for stdin", "출입증 파일"))],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help=tr("the phone's key", "휴대전화의 키"))],
    group: Group,
    challenge: Challenge = None,
    out: Picture = None,
) -> None:
    from registry_client.cli.handed import read_handed
    from registry_client.core.formats.gate_cwt import is_gate_code
    from registry_client.core.gate import WINDOW_S
    from registry_client.errors import DomainMismatchError, InvalidInputError
    from registry_client.gate import show_pass

    content = read_handed(file).content
    if not isinstance(content, str) or not is_gate_code(content.strip()):
        raise InvalidInputError("not a gate pass: issue one with --format gate-cwt", path=str(file))
    asked = _challenge_of(challenge)
    if asked is not None and asked.group != group:
        raise DomainMismatchError("the challenge is another gate group's", group=asked.group, expected=group)
    now = datetime.now(UTC)
    nonce = None if asked is None else asked.nonce
    text = show_pass(content, signer=context.signer(key), group=group, created=now, nonce=nonce)
    _show(text, out, group=group, until=int(now.timestamp()) + WINDOW_S)


@command(
    app,
    "challenge",
    help=tr("Show a challenge at the gate, for high security", "보안 구역: 출입구가 보일 문제 값을 만듭니다"),
    examples=("mapae qr challenge --group SEJONG-1 --out gate.png",),
)
def challenge(group: Group, out: Picture = None) -> None:
    import secrets

    from registry_client.core.formats.gate_cwt import CHALLENGE_LENGTH, require_group
    from registry_client.core.gate import CHALLENGE_S, GateChallenge

    now = int(datetime.now(UTC).timestamp())
    shown = GateChallenge(require_group(group), secrets.token_bytes(CHALLENGE_LENGTH), now)
    _show(shown.to_text(), out, group=group, until=now + CHALLENGE_S)


@command(
    app,
    "scan",
    help=tr("Judge the code that a phone shows", "휴대전화가 보이는 코드를 확인합니다"),
    examples=(
        "mapae qr scan code.png --group SEJONG-1 --service GATE-SEJONG-1 --verifier DID",
        "mapae qr scan - --group SEJONG-1 --json --lang ko",
        "mapae qr scan code.png --group SEJONG-1 --challenge gate.txt",
    ),
)
def scan(
    source: Annotated[
        str,
        typer.Argument(
            metavar="CODE|FILE", help=tr("GQ1:..., a picture, a text file; - for stdin", "GQ1:..., 그림, 글 파일, -")
        ),
    ],
    group: Group,
    challenge: Challenge = None,
    service: Annotated[
        str | None, typer.Option("--service", metavar="CODE", help=tr("the service code", "서비스 코드"))
    ] = None,
    verifier: Annotated[
        str | None,
        typer.Option("--verifier", metavar="DID", help=tr("of the service; the profile's agency", "서비스의 기관 DID")),
    ] = None,
    memory: Annotated[
        Path | None,
        typer.Option("--memory", metavar="FILE", help=tr("used codes; shared by a group", "사용한 코드의 기록 파일")),
    ] = None,
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help=tr("the type that opens the gate", "받아들일 유형"))
    ] = "gate-pass",
    status: options.StatusFrom = None,
    lists: options.ListsFolder = None,
) -> int:
    from registry_client.adapters.gate_memory import FileMemory
    from registry_client.cli.qr_image import read_code
    from registry_client.cli.verdicts import show_report
    from registry_client.core.formats.gate_cwt import PREFIX, require_group
    from registry_client.core.policy import Policy
    from registry_client.gate import Gate

    profile = context.profile()
    policy = Policy(
        minimum_assurance=profile.minimum_assurance,
        types=frozenset({options.vct_of(type_, base=profile.base)}),
        possession="always",
        require_service=service is not None,
    )
    owner = None if service is None else context.agency(verifier)
    kept = memory or (profile.path or Path()).parent / "gate" / f"{require_group(group)}.sqlite"
    code = read_code(source, prefix=PREFIX)
    with FileMemory(kept) as used:
        gate = Gate(
            context.verifier(status, lists), group=group, policy=policy, memory=used, owner=owner, service=service
        )
        report = gate.scan(code, as_of=datetime.now(UTC), challenge=_challenge_of(challenge))
    return show_report(report, claims=True)


def _challenge_of(given: str | None) -> "GateChallenge | None":
    from registry_client.cli.qr_image import read_code
    from registry_client.core.gate import CHALLENGE_PREFIX, parse_challenge

    return None if given is None else parse_challenge(read_code(given, prefix=CHALLENGE_PREFIX))


def _show(text: str, out: Path | None, *, group: str, until: int) -> None:
    from registry_client.cli.qr_image import draw, save, terminal_lines

    drawn = draw(text)
    if out is not None:
        save(drawn, text, out)
    document: dict[str, Any] = {
        "code": text,
        "group": group,
        "good_until": until,
        "version": drawn.version,
        "error_level": drawn.error,
        "characters": len(text),
        "file": out,
    }

    def page(screen: Screen) -> None:
        if out is None:
            lines = terminal_lines(drawn)
            for line in lines:
                typer.echo(line)
            if not lines:
                columns = drawn.symbol_size()[0]
                screen.note(
                    tr(
                        f"drawing it takes {columns} columns of a Unicode terminal; use --out code.png",
                        f"여기에 그리려면 유니코드 터미널 {columns}칸이 필요합니다. --out code.png를 쓰세요",
                    )
                )
                typer.echo(text)
        screen.line(f"{outcome('ok')}  {tr('good until', '유효')} {moment(until)}")
        screen.facts(
            [
                (tr("gate group", "출입구 그룹"), group),
                (tr("QR code", "QR 코드"), f"{drawn.designator}, {len(text)} {tr('characters', '자')}"),
                (tr("file", "파일"), out),
            ]
        )

    emit(document, page)
