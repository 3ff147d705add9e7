"""Service codes: which verifier may ask for which claims, and why."""

from typing import Any

from node.domain import fact
from node.domain.overlay import is_bad_news
from node.ports import IndexView
from node.services.context import Ledger, NotFoundError, hexed, place_json
from registry_client.core.encoding import encode_base64url


def service(ledger: Ledger, view: IndexView, type_id: bytes, code: str) -> dict[str, Any]:
    """Return a service by its code (A-Z, 0-9, -). Raises NotFoundError."""
    row = view.last(fact.Service, type_id=type_id, code=code.encode("ascii", "replace").ljust(32, b"\0")[:32])
    if row is None:
        raise NotFoundError("no such service is set and final", type_id=hexed(type_id), code=code)
    return {**_service_json(ledger, row), "pending_end": _ends(view, row), "ledger": place_json(view)}


def services_of(ledger: Ledger, view: IndexView, type_id: bytes) -> dict[str, Any]:
    """Return every service of a type in its latest version."""
    latest = {row.code: row for row in view.facts(fact.Service, type_id=type_id)}
    return {
        "type_id": hexed(type_id),
        "services": [_service_json(ledger, row) for row in latest.values()],
        "ledger": place_json(view),
    }


def _ends(view: IndexView, row: fact.Service) -> bool:
    events = view.pending(row.verifier)
    return any(
        is_bad_news(event.type, event.fields)
        and event.fields.get("typeId") == hexed(row.type_id)
        and event.fields.get("code") == hexed(row.code)
        for event in events
    )


def _service_json(ledger: Ledger, row: fact.Service) -> dict[str, Any]:
    return {
        "type_id": hexed(row.type_id),
        "code": row.code.rstrip(b"\0").decode("ascii", "replace"),
        "verifier": ledger.did(row.verifier),
        "version": row.version,
        "from": row.valid_from,
        "until": row.valid_until,
        "ended_at": row.ended_at or None,
        "digest": hexed(row.digest),
        "document": encode_base64url(row.document),
        "by": hexed(row.by),
        "block_number": row.block_number,
    }
