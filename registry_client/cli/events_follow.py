"""`mapae events --follow`: each event as the node tells it, seen or final once, until interrupted."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from registry_client.cli import context
from registry_client.cli.i18n import tr

if TYPE_CHECKING:
    from registry_client.core.facts import EventFilter, EventPage, LedgerEvent

_PAGE: Final = 100


def tell(
    wanted: "EventFilter",
    *,
    newest: "Callable[[], list[LedgerEvent]]",
    show: "Callable[[LedgerEvent], None]",
) -> None:
    """Show what `newest` gives, then every event that comes; never returns by itself."""
    from registry_client.adapters.node_stream import follow

    read, changes = context.registry().events, follow(context.profile())
    final = context.registry().head().final_number
    shown = {_identity(event): event.block_number for event in _since(wanted, final, read)}
    for event in newest():
        shown[_identity(event)] = event.block_number
        show(event)
    for change in changes:
        if change is None:
            _note(tr("the node is away; waiting for it", "노드와 연결이 끊겼습니다. 기다립니다"))
            continue
        if change.is_reorg:
            _note(tr("blocks were taken back", "블록이 되돌려졌습니다"))
        for event in _since(wanted, final, read):
            if _identity(event) not in shown:
                shown[_identity(event)] = event.block_number
                show(event)
        final = max(final, change.final)
        shown = {identity: number for identity, number in shown.items() if number > final}


def _since(wanted: "EventFilter", final: int, read: "Callable[..., EventPage]") -> "Iterator[LedgerEvent]":
    wanted = replace(wanted, from_block=max(final + 1, wanted.from_block or 0), limit=_PAGE)
    cursor: str | None = None
    while True:
        page = read(wanted, cursor=cursor)
        yield from page.events
        cursor = page.next_cursor
        if cursor is None:
            return


def _identity(event: "LedgerEvent") -> tuple[str, bytes]:
    return event.position, event.transaction_hash


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
