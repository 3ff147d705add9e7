"""A recorded history over JSON-RPC: however it is read, in bulk or block by block, proved or believed, one index."""

from pathlib import Path

import pytest

from node.adapters.chain import RpcChain
from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.reads import SqlReads
from node.domain.ledger import Finality
from node.services.catalogue import CONTRACTS, event_codec
from node.services.indexing import Indexer
from node.services.proving import LogProver
from tests.simulators.history import DIRECTORY, record
from tests.simulators.recording_server import serving
from tests.support.databases import Database

DIDS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recording")


def indexed(url: str, store: SqlIndex, *, proves: bool, blocks: int | None = None) -> int:
    """Index everything; `blocks`: at most so many at once. Returns how many events that were."""
    chain = RpcChain(url)
    try:
        made = Indexer(
            chain,
            store,
            event_codec(),
            directory=DIRECTORY,
            finality=Finality(0),
            known_contracts=frozenset(CONTRACTS),
            prover=LogProver(chain) if proves else None,
        )
        if blocks:
            made._range = made._ceiling = blocks
        events = 0
        while not (step := made.step()).is_done:
            events += step.events
        return events + step.events
    finally:
        chain.close()


def test_a_recording_is_one_index_however_it_is_read(folder: Path, database: Database) -> None:
    known = record(folder, DIDS)
    with serving(folder) as url:
        digests = set()
        for name, options in (("a", {"proves": True}), ("b", {"proves": False}), ("c", {"proves": True, "blocks": 1})):
            engine = database.index(name)
            store = SqlIndex(engine)
            store.create({"network": "bench"})
            assert indexed(url, store, **options) == known["logs"]
            digests.add(str(index_digest(engine)))
            with SqlReads(engine).view() as view:
                assert view.counts()["did_versions"] > DIDS
                undecoded = [row for row in view.event_rows() if row["type"] == "Undecodable"]
                assert not undecoded
    assert len(digests) == 1


def test_a_recording_is_always_the_same(folder: Path, tmp_path: Path) -> None:
    record(folder, DIDS)
    record(tmp_path, DIDS)
    for file in ("headers", "logs", "receipts", "dids", "about.json"):
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()
