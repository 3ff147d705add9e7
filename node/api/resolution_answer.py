"""Answers under /1.0/identifiers/: a full result body always, also when there is nothing to hand out."""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from node.api.caching import IMMUTABLE, NEVER, REVALIDATE, is_known
from node.api.media import FULL
from node.api.problems import status_of
from node.api.traffic import HEADER
from node.services.dids import Resolution
from registry_client.errors import (
    DID_ERRORS,
    OWN_ERRORS,
    SECURITY_ERRORS,
    DidNotFoundError,
    LedgerUnavailableError,
    RegistryError,
)

_NAMED: Final = (DID_ERRORS, SECURITY_ERRORS)
"""Whose error types a client may meet here; what neither names is INTERNAL_ERROR."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Form:
    """The names of a result's three members, and its media type."""

    content: str
    content_metadata: str
    metadata: str
    media: bytes

    def body(self, content: Any, content_metadata: Any, metadata: Any) -> bytes:
        """Write a result."""
        return orjson.dumps({self.content: content, self.content_metadata: content_metadata, self.metadata: metadata})


RESOLUTION: Final = Form("didDocument", "didDocumentMetadata", "didResolutionMetadata", FULL)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    media: bytes
    headers: Headers = field(default_factory=list)


def not_whole(form: Form | None = None) -> Answer:
    """Return the answer of an index that cannot say yet what is not there: 503, so that it is asked again."""
    detail = "the index is not whole yet: the node is starting or fills it anew; see /health/ready"
    answer = of_error(LedgerUnavailableError(detail), form)
    return Answer(503, answer.body, answer.media, [*answer.headers, (b"retry-after", b"5")])


def of_error(error: RegistryError, form: Form | None = None) -> Answer:
    """Return the full result body that says why there is nothing (DID Resolution v1, section 10)."""
    made = form or RESOLUTION
    status, problem = status_of(type(error)), error.as_problem()
    if str(problem["type"]).startswith(SECURITY_ERRORS):
        status = 500  # the table knows nine codes; every other is 500
    elif not str(problem["type"]).startswith(_NAMED):
        status, problem["type"] = 500, RegistryError.type_uri
    cache = REVALIDATE if isinstance(error, DidNotFoundError) else NEVER
    headers = [(b"vary", b"accept"), (b"cache-control", cache)]
    return Answer(status, made.body(None, {}, {"error": problem}), made.media, headers)


def freshness(resolution: Resolution, *, is_whole: bool) -> bytes:
    """Return the Cache-Control of a resolution. `is_whole`: with its metadata, which a next version still changes."""
    if resolution.after_head:
        return NEVER
    is_closed = resolution.is_superseded if is_whole else resolution.is_settled
    return IMMUTABLE if is_closed and resolution.is_settled and resolution.document is not None else REVALIDATE


def unless_known(answer: Answer, condition: bytes) -> Answer:
    """Return 304 in place of an answer that the client has; `condition`: its If-None-Match."""
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    if tag is None or answer.status != 200 or not is_known(condition, tag):
        return answer
    return Answer(304, b"", b"", answer.headers)


def method_not_allowed() -> Answer:
    """Return the refusal of a verb, in the form of a result."""
    problem = {
        "type": OWN_ERRORS + "method-not-allowed",
        "title": "Method not allowed",
        "detail": "GET or HEAD, or POST with the options as a JSON object",
    }
    headers = [(b"allow", b"GET, HEAD, POST"), (b"cache-control", NEVER)]
    return Answer(405, RESOLUTION.body(None, {}, {"error": problem}), FULL, headers)


async def reply(send: Any, answer: Answer, request_id: bytes, *, with_body: bool = True) -> None:
    """Send an answer."""
    headers = [
        *([(b"content-type", answer.media)] if answer.media else []),
        *answer.headers,
        (HEADER, request_id),
        *([(b"content-length", str(len(answer.body)).encode())] if answer.status != 304 else []),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
