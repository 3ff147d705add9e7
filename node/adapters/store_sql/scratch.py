"""A SQLite file that is filled from nothing and counts only when it is whole: no journal, no syncs, indexes last.

After a crash or an error it is thrown away; `finish` makes it a file like any other.
"""

import os
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from node.adapters.store_sql.engine import open_engine, writing
from node.adapters.store_sql.tables import index_metadata

CACHE_KIB: Final = 131_072
"""Pages are found by hashes all over a table: what does not fit here is read and written again and again."""


def open_scratch(path: Path) -> Engine:
    """Open (or create) a file to be filled. A transaction that fails leaves it damaged."""
    return open_engine(path, synchronous="OFF", journal="OFF", cache_kib=CACHE_KIB)


def put_off_indexes(engine: Engine) -> None:
    """Drop every index that is no table's key."""
    with writing(engine).begin() as db:
        for table in index_metadata.sorted_tables:
            for index in table.indexes:
                index.drop(db, checkfirst=True)


def make_indexes(engine: Engine) -> None:
    """Make what was put off, each by one sort."""
    with writing(engine).begin() as db:
        for table in index_metadata.sorted_tables:
            for index in table.indexes:
                index.create(db, checkfirst=True)


def finish(engine: Engine, path: Path) -> None:
    """Make the file whole and safe on the disk; the engine is closed."""
    make_indexes(engine)
    engine.dispose()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
