"""The stream of what changes, for caches and for people who watch."""

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Header, Request, Response

from node.api import schemas
from node.api.stream import EventStream, HeadStream

router = APIRouter(prefix="/v1/events", tags=["events"])

_PROBLEM: Final = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events named `head`; data: JSON (docs/http-api.md)",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    400: _PROBLEM,
    503: _PROBLEM,
}


@router.get(
    "/stream",
    summary="What changes, as it changes (server-sent events)",
    responses=_RESPONSES,
    response_class=Response,
)
async def stream(
    request: Request, last_event_id: Annotated[str | None, Header(description="The id seen last", max_length=64)] = None
) -> Response:
    """Tell each move of the index: which DIDs, lists and types are touched; `reset`: forget everything."""
    told = cast("HeadStream", request.app.state.stream)
    return EventStream(told, await told.join(last_event_id or ""))
