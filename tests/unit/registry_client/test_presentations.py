"""Presentations of several credentials: a verdict for each, one for the whole, and each bound to its holder."""

import asyncio
from datetime import UTC, datetime

import pytest

from registry_client.core.credential import PRESENTED_MAX, Format
from registry_client.core.formats.vc_jwt import envelope_of
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from registry_client.errors import NotAcceptedError
from registry_client.verifier import RECEIPTS_MAX, AsyncVerifier
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World, outcome_of

FORMS = ("ldp_vc", "vc+jwt")
OWN = {"ldp_vc": Format.DATA_INTEGRITY, "vc+jwt": Format.VC_JWT}


class Desk:
    """The gate's own credentials, presented together in one form."""

    def __init__(self, form):
        self.form = form
        self.world = World()

    def issue(self, index, **changes):
        make = self.world.issue_document if self.form == "ldp_vc" else self.world.issue_jwt
        return make(index=index, **changes)

    def present(self, *credentials, **options):
        show = self.world.present_document if self.form == "ldp_vc" else self.world.present_jwt
        return show(list(credentials), **options)

    def judge(self, presentation, **options):
        world = self.world
        return world.verifier.verify_presentation(
            presentation,
            policy=options.pop("policy", Policy()),
            as_of=datetime.fromtimestamp(world.ledger.now, UTC),
            challenge=options.pop("challenge", world.challenge),
            **options,
        )


@pytest.fixture(params=FORMS)
def desk(request):
    return Desk(request.param)


def test_every_credential_is_accepted(desk):
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2), desk.issue(3)))
    assert [item.verdict for item in report.reports] == [Verdict.ACCEPTED] * 3
    assert (report.verdict, report.reason) == (Verdict.ACCEPTED, None)
    assert [item.subject for item in report.require_accepted()] == [desk.world.gate] * 3
    assert [item["steps"][7]["code"] for item in report.to_json()["credentials"]] == ["ok"] * 3
    assert desk.world.gate not in str(report.to_json()["credentials"][0]["steps"][4])


def test_one_alone_is_a_presentation_too(desk):
    alone = desk.present(desk.issue(1))
    report = desk.judge(alone)
    assert report.verdict is Verdict.ACCEPTED
    assert report.reports[0].to_json() == desk.world.verify(alone).to_json()


def test_a_revoked_one_rejects_the_whole_and_the_report_says_which(desk):
    desk.world.ledger.set_bit(desk.world.list_id, 2)
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2)))
    assert [item.verdict.value for item in report.reports] == ["accepted", "rejected"]
    assert (report.verdict, report.reason.code) == (Verdict.REJECTED, "status-revoked")
    with pytest.raises(NotAcceptedError, match="revoked"):
        report.require_accepted()


def test_an_undecided_one_makes_the_whole_undetermined(desk):
    world = desk.world
    world.ledger.unread = {"status_list"}
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2)))
    assert (report.verdict, report.reason.number) == (Verdict.UNDETERMINED, 6)


def test_a_malformed_one_is_its_own_verdict(desk):
    bad = desk.issue(2)
    bad = bad | {"adminOverride": True} if isinstance(bad, dict) else bad.replace(".", ".A", 1)
    report = desk.judge(desk.present(desk.issue(1), bad))
    assert outcome_of(report.reports[1], 1)[0] == "failed"
    assert [item.verdict.value for item in report.reports] == ["accepted", "rejected"]
    assert report.verdict is Verdict.REJECTED


def test_somebody_elses_credential_among_them_is_rejected(desk):
    """Holder binding is of each: one good credential lends nothing to another."""
    stolen = desk.issue(
        2, credentialSubject={"id": desk.world.officer, "name": "남의 것", "institutionCode": "1741100"}
    )
    report = desk.judge(desk.present(desk.issue(1), stolen))
    assert [outcome_of(item, 7) for item in report.reports] == [
        ("ok", "ok"),
        ("failed", "holder-mismatch"),
    ]
    assert report.verdict is Verdict.REJECTED


def test_a_proof_by_a_thief_binds_none(desk):
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2), signer=desk.world.thief))
    assert [outcome_of(item, 7) for item in report.reports] == [("failed", "holder-mismatch")] * 2


def test_another_nonce_is_no_answer_for_any(desk):
    name = "challenge" if desk.form == "ldp_vc" else "nonce"
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2), **{name: "n-another-request"}))
    assert [outcome_of(item, 7) for item in report.reports] == [("failed", "challenge-mismatch")] * 2


def test_their_number_is_bounded_and_each_is_there_once(desk):
    one = desk.issue(1)
    for credentials in ([one, one], [desk.issue(index) for index in range(PRESENTED_MAX + 1)]):
        report = desk.judge(desk.present(*credentials))
        assert (len(report.reports), report.verdict) == (1, Verdict.REJECTED)
        assert outcome_of(report.reports[0], 1) == ("failed", "malformed-value")
    assert desk.judge(desk.present(*map(desk.issue, range(PRESENTED_MAX)))).verdict is Verdict.ACCEPTED


