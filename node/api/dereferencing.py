"""Dereferencing over HTTP (DID Resolution v1): fragments and services of DID URLs.

- A fragment: the full dereferencing result, or with an Accept of application/did the part by itself.
- A service: 303 to its first http(s) endpoint with an empty body, unless the full result is asked for by name.
- A deactivated DID is 410, not an error, as in resolution.
"""

from collections.abc import Callable
from typing import Final

import orjson

from node.api.caching import NEVER, REVALIDATE, strong_tag, weak_tag
from node.api.media import DEACTIVATED_STATUS, NEWEST_DOCUMENT, choose
from node.api.resolution_answer import Answer, Form, Headers, freshness
from node.api.resolution_request import ResolutionRequest, read_request
from node.services.dids import Resolution
from registry_client.core.dereference import follow, require_web, select_endpoints, select_part

_FULL: Final = b"application/did-url-dereferencing;charset=utf-8"
FORM: Final = Form("contentStream", "contentMetadata", "dereferencingMetadata", _FULL)
_URI_LIST: Final = b"text/uri-list"
_BY_NAME: Final = {
    "application/did-url-dereferencing": _FULL,
    "application/ld+json;profile=https://w3id.org/did-url-dereferencing": _FULL,
}
_PARTS: Final = {
    **_BY_NAME,
    "application/did-resolution": _FULL,
    "application/ld+json;profile=https://w3id.org/did-resolution": _FULL,
    "application/did": b"application/did;charset=utf-8",
    "application/did+json": b"application/did+json;charset=utf-8",
    "application/did+ld+json": b"application/did+ld+json;charset=utf-8",
}
_ENDPOINTS: Final = {**dict.fromkeys(_PARTS, _URI_LIST), "text/uri-list": _URI_LIST, "text/*": _URI_LIST, **_BY_NAME}

Resolve = Callable[[ResolutionRequest], Resolution]


def dereference(request: ResolutionRequest, accept: str, resolve: Resolve) -> Answer:
    """Answer for a DID URL that names more than a document. `resolve`: the document of a request, from the index.

    Raises RepresentationNotSupportedError, and what `core.dereference` and resolution raise.
    """
    names_service = request.selection.names_service
    media = choose(accept, _ENDPOINTS if names_service else _PARTS, default=_URI_LIST if names_service else _FULL)
    resolution = resolve(request)
    if resolution.document is None:
        return _answer(DEACTIVATED_STATUS, None, resolution, "")
    if not names_service:
        part = select_part(orjson.loads(resolution.document), request.did, request.selection)
        if media == _FULL:
            return _answer(200, part, resolution, NEWEST_DOCUMENT.decode())
        body = orjson.dumps(part)
        cache = freshness(resolution, is_whole=False)
        return Answer(200, body, media, _headers(cache, strong_tag(media, body)))
    urls = _endpoints(request, resolution, resolve)
    if media == _FULL:
        return _answer(200, "\n".join(urls), resolution, _URI_LIST.decode(), cache=_of_service(resolution))
    where = require_web(urls).encode("ascii")
    return Answer(303, b"", b"", [(b"location", where), *_headers(_of_service(resolution))])


def _endpoints(request: ResolutionRequest, resolution: Resolution, resolve: Resolve) -> list[str]:
    """Return the endpoints, following those that are DID URLs themselves."""
    seen = [request.url]
    while True:
        urls = select_endpoints(orjson.loads(resolution.document or b"{}"), request.did, request.selection)
        if follow(urls[0], seen) is None:
            return urls
        request = read_request(urls[0].replace("%", "%25").encode("ascii"), b"")
        resolution = resolve(request)
        if not request.selection.names_service:
            return urls


def _answer(
    status: int, content: object, resolution: Resolution, content_type: str, *, cache: bytes | None = None
) -> Answer:
    metadata = {"contentType": content_type} if content_type else {}
    body = FORM.body(content, orjson.Fragment(resolution.metadata), metadata)
    kept = freshness(resolution, is_whole=True) if cache is None else cache
    return Answer(status, body, FORM.media, _headers(kept, weak_tag(FORM.media, body) if status == 200 else b""))


def _of_service(resolution: Resolution) -> bytes:
    """An endpoint may lead through another DID, whose versions are its own: never for ever."""
    return NEVER if resolution.after_head else REVALIDATE


def _headers(cache: bytes, tag: bytes = b"") -> Headers:
    kept = [(b"vary", b"accept"), (b"cache-control", cache)]
    return [*kept, (b"etag", tag)] if tag and cache != NEVER else kept
