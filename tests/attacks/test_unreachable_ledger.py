"""Fail-open, the field's most repeated bug: what cannot be reached is never good, and never "not found"."""

import pytest

from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from registry_client.errors import LedgerUnavailableError
from tests.simulators.ledger import SimulatedLedger
from tests.simulators.world import World, outcome_of


def test_a_dark_ledger_is_undetermined():
    world = World()
    shown = world.present(world.issue())
    world.ledger.dark = True
    report = world.verify(shown, service="GATE-01")
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, 2) == ("undetermined", "ledger-unavailable")


class Partly(SimulatedLedger):
    """Answers some questions and not others."""

    missing = ""

    def _read(self, name):
        yield from super()._read(name)
        if name == self.missing:
            raise LedgerUnavailableError("no answer to this question")


@pytest.mark.parametrize(
    ("missing", "number"),
    [("did_version", 2), ("compromise", 2), ("schema", 4), ("accreditation", 5), ("status_list", 6), ("service", 8)],
)
def test_each_missing_fact_is_its_own_steps_trouble(missing, number):
    world = World()
    world.ledger.__class__ = Partly
    world.ledger.missing = missing
    report = world.verify(world.present(world.issue()), service="GATE-01")
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, number) == ("undetermined", "ledger-unavailable")


def test_a_receipt_that_cannot_be_checked_saves_nothing():
    world = World()
    text = world.issue()
    receipt = world.receipt_for(text)
    world.ledger.advance(10)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
    world.ledger.__class__ = Partly
    world.ledger.missing = "issuance"
    report = world.verify(world.present(text), receipts=[receipt])
    assert report.verdict is Verdict.UNDETERMINED


def test_an_outage_is_not_remembered_as_an_answer():
    world = World(keep_s=1e9)
    shown = world.present(world.issue())
    world.ledger.dark = True
    assert world.verify(shown).verdict is Verdict.UNDETERMINED
    world.ledger.dark = False
    assert world.verify(shown).verdict is Verdict.ACCEPTED


def test_a_certain_no_outweighs_an_outage():
    world = World()
    world.ledger.__class__ = Partly
    world.ledger.missing = "status_list"
    shown = world.present(world.issue(valid_until=world.ledger.now - 10_000))
    assert world.verify(shown, policy=Policy()).verdict is Verdict.REJECTED
