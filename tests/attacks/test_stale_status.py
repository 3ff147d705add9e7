"""Old knowledge passed off as new: a frozen head, a stale list, a ledger that ends before the credential begins."""

import pytest

from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of

HOUR, DAY = 3_600, 86_400


@pytest.fixture
def world():
    return World()


def shown_at(world, at):
    return world.present(world.issue(signed_at=world.ledger.now), created=at)


@pytest.mark.parametrize(
    ("age", "verdict"), [(HOUR, "accepted"), (HOUR + 1, "undetermined"), (30 * DAY, "undetermined")]
)
def test_a_status_older_than_the_policy_allows(world, age, verdict):
    at = world.ledger.now + age
    report = world.verify(shown_at(world, at), at=at, policy=Policy(status_max_age_s=HOUR, max_head_age_s=365 * DAY))
    assert report.verdict.value == verdict
    if verdict == "undetermined":
        assert outcome_of(report, 6) == ("undetermined", "status-stale")


@pytest.mark.parametrize(("age", "verdict"), [(HOUR, "accepted"), (HOUR + 1, "undetermined")])
def test_a_head_older_than_the_policy_allows(world, age, verdict):
    at = world.ledger.now + age
    report = world.verify(shown_at(world, at), at=at, policy=Policy(max_head_age_s=HOUR))
    assert report.verdict.value == verdict


def test_zero_is_a_limit(world):
    at = world.ledger.now + 1
    assert world.verify(shown_at(world, at), at=at, policy=Policy(status_max_age_s=0)).verdict is Verdict.UNDETERMINED
    assert world.verify(shown_at(world, at - 1), policy=Policy(status_max_age_s=0)).verdict is Verdict.ACCEPTED


def test_bad_news_counts_however_old(world):
    world.ledger.set_bit(world.list_id, 7)
    at = world.ledger.now + 30 * DAY
    report = world.verify(shown_at(world, at), at=at, policy=Policy(max_head_age_s=365 * DAY))
    assert outcome_of(report, 6) == ("failed", "status-revoked")


def test_a_ledger_that_ends_before_the_credential_was_signed(world):
    """The key may be in a version that this reader has not seen: that is no proof that it is nobody's."""
    later = world.ledger.now + HOUR
    text = world.issue(signer=world.next_key, method_id=f"{world.agency}#issue-2", signed_at=later)
    report = world.verify(world.present(text, created=later), at=later)
    assert outcome_of(report, 2) == ("undetermined", "undetermined")
