"""Nodes over one PostgreSQL: one indexes, one sends; a killed holder is followed, nothing is lost or sent twice."""

import contextlib
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from node.stores import INDEXER, SENDER
from registry_client.core.changes import Change
from registry_client.following import following
from registry_client.registry import Registry as ClientRegistry
from registry_client.registry import open_registry
from registry_client.verifier import Verifier
from tests.integration.node_support import admitted, eventually
from tests.integration.replica_support import Replica, homes, replica
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import Registry
from tests.support.keys import P256Key
from tests.support.postgresql import Cluster
from tests.support.rpc_world import profile_of

pytestmark = [pytest.mark.chain, pytest.mark.slow]

BOTH = {INDEXER, SENDER}


def holders(nodes: list[Replica]) -> dict[str, int]:
    """Who holds which lease, by the nodes' own words."""
    return {name: number for number, node in enumerate(nodes) for name in node.leases()}


def test_one_of_three_works_and_is_followed_when_killed(
    registry: Registry, tmp_path: Path, postgresql: Cluster
) -> None:
    configs, token = homes(registry, tmp_path, 3, database=postgresql.create())
    agency = admitted(registry, "ministry")
    with contextlib.ExitStack() as running:
        nodes = [running.enter_context(replica(config.home, token)) for config in configs]
        eventually(lambda: all(node.is_ready() for node in nodes), what="three nodes that are ready")
        counts = Counter(name for node in nodes for name in node.leases())
        assert counts == Counter(BOTH)

        nodes[0].relay_one(agency.create())
        operations, dids = [], []
        for number in range(60):
            phone = P256Key(f"phone {number}")
            operations.append(agency.holder(phone, f"holder {number}"))
            dids.append(agency.holder_did(phone, f"holder {number}"))

        ids: list[str] = []
        alive = list(nodes)
        took: list[float] = []
        for number, operation in enumerate(operations):
            ids += alive[number % len(alive)].submit(operation)
            if number in {20, 40}:
                victim = alive[holders(alive)[SENDER]]
                victim.kill()
                killed_at = time.monotonic()
                alive.remove(victim)
                eventually(lambda: set(holders(alive)) == BOTH, what="a successor for both leases")
                took.append(time.monotonic() - killed_at)
        outcomes = alive[0].wait(ids)
        print(f"takeover after SIGKILL: {', '.join(f'{seconds:.1f} s' for seconds in took)}")

        assert Counter(outcome["state"] for outcome in outcomes) == {"final": len(operations)}
        created = alive[0].events(type="HolderCreated")
        assert len(created) == len(operations)
        assert all(alive[0].resolve(did)[0] == 200 for did in dids)
        assert max(took) < 30  # states are waited for; the figure is in docs/database.md
        assert_nothing_sent_twice(registry, alive[0], outcomes)
    assert_equal_to_rebuilt(configs[0])


def assert_nothing_sent_twice(registry: Registry, node: Replica, outcomes: list[dict[str, object]]) -> None:
    """Every operation is in one transaction, and no transaction of the relayer had an operation skipped as done."""
    carried = {outcome["transaction_hash"] for outcome in outcomes}
    skipped = [event for event in node.events(type="OperationSkipped") if event["transaction_hash"] in carried]
    assert skipped == []


def test_paused_holder_writes_nothing_after_its_successor(
    registry: Registry, tmp_path: Path, postgresql: Cluster
) -> None:
    configs, token = homes(registry, tmp_path, 2, database=postgresql.create())
    agency = admitted(registry, "ministry")
    with contextlib.ExitStack() as running:
        nodes = [running.enter_context(replica(config.home, token)) for config in configs]
        eventually(lambda: all(node.is_ready() for node in nodes), what="two nodes that are ready")
        first = holders(nodes)[SENDER]
        paused, other = nodes[first], nodes[1 - first]
        paused.kill(signal.SIGSTOP)
        try:
            eventually(lambda: other.leases() == BOTH, what="a successor")
            assert other.relay_one(agency.create())["state"] == "final"
        finally:
            paused.kill(signal.SIGCONT)
        assert paused.relay_one(agency.update(1, "issue-1", "issue-2"))["state"] == "final"
        eventually(lambda: set(holders(nodes)) == BOTH, what="both leases held")
        assert Counter(name for node in nodes for name in node.leases()) == Counter(BOTH)
        assert [version["type"] for version in other.events(did=agency.did)].count("OrganisationCreated") == 1
    assert_equal_to_rebuilt(configs[0])


def test_stream_of_a_replica_that_indexes_nothing_tells_what_the_worker_does(
    registry: Registry, tmp_path: Path, postgresql: Cluster
) -> None:
    """Two processes: one indexes and relays, the other only serves; who follows the second hears all of the first."""
    configs, token = homes(registry, tmp_path, 2, database=postgresql.create())
    agency = admitted(registry, "ministry")
    with replica(configs[0].home, token) as worker, replica(configs[1].home, token, "--role", "api") as api:
        eventually(lambda: worker.is_ready() and api.is_ready(), what="a worker and a server that are ready")
        told: list[Change | None] = []
        profile = replace(profile_of(registry), rpc_url=None, node_url=api.url)
        with open_registry(profile) as client, following(verifier := client.verifier(), profile, tell=told.append):
            eventually(lambda: told and told[-1] is not None, what="the first message")
            for step, operation in enumerate((agency.create(), agency.update(1, "issue-1", "issue-2")), start=1):
                had = len(told)
                assert worker.relay_one(operation)["state"] == "final"
                eventually(
                    lambda had=had: any(agency.id in change.dids for change in told[had:] if change),
                    what=f"change {step} at the other process",
                )
                eventually(
                    lambda step=step: _version(client, verifier, agency.id) == step, what=f"version {step} by the other"
                )
        assert api.leases() == set()


def _version(client: ClientRegistry, verifier: Verifier, did_id: bytes) -> int | None:
    verifier.facts.begin()
    found = client.run(verifier.facts.did_version(did_id))
    return found.version if found else None


def test_stopped_node_gives_its_leases_back(registry: Registry, tmp_path: Path, postgresql: Cluster) -> None:
    configs, token = homes(registry, tmp_path, 2, database=postgresql.create())
    with replica(configs[0].home, token) as first:
        eventually(lambda: first.leases() == BOTH, what="a holder")
        with replica(configs[1].home, token) as second:
            eventually(second.is_ready, what="a standby that is ready")
            assert second.leases() == set()
            first.kill(signal.SIGTERM)
            assert first.process.wait(30) == 0
            eventually(lambda: second.leases() == BOTH, what="a successor")
