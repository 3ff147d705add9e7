"""Blocks are taken back under every kind of operation: each is carried again, once; the index is as a new one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_client.core.operation import OPERATIONS
from tests.faults import kinds
from tests.faults.support import wait_for_states
from tests.integration.node_support import RunningNode, admitted, eventually, running_node
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.anvil import anvil
from tests.support.chain import Registry, found

pytestmark = [pytest.mark.chain, pytest.mark.slow]

DEPTHS = (1, 5, 20)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A ledger for one test: a pool that other tests filled and emptied is not what is looked at here."""
    with anvil(chain_id=31_720) as ledger:
        yield found(ledger)


def test_the_stream_has_every_kind(registry: Registry) -> None:
    signed = {operation.kind for group in kinds.steps(registry, admitted(registry, "ministry")) for operation in group}
    assert signed | {kinds.BY_THE_NODE} == set(OPERATIONS)


@pytest.mark.parametrize("depth", DEPTHS)
def test_every_kind_survives_blocks_that_are_taken_back(registry: Registry, tmp_path: Path, depth: int) -> None:
    """As many groups as fill `depth` blocks are mined, then those blocks are replaced by empty ones."""
    agency = admitted(registry, "ministry")
    kinds.prepared(registry, agency)
    confirmations = 80
    registry.ledger.rpc("anvil_mine", hex(confirmations + 1))
    undone: set[str] = set()
    ids: list[str] = []
    with running_node(registry, tmp_path, confirmations=confirmations) as node:
        node.wait_for_head(registry.ledger)
        stream, group = kinds.steps(registry, agency), []
        for operations in stream:
            new = node.submit(*operations)
            ids += new
            group += new
            mined = wait_for_states(node, new, {"mined"})
            if depth - 1 <= _height(registry) - min(node.outcome(item)["block_number"] for item in group):
                undone |= _take_back(registry, node, group, depth)
                group = []
            assert all(outcome["error"] is None for outcome in mined)
        if group:
            filling = _height(registry) - min(node.outcome(item)["block_number"] for item in group) + 1
            undone |= _take_back(registry, node, group, max(depth, filling))
        executed = eventually(lambda: node.events(type="ProposalExecuted", limit=50), what="the decision carried out")
        registry.ledger.rpc("anvil_mine", hex(confirmations))
        outcomes = wait_for_states(node, ids, {"final", "failed", "expired", "superseded"})
        assert {(outcome["kind"], outcome["state"]) for outcome in outcomes} == {
            (outcome["kind"], "final") for outcome in outcomes
        }
        assert undone == set(OPERATIONS) - {kinds.BY_THE_NODE}
        assert executed
        node.wait_for_head(registry.ledger)
        _require_each_once(node)
    assert_equal_to_rebuilt(node.config)


def _take_back(registry: Registry, node: RunningNode, group: list[str], depth: int) -> set[str]:
    """Replace the newest `depth` blocks; wait until the group is mined again. Returns the kinds that were undone."""
    before = {item: node.outcome(item)["block_number"] for item in group}
    height = _height(registry)
    registry.ledger.rpc("anvil_reorg", depth, [])
    gone = [item for item, block in before.items() if block > height - depth]
    for item in gone:  # each is seen in a block again, and not in the one that is no more
        eventually(lambda item=item: _is_on_ledger(registry, node, item), what=f"{node.outcome(item)} mined again")
    return {node.outcome(item)["kind"] for item in gone}


def _is_on_ledger(registry: Registry, node: RunningNode, item: str) -> bool:
    """Whether the node says mined, and the ledger has the operation's transaction with success."""
    outcome = node.outcome(item)
    if outcome["state"] != "mined" or outcome["transaction_hash"] is None:
        return False
    receipt = registry.ledger.rpc("eth_getTransactionReceipt", outcome["transaction_hash"])
    return receipt is not None and receipt["status"] == "0x1"


def _height(registry: Registry) -> int:
    return int(registry.ledger.rpc("eth_blockNumber"), 16)


def _require_each_once(node: RunningNode) -> None:
    """No operation had its effect twice: events that carry a version, sequence or nonce say so."""
    seen = [(event["type"], str(sorted(event["fields"].items()))) for event in node.events()]
    assert len(seen) == len(set(seen)), [item for item in seen if seen.count(item) > 1][:4]
    assert not node.events(type="OperationSkipped")
    assert len(node.events(type="OrganisationCreated")) == 2
