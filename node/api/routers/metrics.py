"""/metrics, for whom the settings let: see node.api.exposition."""

import ipaddress
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from node.api.deps import Node

router = APIRouter(tags=["metrics"])

_PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""What a proxy adds: it may ask from this machine, and for anybody."""


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, node: Node) -> Response:
    """Answer what the node counts; 404 for whoever may not ask."""
    exposed = node.exposition
    if exposed is None or not (exposed.is_open or _is_here(request)):
        raise HTTPException(404, "Not Found")
    text = await run_in_threadpool(exposed.text)
    return Response(text, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})


def _is_here(request: Request) -> bool:
    """Tell whether a program of this machine asks for itself."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
