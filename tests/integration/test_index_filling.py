"""While an index is filled from nothing nobody hears "no such DID": 503 until it was whole once, in every process."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from node.config import Config
from node.home import bind
from node.ledger_access import connect, make_indexer
from node.main import Node
from node.services.indexing import Progress
from node.stores import open_stores
from tests.integration.node_support import NodeClient, admitted, eventually, make_home, running_node
from tests.support.chain import Registry

pytestmark = pytest.mark.chain


def step_by_step(config: Config) -> Iterator[Progress]:
    """Yield after each block that is indexed."""
    with closing(connect(config)) as chain, closing(open_stores(config)) as stores:
        indexer = make_indexer(config, chain, stores.index)
        indexer._range = indexer._ceiling = 1
        while True:
            step = indexer.step()
            yield step
            if step.is_done:
                return


def test_nothing_is_denied_before_the_index_is_whole(registry: Registry, tmp_path: Path) -> None:
    agency = admitted(registry, "agency beyond the horizon")
    with running_node(registry, tmp_path / "first") as first:
        first.relay_one(agency.create())
    config = make_home(registry, tmp_path / "second", role="api")
    filling = step_by_step(config)
    assert not next(filling).is_done
    node, listener = Node(config), bind("127.0.0.1", 0)
    with closing(listener):
        thread = threading.Thread(target=node.run, args=(listener,))
        thread.start()
        try:
            client = NodeClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "")
            eventually(client.is_serving, what="a node that serves")
            for path in (f"/1.0/identifiers/{agency.did}", f"/v1/dids/{agency.did}", "/v1/ledger", "/v1/events"):
                answer = client.http.get(path)
                assert answer.status_code == 503, (path, answer.text)
                assert int(answer.headers["retry-after"]) > 0
            ready = client.http.get("/health/ready")
            assert ready.status_code == 503
            assert [reason["code"] for reason in ready.json()["reasons"]] == ["index_filling"]
            for _ in filling:
                pass
            assert client.http.get("/health/ready").status_code == 200
            assert client.resolve(agency.did)[0] == 200
        finally:
            node.stop()
            thread.join(20)
            client.http.close()
    assert not thread.is_alive()


def test_a_node_that_was_whole_once_answers_again_at_once(registry: Registry, tmp_path: Path) -> None:
    with running_node(registry, tmp_path) as first:
        first.wait_for_head(registry.ledger)
    registry.ledger.rpc("anvil_mine", hex(3))
    with closing(open_stores(make_home(registry, tmp_path))) as stores, stores.reads.view() as view:
        assert view.head.block.number < int(registry.ledger.rpc("eth_blockNumber"), 16)
