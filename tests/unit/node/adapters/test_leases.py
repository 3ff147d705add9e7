"""Leases on a real PostgreSQL: one holder, the database's clock, and nothing written under a token that has passed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from node.adapters.store_sql.engine import writing
from node.adapters.store_sql.leases import SqlLease, owner_of_lease
from node.adapters.store_sql.migrate import OUTBOX, upgrade
from node.adapters.store_sql.outbox import SqlOutbox
from node.domain.operation import OperationState
from node.lease_keeper import STUCK_AFTER_S, LeaseKeeper
from node.ports import LeaseLostError, NewOperation
from tests.integration.node_support import eventually
from tests.support.databases import Database
from tests.support.postgresql import Cluster

LONG_S, SHORT_S = 600.0, 0.05


@pytest.fixture
def database(tmp_path: object, postgresql: Cluster) -> Iterator[Database]:
    made = Database(tmp_path, postgresql, postgresql.create())  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def engine(database: Database) -> Engine:
    opened = database.outbox()
    upgrade(opened, OUTBOX)
    return opened


def lease(engine: Engine, holder: str, *, lease_s: float = LONG_S) -> SqlLease:
    return SqlLease(engine, "sender", holder=holder, lease_s=lease_s)


def test_only_one_holds_it_and_a_new_holder_has_a_higher_token(engine: Engine) -> None:
    first, second = lease(engine, "first"), lease(engine, "second")
    assert first.keep()
    assert not second.keep()
    assert first.keep()
    assert owner_of_lease(engine, "sender") == "first"
    token = first.begin()
    assert token is not None
    first.release()
    assert owner_of_lease(engine, "sender") is None
    assert second.keep()
    taken = second.begin()
    assert taken is not None
    assert taken > token
    assert not first.keep()


def test_lease_that_is_not_kept_ends_by_the_databases_clock(engine: Engine) -> None:
    first, second = lease(engine, "first", lease_s=SHORT_S), lease(engine, "second")
    assert first.keep()
    eventually(second.keep, what="the lease of a holder that is gone")
    assert not first.keep()
    assert first.token is None


def test_nothing_is_stored_under_a_token_that_has_passed(engine: Engine) -> None:
    first, second = lease(engine, "first", lease_s=SHORT_S), lease(engine, "second")
    mine, theirs = SqlOutbox(engine, first), SqlOutbox(engine, second)
    mine.create({"network": "x"})
    operation = NewOperation(b"\1" * 32, "CreateHolder", "DidRegistry", b"{}", b"\2", 0)
    mine.submit([operation], label="agency", now=1)  # queueing needs no lease
    with pytest.raises(LeaseLostError):
        mine.change(operation.operation_id, OperationState.SENT, now=2)
    first.keep()
    first.begin()
    mine.change(operation.operation_id, OperationState.SENT, now=3)
    eventually(second.keep, what="a successor")
    with pytest.raises(LeaseLostError):
        mine.change(operation.operation_id, OperationState.QUEUED, now=4)
    second.begin()
    theirs.change(operation.operation_id, OperationState.FINAL, now=5)
    kept = theirs.get(operation.operation_id)
    assert kept is not None
    assert (kept.state, kept.updated_at) == (OperationState.FINAL, 5)


def test_what_was_begun_under_an_old_token_is_not_stored_under_a_new_one_of_the_same_holder(engine: Engine) -> None:
    first, second = lease(engine, "first", lease_s=SHORT_S), lease(engine, "second", lease_s=SHORT_S)
    outbox = SqlOutbox(engine, first)
    outbox.create({"network": "x"})
    first.keep()
    first.begin()
    eventually(second.keep, what="somebody else in between")
    eventually(first.keep, what="the first again")
    with pytest.raises(LeaseLostError):
        outbox.mark(b"\1" * 32, state="dropped")
    first.begin()
    outbox.mark(b"\1" * 32, state="dropped")


def test_successor_waits_for_a_transaction_under_way_and_renewal_does_not(engine: Engine) -> None:
    first, second = lease(engine, "first", lease_s=SHORT_S), lease(engine, "second")
    assert first.keep()
    first.begin()
    with writing(engine).begin() as db:
        first.check(db)
        for _ in range(5):
            db.execute(text("SELECT pg_sleep(0.05)"))
            assert not second.keep()
        assert first.keep()
    assert owner_of_lease(engine, "sender") in {"first", None}


def test_keeper_gives_up_the_leases_of_a_worker_that_is_stuck(engine: Engine) -> None:
    held, changes = lease(engine, "first"), []
    silent = [0.0]
    keeper = LeaseKeeper([held], silent_s=lambda: silent[0], on_change=lambda: changes.append(held.token))
    keeper.look()
    assert keeper.held == ("sender",)
    silent[0] = STUCK_AFTER_S + 1
    keeper.look()
    assert keeper.held == ()
    assert owner_of_lease(engine, "sender") is None
    assert len(changes) == 1
