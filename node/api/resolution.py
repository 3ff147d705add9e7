"""/1.0/identifiers/{did or DID URL}: W3C DID Resolution over HTTP, as plain ASGI: one index read and cached bytes.

- Cached by (did, version in force): bytes change only when a version does. What changes with every block (where the
  ledger was read) is a fragment made once a block and put in between.
- Conditional: a tag of what is said of the DID, made once a version; the block of reading is not in it.
- GET with options in the query, or POST with options in a JSON body.
- The status table, the error objects and the media types are docs/did-method.md section 8. Errors keep the full body.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson
import structlog

from node.api import dereferencing
from node.api.caching import DAY, NEVER, strong_tag, weak_tag
from node.api.deps import Services
from node.api.media import DEACTIVATED_STATUS, FULL, NEWEST_DOCUMENT, negotiate
from node.api.resolution_answer import Answer, freshness, method_not_allowed, not_whole, of_error, unless_known
from node.api.resolution_request import ResolutionRequest, read_request
from node.ports import DidHead, NotIndexedError, StoreUnavailableError
from node.services import dids
from registry_client.core.strict_json import parse_object
from registry_client.errors import InvalidOptionsError, LedgerUnavailableError, ParsingError, RegistryError

log = structlog.get_logger("node.resolution")

PREFIX: Final = "/1.0/identifiers/"
CACHE_MAX: Final = 20_000
"""Resolutions kept; about 1.5 KB each."""
_BODY_MAX: Final = 16_384  # bytes

Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A resolution and the tags of its representations, by media type."""

    resolution: dids.Resolution
    tags: dict[bytes, bytes] = field(default_factory=dict)

    def tag(self, media: bytes) -> bytes:
        found = self.tags.get(media)
        if found is None:
            resolution = self.resolution
            document = resolution.document or b""
            found = weak_tag(media, document, resolution.metadata) if media is FULL else strong_tag(media, document)
            self.tags[media] = found
        return found


