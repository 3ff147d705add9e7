"""The tables of the issuer's book, and how a row becomes a BookEntry. Nothing personal stands in the clear."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from registry_client.adapters.book_seal import BookSeal
from registry_client.core.book import BookEntry, IssuanceRequest
from registry_client.core.credential import Format
from registry_client.core.issuance import parse_receipt
from registry_client.core.keys import PublicKey
from registry_client.core.status import StatusReference

SCHEMA_VERSION: Final = 1
TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lists (
  list_id BLOB PRIMARY KEY, opened_at INTEGER NOT NULL, closed_at INTEGER
) WITHOUT ROWID;
CREATE TABLE credentials (
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  line INTEGER NOT NULL,
  vct TEXT NOT NULL,
  format TEXT NOT NULL,
  list_id BLOB NOT NULL REFERENCES lists,
  position INTEGER NOT NULL,
  progress TEXT NOT NULL CHECK (progress IN ('reserved', 'signed', 'anchored')),
  standing TEXT NOT NULL CHECK (standing IN ('valid', 'suspended', 'revoked')),
  valid_from INTEGER,
  valid_until INTEGER,
  signed_at INTEGER,
  digest BLOB,
  receipt TEXT,
  replaces TEXT REFERENCES credentials,
  request_tag BLOB NOT NULL,
  reference_tag BLOB,
  subject_tag BLOB,
  claims BLOB NOT NULL,
  holder BLOB NOT NULL,
  reference BLOB,
  credential BLOB,
  reason BLOB,
  UNIQUE (list_id, position),
  UNIQUE (batch, line)
) WITHOUT ROWID;
CREATE INDEX by_reference ON credentials (reference_tag);
CREATE INDEX by_subject ON credentials (subject_tag);
CREATE INDEX by_replaced ON credentials (replaces);
CREATE TABLE changes (
  number INTEGER PRIMARY KEY, credential TEXT NOT NULL REFERENCES credentials, at INTEGER NOT NULL,
  standing TEXT NOT NULL, reason BLOB
);
CREATE TABLE anchors (
  batch TEXT PRIMARY KEY, seq INTEGER NOT NULL, root BLOB NOT NULL, count INTEGER NOT NULL
) WITHOUT ROWID;
"""
"""The place of a credential in its list is `position`: never given twice, which UNIQUE (list_id, position) holds."""

SELECT: Final = (
    "SELECT c.*, (SELECT r.id FROM credentials r WHERE r.replaces = c.id ORDER BY r.id LIMIT 1) AS replaced_by "
    "FROM credentials c "
)

NOT_SIGNED: Final = -(2**62)
"""Where a line that is not signed yet stands in ORDER: before all that are."""
ORDER: Final = f"coalesce(-c.signed_at, {NOT_SIGNED}), c.batch, c.line"
"""Newest first; no two lines are equal in it, so a page can begin after any line."""


def place_of(entry_id: str, column: str) -> str:
    """Return what a sealed field is bound to."""
    return f"credentials|{entry_id}|{column}"


def request_json(request: IssuanceRequest) -> dict[str, Any]:
    """Return the whole request as JSON values, for its tag."""
    return {
        "vct": request.vct,
        "format": request.format.value,
        "claims": dict(request.claims),
        "holder": holder_json(request),
        "valid_from": request.valid_from,
        "valid_until": request.valid_until,
        "reference": request.reference,
        "replaces": request.replaces,
    }


def holder_json(request: IssuanceRequest) -> dict[str, Any]:
    """Return whom a credential is for: the bound key and the subject's DID."""
    jwk = None if request.holder_key is None else request.holder_key.to_jwk()
    return {"jwk": jwk, "subject": request.subject}


def entry_of(row: sqlite3.Row, seal: BookSeal) -> BookEntry:
    """Open one row. Raises BookError if a sealed field was altered."""
    entry_id: str = row["id"]

    def opened(column: str) -> Any:
        return None if row[column] is None else seal.open(place_of(entry_id, column), row[column])

    holder: Mapping[str, Any] = opened("holder")
    request = IssuanceRequest(
        vct=row["vct"],
        format=Format(row["format"]),
        claims=opened("claims"),
        holder_key=None if holder["jwk"] is None else PublicKey.from_jwk(holder["jwk"]),
        subject=holder["subject"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        reference=opened("reference"),
        replaces=row["replaces"],
    )
    return BookEntry(
        id=entry_id,
        batch=row["batch"],
        line=row["line"],
        request=request,
        status=StatusReference(row["list_id"], row["position"]),
        progress=row["progress"],
        standing=row["standing"],
        signed_at=row["signed_at"],
        digest=row["digest"],
        credential=opened("credential"),
        receipt=None if row["receipt"] is None else parse_receipt(json.loads(row["receipt"])),
        replaced_by=row["replaced_by"],
        reason=opened("reason"),
    )
