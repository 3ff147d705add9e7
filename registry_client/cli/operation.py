"""`mapae operation`: make an operation here, have it signed on machines without a network, submit it later."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.operation_make import make, told, write
from registry_client.cli.output import Screen, emit, moment
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.core.operation_file import OperationFile

app = noun(
    "operation",
    help=tr("Make, sign offline, show and submit operations", "변경을 만들고 오프라인에서 서명해 제출합니다"),
)

File = Annotated[Path, typer.Argument(metavar="FILE", help=tr("the operation's file", "작업 파일"))]
Yes = Annotated[bool, typer.Option("--yes", help=tr("do not ask", "묻지 않음"))]


@command(
    app,
    "kinds",
    help=tr("List the kinds, or what one of them takes", "종류 목록, 또는 한 종류의 항목을 봅니다"),
    examples=("mapae operation kinds", "mapae operation kinds update-document --lang ko"),
)
def kinds(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=tr("one kind; all if left out", "종류; 생략하면 전체"))
    ] = None,
) -> None:
    from registry_client.cli.drafts.arguments import RECIPES, dashed, kind_of
    from registry_client.cli.operation_texts import TEXTS
    from registry_client.core.operation_types import OPERATIONS

    if kind is None:
        emit(
            [{"kind": name, "name": dashed(name), "title": tr(*TEXTS[name].title)} for name in RECIPES],
            lambda screen: screen.facts([(dashed(name), tr(*TEXTS[name].title)) for name in RECIPES], indent=0),
        )
        return
    chosen = kind_of(kind)
    taken = RECIPES[chosen].arguments

    def page(screen: Screen) -> None:
        screen.title(f"{dashed(chosen)}: {tr(*TEXTS[chosen].title)}")
        screen.facts(
            [
                (
                    f"{item.name}={'*' if item.needed else ''}",
                    tr(item.en, item.ko) + (tr("; repeatable", "; 반복 가능") if item.repeatable else ""),
                )
                for item in taken
            ]
        )
        screen.note(tr("* must be given", "* 필수"))

    emit(
        {
            "kind": chosen,
            "signers": list(OPERATIONS[chosen].roles),
            "arguments": [
                {"name": item.name, "needed": item.needed, "meaning": tr(item.en, item.ko)} for item in taken
            ],
        },
        page,
    )


command(
    app,
    "make",
    help=tr("Write an operation to a file, to be signed elsewhere", "다른 곳에서 서명할 작업 파일을 만듭니다"),
    examples=(
        "mapae operation make update-document did=DID method=issue-2=issue-2 --out next.json",
        "mapae operation make grant-role role=status-operator to=0x02.. until=+180d --out role.json",
        "mapae operation make vote proposal=p.json --out vote.json",
        "mapae operation make revoke --from-json message.json --out revoke.json",
    ),
)(make)


@command(
    app,
    "sign",
    help=tr("Sign files; needs no network", "파일에 서명합니다 (네트워크가 필요 없음)"),
    examples=(
        "mapae operation sign next.json --key controller",
        "mapae operation sign vote-1.json vote-2.json --key member",
        "mapae operation sign new.json --key usb/endorser.p12 --as endorser --yes",
        "mapae operation sign next.json --key 'pkcs11:token=agency;object=controller'",
    ),
)
def sign(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help=tr("one operation each", "파일 하나에 작업 하나"))
    ],
    key: options.Key,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="ROLE", help=tr("where the key could sign in two roles", "두 역할이 가능할 때")),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=tr("instead of into the same file", "같은 파일 대신"))
    ] = None,
    yes: Yes = False,
) -> None:
    from registry_client.cli.operation_page import page_of
    from registry_client.core.operation_file import add_signature

    if out is not None and len(files) > 1:
        raise UsageError(tr("--out is for one file", "--out은 파일 하나일 때만 씁니다"))
    found = [_read(path) for path in files]
    for path, item in zip(files, found, strict=True):
        _require_own_network(item)
        _require_unexpired(item, path)
    if not yes:
        options.require_somebody()
        screen = Screen(stderr=True)
        for item in found:
            screen.drawn(page_of(item))
        options.confirm(tr("The signature will do the above.", "서명하면 위와 같이 됩니다."), yes=False)
    signer = context.signer(key)
    changed = [add_signature(item, signer, role=as_) for item in found]  # all or, where one cannot be signed, none
    signed = [(item, out or path) for path, item in zip(files, changed, strict=True)]
    for before, (item, target) in zip(found, signed, strict=True):
        if item is not before or out is not None:
            write(item, target, replace=out is None)
    told(*signed)


@command(
    app,
    "show",
    help=tr("Say what a signature will do, who must sign, until when", "서명의 효과, 서명할 사람, 기한을 봅니다"),
    examples=("mapae operation show next.json", "mapae operation show next.json --lang ko"),
)
def show(file: File) -> None:
    from registry_client.cli.operation_page import document_of, page_of

    found = _read(file)
    same = _is_own_network(found)

    def page(screen: Screen) -> None:
        screen.drawn(page_of(found))
        if same is False:
            screen.line(
                tr(
                    "! This is not the network of the profile here. Do not sign it.",
                    "! 이 프로필의 네트워크가 아닙니다. 서명하지 마세요.",
                )
            )
        elif same is None:
            screen.note(
                tr(
                    "No profile here: compare network and chain with what you know.",
                    "프로필이 없습니다: 네트워크와 체인이 맞는지 직접 확인하세요.",
                )
            )

    emit({**document_of(found), "own_network": same}, page)


@command(
    app,
    "submit",
    help=tr("Send signed files and wait for their effect", "서명된 파일을 보내고 결과를 기다립니다"),
    examples=("mapae operation submit next.json", "mapae operation submit copy-a.json copy-b.json"),
)
def submit(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help=tr("copies of one operation are merged", "같은 작업의 사본은 합칩니다")),
    ],
) -> None:
    from registry_client.actions import offline
    from registry_client.cli.operation_words import title
    from registry_client.cli.progress import progress
    from registry_client.cli.sending import show as show_sent
    from registry_client.core.operation_file import merge_files

    merged = merge_files(_read(path) for path in files)
    desk = context.desk()
    with progress() as shown:
        shown.step(tr("submitting", "제출"))
        outcomes = offline.submit(desk, merged, on_change=shown.count)
    show_sent(outcomes, result={}, facts=[(tr("operation", "작업"), title(item.signed)) for item in merged])


def _read(path: Path) -> "OperationFile":
    from registry_client.adapters.operation_files import read_operation

    return read_operation(path)


def _is_own_network(file: "OperationFile") -> bool | None:
    """Whether the file is for the profile's network; None where there is no profile (a machine that only signs)."""
    from registry_client.errors import ProfileMissingError

    try:
        profile = context.profile()
    except ProfileMissingError:
        return None
    domain = file.signed.domain
    return (domain.network, domain.chain_id) == (profile.network, profile.chain_id)


def _require_unexpired(file: "OperationFile", path: Path) -> None:
    """By this machine's clock: a signature that nobody takes any more is not made."""
    from registry_client.errors import InvalidOperationError

    if file.is_expired(int(time.time())):
        raise InvalidOperationError(
            f"{path}: its deadline, {moment(file.signed.deadline)}, is over by this machine's clock: "
            "not signed; make it again",
            deadline=file.signed.deadline,
        )


def _require_own_network(file: "OperationFile") -> None:
    from registry_client.errors import WrongLedgerError

    if _is_own_network(file) is False:
        raise WrongLedgerError(
            f"the operation is for {file.signed.domain.network} (chain {file.signed.domain.chain_id}), "
            f"the profile here is for {context.profile().network} (chain {context.profile().chain_id}): not signed"
        )
