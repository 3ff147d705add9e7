"""Blocks that are taken back: the index converges, operations are carried again, what was final is never rewritten."""

import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.engine import open_engine
from node.adapters.store_sql.index import SqlIndex
from node.config import Config
from node.main import Node, connect, make_indexer
from node.stores import open_index
from registry_client.core.encoding import decode_base64url
from registry_client.core.hashing import keccak256
from registry_client.errors import LedgerInconsistentError, WrongLedgerError
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, make_home, running_node
from tests.support.chain import Registry, salt_of
from tests.support.databases import Database
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain

DEPTH = 4
"""Confirmations of these tests' policy."""


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    registry.ledger.rpc("anvil_mine", hex(DEPTH + 1))
    return found


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path, database: Database) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path, confirmations=DEPTH, **database.settings) as running:
        yield running


def started(config: Config) -> Node:
    """A node whose worker is turned by hand; where nodes share a database, it holds the lease of the index."""
    node = Node(config)
    assert node.stores.leases is None or node.stores.leases.indexer.keep()
    return node


def mine(registry: Registry, count: int = DEPTH) -> None:
    registry.ledger.rpc("anvil_mine", hex(count))


def test_creation_counts_only_when_final(node: RunningNode, agency: Agency) -> None:
    (operation_id,) = node.submit(agency.create())
    mined = node.wait([operation_id], states={"mined"})[0]

    status, result = node.resolve(agency.did)
    assert status == 404
    assert "not final" in result["didResolutionMetadata"]["error"]["detail"]
    assert node.status(f"/v1/dids/{agency.did}") == 404
    mine(agency.registry)
    assert node.wait([operation_id])[0] == {**mined, "state": "final", "updated_at": mined["updated_at"]} | {
        "updated_at": node.outcome(operation_id)["updated_at"]
    }
    assert node.resolve(agency.did)[0] == 200


def test_bad_news_is_told_before_it_is_final_and_good_news_is_not(node: RunningNode, agency: Agency) -> None:
    registry, key = agency.registry, agency.controller
    address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
    list_id = keccak256(address.rjust(32, b"\0") + agency.id.ljust(32, b"\0") + salt_of("list"))
    ids = node.submit(agency.create(), registry.sign("OpenList", {"owner": agency.id, "salt": salt_of("list")}, key))
    node.wait(ids, states={"mined", "final"})
    mine(registry)
    node.wait(ids)
    path = f"/v1/status-lists/0x{list_id.hex()}"

    (revoked,) = node.submit(registry.sign("Revoke", {"list": list_id, "startWord": 1, "masks": (1,)}, key))
    node.wait([revoked], states={"mined"})
    (ended,) = node.submit(registry.sign("DeactivateDid", {"id": agency.id, "expectedVersion": 1}, key))
    node.wait([ended], states={"mined"})
    early = node.get(path)
    status, result = node.resolve(agency.did)

    assert not any(zlib.decompress(decode_base64url(early["words"])))
    assert any(zlib.decompress(decode_base64url(early["pending"]["words"])))
    assert early["pending"]["seq"] == 1
    assert status == 200
    pending = {event["type"]: event["bad_news"] for event in result["didDocumentMetadata"]["pending"]}
    assert pending == {"StatusChanged": True, "DidDeactivated": True}
    mine(registry)
    node.wait([revoked, ended])
    late = node.get(path)
    assert late["pending"] is None
    assert late["words"] == early["pending"]["words"]
    assert node.resolve(agency.did)[0] == 410


def test_operation_whose_block_is_taken_back_is_carried_again(node: RunningNode, agency: Agency) -> None:
    registry = agency.registry
    (operation_id,) = node.submit(agency.create())
    first = node.wait([operation_id], states={"mined"})[0]
    mine(registry, 1)
    registry.ledger.rpc("anvil_reorg", 3, [])

    eventually(
        lambda: (
            (found := node.outcome(operation_id))["state"] == "mined" and found["block_number"] > first["block_number"]
        ),
        what="the operation in a block of the new branch",
    )
    mine(registry)
    assert node.wait([operation_id])[0]["state"] == "final"
    assert node.resolve(agency.did)[0] == 200
    assert len(node.events(type="OrganisationCreated")) == 1
    assert_equal_to_rebuilt(node.config)


