"""GET /1.0/identifiers/{did}: W3C DID Resolution over HTTP, as plain ASGI: one index read and cached bytes.

- Cached by (did, version in force): bytes change only when a version does. What changes with every block (where the
  ledger was read) is a fragment made once a block and put in between.
- The status table, the error objects and the media types are docs/did-method.md section 8. Errors keep the full body.
"""

from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson
import structlog

from node.api.deps import Services
from node.api.media import DEACTIVATED_STATUS, FULL, NEWEST_DOCUMENT, negotiate
from node.api.problems import status_of
from node.ports import DidHead, NotIndexedError
from node.services import dids
from registry_client.core.did import DID_MAX_LENGTH, Did, method_of, parse_did, parse_did_url
from registry_client.core.times import parse_time
from registry_client.errors import (
    DidNotFoundError,
    FeatureNotSupportedError,
    InvalidDidError,
    InvalidDidUrlError,
    InvalidOptionsError,
    LedgerUnavailableError,
    MalformedValueError,
    RegistryError,
)

log = structlog.get_logger("node.resolution")

PREFIX: Final = "/1.0/identifiers/"
CACHE_MAX: Final = 20_000
"""Resolutions kept; about 1.5 KB each."""
_OPTIONS: Final = frozenset({"versionId", "versionTime", "noCache", "expandRelativeUrls", "accept"})
_VERSION_MAX: Final = (1 << 32) - 1
_QUERY_MAX: Final = 4_096  # bytes

Scope = Mapping[str, Any]


