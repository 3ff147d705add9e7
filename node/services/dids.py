"""DIDs: the version in force, its document, and what W3C resolution says of it."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from node.domain import fact
from node.domain.did_history import DEACTIVATED, HOLDER
from node.domain.overlay import pending_json
from node.ports import IndexView
from node.services.context import Ledger, hexed, place_json
from registry_client.core.assurance import Assurance
from registry_client.core.did import Did
from registry_client.core.did_self import resolve_did_jwk, resolve_did_key
from registry_client.core.document import parse_organisation
from registry_client.core.document_builder import holder_document, holder_key
from registry_client.core.encoding import encode_base64url
from registry_client.core.times import format_time
from registry_client.errors import DidNotFoundError, MethodNotSupportedError

_KINDS: Final = {1: "organisation", 2: "holder"}
_STATES: Final = {1: "active", 2: "deactivated"}
SELF_CERTIFYING: Final = {"key": resolve_did_key, "jwk": resolve_did_jwk}
"""Methods that need no ledger."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A DID resolved. `document`: JSON bytes, None after deactivation; `metadata`: didDocumentMetadata, JSON bytes."""

    document: bytes | None
    metadata: bytes
    after_head: bool = False
    """Asked for a time that no final block has reached."""
    is_settled: bool = False
    """What was asked for names this version for ever; its metadata may still gain a next version."""
    is_superseded: bool = False
    """And there is a next version: neither document nor metadata change any more."""

    @property
    def is_deactivated(self) -> bool:
        """Whether the version asked for is the DID's end."""
        return self.document is None


def resolve_self(did: Did, method: str) -> Resolution:
    """Resolve a DID that carries its own key. Raises InvalidDidError, MethodNotSupportedError."""
    resolver = SELF_CERTIFYING.get(method)
    if resolver is None:
        raise MethodNotSupportedError(
            f"this resolver speaks mapae, {', '.join(SELF_CERTIFYING)}; not {method}", did=did
        )
    return Resolution(orjson.dumps(resolver(did).json), b"{}")


def resolve(
    ledger: Ledger, view: IndexView, did_id: bytes, *, version: int | None = None, time: int | None = None
) -> Resolution:
    """Resolve the latest final version, version `version`, or the one in force at `time`.

    Raises DidNotFoundError, InvalidDidDocumentError.
    """
    did = Did(ledger.did(did_id))
    row = _version_of(view, did_id, version=version, time=time)
    if row is None:
        raise DidNotFoundError(_why_missing(view, did_id, version=version, time=time), did=did)
    document = None
    if row.state != DEACTIVATED:
        document = _document(row, did)
    metadata = _metadata(ledger, view, row)
    final = view.head.final
    return Resolution(
        document,
        orjson.dumps(metadata),
        after_head=time is not None and time > final.time,
        is_settled=version is not None or (time is not None and time < final.time),
        is_superseded="nextVersionId" in metadata,
    )


def record(
    ledger: Ledger, view: IndexView, did_id: bytes, *, version: int | None = None, time: int | None = None
) -> dict[str, Any]:
    """Return the raw record of a DID, with what is pending. Raises DidNotFoundError."""
    row = _version_of(view, did_id, version=version, time=time)
    if row is None:
        raise DidNotFoundError(_why_missing(view, did_id, version=version, time=time), did=ledger.did(did_id))
    following = view.last(fact.DidVersion, did_id=did_id, version=row.version + 1)
    is_holder = row.kind == HOLDER
    return {
        "did": ledger.did(did_id),
        "id": hexed(did_id),
        "kind": _KINDS[row.kind],
        "version": row.version,
        "state": _STATES[row.state],
        "controller": hexed(row.controller),
        "guardian": ledger.did(row.guardian) if is_holder else None,
        "document": encode_base64url(row.document) if row.document is not None else None,
        "x": hexed(row.key[:32]) if is_holder else None,
        "y": hexed(row.key[32:]) if is_holder else None,
        "salt": hexed(row.salt),
        "created": format_time(row.created_at),
        "updated": format_time(row.block_time),
        "created_at": row.created_at,
        "updated_at": row.block_time,
        "history_digest": hexed(row.history_digest),
        "block_number": row.block_number,
        "block_hash": hexed(row.block_hash),
        "transaction_hash": hexed(row.transaction_hash),
        "latest": following is None,
        "next_version_at": following.block_time if following else None,
        "pending": pending_json(view.pending(did_id)) if following is None else [],
        "ledger": place_json(view),
    }