def test_shorter_ledger_is_waited_for_and_its_other_branch_taken(node: RunningNode, agency: Agency) -> None:
    registry = agency.registry
    (operation_id,) = node.submit(agency.create())
    node.wait([operation_id], states={"mined"})
    taken_back = registry.ledger.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    registry.ledger.rpc("anvil_rollback", 2)
    mine(registry, DEPTH + 3)

    def is_final() -> bool:
        mine(registry, 1)
        return node.outcome(operation_id)["state"] == "final"

    eventually(is_final, what="the operation in a final block of the other branch")
    block = registry.ledger.rpc("eth_getBlockByNumber", hex(node.outcome(operation_id)["block_number"]), False)
    assert block["hash"] != taken_back
    assert_equal_to_rebuilt(node.config)


def test_contradiction_of_something_final_stops_the_node_with_both_sides(
    registry: Registry, agency: Agency, tmp_path: Path, database: Database
) -> None:
    with running_node(registry, tmp_path, confirmations=1, **database.settings) as node:
        (operation_id,) = node.submit(agency.create())
        node.wait([operation_id], states={"mined"})
        mine(registry, 3)
        node.wait([operation_id])
        height = int(registry.ledger.rpc("eth_blockNumber"), 16)
        eventually(lambda: node.get("/v1/ledger")["final"]["number"] == height - 1, what="all but the newest is final")
        final = node.get("/v1/ledger")["final"]
        registry.ledger.rpc("anvil_reorg", 5, [])
        mine(registry, 2)
        eventually(lambda: node.node.failed, what="the node stops")

    (evidence,) = (tmp_path / "node").glob("contradiction-*.json")
    sides = json.loads(evidence.read_text())
    assert sides["block_number"] == final["number"]
    assert sides["indexed_hash"] == final["hash"] != sides["shown_hash"]
    assert sides["shown_hash"] == registry.ledger.rpc("eth_getBlockByNumber", hex(final["number"]), False)["hash"]
    again = started(make_home(registry, tmp_path, confirmations=1, **database.settings))
    try:
        with pytest.raises(LedgerInconsistentError):
            again.worker.turn()
    finally:
        again.close()


@pytest.mark.parametrize("seed", range(4))
def test_index_after_random_branches_equals_a_rebuilt_one(
    registry: Registry, agency: Agency, tmp_path: Path, database: Database, seed: int
) -> None:
    random_ = random.Random(seed)
    config = make_home(registry, tmp_path, confirmations=DEPTH, **database.settings)
    node = started(config)
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    mine(registry)
    try:
        for step in range(25):
            action = random_.choice(["write", "write", "mine", "reorg", "rollback", "index", "index"])
            if action == "write":
                phone = P256Key(f"phone {seed} {step}")
                registry.submit("CreateHolder", dict(agency.holder(phone, phone.label).message), phone, agency.endorser)
            elif action == "mine":
                mine(registry, random_.randint(1, 3))
            elif action == "reorg":
                registry.ledger.rpc("anvil_reorg", random_.randint(1, DEPTH - 1), [])
            elif action == "rollback":
                registry.ledger.rpc("anvil_rollback", 1)
                mine(registry, 2)
            else:
                node.worker.turn()
        mine(registry)
        node.worker.turn()
    finally:
        node.close()
    assert_equal_to_rebuilt(config)


def test_other_ledger_is_refused_by_every_mark(registry: Registry, tmp_path: Path) -> None:
    wrong = {
        "chain_id": 999,
        "genesis_hash": "0x" + "11" * 32,
        "directory": "0x" + "22" * 20,
        "code_hash": "0x" + "33" * 32,
    }
    for name, value in wrong.items():
        config = make_home(registry, tmp_path / name, **{name: value})
        with pytest.raises(WrongLedgerError) as refused:
            Node(config)
        assert name in refused.value.evidence
        assert not config.index_path.exists()


def assert_equal_to_rebuilt(config: Config) -> None:
    """The index that lived through it all equals one made from nothing."""
    chain = connect(config)
    lived, fresh = open_index(config), None
    try:
        fresh = open_engine(config.index_path.with_name("fresh.sqlite"), synchronous="NORMAL")
        store = SqlIndex(fresh)
        store.create(config.identity())
        indexer = make_indexer(config, chain, store)
        indexer_of_lived = make_indexer(config, chain, SqlIndex(lived))
        while not indexer.step().is_done:
            pass
        while not indexer_of_lived.step().is_done:
            pass
        assert index_digest(lived) == index_digest(fresh)
    finally:
        chain.close()
        lived.dispose()
        if fresh is not None:
            fresh.dispose()
