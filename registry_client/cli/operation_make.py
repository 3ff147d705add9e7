"""`mapae operation make`: the message, the deadline and the nonce, written to a file that nobody has signed yet."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry_client.cli import context, options
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.core.operation_file import OperationFile


def make(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=tr("see `mapae operation kinds`", "`mapae operation kinds` 참고"))
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=tr("where it is written", "쓸 파일"))],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help=tr("what it says", "작업의 내용"))
    ] = None,
    from_json: Annotated[
        Path | None,
        typer.Option(
            "--from-json", metavar="FILE", help=tr("the message as JSON, instead", "NAME=VALUE 대신 메시지 JSON")
        ),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option("--deadline", metavar="TIME", help=tr("+7d if left out, +30d at most", "생략하면 +7d, 최대 +30d")),
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option(
            "--signer", metavar="ROLE=KEY|0x..", help=tr("who will sign; repeatable", "서명할 사람; 반복 가능")
        ),
    ] = None,
) -> None:
    from registry_client.actions import offline
    from registry_client.cli.drafts.arguments import build, kind_of
    from registry_client.core.operation_file import OperationFile

    chosen = kind_of(kind)
    desk = context.desk()
    if from_json is not None:
        if values:
            raise UsageError(
                tr("give NAME=VALUE or --from-json, not both", "NAME=VALUE와 --from-json 중 하나만 쓰세요")
            )
        message, expected = _message(chosen, from_json), {}
    else:
        message, found = build(chosen, values or ())
        expected = dict(found)
    until = None if deadline is None else options.time_of(deadline, now=desk.now(), default=0)
    signed = offline.complete(desk, chosen, message, deadline=until)
    expected |= _expected(signed.type.roles, signer or ())
    file = OperationFile(signed, expected, desk.now())
    write(file, out, replace=False)
    told((file, out))


def write(file: "OperationFile", path: Path, *, replace: bool) -> None:
    from registry_client.adapters.operation_files import write_operation

    try:
        write_operation(file, path, replace=replace)
    except FileExistsError:
        raise UsageError(
            tr(f"{path} exists already: choose another --out", f"{path} 파일이 이미 있습니다: 다른 --out을 쓰세요")
        ) from None


def told(*made: "tuple[OperationFile, Path]") -> None:
    """After making and signing: each file, who is missing, what to type next. JSON: a list where there are several."""

    def page(screen: Screen) -> None:
        for file, path in made:
            _tell(screen, file, path)

    documents = [
        {
            "file": os.fspath(path),
            "kind": file.signed.kind,
            "id": file.signed.id,
            "deadline": file.signed.deadline,
            "missing": list(file.missing),
            "next": _following(file, path),
        }
        for file, path in made
    ]
    emit(documents[0] if len(documents) == 1 else documents, page)


def _following(file: "OperationFile", path: Path) -> str:
    return f"mapae operation sign {path} --key KEY" if file.missing else f"mapae operation submit {path}"


def _tell(screen: Screen, file: "OperationFile", path: Path) -> None:
    from registry_client.cli.operation_page import role_name
    from registry_client.cli.operation_words import effect

    screen.line(effect(file.signed))
    screen.facts(
        [
            (tr("file", "파일"), os.fspath(path)),
            (tr("operation", "작업 번호"), "0x" + file.signed.id.hex()),
            (tr("deadline", "기한"), moment(file.signed.deadline)),
            (
                tr("still to sign", "남은 서명"),
                ", ".join(role_name(role) for role in file.missing) or tr("nobody", "없음"),
            ),
        ]
    )
    screen.next(_following(file, path))


def _message(kind: str, path: Path) -> dict[str, Any]:
    """A message from JSON; deadline and nonce may be left out. Raises InvalidOperationError."""
    from registry_client.core.operation import OPERATIONS, message_from_json
    from registry_client.errors import InvalidOperationError

    value = context.read_json(path)
    if not isinstance(value, dict):
        raise InvalidOperationError("the message must be an object")
    left_out = [name for name in ("deadline", "nonce") if name in OPERATIONS[kind].field_names and name not in value]
    blank = {"deadline": 0, "nonce": "0x0"}
    message = message_from_json(OPERATIONS[kind], {**value, **{name: blank[name] for name in left_out}})
    return {name: item for name, item in message.items() if name not in left_out}


def _expected(roles: tuple[str, ...], texts: "list[str] | tuple[()]") -> dict[str, bytes]:
    from registry_client.cli.drafts.given import controller_of

    found: dict[str, bytes] = {}
    for text in texts:
        role, equals, key = text.partition("=")
        if not equals or role not in roles:
            names = ", ".join(roles) or tr("nobody", "없음")
            raise UsageError(tr(f"--signer {text}: ROLE is one of {names}", f"--signer {text}: ROLE은 {names} 중 하나"))
        found[role] = controller_of(key)
    return found