def mixed(world):
    """One credential as a vc+jwt in its envelope, one with a proof of its own."""
    return [envelope_of(world.issue_jwt(index=1)), world.issue_document(index=2)]


def test_both_forms_stand_in_one_presentation(desk):
    """Whatever signs the whole: an envelope beside a credential with a proof of its own, in either order."""
    for shown in (mixed(desk.world), mixed(desk.world)[::-1]):
        report = desk.judge(desk.present(*shown))
        assert [item.verdict for item in report.reports] == [Verdict.ACCEPTED] * 2, report.reason
        forms = [item.steps[1].evidence["format"] for item in report.reports]
        assert forms == ["vc+jwt" if "proof" not in item else "ldp_vc" for item in shown]


def test_of_two_forms_a_policy_takes_what_it_takes_and_each_is_bound(desk):
    world = desk.world
    only = desk.judge(
        desk.present(*mixed(world)), policy=Policy(formats=frozenset({Format.DATA_INTEGRITY, OWN[desk.form]}))
    )
    assert [item.verdict.value for item in only.reports] == (
        ["rejected", "accepted"] if desk.form == "ldp_vc" else ["accepted", "accepted"]
    )
    stolen = world.issue_document(
        index=2, credentialSubject={"id": world.officer, "name": "남의 것", "institutionCode": "1741100"}
    )
    report = desk.judge(desk.present(mixed(world)[0], stolen))
    assert [outcome_of(item, 7) for item in report.reports] == [("ok", "ok"), ("failed", "holder-mismatch")]
    forged = mixed(world)[1] | {"validUntil": "2099-01-01T00:00:00Z"}
    report = desk.judge(desk.present(mixed(world)[0], forged))
    assert [item.verdict.value for item in report.reports] == ["accepted", "rejected"]


def test_a_presentation_in_a_presentation_is_refused(desk):
    world = desk.world
    inner = envelope_of(world.present_jwt(world.issue_jwt(index=3)))
    for kind, name in (("EnvelopedVerifiablePresentation", "vp+jwt"), ("EnvelopedVerifiableCredential", "vc+jwt")):
        nested = inner | {"type": kind, "id": inner["id"].replace("vc+jwt", name)}
        report = desk.judge(desk.present(mixed(world)[1], nested))
        assert [item.verdict.value for item in report.reports] == ["accepted", "rejected"]


def test_without_a_challenge_it_cannot_be_told(desk):
    report = desk.judge(desk.present(desk.issue(1), desk.issue(2)), challenge=None)
    assert [outcome_of(item, 7)[0] for item in report.reports] == ["undetermined"] * 2
    assert report.verdict is Verdict.UNDETERMINED


def test_what_judges_one_credential_takes_one(desk):
    report = desk.world.verify(desk.present(desk.issue(1), desk.issue(2)))
    assert outcome_of(report, 1) == ("failed", "malformed-value")


@pytest.mark.parametrize("hostile", ["", "a.b.c", "{}", b"\xff", '{"type":"VerifiablePresentation"}', "x~y~"])
def test_hostile_bytes_are_rejected_not_raised(hostile):
    report = Desk("ldp_vc").judge(hostile)
    assert (len(report.reports), report.verdict) == (1, Verdict.REJECTED)


def test_an_sd_jwt_is_one_of_one():
    desk = Desk("ldp_vc")
    world = desk.world
    assert desk.judge(world.present(world.issue())).verdict is Verdict.ACCEPTED


def test_receipts_of_all_are_handed_over_together(desk):
    world = desk.world
    credentials = [desk.issue(index) for index in range(3)]
    receipts = [world.receipt_for(item) for item in credentials]
    world.ledger.advance(60)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
    report = desk.judge(desk.present(*credentials), receipts=receipts)
    assert [outcome_of(item, 2) for item in report.reports] == [("ok", "receipted")] * 3
    missing = desk.judge(desk.present(*credentials), receipts=receipts[:2])
    assert [item.verdict.value for item in missing.reports] == ["accepted", "accepted", "rejected"]
    flood = desk.judge(desk.present(*credentials), receipts=receipts * (RECEIPTS_MAX * PRESENTED_MAX))
    assert outcome_of(flood.reports[0], 0) == ("failed", "malformed-value")


def test_the_awaited_verifier_says_the_same(desk):
    world, presentation = desk.world, desk.present(desk.issue(1), desk.issue(2))

    class Awaited:
        async def send(self, request):
            return NoTransport().send(request)

    verifier = AsyncVerifier(world.ledger, Awaited(), keep_s=0)
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    told = asyncio.run(
        verifier.verify_presentation(presentation, policy=Policy(), as_of=when, challenge=world.challenge)
    )
    assert told.to_json() == desk.judge(presentation).to_json()


def test_a_report_of_several_is_no_boolean(desk):
    with pytest.raises(TypeError, match="three answers"):
        bool(desk.judge(desk.present(desk.issue(1))))
