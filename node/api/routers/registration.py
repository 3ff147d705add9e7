"""DID registration (DIF): create, update, deactivate, with secrets that never leave the client.

- Every answer, refusals too, is a registration result; `jobId` is null exactly when the state is finished or failed.
- 201: created. 200: under way, updated or deactivated. 400: the request, or what the contract refused. 500: the node.
- 401, 413, 415, 429, 503: as for /v1/operations.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from node.api import problems, shapes_registration
from node.api.body import read_object
from node.api.deps import Node, Services
from node.domain.token import Token
from node.services.registrations import failed_result
from registry_client.core.registration import CREATE, DEACTIVATE, UPDATE
from registry_client.core.strict_json import JsonObject

BODY_MAX: Final = 64 * 1024  # bytes
_OTHERS: Final = frozenset({401, 413, 415, 429, 500, 503})
"""Statuses that stay; every other refusal is a problem with the input, for which the specification has 400."""


class RegistrationRoute(APIRoute):
    """A route whose errors are registration results."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with our errors caught."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                return _refusal(problems.problem_of(request, error))

        return answer


router = APIRouter(prefix="/1.0", tags=["registration"], route_class=RegistrationRoute)

_RESULT: Final[dict[str, Any]] = {"model": shapes_registration.RegistrationResult}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {**_RESULT, "description": "Under way (action, wait), or done"},
    **{status: {**_RESULT, "description": "Refused (failed)"} for status in (400, 401, 413, 415, 429, 500, 503)},
}
_CREATED: Final[dict[int | str, dict[str, Any]]] = {201: {**_RESULT, "description": "Created (finished)"}}
_Method = Annotated[Literal["mapae"], Query(description="The DID method")]
_Bearer = Annotated[str | None, Header(include_in_schema=False)]


def _described(function: str) -> dict[str, Any]:
    content = {"application/json": {"schema": shapes_registration.REQUEST, **shapes_registration.EXAMPLES[function]}}
    return {"requestBody": {"required": True, "content": content}, "security": [{"token": []}]}


@router.post(
    "/create",
    summary="Create a DID",
    responses={**_RESPONSES, **_CREATED},
    response_class=Response,
    openapi_extra=_described(CREATE),
)
async def create(request: Request, node: Node, method: _Method, authorization: _Bearer = None) -> Response:
    """Create an organisation's or a holder's DID: ask for the payload, sign it, send the signatures, wait."""
    return await _answer(CREATE, method, request, node, authorization)


@router.post(
    "/update",
    summary="Replace a DID's document",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra=_described(UPDATE),
)
async def update(request: Request, node: Node, method: _Method = "mapae", authorization: _Bearer = None) -> Response:
    """Replace the document of an organisation's DID, signed by its controller."""
    return await _answer(UPDATE, method, request, node, authorization)


@router.post(
    "/deactivate",
    summary="End a DID for good",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra=_described(DEACTIVATE),
)
async def deactivate(
    request: Request, node: Node, method: _Method = "mapae", authorization: _Bearer = None
) -> Response:
    """End a DID, signed by its controller, or for a holder in its guardian's name."""
    return await _answer(DEACTIVATE, method, request, node, authorization)


async def _answer(function: str, method: str, request: Request, node: Services, authorization: str | None) -> Response:
    token, digest = await run_in_threadpool(node.tokens.bearer, authorization)
    body = {"method": method, **await read_object(request, max_bytes=BODY_MAX)}
    result, submitted = await run_in_threadpool(_go_on, function, node, body, token, digest)
    if submitted:
        node.wake()
    state = result["didState"]["state"]
    status = 400 if state == "failed" else 201 if state == "finished" and function == CREATE else 200
    return _respond(result, status)


def _go_on(function: str, node: Services, body: JsonObject, token: Token, digest: bytes) -> tuple[JsonObject, bool]:
    with node.reads.view() as view:
        job = node.registrations.take(function, body, view, label=token.label)
        ready = node.registrations.to_submit(job, view)
    if ready:
        node.tokens.spend(token, digest, node.operations.unknown(ready))
        node.operations.submit(ready, label=token.label)
    with node.reads.view() as view:
        return node.registrations.answer(job, view), bool(ready)


def _refusal(problem: Response) -> Response:
    """Turn a problem document into a registration result that carries it."""
    found = orjson.loads(problem.body)
    status = problem.status_code if problem.status_code in _OTHERS else 400
    result = failed_result(found["detail"], error={**found, "status": status})
    kept = {name: problem.headers[name] for name in ("www-authenticate", "retry-after") if name in problem.headers}
    return _respond(result, status, kept)


def _respond(result: JsonObject, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(result), status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json"
    )
