"""States of an operation: what may follow what, and that endings end."""

import pytest

from node.domain.ledger import Block, Finality, require_same_final
from node.domain.operation import OPEN_STATES, OperationState, may_follow
from node.domain.overlay import is_bad_news
from registry_client.errors import LedgerInconsistentError

S = OperationState


def test_endings_end_and_failures_may_be_tried_again() -> None:
    for state in (S.FINAL, S.EXPIRED, S.SUPERSEDED):
        assert not any(may_follow(state, following) for following in S)
    assert [following for following in S if may_follow(S.FAILED, following)] == [S.QUEUED]


def test_reorg_may_take_mined_back_and_nothing_skips_judgement() -> None:
    assert may_follow(S.MINED, S.SENT)
    assert may_follow(S.MINED, S.QUEUED)
    assert not may_follow(S.MINED, S.FAILED)
    assert not may_follow(S.MINED, S.EXPIRED)
    assert set(OPEN_STATES) == {S.QUEUED, S.SENT, S.MINED}


def test_every_open_state_can_become_final() -> None:
    assert all(may_follow(state, S.FINAL) for state in OPEN_STATES)


@pytest.mark.parametrize(
    ("kind", "fields", "bad"),
    [
        ("StatusChanged", {"op": 1}, True),
        ("StatusChanged", {"op": 2}, True),
        ("StatusChanged", {"op": 3}, False),
        ("DidDeactivated", {}, True),
        ("KeyCompromised", {}, True),
        ("GrantEnded", {}, True),
        ("RoleEnded", {}, True),
        ("AgencyDismissed", {}, True),
        ("ServiceEnded", {}, True),
        ("OrganisationCreated", {}, False),
        ("Accredited", {}, False),
        ("DocumentUpdated", {}, False),
    ],
)
def test_bad_news_is_what_takes_something_away(kind: str, fields: dict, bad: bool) -> None:
    assert is_bad_news(kind, fields) is bad


def test_final_number_never_goes_back() -> None:
    policy = Finality(3)
    assert policy.final_number(10, already=0) == 7
    assert policy.final_number(5, already=7) == 7
    assert Finality(0).final_number(10, already=0) == 10
    with pytest.raises(ValueError, match="confirmations"):
        Finality(-1)


def test_contradiction_carries_both_sides_and_absence_is_none() -> None:
    indexed = Block(5, b"\x01" * 32, b"\x02" * 32, 100)
    require_same_final(indexed, None)
    require_same_final(indexed, indexed)
    with pytest.raises(LedgerInconsistentError) as stopped:
        require_same_final(indexed, Block(5, b"\x03" * 32, b"\x02" * 32, 100))
    assert stopped.value.evidence["indexed_hash"] != stopped.value.evidence["shown_hash"]
