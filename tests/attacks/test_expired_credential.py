"""An expired credential, or one not valid yet, shown again (sd-jwt 0.10.4 accepts both)."""

import pytest

from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of

DAY = 86_400


@pytest.mark.parametrize("changes", [{"valid_until": -DAY}, {"valid_from": DAY}])
@pytest.mark.parametrize("form", ["sd-jwt", "data-integrity"])
def test_dates_are_always_checked(changes, form):
    world = World()
    now = world.ledger.now
    if form == "sd-jwt":
        shown = world.present(world.issue(**{name: now + offset for name, offset in changes.items()}))
    else:
        from registry_client.core.times import format_time

        names = {"valid_until": "validUntil", "valid_from": "validFrom"}
        dates = {"validFrom": format_time(now - 10 * DAY)} | {
            names[name]: format_time(now + offset) for name, offset in changes.items()
        }
        shown = world.present_document(world.issue_document(**dates))
    report = world.verify(shown)
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, 4) == ("failed", "outside-validity")


def test_time_is_the_callers_and_not_the_clocks():
    world = World()
    shown = world.present(world.issue(valid_until=world.ledger.now + 10))
    assert world.verify(shown).verdict is Verdict.ACCEPTED
    assert world.verify(shown, at=world.ledger.now + 400).verdict is Verdict.REJECTED
