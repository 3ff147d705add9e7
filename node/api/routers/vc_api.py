"""VC-API for a verifier's own node: off by default (`vc_api`); issuing exists in the test profile only.

- 200: judged, and `errors` says whether it stands. 201: issued. 400: not a request. 404: switched off. 503: busy.
- Bodies are personal data: they are neither stored nor logged, and of an error that nobody foresaw only its kind is.
"""

import traceback
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import orjson
import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from node.api import problems, schemas
from node.api.body import read_object
from node.api.deps import Node, Services
from node.api.vc_api import question_of, result_of, suite_of
from node.services.verification import AT_ONCE, Verification
from registry_client.core.credential import CREDENTIAL_MAX_LENGTH
from registry_client.core.strict_json import JsonObject
from registry_client.errors import MalformedValueError, RegistryError

log = structlog.get_logger("node.api")

BODY_MAX: Final = CREDENTIAL_MAX_LENGTH + 16 * 1024  # bytes: a document and its options
WAITING_MAX: Final = 64
"""Requests that wait for a verifier; more are answered 503."""
_limiter: Final = CapacityLimiter(AT_ONCE)


class QuietRoute(APIRoute):
    """A route whose unforeseen errors are logged by kind and place: a message or a traceback may quote the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with our errors caught."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (RegistryError, HTTPException) as error:
                return problems.problem_of(request, error)
            except Exception as error:
                frame = traceback.extract_tb(error.__traceback__)[-1]
                log.error(  # noqa: TRY400 - on purpose without the traceback
                    "vc-api request failed", error=type(error).__name__, file=frame.filename, line=frame.lineno
                )
                return problems.of_error(RegistryError("something inside the node failed; its log says where"))

        return answer


router = APIRouter(tags=["vc-api"], route_class=QuietRoute)

_PROBLEM: Final = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = dict.fromkeys((400, 404, 413, 415, 503), _PROBLEM)
_DOCUMENT: Final = {"type": "object", "required": ["@context", "type"]}
_RESULT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["verified", "mediaType", "warnings", "errors", "report"],
    "properties": {
        "verified": {"type": "boolean", "description": "true exactly if errors is empty"},
        "mediaType": {"type": "string"},
        "warnings": {"type": "array", "items": {"type": "object"}},
        "errors": {"type": "array", "items": {"type": "object", "required": ["type", "title", "detail"]}},
        "report": {"type": "object", "description": "Every step of the plan; no claim"},
    },
}
_EACH: Final = {
    "type": "array",
    "description": "For each credential of a presentation, in their order; errors say by `credential` whose they are",
    "items": {
        "type": "object",
        "required": ["verified", "errors"],
        "properties": {"verified": {"type": "boolean"}, "errors": _RESULT["properties"]["errors"]},
    },
}
_RESULTS: Final = {
    **_RESULT,
    "required": [*_RESULT["required"], "credentialResults"],
    "properties": {**_RESULT["properties"], "credentialResults": _EACH},
}


def _judged(schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "Judged", "content": {"application/json": {"schema": schema}}}, **_REFUSED}


_ISSUED: Final[dict[int | str, dict[str, Any]]] = {
    201: {"description": "The credential with its proof", "content": {"application/json": {"schema": _DOCUMENT}}},
    **_REFUSED,
}


def _described(member: str, *options: str) -> dict[str, Any]:
    document = _DOCUMENT if member == "credential" else {"anyOf": [_DOCUMENT, {"type": "string"}]}
    spoken = {"type": "object", "description": "Spoken: " + (", ".join(options) or "none")}
    schema = {"type": "object", "required": [member], "properties": {member: document, "options": spoken}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post(
    "/credentials/verify",
    summary="Verify a credential (VC-API)",
    responses=_judged(_RESULT),
    response_class=Response,
    openapi_extra=_described("verifiableCredential", "checks", "service", "receipts"),
)
async def verify_credential(request: Request, node: Node) -> Response:
    """Judge a credential by the whole plan, read from the node's own ledger; nobody's possession is asked for."""
    return await _judge(request, node, "verifiableCredential", is_presentation=False)


@router.post(
    "/presentations/verify",
    summary="Verify a presentation (VC-API)",
    responses=_judged(_RESULTS),
    response_class=Response,
    openapi_extra=_described("verifiablePresentation", "checks", "challenge", "domain", "service", "receipts"),
)
async def verify_presentation(request: Request, node: Node) -> Response:
    """Judge a presentation of one to eight credentials, each bound to who signed it, by the whole plan.

    Without the challenge and domain that were asked: undetermined.
    """
    return await _judge(request, node, "verifiablePresentation", is_presentation=True)


@router.post(
    "/credentials/issue",
    status_code=201,
    summary="Issue a credential (VC-API; test profile only)",
    responses=_ISSUED,
    response_class=Response,
    openapi_extra=_described("credential", "cryptosuite"),
)
async def issue(request: Request, node: Node) -> Response:
    """Sign a credential with the did:key that this node made when it started."""
    trial = _switched_on(node).trial
    if trial is None:
        raise HTTPException(404, 'this node issues nothing; interoperability suites need vc_api = "test"')
    body = await read_object(request, max_bytes=BODY_MAX)
    credential = body.get("credential")
    if type(credential) is not dict or body.keys() - {"credential", "options"}:
        raise MalformedValueError("a request has credential, an object, and options")
    return _respond(trial.issue(credential, suite=suite_of(body.get("options", {}))), 201)


async def _judge(request: Request, node: Services, member: str, *, is_presentation: bool) -> Response:
    verification = _switched_on(node)
    if verification.asked >= AT_ONCE + WAITING_MAX:
        raise HTTPException(503, "too many verdicts are under way", {"Retry-After": "1"})
    verification.asked += 1  # counted before the body is read: that bounds the memory as well
    try:
        body = await read_object(request, max_bytes=BODY_MAX)
        question, media_type, warnings = question_of(body, member=member, is_presentation=is_presentation)
        report = await to_thread.run_sync(verification.judge, question, limiter=_limiter)
    finally:
        verification.asked -= 1
    return _respond(result_of(report, media_type=media_type, warnings=warnings), 200)


def _switched_on(node: Services) -> Verification:
    if node.verification is None:
        raise HTTPException(404, 'the VC-API is off: set vc_api = "verify" on a node that is yours alone')
    return node.verification


def _respond(body: JsonObject, status: int) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, media_type="application/json")
