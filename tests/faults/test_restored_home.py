"""Files of a home are deleted, or replaced by older ones: the ledger's word counts, nothing is lost or done twice."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.support import holders_of, phones, wait_for_states
from tests.integration.node_support import SETTLED, Agency, RunningNode, admitted, running_node
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

INDEX, OUTBOX = "index.sqlite", "outbox.sqlite"
FILES = [(INDEX,), (OUTBOX,), (INDEX, OUTBOX)]
NAMES = ["index", "outbox", "both"]


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    registry.submit("CreateOrganisation", dict(found.create().message), found.controller, found.endorser)
    return found


def copy(home: Path, backup: Path, *names: str) -> None:
    """Copy database files of a stopped node; what they had beside them (WAL) is part of them."""
    for name in names:
        for suffix in ("", "-wal", "-shm"):
            source, target = home / (name + suffix), backup / (name + suffix)
            target.unlink(missing_ok=True)
            if source.exists():
                shutil.copy2(source, target)


def delete(home: Path, *names: str) -> None:
    for name in names:
        for suffix in ("", "-wal", "-shm"):
            (home / (name + suffix)).unlink(missing_ok=True)


@contextmanager
def nothing_mined(registry: Registry) -> Iterator[None]:
    registry.ledger.rpc("evm_setAutomine", False)
    try:
        yield
    finally:
        registry.ledger.rpc("evm_setAutomine", True)
        registry.ledger.rpc("evm_mine")


def require_once(node: RunningNode, count: int) -> None:
    made = node.events(type="HolderCreated")
    assert len(made) == len({event["fields"]["id"] for event in made}) == count
    assert node.events(type="OperationSkipped") == []
    assert_equal_to_rebuilt(node.config)


@pytest.mark.parametrize("names", FILES, ids=NAMES)
def test_an_older_copy_catches_up_with_the_ledger(
    registry: Registry, agency: Agency, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """The copy was made with operations queued and sent; they and later ones are final by then."""
    home, backup = tmp_path / "node", tmp_path / "backup"
    backup.mkdir()
    early, late = phones("early", 5), phones("late", 5)
    with nothing_mined(registry):
        with running_node(registry, tmp_path) as node:
            early_ids = node.submit(*holders_of(agency, early))
            node.wait(early_ids, states={"sent"})
        copy(home, backup, INDEX, OUTBOX)
    late_operations = holders_of(agency, late)
    with running_node(registry, tmp_path) as node:
        wait_for_states(node, early_ids, {"final"})
        late_ids = node.submit(*late_operations)
        wait_for_states(node, late_ids, {"final"})
        head = node.get("/v1/ledger")["head"]["number"]
    copy(backup, home, *names)
    with running_node(registry, tmp_path) as node:
        node.wait_for_head(registry.ledger)
        assert {outcome["state"] for outcome in wait_for_states(node, early_ids, SETTLED)} == {"final"}
        if OUTBOX in names:  # what was accepted after the copy is unknown here, and on the ledger all the same
            assert {node.status(f"/v1/operations/{item}") for item in late_ids} == {404}
            assert node.submit(*late_operations) == late_ids
        assert {outcome["state"] for outcome in wait_for_states(node, late_ids, SETTLED)} == {"final"}
        assert node.get("/v1/ledger")["head"]["number"] == head  # nothing was sent for it
        require_once(node, 10)
        more = node.submit(*holders_of(agency, phones("more", 3)))
        assert {outcome["state"] for outcome in wait_for_states(node, more, SETTLED)} == {"final"}
        require_once(node, 13)


@pytest.mark.parametrize("names", FILES, ids=NAMES)
def test_a_deleted_file_is_made_anew(
    registry: Registry, agency: Agency, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Deleted with transactions in the pool: they arrive, and what is posted again is found done."""
    operations = holders_of(agency, phones("deleted", 5))
    with nothing_mined(registry):
        with running_node(registry, tmp_path) as node:
            ids = node.submit(*operations)
            node.wait(ids, states={"sent"})
        delete(tmp_path / "node", *names)
        with running_node(registry, tmp_path) as node:
            assert node.submit(*operations) == ids  # posted again while the pool still holds them
            node.wait(ids, states={"queued", "sent"})
    with running_node(registry, tmp_path) as node:
        assert {outcome["state"] for outcome in wait_for_states(node, ids, SETTLED)} == {"final"}
        require_once(node, 5)
