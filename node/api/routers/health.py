"""Health: alive, and ready with reasons."""

from typing import Any

from fastapi import APIRouter, Response

from node.api import schemas
from node.api.deps import Node
from node.services.health import readiness

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", response_model=schemas.Health, summary="Is the process alive?")
async def live() -> dict[str, Any]:
    """Answer as long as the process can."""
    return {"status": "live"}


@router.get(
    "/ready",
    response_model=schemas.Health,
    summary="Is the node fit to serve?",
    responses={503: {"model": schemas.Health}},
)
async def ready(node: Node, response: Response) -> dict[str, Any]:
    """Answer 200, or 503 with the reasons and what to do about each."""
    answer = readiness(node.reads, node.worker())
    if answer.reasons:
        response.status_code = 503
    return answer.as_json()
