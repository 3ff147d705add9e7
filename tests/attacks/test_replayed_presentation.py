"""A presentation recorded elsewhere or earlier and shown again."""

import pytest

from registry_client.core.presentation import Challenge, audience_of
from registry_client.core.report import Verdict
from tests.simulators.world import NONCE, World, outcome_of

DAY = 86_400


@pytest.fixture(params=["sd-jwt", "data-integrity"])
def present(request):
    """(world, a function that presents with the proof's own nonce, audience and time)."""
    world = World()

    def show(*, nonce=NONCE, audience=None, created=None):
        if request.param == "sd-jwt":
            return world.present(world.issue(), nonce=nonce, audience=audience, created=created)
        return world.present_document(world.issue_document(), challenge=nonce, domain=audience, created=created)

    return world, show


def test_the_honest_answer_is_accepted(present):
    world, show = present
    assert world.verify(show()).verdict is Verdict.ACCEPTED


def test_an_answer_to_another_request(present):
    world, show = present
    assert outcome_of(world.verify(show(nonce="n-yesterday")), 7) == ("failed", "challenge-mismatch")


@pytest.mark.parametrize("audience", ["other", "bare", "prefix", "longer"])
def test_an_answer_to_another_verifier(present, audience):
    world, show = present
    made_for = {
        "other": audience_of(world.agency),
        "bare": world.gate,
        "prefix": world.challenge.audience[:-1],
        "longer": world.challenge.audience + "x",
    }[audience]
    assert outcome_of(world.verify(show(audience=made_for)), 7) == ("failed", "domain-mismatch")


def test_a_relayed_answer_names_the_relay(present):
    """A rogue gate passes our nonce on to a phone: the phone names the rogue gate."""
    world, show = present
    rogue = Challenge(NONCE, audience_of(world.ministry))
    report = world.verify(show(audience=rogue.audience))
    assert report.verdict is Verdict.REJECTED


@pytest.mark.parametrize("offset", [-DAY, -601, 301, DAY])
def test_an_answer_of_another_time(present, offset):
    world, show = present
    report = world.verify(show(created=world.ledger.now + offset))
    assert outcome_of(report, 7) == ("failed", "outside-validity")


@pytest.mark.parametrize("offset", [-600, -300, 0, 300])
def test_clocks_may_differ_a_little(present, offset):
    world, show = present
    assert world.verify(show(created=world.ledger.now + offset)).verdict is Verdict.ACCEPTED
