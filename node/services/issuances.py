"""Issuance: the batches that an agency anchored."""

from typing import Any, Final

from node.domain import fact
from node.ports import IndexView
from node.services.context import Ledger, NotFoundError, hexed, place_json

PAGE_MAX: Final = 1_000
"""Batches in one answer, newest first."""


def issuance(ledger: Ledger, view: IndexView, agency: bytes, seq: int) -> dict[str, Any]:
    """Return one batch. Raises NotFoundError."""
    row = view.last(fact.Issuance, agency=agency, seq=seq)
    if row is None:
        raise NotFoundError("no such batch is anchored and final", did=ledger.did(agency), seq=seq)
    return {**_batch_json(ledger, row), "ledger": place_json(view)}


def issuances(ledger: Ledger, view: IndexView, agency: bytes) -> dict[str, Any]:
    """Return an agency's newest batches and how many there are."""
    rows = view.facts(fact.Issuance, newest=True, limit=PAGE_MAX, agency=agency)
    return {
        "did": ledger.did(agency),
        "count": rows[0].seq if rows else 0,
        "issuances": [_batch_json(ledger, row) for row in rows],
        "ledger": place_json(view),
    }


def _batch_json(ledger: Ledger, row: fact.Issuance) -> dict[str, Any]:
    return {
        "did": ledger.did(row.agency),
        "seq": row.seq,
        "root": hexed(row.root),
        "count": row.count,
        "time": row.block_time,
        "digest": hexed(row.digest),
        "by": hexed(row.by),
        "block_number": row.block_number,
    }
