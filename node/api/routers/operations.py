"""Operations: relay signed changes, and say what became of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from node.api import schemas
from node.api.body import read_operations
from node.api.deps import Hash, Node, Services
from node.api.fact_route import FactRoute
from node.services.context import NotFoundError
from registry_client.core.encoding import decode_hex

router = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=FactRoute)

_PROBLEM = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_EXAMPLE = {
    "kind": "Revoke",
    "domain": {"name": "did:mapae:dev-1a2b3c", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "00" * 20},
    "message": {"list": "0x" + "00" * 32, "startWord": 0, "masks": ["0x1"], "deadline": 1790000000},
    "signatures": [
        {"as": "operator", "controller_kind": 2, "public_key": "0x" + "00" * 64, "signature": "0x" + "00" * 64}
    ],
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One signed operation, or an array of up to 100 (docs/operations-format.md).",
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "maxItems": 100}]
                },
                "example": _EXAMPLE,
            }
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=schemas.Accepted,
    summary="Relay one operation or up to 100",
    responses=dict.fromkeys((400, 401, 409, 413, 415, 429, 503), _PROBLEM),
    openapi_extra={**_BODY, "security": [{"token": []}]},
)
async def submit(
    request: Request,
    response: Response,
    node: Node,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> dict[str, Any]:
    """Take signed operations in, durably. The same operation twice is the same operation. Location: the first one.

    A token lets its bearer relay; what an operation may do, its signatures and the contracts decide.
    """
    token, digest = await run_in_threadpool(node.tokens.bearer, authorization)
    values = await read_operations(request)
    label = token.label
    states = await run_in_threadpool(_take, node, values, token, digest, label)
    node.wake()
    response.headers["Location"] = f"/v1/operations/{states[0]['id']}"
    return {"operations": states}


def _take(node: Services, values: list[dict[str, Any]], token: Any, digest: bytes, label: str) -> list[dict[str, Any]]:
    with node.reads.view() as view:
        checked = node.operations.check(values, view)
    node.tokens.spend(token, digest, node.operations.unknown(checked))
    return node.operations.submit(checked, label=label)


@router.get(
    "/{operation_id}",
    response_model=schemas.OperationState,
    summary="What became of an operation",
    responses={400: _PROBLEM, 404: _PROBLEM},
)
async def state(node: Node, operation_id: Hash) -> dict[str, Any]:
    """Say in which state an operation is; `final` can no longer be undone."""
    found = node.operations.get(decode_hex(operation_id, length=32))
    if found is None:
        raise NotFoundError("no such operation was posted to this node", id=operation_id)
    return found
