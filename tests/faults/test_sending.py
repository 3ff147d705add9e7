"""Transactions go astray: dropped, replaced, refused, short of gas, with a clock that jumps. Operations do not."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from node.services import packing, relay
from tests.faults.support import Scene, holders_of, phones, wait_for_states
from tests.integration.node_support import SETTLED, Agency, RunningNode, admitted, eventually, running_node
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import DAY_S, Registry

pytestmark = pytest.mark.chain

BLOCK_GAS = 60_000_000
"""Of the test ledger."""


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    registry.submit("CreateOrganisation", dict(found.create().message), found.controller, found.endorser)
    return found


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path) as running:
        yield running


@pytest.fixture
def hold(registry: Registry) -> Iterator[Callable[[bool], None]]:
    """Let the ledger mine nothing (True), or what there is (False)."""

    def hold_back(is_held: bool) -> None:
        registry.ledger.rpc("evm_setAutomine", not is_held)
        if not is_held:
            registry.ledger.rpc("evm_mine")

    try:
        yield hold_back
    finally:
        registry.ledger.rpc("evm_setAutomine", True)
        registry.ledger.rpc("evm_setBlockGasLimit", hex(BLOCK_GAS))


def require_once(node: RunningNode, ids: list[str]) -> None:
    """All final, each effect there once, the index as a new one."""
    assert {outcome["state"] for outcome in wait_for_states(node, ids, SETTLED)} == {"final"}
    made = node.events(type="HolderCreated")
    assert len(made) == len({event["fields"]["id"] for event in made}) == len(ids)
    assert_equal_to_rebuilt(node.config)


def jump(node: RunningNode, seconds: int) -> None:
    """Let the node's clock jump."""
    carrier = node.node.worker._relay
    before = carrier._now
    carrier._now = carrier._judge._now = lambda: before() + seconds


def relayer_account(node: RunningNode) -> Account:
    config = node.config
    secret = config.path(config.relayer_passphrase).read_text()
    return Account.from_key(Account.decrypt(json.loads(config.path(config.relayer_keystore).read_text()), secret))


def test_a_transaction_that_the_pool_dropped_is_sent_again(
    node: RunningNode, agency: Agency, registry: Registry, hold: Callable[[bool], None]
) -> None:
    hold(True)
    ids = node.submit(*holders_of(agency, phones("dropped", 3)))
    hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
    registry.ledger.rpc("anvil_dropAllTransactions")
    eventually(lambda: all(registry.ledger.rpc("eth_getTransactionByHash", item) for item in hashes), what="it again")
    hold(False)
    require_once(node, ids)


@pytest.mark.parametrize("seconds", [-DAY_S, -1, DAY_S])
def test_a_clock_that_jumps_neither_stops_sending_nor_ends_anything(
    node: RunningNode, agency: Agency, registry: Registry, hold: Callable[[bool], None], seconds: int
) -> None:
    hold(True)
    ids = node.submit(*holders_of(agency, phones("clock", 2)))
    hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
    registry.ledger.rpc("anvil_dropAllTransactions")
    jump(node, seconds)
    eventually(lambda: all(registry.ledger.rpc("eth_getTransactionByHash", item) for item in hashes), what="it again")
    assert {node.outcome(item)["state"] for item in ids} == {"sent"}
    hold(False)
    require_once(node, ids)


def test_a_nonce_that_another_process_used_with_the_same_key_costs_nothing_but_time(
    node: RunningNode, agency: Agency, registry: Registry, hold: Callable[[bool], None]
) -> None:
    hold(True)
    ids = node.submit(*holders_of(agency, phones("replaced", 3)))
    hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
    account = relayer_account(node)
    mine = {int(registry.ledger.rpc("eth_getTransactionByHash", item)["nonce"], 16) for item in hashes}
    registry.ledger.rpc("anvil_dropAllTransactions")
    for nonce in sorted(mine):
        other = {"nonce": nonce, "to": account.address, "gas": 21_000, "gasPrice": 0, "value": 0}
        signed = account.sign_transaction({**other, "chainId": registry.deployment.chain_id})
        registry.ledger.rpc("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
    hold(False)
    require_once(node, ids)


def test_what_another_relayer_carried_first_is_done_and_not_done_again(
    node: RunningNode, agency: Agency, registry: Registry, hold: Callable[[bool], None]
) -> None:
    hold(True)
    keys = phones("carried", 3)
    operations = holders_of(agency, keys)
    ids = node.submit(*operations)
    hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
    for item in hashes:
        registry.ledger.rpc("anvil_dropTransaction", item)
    registry.ledger.rpc("evm_setAutomine", True)
    for key, operation in zip(keys, operations, strict=True):
        if node.outcome("0x" + operation.id.hex())["state"] == "sent":
            registry.submit("CreateHolder", dict(operation.message), key, agency.endorser)
    require_once(node, ids)


def test_blocks_that_became_smaller_take_smaller_transactions(
    node: RunningNode, agency: Agency, registry: Registry, hold: Callable[[bool], None]
) -> None:
    """A batch for which the blocks have no room any more: its nonce is used up and its operations are packed anew."""
    hold(True)
    ids = node.submit(*holders_of(agency, phones("small", 40)))
    node.wait(ids, states={"sent"})
    biggest = max(transaction.gas for transaction in node.node.stores.outbox.pending_transactions())
    registry.ledger.rpc("anvil_dropAllTransactions")
    registry.ledger.rpc("evm_setBlockGasLimit", hex(biggest // 2))
    jump(node, relay.REPLACE_AFTER_S + 1)
    hold(False)
    require_once(node, ids)


def test_a_batch_that_runs_short_of_gas_is_carried_one_by_one(
    scene: Scene, hold: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Estimates that were too low: a transaction that failed as a whole says nothing about its operations."""
    honest, agency = packing.with_margin, scene.agency

    def stingy(estimates: list[int]) -> int:
        return sum(estimates) * 6 // 10 if len(estimates) > 1 else honest(estimates)

    monkeypatch.setattr(packing, "with_margin", stingy)
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        hold(True)
        ids = node.submit(*holders_of(agency, phones("short", 12)))
        first = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
        hold(False)
        require_once(node, ids)
        last = {node.outcome(item)["transaction_hash"] for item in ids}
        assert last - first, "nothing was short of gas: this test proves nothing"


def test_a_crash_between_giving_up_a_transaction_and_queueing_its_operations_loses_none(
    registry: Registry, agency: Agency, tmp_path: Path, hold: Callable[[bool], None]
) -> None:
    hold(True)
    with running_node(registry, tmp_path) as node:
        ids = node.submit(*holders_of(agency, phones("crash", 3)))
        hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
    registry.ledger.rpc("anvil_dropAllTransactions")
    with running_node(registry, tmp_path) as node:
        for item in hashes:
            node.node.stores.outbox.mark(bytes.fromhex(item[2:]), state="dropped")
        hold(False)
        require_once(node, ids)
