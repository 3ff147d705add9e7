"""The network between node and ledger fails in every way it can: nothing is lost or doubled, readiness says why."""

import itertools

import httpx
import pytest

from node.adapters import rpc
from tests.faults.support import (
    LONG,
    Scene,
    holders_of,
    phones,
    reasons,
    wait_for_reason,
    wait_for_states,
    wait_until_ready,
)
from tests.integration.node_support import SETTLED
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.fault_proxy import Kind, fault, storm

pytestmark = pytest.mark.chain

OUTAGES = (Kind.RESET, Kind.LOST_ANSWER, Kind.UNAVAILABLE, Kind.TRUNCATED, Kind.GARBAGE, Kind.WRONG_ID)


def test_a_dark_ledger_is_said_and_what_is_indexed_is_served(scene: Scene) -> None:
    agency, proxy = scene.agency, scene.proxy
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        place = node.resolve(agency.did)[1]["didDocumentMetadata"]
        for kind in OUTAGES:
            proxy.play(fault(kind))
            reason = wait_for_reason(node, "ledger_unreachable")
            assert reason["since"] > 1_600_000_000
            assert reason["detail"]
            status, result = node.resolve(agency.did)
            assert status == 200
            assert result["didDocumentMetadata"]["versionId"] == place["versionId"]
            proxy.calm()
            wait_until_ready(node)
        assert node.resolve(agency.did)[0] == 200
        assert node.resolve(f"{agency.did[:-4]}1111")[0] != 200
    assert all(proxy.struck[kind.value] for kind in OUTAGES)


def test_a_passing_fault_is_retried_without_trouble(scene: Scene) -> None:
    """Failed requests, fewer in a row than there are tries: not even a turn of the worker is lost."""
    agency, proxy = scene.agency, scene.proxy
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        for kind in OUTAGES:
            proxy.play(fault(kind, times=rpc.TRIES - 1))
            proxy.wait_for_strikes(kind.value, rpc.TRIES - 1)
            (holder,) = holders_of(agency, phones(f"passing {kind}", 1))
            assert node.relay_one(holder)["state"] == "final"  # through answers that came: the faults are in a row
        assert node.node.chain.rpc.breaker.probes == 0


def test_operations_through_an_outage_of_sending_are_sent_once(scene: Scene) -> None:
    agency, proxy, count = scene.agency, scene.proxy, 0
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        for kind in OUTAGES:
            proxy.play(fault(kind, "eth_sendRawTransaction"))
            keys = phones(f"phone {kind}", 6)
            ids = node.submit(*holders_of(agency, keys))
            proxy.wait_for_strikes(kind.value, 2)
            proxy.calm()
            outcomes = wait_for_states(node, ids, SETTLED)
            assert {outcome["state"] for outcome in outcomes} == {"final"}
            count += len(keys)
        made = node.events(type="HolderCreated")
        assert len(made) == len({event["fields"]["id"] for event in made}) == count
        assert node.events(type="OperationSkipped") == []
    assert_equal_to_rebuilt(node.config)


def test_a_ledger_that_hangs_is_given_up_and_found_again(scene: Scene) -> None:
    agency, proxy = scene.agency, scene.proxy
    with scene.node() as node:
        node.node.chain.rpc._http.timeout = httpx.Timeout(2.0)  # 20 s, scaled
        proxy.play(fault(Kind.HANG))
        reason = wait_for_reason(node, "ledger_unreachable")
        assert "in time" in reason["detail"]
        assert node.http.get("/health/live").status_code == 200
        proxy.calm()
        wait_until_ready(node)
        assert node.relay_one(agency.create())["state"] == "final"


def test_a_slow_ledger_is_waited_for(scene: Scene) -> None:
    """Every answer takes long (a scaled 10 s): slower, and nothing else."""
    agency, proxy = scene.agency, scene.proxy
    with scene.node() as node:
        proxy.play(fault(Kind.SLOW, delay_s=10.0 if LONG else 0.4))
        (operation_id,) = node.submit(agency.create())
        (outcome,) = wait_for_states(node, [operation_id], SETTLED)
        assert outcome["state"] == "final"
        assert "ledger_unreachable" not in reasons(node)


def test_an_open_breaker_asks_nothing_but_its_probes(scene: Scene) -> None:
    proxy = scene.proxy
    with scene.node() as node:
        proxy.play(fault(Kind.UNAVAILABLE))
        wait_for_reason(node, "ledger_unreachable")
        proxy.wait_for_strikes(Kind.UNAVAILABLE.value, 3 * rpc.TRIES + 1)  # three failures, then single probes
        breaker = node.node.chain.rpc.breaker
        assert breaker.is_open
        probes, before = breaker.probes, proxy.struck[Kind.UNAVAILABLE.value]
        for _ in range(20):
            node.node.worker.wake()
        proxy.wait_for_strikes(Kind.UNAVAILABLE.value, before + 1)
        assert proxy.struck[Kind.UNAVAILABLE.value] - before <= breaker.probes - probes + 1
        proxy.calm()
        wait_until_ready(node)
        assert not breaker.is_open


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1 + 4 * bool(LONG)))
def test_everything_at_once(scene: Scene, seed: int) -> None:
    """A storm of all faults over a stream of operations: each is final, once."""
    agency, proxy = scene.agency, scene.proxy
    proxy._random.seed(seed)
    made = 0
    with scene.node() as node:
        assert node.relay_one(agency.create())["state"] == "final"
        for round_ in itertools.count():
            proxy.play(*storm(0.04))
            keys = phones(f"storm {seed} {round_}", 10)
            ids = node.submit(*holders_of(agency, keys))
            made += len(keys)
            outcomes = wait_for_states(node, ids, SETTLED)
            assert {outcome["state"] for outcome in outcomes} == {"final"}
            if round_ >= (LONG or 2):
                break
        proxy.calm()
        wait_until_ready(node)
        events = node.events(type="HolderCreated")
        assert len(events) == len({event["fields"]["id"] for event in events}) == made
        assert node.events(type="OperationSkipped") == []
    assert_equal_to_rebuilt(node.config)
