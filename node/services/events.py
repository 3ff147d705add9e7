"""The ledger's story: decoded events in one stable order, page by page."""

from typing import Any, Final

from node.ports import EventQuery, IndexView
from node.services.context import Ledger, hexed, place_json
from registry_client.core.times import format_time
from registry_client.errors import InvalidOptionsError

LIMIT_MAX: Final = 1_000
LIMIT_DEFAULT: Final = 100


def parse_cursor(text: str) -> tuple[int, int]:
    """Read a cursor `block:logIndex`. Raises InvalidOptionsError."""
    block, colon, index = text.partition(":")
    if not colon or not (block.isascii() and block.isdecimal() and index.isascii() and index.isdecimal()):
        raise InvalidOptionsError("cursor: use next_cursor of the page before", cursor=text[:64])
    if len(block) > 15 or len(index) > 9:
        raise InvalidOptionsError("cursor: beyond any block", cursor=text[:64])
    return int(block), int(index)


def events(ledger: Ledger, view: IndexView, wanted: EventQuery) -> dict[str, Any]:
    """Return one page; `next_cursor` is there as long as there is more."""
    page = EventQuery(
        wanted.limit + 1,
        wanted.did_id,
        wanted.types,
        wanted.from_block,
        wanted.to_block,
        wanted.from_time,
        wanted.to_time,
        wanted.after,
    )
    found = view.events(page)
    shown = found[: wanted.limit]
    return {
        "events": [
            {
                "position": event.position,
                "block_number": event.block_number,
                "log_index": event.log_index,
                "block_time": event.block_time,
                "time": format_time(event.block_time),
                "transaction_hash": hexed(event.transaction_hash),
                "contract": event.contract,
                "type": event.type,
                "fields": event.fields,
                "subject_dids": [ledger.did(subject) for subject in event.subjects],
                "final": event.block_number <= view.head.final.number,
            }
            for event in shown
        ],
        "next_cursor": shown[-1].position if len(found) > wanted.limit else None,
        "ledger": place_json(view),
    }