class Resolver:
    """An ASGI application for everything under PREFIX."""

    def __init__(self, services: Services) -> None:
        self._services, self._hot = services, services.hot
        self._cache: OrderedDict[tuple[bytes, int], dids.Resolution] = OrderedDict()
        self._place = (b"", b"")
        self._id_of = lru_cache(CACHE_MAX)(services.ledger.did_id)

    async def __call__(self, scope: Scope, _receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["method"] not in {"GET", "HEAD"}:
            await _reply(send, 405, b"", [(b"allow", b"GET, HEAD")])
            return
        accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
        status, body, media, extra = self._answer(scope, accept)
        headers = [(b"content-type", media), *extra]
        await _reply(send, status, b"" if scope["method"] == "HEAD" else body, headers, length=len(body))

    def _answer(self, scope: Scope, accept: str) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        try:
            media = negotiate(accept)
            raw = scope.get("raw_path") or scope["path"].encode()
            text = _text_of(raw[len(PREFIX) :])
            return self._resolve(text, scope["query_string"], media)
        except RegistryError as error:
            return _error(error)
        except NotIndexedError:
            return _error(LedgerUnavailableError("no block is indexed yet: the node is starting; see /health/ready"))
        except Exception:
            log.exception("resolution failed", path=scope["path"][:200])
            return _error(RegistryError("the resolver failed; the node's log says why"))

    def _resolve(self, text: str, query: bytes, media: bytes) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        did, method = _did_of(text)
        options = _options(query) if query else {}
        if method != "mapae":
            return self._reply(dids.resolve_self(did, method), media, None, cache=not options.get("noCache"))
        did_id = self._id_of(did)
        head = self._hot.did_head(did_id)
        if head is None:
            raise NotIndexedError
        if options or head.version is None or head.has_pending:
            resolution = self._fresh(did_id, options)
        else:
            resolution = self._cached(did_id, head.version)
        return self._reply(resolution, media, head, cache=not resolution.after_head and "noCache" not in options)

    def _cached(self, did_id: bytes, version: int) -> dids.Resolution:
        key = (did_id, version)
        found = self._cache.get(key)
        if found is not None:
            return found
        found = self._fresh(did_id, {})
        self._cache[key] = found
        if len(self._cache) > CACHE_MAX:
            self._cache.popitem(last=False)
        return found

    def _fresh(self, did_id: bytes, options: Mapping[str, int]) -> dids.Resolution:
        with self._services.reads.view() as view:
            return dids.resolve(
                self._services.ledger, view, did_id, version=options.get("versionId"), time=options.get("versionTime")
            )

    def _reply(
        self, resolution: dids.Resolution, media: bytes, head: DidHead | None, *, cache: bool
    ) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        extra = [(b"vary", b"accept"), (b"cache-control", b"no-cache" if cache else b"no-store")]
        place = b""
        if head is not None:
            place = self._place_of(head)
            extra.append((b"mapae-block", str(head.number).encode()))
        if resolution.document is None:
            metadata = b'{"contentType":"' + NEWEST_DOCUMENT + b'"' + place + b"}"
            return DEACTIVATED_STATUS, _full(b"null", resolution.metadata, metadata), FULL, extra
        if media is not FULL:
            return 200, resolution.document, media, extra
        metadata = b'{"contentType":"' + NEWEST_DOCUMENT + b'"' + place + b"}"
        return 200, _full(resolution.document, resolution.metadata, metadata), FULL, extra

    def _place_of(self, head: DidHead) -> bytes:
        """Return the `ledger` member of the resolution metadata; made once a block."""
        key = head.hash + head.final_number.to_bytes(8)
        if self._place[0] != key:
            ledger = {
                "block_number": head.number,
                "block_hash": "0x" + head.hash.hex(),
                "block_time": head.time,
                "final": head.final_number,
            }
            self._place = (key, b',"ledger":' + orjson.dumps(ledger))
        return self._place[1]


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


def _text_of(raw: bytes) -> str:
    """Decode a percent-encoded path; what is not ASCII after that is no DID."""
    if len(raw) > 3 * DID_MAX_LENGTH:
        raise InvalidDidError(f"a DID has at most {DID_MAX_LENGTH} characters", length=len(raw))
    return unquote_to_bytes(raw).decode("latin-1")


@lru_cache(CACHE_MAX)
def _did_of(text: str) -> tuple[Did, str]:
    """Return the DID and its method. Raises InvalidDidError, FeatureNotSupportedError."""
    try:
        return parse_did(text), method_of(text)
    except InvalidDidError:
        try:
            parse_did_url(text)
        except InvalidDidUrlError:
            raise InvalidDidError("not a DID: expected did:<method>:<identifier>", did=text[:128]) from None
        raise FeatureNotSupportedError("this is a DID URL: resolve its DID and dereference it in the client") from None


def _options(query: bytes) -> dict[str, int]:
    """Read the resolution options. Raises InvalidOptionsError, FeatureNotSupportedError."""
    if len(query) > _QUERY_MAX:
        raise InvalidOptionsError("the query is too long", length=len(query))
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=20, separator="&")
    given = dict(pairs)
    if len(given) != len(pairs):
        raise InvalidOptionsError("an option is given twice")
    unknown = sorted(given.keys() - _OPTIONS)
    if unknown:
        raise FeatureNotSupportedError(f"not supported here: {unknown[0][:64]}", option=unknown[0][:64])
    if "versionId" in given and "versionTime" in given:
        raise InvalidOptionsError("versionId and versionTime exclude each other")
    options: dict[str, int] = {}
    for name in ("noCache", "expandRelativeUrls"):
        if given.get(name, "false") not in {"true", "false"}:
            raise InvalidOptionsError(f"{name} is true or false", option=name)
    if given.get("noCache") == "true":
        options["noCache"] = 1
    if "versionId" in given:
        text = given["versionId"]
        if not text.isascii() or not text.isdecimal() or text.startswith("0") or int(text[:11]) > _VERSION_MAX:
            raise InvalidOptionsError("versionId is a version number: 1, 2, 3 ...", versionId=text[:32])
        options["versionId"] = int(text)
    if "versionTime" in given:
        try:
            options["versionTime"] = parse_time(given["versionTime"].replace(" ", "+"), "versionTime")
        except MalformedValueError as error:
            raise InvalidOptionsError(error.detail, versionTime=given["versionTime"][:64]) from None
    return options


def _error(error: RegistryError) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
    """Return the full result body that says why there is no document (DID Resolution v1, section 10)."""
    status, problem = status_of(type(error)), error.as_problem()
    if not str(problem["type"]).startswith("https://www.w3.org/ns/did#"):
        status, problem["type"] = 500, RegistryError.type_uri
    body = {"didDocument": None, "didDocumentMetadata": {}, "didResolutionMetadata": {"error": problem}}
    cache = b"no-cache" if isinstance(error, DidNotFoundError) else b"no-store"
    return status, orjson.dumps(body), FULL, [(b"vary", b"accept"), (b"cache-control", cache)]


async def _reply(
    send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]], *, length: int | None = None
) -> None:
    size = str(len(body) if length is None else length).encode()
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", size)]})
    await send({"type": "http.response.body", "body": body})
