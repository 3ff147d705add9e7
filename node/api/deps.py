"""What routers get: the node's services, and a consistent view of the index for one request."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Path, Query, Request, Response
from fastapi.routing import APIRoute

from node.api.traffic import Traffic
from node.ports import HotReads, IndexReads, IndexView
from node.services.context import Ledger
from node.services.health import WorkerReport
from node.services.operations import Operations
from node.services.published_lists import PublishedLists
from node.services.registrations import Registrations
from node.services.tokens import Tokens
from node.services.verification import Verification
from registry_client.core.encoding import decode_hex
from registry_client.errors import InvalidOptionsError

if TYPE_CHECKING:
    from node.api.exposition import Exposition


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that HTTP may ask. `wake`: tells the worker that something was queued."""

    ledger: Ledger
    reads: IndexReads
    hot: HotReads
    operations: Operations
    registrations: Registrations
    published: PublishedLists
    tokens: Tokens
    worker: Callable[[], WorkerReport | None]
    wake: Callable[[], None]
    event_types: frozenset[str]
    verification: Verification | None = None
    """None: the VC-API is off."""
    traffic: Traffic = field(default_factory=Traffic)
    exposition: "Exposition | None" = None
    """None: nobody is told any metrics."""


async def services(request: Request) -> Services:
    """Return the node's services."""
    return cast("Services", request.app.state.services)


Node = Annotated[Services, Depends(services)]


async def known_queries(request: Request) -> None:
    """Refuse a query parameter that the route does not have: a filter that is ignored answers another question."""
    route = request.scope.get("route")
    known = {parameter.alias for parameter in route.dependant.query_params} if isinstance(route, APIRoute) else set()
    unknown = sorted(name for name in request.query_params if name not in known)
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        raise InvalidOptionsError(
            f"unknown query parameter {unknown[0][:64]}; known: {listed}", parameter=unknown[0][:64]
        )


async def _view(node: Node, response: Response) -> AsyncIterator[IndexView]:
    with node.reads.view() as view:
        response.headers["Mapae-Block"] = str(view.head.block.number)
        yield view


View = Annotated[IndexView, Depends(_view)]

DidPath = Annotated[
    str,
    Path(
        max_length=2_048,
        description="A DID of this network",
        examples=["did:mapae:dev-1a2b3c:4QCBkoE8XC1Ch6WoGfZegEN1aoE3"],
        json_schema_extra={"pattern": "^did:mapae:[a-z0-9-]{1,32}:[1-9A-HJ-NP-Za-km-z]{20,28}$"},
    ),
]
Hash = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$", description="32 bytes, 0x and lower-case hex")]
UNIX_MAX = 1 << 40
UnixTime = Annotated[int | None, Query(ge=0, le=UNIX_MAX, description="Unix seconds")]


def hash_query(name: str, text: str) -> bytes:
    """Read a 32-byte query parameter. Raises InvalidOptionsError."""
    try:
        return decode_hex(text, length=32)
    except Exception as error:
        raise InvalidOptionsError(f"{name}: expected 0x and 64 lower-case hex digits", parameter=name) from error
