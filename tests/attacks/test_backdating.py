"""A thief, or an issuer after its end, writes an old date into a new credential: only receipts tell."""

from dataclasses import replace

import pytest

from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of

DAY = 86_400
CASES = {
    "compromise": (2, "key-compromised"),
    "deactivation": (2, "issuer-deactivated"),
    "accreditation": (5, "issuer-not-accredited"),
}


@pytest.fixture(params=CASES)
def story(request):
    """(world, an honest credential with its receipt, the moment of the end, step and code)."""
    world = World()
    honest = world.issue(index=1)
    receipt = world.receipt_for(honest)
    end = world.ledger.advance(DAY)
    if request.param == "compromise":
        world.ledger.compromise_key(world.agency, world.issue_key.public_key, end)
    elif request.param == "deactivation":
        world.ledger.deactivate(world.agency)
    else:
        world.ledger.end_grant(world.agency, world.type.type_id, 1, end)
    world.ledger.advance(DAY)
    return world, honest, receipt, end, CASES[request.param]


def test_a_receipted_credential_stands(story):
    world, honest, receipt, _, (number, _) = story
    report = world.verify(world.present(honest), receipts=[receipt])
    assert report.verdict is Verdict.ACCEPTED
    assert outcome_of(report, number) == ("ok", "receipted")
    assert report.steps[number].evidence["receipt_time"] == receipt.time


def test_the_receipt_may_come_as_json(story):
    world, honest, receipt, _, _ = story
    assert world.verify(world.present(honest), receipts=[receipt.to_json()]).verdict is Verdict.ACCEPTED


def test_without_a_receipt_nothing_stands(story):
    world, honest, _, _, (number, code) = story
    report = world.verify(world.present(honest))
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, number) == ("failed", code)


def test_a_backdated_forgery_is_rejected(story):
    world, _, receipt, end, (number, code) = story
    forged = world.issue(index=2, signed_at=end - DAY)
    for receipts in ([], [receipt]):
        report = world.verify(world.present(forged), receipts=receipts)
        assert outcome_of(report, number) == ("failed", code)


def test_a_forgery_anchored_afterwards_is_rejected(story):
    world, _, _, end, (number, code) = story
    forged = world.issue(index=2, signed_at=end - DAY)
    late = world.receipt_for(forged)
    assert outcome_of(world.verify(world.present(forged), receipts=[late]), number) == ("failed", code)
    lying = replace(late, time=end - DAY)
    assert outcome_of(world.verify(world.present(forged), receipts=[lying]), number) == ("failed", code)


def test_a_strict_policy_lets_nothing_stand(story):
    world, honest, receipt, _, (number, code) = story
    report = world.verify(world.present(honest), receipts=[receipt], policy=Policy(after_end="reject"))
    assert outcome_of(report, number) == ("failed", code)


def test_a_bad_receipt_beside_a_good_one_does_no_harm(story):
    world, honest, receipt, _, _ = story
    bad = replace(receipt, index=0)
    assert world.verify(world.present(honest), receipts=[bad, receipt]).verdict is Verdict.ACCEPTED


def test_more_receipts_than_anyone_needs_are_refused(story):
    world, honest, receipt, _, _ = story
    assert world.verify(world.present(honest), receipts=[receipt] * 5).verdict is Verdict.REJECTED
    assert world.verify(world.present(honest), receipts=["receipt"]).verdict is Verdict.REJECTED


def test_the_moment_itself_is_too_late():
    world = World()
    honest = world.issue()
    receipt = world.receipt_for(honest)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, receipt.time)
    report = world.verify(world.present(honest), receipts=[receipt])
    assert outcome_of(report, 2) == ("failed", "key-compromised")


def test_a_compromise_moved_earlier_takes_more_with_it():
    world = World()
    honest = world.issue()
    receipt = world.receipt_for(honest)
    end = world.ledger.advance(DAY)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, end)
    assert world.verify(world.present(honest), receipts=[receipt]).verdict is Verdict.ACCEPTED
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, receipt.time - 1)
    assert world.verify(world.present(honest), receipts=[receipt]).verdict is Verdict.REJECTED


def test_a_compromised_key_taints_every_version_that_lists_it():
    world = World()
    before = world.issue()
    world.ledger.advance(DAY)
    world.ledger.update(world.agency, world.methods(world.next_key, "issue-2"))
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
    world.ledger.advance(DAY)
    assert outcome_of(world.verify(world.present(before)), 2) == ("failed", "key-compromised")
    fresh = world.issue(signer=world.next_key, method_id=f"{world.agency}#issue-2")
    assert world.verify(world.present(fresh)).verdict is Verdict.ACCEPTED


def test_a_parents_end_is_the_childs_end():
    world = World()
    honest = world.issue()
    end = world.ledger.advance(DAY)
    world.ledger.end_grant(world.ministry, world.type.type_id, 1, end)
    world.ledger.advance(1)
    assert outcome_of(world.verify(world.present(honest)), 5) == ("failed", "issuer-not-accredited")


def test_an_expired_grant_is_an_end_and_a_renewal_is_none():
    world = World()
    stranger = world.ledger.organisation("stranger", world.methods(world.issue_key))
    kind = world.type.type_id
    world.ledger.accredit(stranger, kind, grantor=world.ministry, until=world.ledger.now + DAY)
    list_id = world.ledger.open_list(stranger)
    world.ledger.advance(10)
    from registry_client.core.status import StatusReference, token_status

    old = world.issue(
        method_id=f"{stranger}#issue-1", status=token_status(StatusReference(list_id, 3), host="https://a.invalid")
    )
    world.ledger.advance(2 * DAY)
    assert outcome_of(world.verify(world.present(old)), 5) == ("failed", "issuer-not-accredited")
    world.ledger.accredit(stranger, kind, grantor=world.ministry)
    assert world.verify(world.present(old)).verdict is Verdict.ACCEPTED
