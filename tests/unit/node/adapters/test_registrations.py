"""Jobs on disk: first writer wins, old ones are forgotten, one label cannot fill the file."""

from dataclasses import replace

import pytest

from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.registrations import SqlRegistrations
from node.domain.registration import RegistrationJob
from tests.support.databases import Database

JOB = RegistrationJob("one", "create", "agency", "did:mapae:x:1", b"{}", b"{}", b"unsigned", 1_000, 2_000)


@pytest.fixture
def store(database: Database) -> SqlRegistrations:
    engine = database.outbox()
    SqlOutbox(engine).create({"network": "x"})
    return SqlRegistrations(engine)


def test_a_job_is_kept_as_it_was_given(store: SqlRegistrations) -> None:
    assert store.get("one") is None
    assert store.add(JOB, open_max=1, forget_before=0)
    assert store.get("one") == JOB


def test_the_operation_changes_only_from_what_it_was(store: SqlRegistrations) -> None:
    store.add(JOB, open_max=1, forget_before=0)
    assert store.replace_operation("one", b"signed by a", expected=b"unsigned")
    assert not store.replace_operation("one", b"signed by b", expected=b"unsigned")
    assert store.get("one") == replace(JOB, operation=b"signed by a")
    assert not store.replace_operation("two", b"x", expected=b"unsigned")


def test_a_label_has_a_limit_of_its_own_and_only_open_jobs_count(store: SqlRegistrations) -> None:
    assert store.add(JOB, open_max=2, forget_before=0)
    assert store.add(replace(JOB, job_id="two"), open_max=2, forget_before=0)
    third = replace(JOB, job_id="three")
    assert not store.add(third, open_max=2, forget_before=0)
    assert store.get("three") is None
    assert store.add(replace(third, label="another agency"), open_max=2, forget_before=0)
    later = replace(third, job_id="four", created_at=2_001, expires_at=3_000)
    assert store.add(later, open_max=2, forget_before=0)


def test_jobs_are_forgotten_by_their_deadline(store: SqlRegistrations) -> None:
    store.add(JOB, open_max=9, forget_before=0)
    store.add(replace(JOB, job_id="two", expires_at=5_000), open_max=9, forget_before=2_000)
    assert store.get("one") == JOB
    store.add(replace(JOB, job_id="three", expires_at=6_000), open_max=9, forget_before=2_001)
    assert (store.get("one"), store.get("two") is None) == (None, False)
