"""Reads under /v1, told apart by what they say: tagged, asked for again with the tag, 304 while nothing changed.

- The tag leaves the place of reading out: it moves with every block. A 304 carries the new `Mapae-Block`.
- A handler may set a Cache-Control of its own; else an answer may be kept, and is to be asked for again every time.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from node.api.caching import REVALIDATE, is_known, weak_tag

PUBLISHED: Final = "public, max-age=300"
"""What a type publishes: contexts, schemas, metadata. A new version of the type may replace it."""
_PLACE: Final = re.compile(
    rb'"block_number":[0-9]+,"block_hash":"0x[0-9a-f]{64}","block_time":[0-9]+(?:,"final":[0-9]+)?'
)
"""The members that say where the ledger was read, side by side as nothing else has them."""
_KEPT: Final = ("cache-control", "mapae-block", "vary")


class FactRoute(APIRoute):
    """A route whose GET answers are conditional."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, its answers tagged."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return conditional(request, await handle(request))

        return answer


def conditional(request: Request, response: Response) -> Response:
    """Tag a 200, or return 304 where the client has it."""
    if request.method != "GET" or response.status_code != 200:
        return response
    response.headers.setdefault("cache-control", REVALIDATE.decode())
    tag = weak_tag(request.url.path.encode(), _PLACE.sub(b"", bytes(response.body)))
    response.headers["etag"] = tag.decode()
    if not is_known(condition_of(request), tag):
        return response
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return Response(status_code=304, headers={"etag": tag.decode(), **kept})


def condition_of(request: Request) -> bytes:
    """Return the request's If-None-Match, its lines joined."""
    return ",".join(request.headers.getlist("if-none-match")).encode("latin-1")
