"""`mapae council`: what m of n members decide. A proposal travels between members as a small file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.app import command, noun
from registry_client.cli.council_proposal import arguments_of, pair, read_proposal, write_proposal
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment
from registry_client.cli.settings import UsageError
from registry_client.cli.timeline import PROPOSALS, short_key

if TYPE_CHECKING:
    from registry_client.actions.council import Proposal
    from registry_client.core.operation import SignedOperation

app = noun("council", help=tr("Propose, approve, cancel and execute", "협의회 안건을 내고 의결합니다"))

File = Annotated[Path, typer.Argument(metavar="FILE", help=tr("the proposal's file", "안건 파일"))]
Member = Annotated[str, typer.Option("--key", metavar="KEY", help=tr("the member's key", "위원의 키"))]


_STATES: Final = {
    "open": ("open", "투표 중"),
    "ready": ("decided, waits for its delay and execution", "의결됨, 유예와 집행 대기"),
    "cancelled": ("cancelled", "철회됨"),
    "executed": ("executed", "집행됨"),
    "expired": ("expired", "기한 지남"),
}
"""A proposal's state, as the node writes it -> (English, Korean)."""


@command(
    app,
    "status",
    help=tr("Members, threshold, epoch and open proposals", "위원, 의결 수, 기수, 열린 안건"),
    examples=("mapae council status", "mapae council status --json"),
)
def status() -> None:
    answer = context.node().get("/v1/council")

    def page(screen: Screen) -> None:
        screen.facts(
            [
                (tr("members", "위원"), len(answer["members"])),
                (tr("deciding", "의결"), answer["threshold"]),
                (tr("epoch", "기수"), answer["epoch"]),
                (tr("paused until", "일시 중지"), moment(answer["paused_until"])),
            ],
            indent=0,
        )
        for member in answer["members"]:
            screen.line(f"{member}  {short_key(member)}", indent=2)
        for item in answer["proposals"]:
            name = tr(*PROPOSALS.get(int(item["kind"]), (str(item["kind"]),) * 2))
            screen.line(f"{name}: {tr(*_STATES.get(item['state'], (item['state'],) * 2))}", indent=2)
            screen.line(item["proposal"], indent=4)

    emit(answer, page)


@command(
    app,
    "propose",
    help=tr("Write a proposal and cast its first vote", "안건을 만들고 첫 표를 던집니다"),
    examples=(
        "mapae council propose admit agency=DID endorser=0x02.. until=+1095d --key council-1 --out p.json",
        "mapae council propose grant-root agency=DID type=civil-servant until=+730d --key council-1 --out p.json",
        "mapae council propose compromise did=DID thumbprint=0xc7.. since=now --key council-1 --out p.json",
        "mapae council propose directory name=Roles target=0x.. code=0x.. layout=0x.. --key council-1 --out p.json",
    ),
)
def propose(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="admit, dismiss, grant-root, end-grant, compromise, set-council, directory"
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help=tr("where the proposal is written", "안건을 쓸 파일"))
    ],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help=tr("the member's key; without it no vote is cast", "위원의 키; 없으면 투표 안 함"),
        ),
    ] = None,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help=tr("what is proposed", "안건의 내용"))
    ] = None,
) -> None:
    from registry_client.actions import council as councils

    given = dict(pair(text) for text in values or ())
    item = councils.proposal(kind, arguments_of(kind, given), salt=options.salt_of(given.pop("salt", None)))
    epoch = _epoch()
    out.write_text(write_proposal(item, given), encoding="utf-8")
    if key is None:
        _written(item, file=out)
    else:
        _vote(item, key=key, choice=councils.APPROVE, epoch=epoch, file=out)


@command(
    app,
    "approve",
    help=tr("Vote for a proposal", "안건에 찬성합니다"),
    examples=("mapae council approve p.json --key council-2",),
)
def approve(file: File, key: Member) -> None:
    from registry_client.actions import council as councils

    _vote(read_proposal(file), key=key, choice=councils.APPROVE, epoch=_epoch(), file=file)


