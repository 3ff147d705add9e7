"""Errors as application/problem+json (RFC 9457): the one table from error types to HTTP statuses."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from node.api.traffic import request_id
from node.ports import IndexFillingError, NotIndexedError, StoreUnavailableError
from node.services.context import NotFoundError
from node.services.operations import OperationExpiredError, QueueFullError
from node.services.published_lists import PublicationRefusedError
from node.services.tokens import QuotaSpentError, TokenRefusedError
from registry_client import errors as e

log = structlog.get_logger("node.api")

PROBLEM_TYPE: Final = "application/problem+json"
OWN: Final = e.OWN_ERRORS

STATUS_OF: Final[Mapping[type[e.RegistryError], int]] = {
    e.RegistryError: 500,
    e.InvalidInputError: 400,
    NotFoundError: 404,
    OperationExpiredError: 400,
    QueueFullError: 503,
    TokenRefusedError: 401,
    QuotaSpentError: 429,
    PublicationRefusedError: 409,
    e.ConfigurationError: 500,
    e.ResolutionError: 500,
    e.DidNotFoundError: 404,
    e.DereferencingError: 404,
    e.MethodNotSupportedError: 501,
    e.FeatureNotSupportedError: 501,
    e.RepresentationNotSupportedError: 406,
    e.InvalidDidDocumentError: 500,
    e.VerificationError: 400,
    e.LedgerError: 500,
    e.LedgerUnavailableError: 503,
    e.WrongLedgerError: 409,
    e.LedgerRevertedError: 409,
    e.LedgerInconsistentError: 500,
    e.NodeRefusedError: 502,
}
"""The nearest class up the tree decides; each branch of the tree is named."""

_TITLES: Final = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Too large", 422: "Bad request"}
_EVIDENCE_MAX: Final = 2_000  # characters


def status_of(error: type[e.RegistryError]) -> int:
    """Return the HTTP status of an error's class."""
    return next(STATUS_OF[kind] for kind in error.__mro__ if kind in STATUS_OF)


def problem_response(
    status: int,
    *,
    type_uri: str,
    title: str,
    detail: str,
    evidence: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document."""
    body: dict[str, Any] = {"type": type_uri, "title": title, "status": status, "detail": detail}
    for name, value in (evidence or {}).items():
        body.setdefault(name, _printable(value))
    if (found := request_id()) is not None:
        body["request_id"] = found
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), status, kept, media_type=PROBLEM_TYPE)


def of_error(error: e.RegistryError) -> Response:
    """Return the problem document of one of our errors."""
    status = status_of(type(error))
    if isinstance(error, e.InvalidDidDocumentError):
        status = 400  # here it is the caller's document, not one that was anchored
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    resets_at = error.evidence.get("resets_at")
    if status == 503:
        headers["Retry-After"] = "2"
    elif status == 429 and isinstance(resets_at, int):
        headers["Retry-After"] = "3600"
    return problem_response(
        status,
        type_uri=error.type_uri,
        title=error.title,
        detail=error.detail,
        evidence=error.evidence,
        headers=headers,
    )


def of_http(error: HTTPException) -> Response:
    """Return the problem document of an HTTP refusal."""
    title = _TITLES.get(error.status_code, "Error")
    return problem_response(
        error.status_code,
        type_uri=OWN + title.lower().replace(" ", "-"),
        title=title,
        detail=str(error.detail),
        headers=error.headers,
    )


def _printable(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value[:100]]
    if isinstance(value, dict):
        return {str(key)[:100]: _printable(item) for key, item in list(value.items())[:100]}
    text = "0x" + value.hex() if isinstance(value, bytes) else str(value)
    return text[:_EVIDENCE_MAX].encode("utf-8", "backslashreplace").decode()


def problem_of(request: Request, error: Exception) -> Response:
    """Return the problem document of anything that can go wrong; what nobody foresaw is logged and says nothing."""
    match error:
        case e.RegistryError():
            return of_error(error)
        case HTTPException():
            return of_http(error)
        case RequestValidationError():
            return _of_shape(error)
        case ClientDisconnect():  # nobody is left to read this
            return of_http(HTTPException(400, "the request ended before it was whole"))
        case IndexFillingError():
            return problem_response(
                503,
                type_uri=OWN + "ledger-unavailable",
                title="Ledger unavailable",
                detail=f"{error}; until it is whole nobody can say what is not there (see /health/ready)",
                headers={"Retry-After": "5"},
            )
        case NotIndexedError():
            return problem_response(
                503,
                type_uri=OWN + "ledger-unavailable",
                title="Ledger unavailable",
                detail="no block is indexed yet: the node is starting, or its ledger cannot be reached "
                "(see /health/ready)",
                headers={"Retry-After": "2"},
            )
        case StoreUnavailableError():
            return problem_response(
                503,
                type_uri=OWN + "store-unavailable",
                title="Store unavailable",
                detail=f"{error}: nothing was stored; free some space or look at the node's log",
                headers={"Retry-After": "10"},
            )
        case _:
            route = getattr(request.scope.get("route"), "path", None)
            log.error("request failed", method=request.method, route=route, exc_info=error)
            return of_error(e.RegistryError("something inside the node failed; its log says what"))


def _of_shape(error: RequestValidationError) -> Response:
    found = [
        {"at": ".".join(str(part)[:64] for part in item["loc"]), "problem": str(item["msg"])[:200]}
        for item in error.errors()[:20]
    ]
    detail = "; ".join(f"{item['at']}: {item['problem']}" for item in found)
    return problem_response(
        400, type_uri=OWN + "invalid-input", title="Invalid input", detail=detail[:1000], evidence={"errors": found}
    )


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    for kind in (
        e.RegistryError,
        NotIndexedError,
        StoreUnavailableError,
        RequestValidationError,
        HTTPException,
        ClientDisconnect,
        Exception,
    ):
        app.add_exception_handler(kind, problem_of)
