"""A status entry that points at a clean list of somebody else, at a free place, or nowhere."""

import pytest

from registry_client.core.report import Verdict
from registry_client.core.status import LIST_SIZE, StatusReference, bitstring_status, list_url, token_status
from tests.simulators.world import HOST, World, outcome_of


@pytest.fixture
def world():
    return World()


def status_of(world, status):
    return world.verify(world.present(world.issue(status=status)))


def test_another_agencys_list(world):
    foreign = world.ledger.open_list(world.ministry, "foreign")
    report = status_of(world, token_status(StatusReference(foreign, 7), host=HOST))
    assert outcome_of(report, 6) == ("failed", "status-list-malformed")


def test_a_list_that_was_never_opened(world):
    report = status_of(world, token_status(StatusReference(bytes(32), 7), host=HOST))
    assert outcome_of(report, 6) == ("failed", "status-list-malformed")


@pytest.mark.parametrize("index", [-1, LIST_SIZE, 10**9])
def test_an_index_outside_the_list(world, index):
    report = status_of(world, {"status_list": {"idx": index, "uri": list_url(world.list_id, host=HOST)}})
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number == 1


def test_the_host_is_never_asked(world):
    """Same list id under an attacker's host: the ledger's words count, and the credential is revoked."""
    world.ledger.set_bit(world.list_id, 7)
    report = status_of(world, token_status(StatusReference(world.list_id, 7), host="https://evil.invalid"))
    assert outcome_of(report, 6) == ("failed", "status-revoked")


def test_two_entries_that_disagree(world):
    entries = bitstring_status(StatusReference(world.list_id, 9), host=HOST)
    entries[1]["statusListIndex"] = "10"
    report = world.verify(world.issue_document(credentialStatus=entries), challenge=None)
    assert report.reason.number == 1


def test_a_neighbours_bit_is_not_mine(world):
    for index in (6, 8):
        world.ledger.set_bit(world.list_id, index)
    assert world.verify(world.present(world.issue(index=7))).verdict is Verdict.ACCEPTED
