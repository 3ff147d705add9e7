"""Published status lists: taken from agencies with an API token, given to everybody without one.

- Whole lists only, the same bytes for everyone, cacheable and compressed: nobody learns whose status is asked.
- `/status/{list}` by Accept: the token list, or the revocation list; each purpose's own address has its bitstring.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from node.api import schemas
from node.api.body import read_object
from node.api.caching import is_known
from node.api.deps import Hash, Node, Services
from node.api.fact_route import condition_of
from node.api.media import choose
from node.api.shapes_status import Aggregation, Publication
from node.domain.published import StoredList
from node.services.context import NotFoundError
from node.services.published_lists import SNAPSHOT
from registry_client.core.encoding import decode_hex
from registry_client.core.status_lists.publication import TOKEN
from registry_client.core.status_lists.snapshot import PURPOSES
from registry_client.errors import FeatureNotSupportedError

router = APIRouter(prefix="/status", tags=["status lists"])

BODY_MAX: Final = 512 * 1024  # bytes; five forms of a list that does not compress are 230 KB
_PROBLEM: Final = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_READ: Final[dict[int | str, dict[str, Any]]] = dict.fromkeys((400, 404, 406, 501, 503), _PROBLEM)
_JWT_TYPE: Final = b"application/statuslist+jwt"
_BITSTRING_TYPES: Final[Mapping[str, bytes]] = {
    "application/vc": b"application/vc",
    "application/vc+jwt": b"application/vc+jwt",
    "application/ld+json": b"application/ld+json",
    "application/json": b"application/json",
}
"""A credential is JSON-LD and JSON as well, and older clients ask for it by those names."""
_LIST_TYPES: Final[Mapping[str, bytes]] = {"application/statuslist+jwt": _JWT_TYPE, **_BITSTRING_TYPES}
_OPEN: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
_VARY: Final = "Accept, Accept-Encoding"

Purpose = Annotated[Literal["revocation", "suspension"], Path(description="Which bitstring")]
Time = Annotated[str | None, Query(description="Past states are not served (501)", max_length=32)]


def _content(*names: str) -> dict[int | str, dict[str, Any]]:
    content = {name: {"schema": {"type": "string"}} for name in names}
    return {**_READ, 200: {"content": content, "description": "As it was signed"}, 304: {"description": "Unchanged"}}


@router.get("", response_model=Aggregation, summary="Every published token list", responses={503: _PROBLEM})
async def aggregation(node: Node, response: Response) -> dict[str, Any]:
    """Name every token list that is valid now, to be fetched before anybody is offline."""
    response.headers.update({**_OPEN, "Cache-Control": "public, max-age=60"})
    return {"status_lists": await run_in_threadpool(node.published.urls)}


@router.get(
    "/{list_id}",
    summary="A published list",
    response_class=Response,
    responses=_content("application/statuslist+jwt", "application/vc", "application/vc+jwt"),
)
async def published_list(request: Request, node: Node, list_id: Hash, time: Time = None) -> Response:
    """Give the token list; or, where a credential is asked for, the revocation list (Content-Location says which)."""
    _refuse_past(time)
    media = choose(request.headers.get("accept", ""), _LIST_TYPES, default=_JWT_TYPE)
    if media == _JWT_TYPE:
        return await _give(request, node, list_id, TOKEN, media)
    return await _bitstring(request, node, list_id, PURPOSES[0], media)


@router.get(
    "/{list_id}/{purpose}",
    summary="A published bitstring",
    response_class=Response,
    responses=_content("application/vc", "application/vc+jwt"),
)
async def published_bitstring(
    request: Request, node: Node, list_id: Hash, purpose: Purpose, time: Time = None
) -> Response:
    """Give the Bitstring Status List credential of one purpose."""
    _refuse_past(time)
    media = choose(request.headers.get("accept", ""), _BITSTRING_TYPES, default=b"application/vc")
    return await _bitstring(request, node, list_id, purpose, media)


@router.get(
    "/{list_id}/snapshots/{seq}",
    summary="The words that were published",
    response_class=Response,
    responses=_content("application/octet-stream"),
)
async def snapshot(
    request: Request, node: Node, list_id: Hash, seq: Annotated[int, Path(ge=0, lt=1 << 48)]
) -> Response:
    """Give the 32,768 bytes whose sha256 is anchored under this sequence, if they are what is published now."""
    return await _give(request, node, list_id, SNAPSHOT, b"application/octet-stream", seq=seq)


@router.put(
    "/{list_id}",
    response_model=Publication,
    summary="Publish a list",
    responses=dict.fromkeys((400, 401, 404, 409, 413, 415, 429, 503), _PROBLEM),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "Every form of the snapshot that is anchored last (docs/status-lists.md).",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": [TOKEN, *PURPOSES],
                        "properties": {
                            TOKEN: {"type": "string"},
                            **{name: {"type": "object"} for name in PURPOSES},
                            **{f"{name}+jwt": {"type": "string"} for name in PURPOSES},
                        },
                        "additionalProperties": False,
                    }
                }
            },
        },
        "security": [{"token": []}],
    },
)
async def publish(
    request: Request,
    node: Node,
    list_id: Hash,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> dict[str, Any]:
    """Take a list that its owner's `#status-N` signed, if its bits are the words that the ledger has anchored."""
    token, digest = await run_in_threadpool(node.tokens.bearer, authorization)
    body = await read_object(request, max_bytes=BODY_MAX)
    await run_in_threadpool(node.tokens.spend, token, digest, 1)
    return await run_in_threadpool(_publish, node, decode_hex(list_id, length=32), body)


def _publish(node: Services, list_id: bytes, body: dict[str, Any]) -> dict[str, Any]:
    with node.reads.view() as view:
        return node.published.publish(list_id, body, view)


async def _bitstring(request: Request, node: Services, list_id: str, purpose: str, media: bytes) -> Response:
    form = f"{purpose}+jwt" if media.endswith(b"+jwt") else purpose
    answer = await _give(request, node, list_id, form, media)
    answer.headers["Content-Location"] = f"/status/{list_id}/{purpose}"
    return answer


async def _give(
    request: Request, node: Services, list_id: str, form: str, media: bytes, *, seq: int | None = None
) -> Response:
    found, keep_s = await run_in_threadpool(node.published.get, decode_hex(list_id, length=32), form)
    if seq is not None and found.seq != seq:
        raise NotFoundError("another snapshot of this list is published now", list=list_id, seq=found.seq)
    return _answer(request, found, keep_s, media.decode("ascii"))


def _answer(request: Request, found: StoredList, keep_s: int, media: str) -> Response:
    packed = "gzip" in _encodings(request.headers.get("accept-encoding", ""))
    tag = f'"{found.etag}-gzip"' if packed else f'"{found.etag}"'
    headers = {
        **_OPEN,
        "ETag": tag,
        "Cache-Control": f"public, max-age={keep_s}",
        "Vary": _VARY,
    }
    if is_known(condition_of(request), tag.encode()):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packed else found.body, headers={**headers, "Content-Type": media})


def _encodings(accepted: str) -> set[str]:
    """Return the codings that are named without being ruled out by q=0."""
    named = (item.replace(" ", "").lower().partition(";") for item in accepted.split(","))
    return {name for name, _, rest in named if rest.rstrip("0").rstrip(".") not in {"q=", "q"}}


def _refuse_past(time: str | None) -> None:
    if time is not None:
        raise FeatureNotSupportedError("past states of a list are on the ledger, and are not published", time=time)
