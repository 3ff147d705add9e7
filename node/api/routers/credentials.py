"""Reads that verifiers need about credentials: status lists, schemas, services, and what types publish."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from starlette.responses import JSONResponse

from node.api import schemas
from node.api import shapes_credentials as shapes
from node.api.deps import DidPath, Hash, Node, View
from node.api.fact_route import PUBLISHED, FactRoute
from node.services import schemas as schema_service
from node.services import service_codes, statuses
from registry_client.core.encoding import decode_hex

router = APIRouter(tags=["credentials"], route_class=FactRoute)


class JsonLd(JSONResponse):
    """JSON-LD, as processors ask for it."""

    media_type = "application/ld+json"


class JsonSchema(JSONResponse):
    """JSON Schema."""

    media_type = "application/schema+json"


_PROBLEM = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_READ: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 404, 503), _PROBLEM)
_VERSION_MAX = (1 << 32) - 1
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
VersionSlug = Annotated[str, Path(pattern=r"^v[1-9][0-9]{0,3}$")]
Code = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,32}$")]


@router.get(
    "/v1/status-lists/{list_id}",
    response_model=shapes.StatusListAnswer,
    summary="A whole status list",
    responses=_READ,
)
async def status_list(node: Node, view: View, list_id: Hash) -> dict[str, Any]:
    """Give both planes of a list. There is no request for one credential: nobody learns where a card is used."""
    return statuses.status_list(node.ledger, view, decode_hex(list_id, length=32))


@router.get("/v1/dids/{did}/status-lists", response_model=shapes.OwnLists, summary="A DID's lists", responses=_READ)
async def own_lists(node: Node, view: View, did: DidPath) -> dict[str, Any]:
    """List the status lists that a DID opened."""
    return statuses.lists_of(node.ledger, view, node.ledger.did_id(did))


@router.get("/v1/schemas", response_model=shapes.SchemaEntries, summary="Every credential type", responses=_READ)
async def all_schemas(node: Node, view: View) -> dict[str, Any]:
    """List every credential type in its latest version."""
    return schema_service.all_schemas(node.ledger, view)


@router.get("/v1/schemas/{type_id}", response_model=shapes.SchemaAnswer, summary="A type's document", responses=_READ)
async def schema(
    node: Node, view: View, type_id: Hash, version: Annotated[int | None, Query(ge=1, le=_VERSION_MAX)] = None
) -> dict[str, Any]:
    """Give the anchored document of a credential type, the latest version by default."""
    return schema_service.schema(node.ledger, view, decode_hex(type_id, length=32), version=version)


@router.get("/v1/services/{type_id}", response_model=shapes.Services, summary="A type's services", responses=_READ)
async def services(node: Node, view: View, type_id: Hash) -> dict[str, Any]:
    """List every service code of a type in its latest version."""
    return service_codes.services_of(node.ledger, view, decode_hex(type_id, length=32))


@router.get("/v1/services/{type_id}/{code}", response_model=shapes.ServiceAnswer, summary="A service", responses=_READ)
async def service(node: Node, view: View, type_id: Hash, code: Code) -> dict[str, Any]:
    """Give a service: which verifier may ask for which claims of the type, and why."""
    return service_codes.service(node.ledger, view, decode_hex(type_id, length=32), code)


@router.get(
    "/contexts/{name}/{version}",
    summary="A type's JSON-LD context",
    response_class=JsonLd,
    responses=_READ,
    tags=["published"],
)
async def context(node: Node, view: View, response: Response, name: Slug, version: VersionSlug) -> dict[str, Any]:
    """Give the JSON-LD context of <base>/vct/{name}/{version}, as anchored."""
    response.headers["Cache-Control"] = PUBLISHED
    return schema_service.published(node.ledger, view, "contexts", slug=name, version=version)


@router.get(
    "/schemas/{name}/{version}",
    summary="A type's JSON Schema",
    response_class=JsonSchema,
    responses=_READ,
    tags=["published"],
)
async def json_schema(node: Node, view: View, response: Response, name: Slug, version: VersionSlug) -> dict[str, Any]:
    """Give the JSON Schema of <base>/vct/{name}/{version}, as anchored."""
    response.headers["Cache-Control"] = PUBLISHED
    return schema_service.published(node.ledger, view, "schemas", slug=name, version=version)


@router.get("/vct/{name}/{version}", summary="A type's metadata", responses=_READ, tags=["published"])
async def type_metadata(node: Node, view: View, response: Response, name: Slug, version: VersionSlug) -> dict[str, Any]:
    """Give the type metadata of <base>/vct/{name}/{version}."""
    response.headers["Cache-Control"] = PUBLISHED
    return schema_service.published(node.ledger, view, "vct", slug=name, version=version)
