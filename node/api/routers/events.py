"""Events: the ledger's story."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from node.api import schemas
from node.api.deps import Node, View
from node.api.fact_route import FactRoute
from node.ports import EventQuery
from node.services import events as event_service
from registry_client.core.times import parse_time
from registry_client.errors import InvalidOptionsError, MalformedValueError

router = APIRouter(prefix="/v1", tags=["events"], route_class=FactRoute)

_PROBLEM = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_BLOCK_MAX = 1 << 48


@router.get(
    "/events",
    response_model=schemas.Events,
    summary="The ledger's story, in order",
    responses={400: _PROBLEM, 503: _PROBLEM},
)
async def events(
    node: Node,
    view: View,
    *,
    did: Annotated[str | None, Query(max_length=2_048, description="Events that concern this DID")] = None,
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=40, description="Event names; may repeat")
    ] = None,
    start: Annotated[
        str | None, Query(alias="from", max_length=40, description="Block number, or RFC 3339 time")
    ] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40, description="Block number, or RFC 3339 time")] = None,
    cursor: Annotated[str | None, Query(max_length=32)] = None,
    limit: Annotated[int, Query(ge=1, le=event_service.LIMIT_MAX)] = event_service.LIMIT_DEFAULT,
) -> dict[str, Any]:
    """Give decoded events in (block, log index) order. Follow `next_cursor` until it is null."""
    for name in types or ():
        if name not in node.event_types:
            raise InvalidOptionsError(
                f"type: no event is named {name[:64]}", parameter="type", known=sorted(node.event_types)
            )
    from_block, from_time = _bound("from", start)
    to_block, to_time = _bound("to", end)
    wanted = EventQuery(
        limit,
        node.ledger.did_id(did) if did is not None else None,
        tuple(types or ()),
        from_block,
        to_block,
        from_time,
        to_time,
        event_service.parse_cursor(cursor) if cursor else None,
    )
    return await run_in_threadpool(event_service.events, node.ledger, view, wanted)


def _bound(name: str, text: str | None) -> tuple[int | None, int | None]:
    """Read a bound as (block, time): digits are a block number, anything else an RFC 3339 time."""
    if text is None:
        return None, None
    if text.isascii() and text.isdecimal():
        number = int(text)
        if number > _BLOCK_MAX:
            raise InvalidOptionsError(f"{name}: beyond any block", parameter=name)
        return number, None
    try:
        return None, parse_time(text.replace(" ", "+"), name)
    except MalformedValueError as error:
        raise InvalidOptionsError(f"{error.detail}, or a block number", parameter=name) from None
