"""`mapae status publish`: the agency's lists, signed, anchored, and handed over for everybody to read."""

import sys
from typing import Annotated, Any, Final

import typer

from registry_client.cli import context, options
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, to_line
from registry_client.cli.progress import progress
from registry_client.cli.settings import current

EVERY_S: Final = 15.0
ListId = Annotated[
    str, typer.Argument(metavar="LIST", help=tr("the list's id, 0x and 64 hex digits", "목록 id (0x와 16진수 64자)"))
]
Key = Annotated[str, typer.Option("--key", metavar="KEY", help=tr("the key behind #status-N", "#status-N의 키"))]
Operator = Annotated[
    str,
    typer.Option("--operator", metavar="KEY", help=tr("anchors: a StatusOperator's key", "상태 담당자의 키")),
]
ValidFor = Annotated[
    int, typer.Option("--valid-for", metavar="SECONDS", min=60, help=tr("until the list expires", "목록의 유효 시간"))
]
Ttl = Annotated[
    int, typer.Option("--ttl", metavar="SECONDS", min=1, help=tr("how long a copy is kept", "사본을 두는 시간"))
]
Watch = Annotated[
    bool, typer.Option("--watch", help=tr("go on: at every change, and before it expires", "바뀔 때와 만료 전에 계속"))
]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=1, help=tr("how often to look", "살피는 간격"))]


def publish(
    list_: ListId,
    key: Key = "status-1",
    operator: Operator = "status-operator",
    agency: options.Agency = None,
    valid_for: ValidFor = 86_400,
    ttl: Ttl = 300,
    watch: Watch = False,
    every: Every = EVERY_S,
) -> None:
    from registry_client.actions import publication
    from registry_client.core.did import Did
    from registry_client.core.encoding import decode_hex
    from registry_client.publisher import ListPublisher, status_method_of

    owner = context.agency(agency)
    list_id = decode_hex(list_.lower(), length=32)
    signer = context.signer(key)
    publisher = ListPublisher(
        owner=Did(owner),
        method_id=status_method_of(context.document_of(owner), signer),
        signer=signer,
        host=context.profile().base,
        valid_s=valid_for,
        ttl_s=min(ttl, valid_for),
    )
    desk, registry, anchoring = context.desk(), context.registry(), context.signer(operator)
    if watch:
        publication.watch(desk, registry, publisher, list_id=list_id, operator=anchoring, every_s=every, told=_told)
        return
    with progress() as shown:
        shown.step(tr("publishing the list", "목록 게시"))
        answer = publication.publish(desk, registry, publisher, list_id=list_id, operator=anchoring)
    emit(answer, lambda screen: _page(screen, answer))


def _page(screen: Screen, answer: dict[str, Any]) -> None:
    screen.facts(
        [
            (tr("list", "목록"), answer["list"]),
            (tr("changes", "변경 수"), answer["seq"]),
            (tr("digest", "다이제스트"), answer["digest"]),
            (tr("signed", "서명 시각"), moment(answer["signed_at"])),
            (tr("valid until", "유효 기한"), moment(answer["expires_at"])),
            (tr("forms", "형식"), ", ".join(answer["forms"])),
            (tr("address", "주소"), answer["url"]),
        ],
        indent=0,
    )


def _told(event: str, answer: dict[str, Any]) -> None:
    """One line for each thing that happens while watching; a JSON object a line with `--json`."""
    if current().json:
        sys.stdout.write(to_line({"event": event, **answer}) + "\n")
        sys.stdout.flush()
    elif event == "published":
        changes = tr(f"{answer['seq']} changes", f"변경 {answer['seq']}건")
        sys.stdout.write(f"{moment(answer['signed_at'])}  {tr('published', '게시함')}: {changes}\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(f"{tr('waiting', '대기')}: {answer['reason']}\n")
        sys.stderr.flush()
