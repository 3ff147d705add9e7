"""`mapae events`: the ledger's story, one sentence an event, oldest first."""

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from registry_client.cli import context
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, to_line
from registry_client.cli.settings import UsageError, current
from registry_client.cli.timeline import describe
from registry_client.cli.typed import again

if TYPE_CHECKING:
    from registry_client.core.facts import EventFilter, EventPage, LedgerEvent

_PAGE: Final = 100
_SPAN_BLOCKS: Final = 64

app = noun("events", help=tr("The ledger's story, in words", "원장의 기록을 말로 봅니다"))


@command(
    app,
    "list",
    help=tr("Tell what happened, oldest first", "일어난 일을 오래된 것부터 봅니다"),
    examples=(
        "mapae events --last 20",
        "mapae events --limit 100",
        "mapae events --did DID --lang ko",
        "mapae events --type StatusChanged --type GrantEnded --json",
        "mapae events --last 5 --follow",
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
    newest: Annotated[
        int | None,
        typer.Option("--last", metavar="N", min=1, max=10_000, help=tr("the newest N, in order", "최근 N개, 순서대로")),
    ] = None,
    cursor: Annotated[
        str | None, typer.Option("--cursor", metavar="TEXT", help=tr("go on from here", "여기부터 이어서"))
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help=tr("stay, and tell what comes", "끝내지 않고 새로 오는 것을 알립니다"))
    ] = False,
) -> None:
    from registry_client.core.facts import EventFilter

    wanted = EventFilter(did=did, types=tuple(type_ or ()), from_block=first, to_block=last)
    if follow:
        if last is not None or cursor is not None:
            raise UsageError(
                tr(
                    "--follow has no end: leave --to and --cursor out",
                    "--follow에는 끝이 없습니다: --to와 --cursor를 빼세요",
                )
            )
        _follow(wanted, newest or 0)
        return
    if newest is None:
        found, following = _forward(wanted, cursor=cursor, limit=limit)
    elif cursor is not None:
        raise UsageError(tr("--last and --cursor exclude each other", "--last와 --cursor는 함께 쓸 수 없습니다"))
    else:
        found, following = newest_events(wanted, newest, read=context.registry().events), None

    def page(screen: Screen) -> None:
        if not found:
            screen.line(tr("nothing yet", "아직 기록이 없습니다"))
        for event in found:
            draw(screen, event)
        if following is not None:
            filters = [*(["--did", did] if did else []), *(word for name in type_ or () for word in ("--type", name))]
            filters += ["--to", str(last)] if last is not None else []
            screen.next(again("events", *filters, "--limit", str(limit), "--cursor", following))

    emit({"events": [_document(event) for event in found], "next_cursor": following}, page)


def newest_events(
    wanted: "EventFilter", count: int, *, read: "Callable[..., EventPage]", span: int = _SPAN_BLOCKS
) -> "list[LedgerEvent]":
    """Return the newest `count` events, oldest first: block ranges are read from the head backwards, ever wider ones.

    `read`: like `Registry.events`. `span`: blocks of the first range.
    """
    head = read(replace(wanted, from_block=None, to_block=0, limit=1)).head.number
    until = head if wanted.to_block is None else min(wanted.to_block, head)
    lowest = wanted.from_block or 0
    found: list[LedgerEvent] = []
    while until >= lowest and len(found) < count:
        start = max(lowest, until - span + 1)
        kept: deque[LedgerEvent] = deque(maxlen=count - len(found))
        cursor: str | None = None
        while True:
            page = read(replace(wanted, from_block=start, to_block=until, limit=_PAGE), cursor=cursor)
            kept.extend(page.events)
            cursor = page.next_cursor
            if cursor is None:
                break
        found = [*kept, *found]
        until, span = start - 1, span * 4
    return found


def _forward(wanted: "EventFilter", *, cursor: str | None, limit: int) -> "tuple[list[LedgerEvent], str | None]":
    found: list[LedgerEvent] = []
    while True:
        page = context.registry().events(replace(wanted, limit=min(_PAGE, limit - len(found))), cursor=cursor)
        found += page.events
        cursor = page.next_cursor
        if cursor is None or len(found) >= limit:
            return found, cursor


def _follow(wanted: "EventFilter", count: int) -> None:
    from registry_client.cli.events_follow import tell

    tell(
        wanted,
        newest=lambda: newest_events(wanted, count, read=context.registry().events) if count else [],
        show=_show,
    )


def _show(event: "LedgerEvent") -> None:
    """Show one event at once: a line of JSON, or its sentence."""
    if current().json:
        sys.stdout.write(to_line(_document(event)) + "\n")
    else:
        draw(Screen(), event)
    sys.stdout.flush()


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
