"""A worker that is killed while it writes: nothing is lost, nothing is done twice, the index tells no lies."""

import os
import random
import signal
import socket
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.integration.node_support import (
    NodeClient,
    admitted,
    child_node,
    eventually,
    make_home,
    make_token,
    running_node,
)
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import Registry
from tests.support.keys import P256Key

pytestmark = [pytest.mark.chain, pytest.mark.slow]

ROUNDS = 6
PER_ROUND = 8


def test_killed_worker_loses_and_repeats_nothing(registry: Registry, tmp_path: Path) -> None:
    random_ = random.Random(7)
    agency = admitted(registry, "ministry")
    port = _free_port()
    config = make_home(registry, tmp_path, port=port)
    token = make_token(config)
    log = tmp_path / "child.log"
    registry.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
    phones = [P256Key(f"crash phone {number}") for number in range(ROUNDS * PER_ROUND)]
    ids: list[str] = []
    with child_node(tmp_path, log, "run", "--role", "worker") as first:
        head = int(registry.ledger.rpc("eth_blockNumber"), 16)
        eventually(lambda: _indexed(config.index_path) == head, what="a first index")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    with child_node(tmp_path, log, "serve", "--port", str(port)):
        client = NodeClient(f"http://127.0.0.1:{port}", token)
        eventually(client.is_serving, what="the serving process")
        for round_ in range(ROUNDS):
            with child_node(tmp_path, log, "run", "--role", "worker") as worker:
                mine = phones[round_ * PER_ROUND : (round_ + 1) * PER_ROUND]
                for phone in mine:
                    ids += client.submit(agency.holder(phone, phone.label))
                # From before the worker has read its settings to after it has sent what was queued.
                time.sleep(random_.uniform(0.8, 2.6))
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        with child_node(tmp_path, log, "run", "--role", "worker"):
            outcomes = client.wait(ids)
            assert {outcome["state"] for outcome in outcomes} == {"final"}, log.read_text()[-2000:]
            made = client.events(type="HolderCreated")
            skipped = client.events(type="OperationSkipped")
        client.http.close()

    assert len(made) == len(phones) == len({event["fields"]["id"] for event in made})
    assert skipped == []
    assert_equal_to_rebuilt(config)


def test_outbox_of_a_lost_home_takes_the_ledgers_word(registry: Registry, tmp_path: Path) -> None:
    """A relayer that starts with an older outbox: nonces are the ledger's, effects that are there count as there."""
    agency = admitted(registry, "ministry")
    with running_node(registry, tmp_path) as node:
        assert node.relay_one(agency.create())["state"] == "final"
        outbox = node.config.outbox_path
    for suffix in ("", "-wal", "-shm"):
        outbox.with_name(outbox.name + suffix).unlink(missing_ok=True)
    with running_node(registry, tmp_path) as node:
        outcomes = node.relay(agency.create(), agency.update(1, "issue-1", "issue-2"))
        assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
        assert outcomes[0]["transaction_hash"] is None
        assert node.get(f"/v1/dids/{agency.did}")["version"] == 2


def test_relayer_fills_a_gap_that_a_lost_transaction_left(registry: Registry, tmp_path: Path) -> None:
    agency = admitted(registry, "ministry")
    registry.ledger.rpc("evm_setAutomine", False)
    try:
        with running_node(registry, tmp_path) as node:
            (operation_id,) = node.submit(agency.create())
            sent = node.wait([operation_id], states={"sent"})[0]
            registry.ledger.rpc("anvil_dropTransaction", sent["transaction_hash"])
            registry.ledger.rpc("evm_mine")
            registry.ledger.rpc("evm_setAutomine", True)
            outcome = node.wait([operation_id])[0]
            assert outcome["state"] == "final"
    finally:
        registry.ledger.rpc("evm_setAutomine", True)


def _indexed(path: Path) -> int | None:
    """The newest indexed block, None before there is one."""
    if not path.exists():
        return None
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = db.execute("SELECT head_number FROM cursor").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        db.close()
    return found[0] if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_full_disk_refuses_operations_and_keeps_reading(registry: Registry, tmp_path: Path) -> None:
    agency = admitted(registry, "ministry")
    with running_node(registry, tmp_path) as node:
        assert node.relay_one(agency.create())["state"] == "final"
        engine = node.node.stores.outbox_engine
        engine.dispose()

        def no_more_pages(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA max_page_count = 1")

        event.listen(engine, "connect", no_more_pages)
        refused = node.post(*(agency.holder(phone, phone.label) for phone in _phones(40)))
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("/store-unavailable")
        assert node.resolve(agency.did)[0] == 200
        event.remove(engine, "connect", no_more_pages)
        engine.dispose()
        outcomes = node.relay(*(agency.holder(phone, phone.label) for phone in _phones(40)))
        assert {outcome["state"] for outcome in outcomes} == {"final"}


def _phones(count: int) -> list[P256Key]:
    return [P256Key(f"disk phone {number}") for number in range(count)]