class Resolver:
    """Answers everything under PREFIX."""

    def __init__(self, services: Services) -> None:
        self._services, self._hot = services, services.hot
        self._cache: OrderedDict[tuple[bytes, int], _Kept] = OrderedDict()
        self._place = (b"", b"", b"")
        self._id_of = lru_cache(CACHE_MAX)(services.ledger.did_id)
        self._plain = lru_cache(CACHE_MAX)(read_request)

    async def answer(self, scope: Scope, receive: Any) -> Answer:
        """Answer one request."""
        verb = scope["method"]
        if verb in {"GET", "HEAD"}:
            answer = await self._answer(scope, None)
            condition = _header(scope, b"if-none-match")
            if condition:
                answer = unless_known(answer, condition)
        elif verb == "POST":
            answer = await self._post(scope, receive)
        else:
            answer = method_not_allowed()
        return answer

    async def _post(self, scope: Scope, receive: Any) -> Answer:
        try:
            raw = await _read(receive)
            options = parse_object(raw, max_bytes=_BODY_MAX) if raw.strip() else {}
        except ParsingError as error:
            return of_error(InvalidOptionsError(f"the body is a JSON object of options: {error.detail}"))
        except RegistryError as error:
            return of_error(error)
        return await self._answer(scope, options)

    async def _answer(self, scope: Scope, body: Mapping[str, Any] | None) -> Answer:
        raw = (scope.get("raw_path") or scope["path"].encode())[len(PREFIX) :]
        query = scope["query_string"]
        form = dereferencing.FORM if b"%23" in raw or b"service" in raw + query else None
        try:
            request = read_request(raw, query, body) if query or body else self._plain(raw, b"")
            form = None if request.selection.names_document else dereferencing.FORM
            accept = request.accept
            if accept is None:
                accept = _header(scope, b"accept").decode("latin-1")
            if form is not None:
                return dereferencing.dereference(request, accept, self._fresh_of)
            return await self._resolve(request, negotiate(accept))
        except RegistryError as error:
            return of_error(error, form)
        except NotIndexedError:
            return not_whole(form)
        except StoreUnavailableError as error:
            log.warning("index cannot be read", reason=str(error))
            return of_error(LedgerUnavailableError("the node's index cannot be read now; see /health/ready"), form)
        except Exception:
            log.exception("resolution failed", path=scope["path"][:200])
            return of_error(RegistryError("the resolver failed; the node's log says why"), form)

    async def _resolve(self, request: ResolutionRequest, media: bytes) -> Answer:
        if request.method != "mapae":
            kept = _Kept(dids.resolve_self(request.did, request.method))
            return self._document(kept, media, None, cache=NEVER if request.no_cache else DAY)
        did_id = self._id_of(request.did)
        head = await self._hot.did_head(did_id)
        if head is None:
            raise NotIndexedError
        if not request.is_plain or head.version is None or head.has_pending:
            kept = _Kept(self._fresh(did_id, version=request.version, time=request.time))
        else:
            kept = self._cached(did_id, head.version)
        cache = NEVER if request.no_cache else freshness(kept.resolution, is_whole=media is FULL)
        return self._document(kept, media, head, cache=cache)

    def _cached(self, did_id: bytes, version: int) -> _Kept:
        key = (did_id, version)
        found = self._cache.get(key)
        if found is not None:
            return found
        found = _Kept(self._fresh(did_id, version=None, time=None))
        self._cache[key] = found
        if len(self._cache) > CACHE_MAX:
            self._cache.popitem(last=False)
        return found

    def _fresh(self, did_id: bytes, *, version: int | None, time: int | None) -> dids.Resolution:
        with self._services.reads.view() as view:
            return dids.resolve(self._services.ledger, view, did_id, version=version, time=time)

    def _fresh_of(self, request: ResolutionRequest) -> dids.Resolution:
        """Resolve what a DID URL stands on."""
        if request.method != "mapae":
            return dids.resolve_self(request.did, request.method)
        return self._fresh(self._id_of(request.did), version=request.version, time=request.time)

    def _document(self, kept: _Kept, media: bytes, head: DidHead | None, *, cache: bytes) -> Answer:
        resolution = kept.resolution
        extra = [(b"vary", b"accept"), (b"cache-control", cache)]
        if cache != NEVER and resolution.document is not None:
            extra.append((b"etag", kept.tag(media)))
        place = b""
        if head is not None:
            place, number = self._place_of(head)
            extra.append((b"mapae-block", number))
        if media is not FULL and resolution.document is not None:
            return Answer(200, resolution.document, media, extra)
        metadata = b'{"contentType":"' + NEWEST_DOCUMENT + b'"' + place + b"}"
        status = 200 if resolution.document is not None else DEACTIVATED_STATUS
        return Answer(status, _full(resolution.document or b"null", resolution.metadata, metadata), FULL, extra)

    def _place_of(self, head: DidHead) -> tuple[bytes, bytes]:
        """Return the members of the resolution metadata that say where and how it was read, and the block's number."""
        key = head.hash + head.final_number.to_bytes(8)
        if self._place[0] != key:
            ledger = {
                "block_number": head.number,
                "block_hash": "0x" + head.hash.hex(),
                "block_time": head.time,
                "final": head.final_number,
            }
            place = b',"assurance":"node","ledger":' + orjson.dumps(ledger)
            self._place = (key, place, str(head.number).encode())
        return self._place[1], self._place[2]


def _full(document: bytes, metadata: bytes, resolution: bytes) -> bytes:
    return b"".join(
        (
            b'{"didDocument":',
            document,
            b',"didDocumentMetadata":',
            metadata,
            b',"didResolutionMetadata":',
            resolution,
            b"}",
        )
    )


def _header(scope: Scope, wanted: bytes) -> bytes:
    found = [value for name, value in scope["headers"] if name == wanted]
    return found[0] if len(found) == 1 else b",".join(found)


async def _read(receive: Any) -> bytes:
    """Read a small body. Raises InvalidOptionsError beyond the bound."""
    pieces, length, more = [], 0, True
    while more:
        message = await receive()
        piece = message.get("body", b"")
        length += len(piece)
        if length > _BODY_MAX:
            raise InvalidOptionsError(f"the options have at most {_BODY_MAX} bytes")
        pieces.append(piece)
        more = message.get("more_body", False)
    return b"".join(pieces)
