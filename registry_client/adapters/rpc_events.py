"""The ledger's story over JSON-RPC: all logs of our contracts in stable order, page by page.

- Order and cursor are `block:logIndex`. Ranges that the endpoint refuses are halved; at most REQUESTS_MAX a page.
- `did` keeps the events that name the DID's id; owners of lists and types are only known to a node's index.
"""

from collections.abc import Sequence
from typing import Any, Final

from registry_client.adapters import rpc_codec
from registry_client.adapters.rpc_codec import RpcLog
from registry_client.adapters.rpc_contracts import ContractMap
from registry_client.core.assurance import Assurance
from registry_client.core.did import format_did, parse_mapae
from registry_client.core.events import EVENT_NAMES, EVENTS, EventType, subject_ids
from registry_client.core.facts import EventFilter, EventPage, LedgerEvent, LedgerHead
from registry_client.errors import InvalidOptionsError, LedgerUnavailableError
from registry_client.flows import Flow, RpcError, rpc

SPAN_BLOCKS: Final = 5_000
"""Blocks asked for at once, at first."""
REQUESTS_MAX: Final = 200
"""eth_getLogs calls a page; then the page is returned with a cursor, however few events it has."""
PAGE_MAX: Final = 1_000

LAST_INDEX: Final = 999_999_999
"""Beyond any log of a block: a cursor with it means that the block was read to its end."""

Position = tuple[int, int]


def read_events(
    known: ContractMap, wanted: EventFilter, *, cursor: str | None, head: LedgerHead, network: str
) -> Flow[EventPage]:
    """Read one page. Raises InvalidOptionsError for a filter or cursor that makes no sense."""
    did_id = parse_mapae(wanted.did).did_id if wanted.did is not None else None
    types = _types(wanted.types)
    limit = wanted.limit
    if not 0 < limit <= PAGE_MAX:
        raise InvalidOptionsError(f"limit is between 1 and {PAGE_MAX}", limit=limit)
    after = parse_cursor(cursor)
    first = max(known.first_block(), wanted.from_block or 0, after[0] if after else 0)
    last = head.number if wanted.to_block is None else min(wanted.to_block, head.number)
    found: list[tuple[RpcLog, EventType, dict[str, Any]]] = []
    span = SPAN_BLOCKS
    for _ in range(REQUESTS_MAX):
        if first > last or len(found) > limit:
            break
        until = min(first + span - 1, last)
        (answer,) = yield from rpc(
            rpc_codec.get_logs(known.every_address(), [[kind.topic for kind in types]], first=first, last=until)
        )
        if isinstance(answer, RpcError) and span > 1:
            span = max(1, span // 4)
            continue
        found += _decode(known, rpc_codec.logs_of(answer), after=after, did_id=did_id)
        first = until + 1
    more = len(found) > limit or first <= last
    page = found[:limit]
    times = yield from _block_times([log for log, _, _ in page])
    events = tuple(_event(known, item, times, head=head, network=network) for item in page)
    next_cursor = None
    if more:
        next_cursor = events[-1].position if len(found) > limit else f"{first - 1}:{LAST_INDEX}"
    return EventPage(events, next_cursor, head, Assurance.OWN_LEDGER)


def parse_cursor(cursor: str | None) -> Position | None:
    """Read `block:logIndex`. Raises InvalidOptionsError."""
    if cursor is None:
        return None
    block, _, index = cursor.partition(":")
    if not (block.isdecimal() and index.isdecimal() and len(cursor) <= 40 and cursor.isascii()):
        raise InvalidOptionsError("a cursor is block:logIndex, as the page before gave it", cursor=cursor[:64])
    return int(block), int(index)


def _types(names: Sequence[str]) -> list[EventType]:
    if unknown := set(names) - EVENT_NAMES:
        raise InvalidOptionsError(f"unknown event type {min(unknown)}", known=sorted(EVENT_NAMES))
    distinct = {event.topic: event for event in EVENTS.values() if not names or event.name in names}
    return list(distinct.values())


def _decode(
    known: ContractMap, logs: Sequence[RpcLog], *, after: Position | None, did_id: bytes | None
) -> list[tuple[RpcLog, EventType, dict[str, Any]]]:
    kept = []
    for log in sorted(logs, key=lambda log: (log.block_number, log.log_index)):
        contract = known.name_of(log.address)
        event = EVENTS.get((contract or "", log.topics[0] if log.topics else b""))
        if event is None or (after is not None and (log.block_number, log.log_index) <= after):
            continue
        fields = rpc_codec.decode_log(event, log)
        if did_id is None or did_id in subject_ids(fields):
            kept.append((log, event, fields))
    return kept


def _block_times(logs: Sequence[RpcLog]) -> Flow[dict[int, int]]:
    """Return block number -> time; asked for only where the ledger does not put times into logs."""
    times = {log.block_number: log.block_time for log in logs if log.block_time is not None}
    missing = sorted({log.block_number for log in logs} - times.keys())
    answers = yield from rpc(*(rpc_codec.get_block(number) for number in missing))
    headers = [rpc_codec.block_of(answer) for answer in answers]
    if [header.number for header in headers] != missing:
        raise LedgerUnavailableError("the ledger answered with other blocks than asked")
    return times | {header.number: header.time for header in headers}


def _event(
    known: ContractMap,
    item: tuple[RpcLog, EventType, dict[str, Any]],
    times: dict[int, int],
    *,
    head: LedgerHead,
    network: str,
) -> LedgerEvent:
    log, event, fields = item
    return LedgerEvent(
        block_number=log.block_number,
        log_index=log.log_index,
        block_time=times[log.block_number],
        transaction_hash=log.transaction_hash,
        contract=known.name_of(log.address) or event.contract,
        type=event.name,
        fields=event.to_json(fields),
        subjects=tuple(format_did(network, did_id) for did_id in subject_ids(fields)),
        final=log.block_number <= head.final_number,
    )
