"""A ledger that lies, lags or contradicts itself: nothing false is stored or served; readiness says what is wrong."""

from collections.abc import Callable

import pytest

from node.cli.index_check import checked
from tests.faults.support import Scene, reasons, wait_for_reason, wait_for_states, wait_until_ready
from tests.integration.node_support import SETTLED
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support import lies
from tests.support.fault_proxy import Fault, Kind, fault, lie
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain

LIES: tuple[Callable[[], Fault], ...] = (
    lies.other_hash,
    lies.other_parent,
    lies.other_time,
    lies.empty_bloom,
    lies.no_logs,
    lies.last_log_omitted,
    lies.log_twice,
    lies.invented_log,
    lies.altered_data,
)
"""Each is provable from what the answers themselves say."""


@pytest.mark.parametrize("confirmations", [0, 2])
def test_a_lie_is_found_and_nothing_of_it_is_served(scene: Scene, confirmations: int) -> None:
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    registry.ledger.rpc("anvil_mine", hex(confirmations + 1))
    with scene.node(confirmations=confirmations) as node:
        for version, lied in enumerate([told() for told in LIES], 1):
            node.wait_for_head(registry.ledger)
            proxy.play(lied)
            update = agency.update(version, "issue-1", f"issue-{version + 1}")
            registry.submit("UpdateDocument", dict(update.message), agency.controller)
            registry.ledger.rpc("anvil_mine", hex(confirmations + 1))
            assert wait_for_reason(node, "ledger_unfaithful")["since"] > 1_600_000_000, lied.name
            assert proxy.struck[lied.name]
            status, result = node.resolve(agency.did)
            assert status == 200
            assert result["didDocumentMetadata"]["versionId"] == str(version), lied.name
            assert not node.node.failed
            proxy.calm()
            wait_until_ready(node)
            node.wait_for_head(registry.ledger)
            assert node.resolve(agency.did)[1]["didDocumentMetadata"]["versionId"] == str(version + 1)
        assert list((scene.home / "node").glob("contradiction-*")) == []
    assert_equal_to_rebuilt(node.config)


HIDDEN: tuple[Callable[[], Fault], ...] = (lies.no_logs, lies.last_log_omitted)


@pytest.mark.parametrize("hide", HIDDEN, ids=lambda hide: hide.__name__)
def test_without_proofs_a_hidden_change_stays_hidden(scene: Scene, hide: Callable[[], Fault]) -> None:
    """What `log_proofs = "off"` gives away: a ready node serves the old version for good; only a full check finds out.

    The mutation of the test above: were it blind, it would pass here as well.
    """
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    with scene.node(confirmations=0, log_proofs="off") as node:
        node.wait_for_head(registry.ledger)
        proxy.play(hidden := hide())
        update = agency.update(1, "issue-1", "issue-2")
        registry.submit("UpdateDocument", dict(update.message), agency.controller)
        node.wait_for_head(registry.ledger)
        assert proxy.struck[hidden.name]
        proxy.calm()
        registry.ledger.rpc("anvil_mine", "0x1")
        node.wait_for_head(registry.ledger)
        wait_until_ready(node)
        assert "ledger_unfaithful" not in reasons(node)
        assert node.resolve(agency.did)[1]["didDocumentMetadata"]["versionId"] == "1"
        assert registry.view("DidRegistry", "recordOf", agency.id)["version"] == 2
    assert checked(node.config, sample=None).wrong >= 1


def test_null_for_logs_is_no_empty_list(scene: Scene) -> None:
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    with scene.node() as node:
        node.wait_for_head(registry.ledger)
        proxy.play(lies.null_logs())
        registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
        assert "null" in wait_for_reason(node, "ledger_unreachable")["detail"]
        assert node.resolve(agency.did)[0] == 404
        proxy.calm()
        wait_until_ready(node)
        node.wait_for_head(registry.ledger)
        assert node.resolve(agency.did)[0] == 200


def test_a_stale_replica_takes_nothing_back_and_judges_nothing(scene: Scene) -> None:
    """An update that needs the newest version: refused by a replica that has not seen it, and not failed for that."""
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        old = int(registry.ledger.rpc("eth_blockNumber"), 16)
        assert node.relay_one(agency.update(1, "issue-1", "issue-2"))["state"] == "final"
        proxy.play(lies.stale_replica(old))
        wait_for_reason(node, "ledger_behind")
        (third,) = node.submit(agency.update(2, "issue-2"))
        proxy.wait_for_strikes("stale-replica", proxy.struck["stale-replica"] + 3)
        assert node.outcome(third)["state"] == "queued"
        assert node.resolve(agency.did)[1]["didDocumentMetadata"]["versionId"] == "2"
        proxy.calm()
        wait_until_ready(node)
        assert wait_for_states(node, [third], SETTLED)[0]["state"] == "final"
        assert node.resolve(agency.did)[1]["didDocumentMetadata"]["versionId"] == "3"


def test_one_lagging_replica_of_several_fails_no_operation(scene: Scene) -> None:
    """Behind one address are a fresh and a lagging replica: only estimates and calls reach the lagging one."""
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        stale = lies.stale_replica(int(registry.ledger.rpc("eth_blockNumber"), 16))
        assert node.relay_one(agency.update(1, "issue-1", "issue-2"))["state"] == "final"
        estimates = lie("stale-estimates", "eth_estimateGas", ask=stale.ask, tell=stale.tell)
        calls = fault(Kind.UNAVAILABLE, "eth_call")  # the lagging one has no such block
        proxy.play(estimates, calls)
        (third,) = node.submit(agency.update(2, "issue-2"))
        proxy.wait_for_strikes("stale-estimates", 2)
        assert node.outcome(third)["state"] == "queued"
        proxy.calm()
        assert wait_for_states(node, [third], SETTLED)[0]["state"] == "final"


def test_a_receipt_from_nowhere_ends_no_operation(scene: Scene) -> None:
    """A receipt of a block that is not on the ledger says nothing about the operation."""
    registry, agency, proxy = scene.registry, scene.agency, scene.proxy
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        place = registry.ledger.rpc("eth_getBlockByNumber", "latest", False)

        def invented(_method: str, params: list, result: object) -> object:
            if result is not None:
                return result
            where = {"blockNumber": place["number"], "blockHash": "0x" + "77" * 32}
            return {"transactionHash": params[0], "status": "0x0", "gasUsed": "0x1", **where}

        proxy.play(
            fault(Kind.UNAVAILABLE, "eth_sendRawTransaction", times=3),
            lie("invented-receipt", "eth_getTransactionReceipt", tell=invented),
        )
        phone = P256Key("phone of the invented receipt")
        (operation_id,) = node.submit(agency.holder(phone, phone.label))
        proxy.wait_for_strikes("invented-receipt", 3)
        assert node.outcome(operation_id)["state"] == "sent"
        proxy.calm()
        assert wait_for_states(node, [operation_id], SETTLED)[0]["state"] == "final"
        assert "ledger_unfaithful" not in reasons(node)
