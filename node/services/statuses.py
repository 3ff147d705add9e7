"""Status lists: always whole, never one credential (nobody learns where a card is used)."""

import zlib
from typing import Any

from node.domain import fact
from node.domain.projection import first_ops_head
from node.ports import IndexView
from node.services.context import Ledger, NotFoundError, hexed, place_json
from registry_client.core.encoding import encode_base64url


def status_list(ledger: Ledger, view: IndexView, list_id: bytes) -> dict[str, Any]:
    """Return both planes of a list as of the final block, and what is seen beyond it. Raises NotFoundError."""
    opened = view.last(fact.StatusList, list_id=list_id)
    if opened is None:
        raise NotFoundError("no such status list is open, as far as the ledger is final", list=hexed(list_id))
    last = view.last(fact.StatusChange, list_id=list_id)
    published = view.last(fact.Snapshot, list_id=list_id)
    pending = view.changes_after_final(list_id)
    return {
        "list": hexed(list_id),
        "owner": ledger.did(opened.owner),
        "registry": hexed(opened.registry),
        "seq": last.seq if last else 0,
        "ops_head": hexed(last.ops_head if last else first_ops_head(list_id)),
        "published_seq": published.seq if published else 0,
        "published_digest": hexed(published.digest if published else bytes(32)),
        "words": _packed(view.words_upto(list_id)),
        "block_number": view.head.final.number,
        "block_hash": hexed(view.head.final.hash),
        "block_time": view.head.final.time,
        "pending": {
            "seq": pending[-1].seq,
            "ops_head": hexed(pending[-1].ops_head),
            "words": _packed(view.words(list_id)),
            "block_number": pending[-1].block_number,
        }
        if pending
        else None,
        "ledger": place_json(view),
    }


def lists_of(ledger: Ledger, view: IndexView, owner: bytes) -> dict[str, Any]:
    """Return the lists that a DID opened, oldest first."""
    return {
        "did": ledger.did(owner),
        "lists": [
            {"list": hexed(row.list_id), "registry": hexed(row.registry), "block_number": row.block_number}
            for row in view.facts(fact.StatusList, owner=owner)
        ],
        "ledger": place_json(view),
    }


def _packed(words: bytes) -> str:
    return encode_base64url(zlib.compress(words, 6))
