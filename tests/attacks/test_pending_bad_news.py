"""Law 7: bad news in a block not final yet stops a verdict at once, and rejects when it is final; good news waits."""

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of

DAY = 86_400
INDEX = 7
NEWS = {
    "revocation": (6, lambda w: w.ledger.set_bit(w.list_id, INDEX)),
    "suspension": (6, lambda w: w.ledger.set_bit(w.list_id, INDEX, plane="suspension")),
    "compromise": (2, lambda w: w.ledger.compromise_key(w.agency, w.issue_key.public_key, w.ledger.now - DAY)),
    "issuer's end": (2, lambda w: w.ledger.deactivate(w.agency)),
    "grant's end": (5, lambda w: w.ledger.end_grant(w.agency, w.type.type_id, 1, w.ledger.now)),
    "holder's end": (7, lambda w: w.ledger.deactivate(w.officer)),
    "phone's compromise": (7, lambda w: w.ledger.compromise_key(w.officer, w.phone.public_key, w.ledger.now)),
    "service's end": (8, lambda w: w.ledger.end_service(w.type.type_id, "GATE-01")),
}


@pytest.mark.parametrize("news", NEWS)
def test_bad_news_acts_early_and_is_final_later(news):
    world = World()
    number, act = NEWS[news]
    shown = world.present(world.issue(index=INDEX))
    assert world.verify(shown, service="GATE-01").verdict is Verdict.ACCEPTED
    with world.ledger.pending():
        act(world)
    report = world.verify(shown, service="GATE-01")
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, number) == ("undetermined", "pending-change")
    world.ledger.confirm()
    report = world.verify(shown, service="GATE-01")
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, number)[0] == "failed"


def test_bad_news_in_an_abandoned_block_never_was():
    world = World()
    shown = world.present(world.issue(index=INDEX))
    with world.ledger.pending():
        world.ledger.set_bit(world.list_id, INDEX)
    world.ledger.seen = None
    assert world.verify(shown).verdict is Verdict.ACCEPTED


def test_a_lift_waits_for_finality():
    world = World()
    shown = world.present(world.issue(index=INDEX))
    world.ledger.set_bit(world.list_id, INDEX, plane="suspension")
    with world.ledger.pending():
        world.ledger.set_bit(world.list_id, INDEX, plane="suspension", value=False)
    assert outcome_of(world.verify(shown), 6) == ("failed", "status-suspended")
    world.ledger.confirm()
    assert world.verify(shown).verdict is Verdict.ACCEPTED


def test_a_new_key_waits_for_finality():
    world = World()
    world.ledger.advance(DAY)
    with world.ledger.pending():
        world.ledger.update(world.agency, world.methods(world.next_key, "issue-2"))
    shown = world.present(world.issue(signer=world.next_key, method_id=f"{world.agency}#issue-2"))
    assert outcome_of(world.verify(shown), 2) == ("undetermined", "pending-change")
    world.ledger.confirm()
    assert world.verify(shown).verdict is Verdict.ACCEPTED


def test_an_accreditation_waits_for_finality():
    world = World()
    stranger = world.ledger.organisation("stranger", world.methods(world.issue_key))
    with world.ledger.pending():
        world.ledger.accredit(stranger, world.type.type_id, grantor=world.ministry)
    shown = world.present(world.issue(method_id=f"{stranger}#issue-1"))
    assert outcome_of(world.verify(shown), 5)[0] == "failed"


def test_a_pending_end_spares_what_a_receipt_proves():
    world = World()
    honest = world.issue(index=INDEX)
    receipt = world.receipt_for(honest)
    world.ledger.advance(DAY)
    with world.ledger.pending():
        world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
        world.ledger.end_grant(world.agency, world.type.type_id, 1, world.ledger.now)
    assert world.verify(world.present(honest), receipts=[receipt]).verdict is Verdict.ACCEPTED
    assert world.verify(world.present(honest)).verdict is Verdict.UNDETERMINED


def test_a_pending_compromise_from_before_the_receipt_does_not():
    world = World()
    honest = world.issue(index=INDEX)
    receipt = world.receipt_for(honest)
    world.ledger.advance(DAY)
    with world.ledger.pending():
        world.ledger.compromise_key(world.agency, world.issue_key.public_key, receipt.time)
    report = world.verify(world.present(honest), receipts=[receipt])
    assert outcome_of(report, 2) == ("undetermined", "pending-change")


def test_bad_news_about_others_changes_nothing():
    world = World()
    shown = world.present(world.issue(index=INDEX))
    with world.ledger.pending():
        world.ledger.set_bit(world.list_id, INDEX + 1)
        world.ledger.compromise_key(world.agency, world.status_key.public_key, world.ledger.now)
        world.ledger.set_service(world.type.type_id, "OTHER", world.gate, canonicalize({}))
    assert world.verify(shown, service="GATE-01").verdict is Verdict.ACCEPTED
