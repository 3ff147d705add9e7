"""Credential types: schema documents by type and version, and what they publish under their URLs."""

from typing import Any, Final, Literal

from node.domain import fact
from node.ports import IndexView
from node.services.context import Ledger, NotFoundError, hexed, place_json
from registry_client.core.encoding import encode_base64url
from registry_client.core.strict_json import parse_object
from registry_client.errors import ParsingError

Part = Literal["contexts", "schemas", "vct"]
_DOCUMENT_MAX: Final = 65_536  # bytes
_MEMBER: Final = {"contexts": "context", "schemas": "schema"}


def schema(ledger: Ledger, view: IndexView, type_id: bytes, *, version: int | None) -> dict[str, Any]:
    """Return one version of a type's document, the latest by default. Raises NotFoundError."""
    wanted = {"type_id": type_id} if version is None else {"type_id": type_id, "version": version}
    row = view.last(fact.Schema, **wanted)
    latest = view.last(fact.Schema, type_id=type_id)
    if row is None or latest is None:
        raise NotFoundError("no such schema is registered and final", type_id=hexed(type_id), version=version)
    return {
        "type_id": hexed(type_id),
        "vct": row.vct,
        "owner": ledger.did(latest.owner),
        "version": row.version,
        "count": latest.version,
        "digest": hexed(row.digest),
        "document": encode_base64url(row.document),
        "time": row.block_time,
        "block_number": row.block_number,
        "ledger": place_json(view),
    }


def all_schemas(ledger: Ledger, view: IndexView) -> dict[str, Any]:
    """Return every credential type in its latest version, without documents."""
    latest: dict[bytes, fact.Schema] = {}
    for row in view.facts(fact.Schema):
        latest[row.type_id] = row
    return {
        "schemas": [
            {
                "type_id": hexed(row.type_id),
                "vct": row.vct,
                "owner": ledger.did(row.owner),
                "version": row.version,
                "digest": hexed(row.digest),
                "block_number": row.block_number,
            }
            for row in latest.values()
        ],
        "ledger": place_json(view),
    }


def published(ledger: Ledger, view: IndexView, part: Part, *, slug: str, version: str) -> dict[str, Any]:
    """Return what stands at <base>/<part>/<slug>/<version>: a context, a schema, or the type's metadata.

    All of it comes from the document that is anchored for the type <base>/vct/<slug>/<version>. Raises NotFoundError.
    """
    vct = f"{ledger.base}/vct/{slug}/{version}"
    row = view.last(fact.Schema, vct=vct)
    if row is None:
        raise NotFoundError("no such credential type is registered and final", vct=vct)
    try:
        document = parse_object(row.document, max_bytes=_DOCUMENT_MAX)
    except ParsingError as error:
        raise NotFoundError(f"the type's anchored document is not JSON: {error.detail}", vct=vct) from None
    if part == "vct":
        return {
            "vct": vct,
            "name": document.get("type"),
            "schema_uri": f"{ledger.base}/schemas/{slug}/{version}",
            "owner": ledger.did(row.owner),
            "type_id": hexed(row.type_id),
        }
    found = document.get(_MEMBER[part])
    if not isinstance(found, dict):
        raise NotFoundError(f"the type has no {_MEMBER[part]}", vct=vct)
    return found
