"""One number for everything final in an index: two indexes of the same ledger at the same final block have the same."""

import hashlib
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from node.adapters.store_sql import tables as t
from node.adapters.store_sql.reads import SqlReads
from node.domain import fact

_TABLES: Final = tuple(sorted(t.FACT_TABLES, key=lambda table: table.name))


def index_digest(engine: Engine) -> dict[str, object]:
    """Return {block_number, block_hash, digest}: sha256 over every final row of every table, and every list's words.

    Tables by name, rows by primary key, columns in the table's order, values length-prefixed. Cost: reads everything.
    """
    digest = hashlib.sha256()
    with SqlReads(engine).view() as view, engine.connect() as db, db.begin():
        final = view.head.final
        for table in _TABLES:
            digest.update(_piece(table.name))
            rows = select(table).where(table.c.seen_block <= final.number).order_by(*table.primary_key.columns)
            for row in db.execute(rows.execution_options(yield_per=1_000)):
                digest.update(b"".join(_piece(value) for value in row))
        for list_id in _lists(db, final.number):
            digest.update(_piece(list_id) + _piece(view.words_upto(list_id)))
    return {"block_number": final.number, "block_hash": "0x" + final.hash.hex(), "digest": "0x" + digest.hexdigest()}


def _lists(db: Connection, final_number: int) -> list[bytes]:
    table = t.TABLE_OF[fact.StatusList]
    query = select(table.c.list_id).where(table.c.seen_block <= final_number).order_by(table.c.list_id)
    return [row.list_id for row in db.execute(query)]


def _piece(value: Any) -> bytes:
    """Write one value so that no two rows of different values have the same bytes."""
    data = (
        b""
        if value is None
        else value
        if isinstance(value, bytes)
        else str(int(value) if isinstance(value, bool) else value).encode()
    )
    return (b"n" if value is None else b"v") + len(data).to_bytes(8) + data
