"""`mapae events`: the ledger's story, one sentence an event, oldest first."""

from typing import TYPE_CHECKING, Annotated

import typer

from registry_client.cli import context
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment
from registry_client.cli.timeline import describe

if TYPE_CHECKING:
    from registry_client.core.facts import LedgerEvent

app = noun("events", help=tr("The ledger's story, in words", "원장의 기록을 말로 봅니다"))


@command(
    app,
    "list",
    help=tr("Tell what happened, oldest first", "일어난 일을 오래된 것부터 봅니다"),
    examples=(
        "mapae events --limit 20",
        "mapae events --did DID --lang ko",
        "mapae events --type StatusChanged --type GrantEnded --json",
    ),
)
def list_(
    did: Annotated[
        str | None, typer.Option("--did", metavar="DID", help=tr("what concerns this DID", "이 DID에 관한 것"))
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="EVENT", help=tr("event name; repeatable", "사건 이름; 반복 가능")),
    ] = None,
    first: Annotated[
        int | None, typer.Option("--from", metavar="BLOCK", help=tr("from this block", "이 블록부터"))
    ] = None,
    last: Annotated[int | None, typer.Option("--to", metavar="BLOCK", help=tr("to this block", "이 블록까지"))] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help=tr("at most", "최대"))] = 100,
    cursor: Annotated[
        str | None, typer.Option("--cursor", metavar="TEXT", help=tr("go on from here", "여기부터 이어서"))
    ] = None,
) -> None:
    from registry_client.core.facts import EventFilter

    found: list[LedgerEvent] = []
    following = cursor
    while len(found) < limit:
        wanted = EventFilter(
            did=did,
            types=tuple(type_ or ()),
            from_block=first,
            to_block=last,
            limit=min(100, limit - len(found)),
        )
        part = context.registry().events(wanted, cursor=following)
        found += part.events
        following = part.next_cursor
        if following is None:
            break

    def page(screen: Screen) -> None:
        if not found:
            screen.line(tr("nothing yet", "아직 기록이 없습니다"))
        for event in found:
            draw(screen, event)
        if following is not None:
            filters = [*(["--did", did] if did else []), *(f"--type {name}" for name in type_ or ())]
            filters += [f"--to {last}"] if last is not None else []
            screen.next(" ".join(["mapae events", *filters, f"--limit {limit} --cursor {following}"]))

    emit({"events": [_document(event) for event in found], "next_cursor": following}, page)


def draw(screen: Screen, event: "LedgerEvent") -> None:
    """One event: when and where in the first line's margin, the sentence folded beside it."""
    text = describe(event.type, event.fields, name_of=context.did_name, type_of=context.type_name)
    stamp = moment(event.block_time)
    pending = "" if event.final else f"  ({tr('not final', '미확정')})"
    screen.facts([(f"{event.block_number:>6}  {stamp[5:10]} {stamp[11:19]}", text + pending)], indent=0)


def _document(event: "LedgerEvent") -> dict[str, object]:
    return {
        "position": event.position,
        "block_number": event.block_number,
        "block_time": event.block_time,
        "transaction_hash": event.transaction_hash,
        "contract": event.contract,
        "type": event.type,
        "fields": dict(event.fields),
        "subject_dids": list(event.subjects),
        "final": event.final,
        "text": describe(event.type, event.fields, name_of=context.did_name, type_of=context.type_name),
    }