def compromises(ledger: Ledger, view: IndexView, did_id: bytes) -> dict[str, Any]:
    """Return every key of a DID that is marked compromised: the earliest final time, and an earlier pending one."""
    marks: dict[bytes, dict[str, Any]] = {}
    for mark in view.at_head().facts(fact.Compromise, did_id=did_id):
        entry = marks.setdefault(
            mark.thumbprint,
            {
                "key_thumbprint": hexed(mark.thumbprint),
                "since": None,
                "pending_since": None,
                "block_number": mark.block_number,
                "final": False,
                "reporter": ledger.party(mark.reporter),
            },
        )
        is_final = mark.block_number <= view.head.final.number
        name = "since" if is_final else "pending_since"
        if entry[name] is None or mark.since < entry[name]:
            entry[name] = mark.since
            entry["block_number"], entry["reporter"] = mark.block_number, ledger.party(mark.reporter)
        entry["final"] = entry["final"] or is_final
    return {"did": ledger.did(did_id), "compromises": list(marks.values()), "ledger": place_json(view)}


def _version_of(view: IndexView, did_id: bytes, *, version: int | None, time: int | None) -> fact.DidVersion | None:
    if version is not None:
        return view.last(fact.DidVersion, did_id=did_id, version=version)
    return view.last(fact.DidVersion, did_id=did_id, at_most={"block_time": time} if time is not None else None)


def _why_missing(view: IndexView, did_id: bytes, *, version: int | None, time: int | None) -> str:
    latest = view.last(fact.DidVersion, did_id=did_id)
    if latest is None:
        seen = view.at_head().last(fact.DidVersion, did_id=did_id)
        if seen is not None:
            return f"the DID was created in block {seen.block_number}, which is not final yet: ask again"
        return "no such DID on this ledger"
    if version is not None:
        return f"version {version} does not exist; the latest is {latest.version}"
    return f"the DID did not exist then; it was created at {format_time(latest.created_at)}" if time else "no such DID"


def _document(row: fact.DidVersion, did: Did) -> bytes:
    if row.kind == HOLDER:
        return orjson.dumps(holder_document(did, holder_key(row.key[:32], row.key[32:])).json)
    anchored = row.document or b""
    parse_organisation(anchored, did)
    return anchored


def _metadata(ledger: Ledger, view: IndexView, row: fact.DidVersion) -> dict[str, Any]:
    metadata: dict[str, Any] = {"created": format_time(row.created_at)}
    if row.version > 1:
        metadata["updated"] = format_time(row.block_time)
    metadata["versionId"] = str(row.version)
    if row.state == DEACTIVATED:
        metadata["deactivated"] = True
    following = view.last(fact.DidVersion, did_id=row.did_id, version=row.version + 1)
    if following is not None:
        metadata["nextVersionId"] = str(following.version)
        metadata["nextUpdate"] = format_time(following.block_time)
    metadata["blockNumber"] = _bounded(row.block_number)
    metadata["blockHash"] = hexed(row.block_hash)
    metadata["transactionHash"] = hexed(row.transaction_hash)
    metadata["historyDigest"] = hexed(row.history_digest)
    metadata["controller"] = hexed(row.controller)
    metadata["final"] = row.block_number <= view.head.final.number
    metadata["assurance"] = Assurance.NODE.value
    if row.kind == HOLDER:
        metadata["guardian"] = ledger.did(row.guardian)
    pending = view.pending(row.did_id) if following is None else []
    if pending:
        metadata["pending"] = pending_json(pending)
    return metadata


def _bounded(number: int) -> int | str:
    """Numbers above 2^32 - 1 are strings in resolution metadata (DID Resolution v1)."""
    return number if number < 1 << 32 else str(number)
