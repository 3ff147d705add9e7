"""Options and arguments that several nouns share, and how their texts are read."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.core.credential import Format
    from registry_client.core.credential_types import CredentialType

Did = Annotated[
    str, typer.Argument(metavar="DID", help=tr("did:mapae:<network>:<id>", "did:mapae:<네트워크>:<식별자>"))
]
Key = Annotated[
    str, typer.Option("--key", metavar="KEY", help=tr("the key that signs: name or file", "서명 키: 이름 또는 파일"))
]
Controller = Annotated[
    str, typer.Option("--key", metavar="KEY", help=tr("the controller's key: name or file", "제어 키: 이름 또는 파일"))
]
Agency = Annotated[
    str | None,
    typer.Option("--agency", metavar="DID", help=tr("instead of the profile's agency", "프로필의 기관 대신")),
]
TypeName = Annotated[
    str,
    typer.Option(
        "--type", metavar="TYPE", help=tr("civil-servant, gate-pass, organisation, or a vct", "유형 이름 또는 vct")
    ),
]
FormatName = Annotated[
    Literal["dc+sd-jwt", "ldp_vc", "vc+jwt", "gate-cwt"] | None,
    typer.Option(
        "--format",
        help=tr(
            "as its type wants if left out: ldp_vc for documents, dc+sd-jwt for people",
            "생략하면 유형에 따름: 문서는 ldp_vc, 사람은 dc+sd-jwt",
        ),
    ),
]
SuiteName = Annotated[
    Literal["ecdsa-jcs-2019", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "eddsa-rdfc-2022"] | None,
    typer.Option("--suite", help=tr("of ldp_vc; JCS if left out", "ldp_vc의 서명 방식, 생략하면 JCS")),
]
StatusFrom = Annotated[
    Literal["ledger", "published"] | None,
    typer.Option(
        "--status",
        help=tr("check the status with; the profile's if left out", "상태 확인 방법; 생략하면 프로필 설정"),
    ),
]
ListsFolder = Annotated[
    Path | None,
    typer.Option(
        "--lists",
        metavar="DIR",
        help=tr("check it with the published lists in this folder", "이 폴더에 있는 게시 목록으로도 상태 확인"),
    ),
]
Skew = Annotated[
    int, typer.Option("--clock-skew", metavar="S", min=0, max=3600, help=tr("seconds allowed", "허용 시차(초)"))
]
Salt = Annotated[
    str | None,
    typer.Option("--salt", metavar="HEX", help=tr("32 bytes; random if left out", "32바이트; 생략하면 무작위")),
]
Registrar = Annotated[
    str | None,
    typer.Option(
        "--registrar",
        metavar="URL",
        help=tr("through this DIF registrar; it sees no key", "이 DIF 등록기를 통해; 키는 보내지 않음"),
    ),
]
Output = Annotated[Path | None, typer.Option("--out", metavar="FILE", help=tr("write it there", "여기에 저장"))]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help=tr("first moment; now if left out", "시작; 생략하면 지금"))
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help=tr("a date, a time, or +365d", "날짜, 시각, 또는 +365d"))
]


def format_of(name: str | None, kind: "CredentialType") -> "Format":
    """The format that was named, or the one that a type is issued in."""
    from registry_client.core.credential import Format

    if name is not None:
        return Format(name)
    return Format.DATA_INTEGRITY if kind.describes_document else Format.SD_JWT_VC


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what cannot be undone. Raises Abort for a no, UsageError where nobody can be asked; `yes`: no asking.

    `question`: ends with what will happen; it is folded like any other text.
    """
    from registry_client.cli.output import Screen
    from registry_client.cli.progress import is_interactive

    if yes:
        return
    if not is_interactive():
        raise UsageError(
            tr(
                f"{question} Nobody can be asked here: add --yes.",
                f"{question} 물어볼 수 없는 환경입니다: --yes를 붙이세요.",
            )
        )
    Screen(stderr=True).line(question)
    if not typer.confirm(tr("Go on?", "계속할까요?"), err=True):
        raise typer.Abort


def require_somebody() -> None:
    """Raise UsageError where nobody can be asked."""
    from registry_client.cli.progress import is_interactive

    if not is_interactive():
        raise UsageError(tr("nobody can be asked here: add --yes", "물어볼 수 없는 환경입니다: --yes를 붙이세요"))


def salt_of(text: str | None) -> bytes:
    """The salt that was given, or 32 random bytes."""
    from registry_client.core.encoding import decode_hex

    return secrets.token_bytes(32) if text is None else decode_hex(text.lower(), length=32)


Algorithms = Annotated[
    str | None,
    typer.Option("--algorithms", metavar="A,B", help=tr("default: ES256,ES384", "기본: ES256,ES384")),
]


def algorithms_of(text: str | None) -> frozenset[str]:
    """The signature algorithms that a policy allows: those named, else its default. Raises UsageError."""
    from registry_client.core.curves import Curve
    from registry_client.core.policy import SIGNED_BY_STATE

    if text is None:
        return SIGNED_BY_STATE
    known, named = {curve.algorithm for curve in Curve}, {name.strip() for name in text.split(",")}
    if not named <= known:
        raise UsageError(
            tr(f"--algorithms are of {', '.join(sorted(known))}", f"--algorithms의 값: {', '.join(sorted(known))}")
        )
    return frozenset(named)


def time_of(text: str | None, *, now: int, default: int) -> int:
    """Unix seconds of `2027-01-31`, `2027-01-31T09:00:00Z`, `+30d`, `+12h`, or `now`. A bare date is midnight UTC."""
    if text is None:
        return default
    if text == "now":
        return now
    if text[:1] in "+-" and text[-1:] in "dhms" and text[1:-1].isdigit():
        unit = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}[text[-1]]
        span = int(timedelta(**{unit: int(text[1:-1])}).total_seconds())
        return now + span if text[0] == "+" else now - span
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            tr(
                f"{text!r} is no time: write 2027-01-31, 2027-01-31T09:00:00Z or +30d",
                f"{text!r}은(는) 시각이 아닙니다: 2027-01-31, 2027-01-31T09:00:00Z, +30d처럼 씁니다",
            )
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def vct_of(name: str, *, base: str) -> str:
    """The vct of a type given by its short name or as a vct."""
    from registry_client.core.credential_types import SLUGS, vct_of_slug

    if name.startswith("https://"):
        return name
    if name not in SLUGS:
        raise UsageError(
            tr(f"a type is one of {', '.join(SLUGS)}, or a vct URL", f"유형은 {', '.join(SLUGS)} 또는 vct URL입니다")
        )
    return vct_of_slug(name, base=base)


def type_name(vct: str) -> str:
    """The short name of one of our own types, else the vct itself."""
    parts = vct.rsplit("/", 2)
    return parts[1] if len(parts) == 3 and parts[0].endswith("/vct") else vct