@command(
    app,
    "cancel",
    help=tr("Vote to cancel a proposal", "안건 철회에 투표합니다"),
    examples=("mapae council cancel p.json --key council-3",),
)
def cancel(file: File, key: Member) -> None:
    from registry_client.actions import council as councils

    _vote(read_proposal(file), key=key, choice=councils.CANCEL, epoch=_epoch(), file=file)


@command(
    app,
    "execute",
    help=tr("Carry out a proposal that has its votes; anyone may", "가결된 안건을 집행합니다 (누구나 가능)"),
    examples=("mapae council execute p.json",),
)
def execute(file: File) -> None:
    from registry_client.actions import council as councils

    item = read_proposal(file)
    epoch = _epoch()
    operation = councils.execution(context.desk(), item, epoch=epoch)
    _sent(item, operation, what=tr("executing the proposal", "안건 집행"), file=file)


@command(
    app,
    "pause",
    help=tr(
        "Stop creating, granting, lifting, transferring; revoking never stops",
        "생성·부여·정지 해제·이전을 멈춥니다 (폐기는 멈추지 않음)",
    ),
    examples=("mapae council pause --until +12h --key council-1",),
)
def pause(
    key: Member,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=tr("72 hours from now at most", "최대 72시간 뒤"))
    ],
    yes: Annotated[bool, typer.Option("--yes", help=tr("do not ask", "묻지 않음"))] = False,
) -> None:
    from registry_client.actions import council as councils

    desk = context.desk()
    end = options.time_of(until, now=desk.now(), default=0)
    if not desk.now() < end <= desk.now() + councils.PAUSE_MAX_S:
        raise UsageError(
            tr("a pause ends in the future, 72 hours from now at most", "일시 중지는 지금부터 최대 72시간까지입니다")
        )
    options.confirm(
        tr(
            f"This pauses until {moment(end)}, cannot be undone, and none can follow it for 14 days.",
            f"{moment(end)}까지 멈춥니다. 되돌릴 수 없고, 그 뒤 14일은 다시 멈출 수 없습니다.",
        ),
        yes=yes,
    )
    operation = councils.pause(desk, epoch=_epoch(), until=end, member=context.signer(key))
    sending.change(
        operation,
        what=tr("pausing", "일시 중지"),
        result={"paused_until": end},
        facts=[(tr("paused until", "일시 중지"), moment(end))],
    )


def _written(item: "Proposal", *, file: Path) -> None:
    """A proposal without a vote: its first vote is made and signed elsewhere."""

    def page(screen: Screen) -> None:
        screen.facts(
            [
                (tr("proposal", "안건"), tr(*PROPOSALS[item.kind])),
                ("id", "0x" + item.id.hex()),
                (tr("file", "파일"), file),
            ],
            indent=0,
        )
        screen.next(f"mapae operation make vote proposal={file} --out vote.json")

    emit({"proposal": item.id, "kind": item.name, "file": str(file), "operations": []}, page)


def _vote(item: "Proposal", *, key: str, choice: int, epoch: int, file: Path) -> None:
    from registry_client.actions import council as councils

    operation = councils.ballot(context.desk(), item, epoch=epoch, member=context.signer(key), choice=choice)
    _sent(item, operation, what=tr("voting", "투표"), file=file)


def _sent(item: "Proposal", operation: "SignedOperation", *, what: str, file: Path) -> None:
    name = tr(*PROPOSALS[item.kind])
    sending.change(
        operation,
        what=what,
        result={"proposal": item.id, "kind": item.name, "file": str(file)},
        facts=[(tr("proposal", "안건"), name), ("id", "0x" + item.id.hex()), (tr("file", "파일"), file)],
    )


def _epoch() -> int:
    return int(context.node().get("/v1/council")["epoch"])
