"""The plan: what an accepted credential looks like, and which step says what when one thing is wrong."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry_client.core.assurance import Assurance
from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge
from registry_client.core.report import Outcome, Verdict
from registry_client.errors import NotAcceptedError
from registry_client.verifier import AsyncVerifier, Verifier
from tests.simulators.ledger import NoTransport
from tests.simulators.signer import memory_signer
from tests.simulators.world import CLAIMS, World, outcome_of

DAY = 86_400


@pytest.fixture
def world():
    return World()


def test_an_officer_at_the_gate_is_accepted(world):
    report = world.verify(world.present(world.issue()), service="GATE-01")
    assert [step.outcome for step in report.steps] == [Outcome.OK] * 9
    assert report.verdict is Verdict.ACCEPTED
    assert report.assurance is Assurance.OWN_LEDGER
    assert report.reason is None
    verified = report.require_accepted()
    assert verified.claims == {"name": CLAIMS["name"], "photoDigest": CLAIMS["photoDigest"]}
    assert verified.subject == world.officer
    assert report.head.time == world.ledger.now


def test_an_organisation_is_accepted_with_and_without_a_presentation(world):
    document = world.issue_document()
    assert world.verify(world.present_document(document)).verdict is Verdict.ACCEPTED
    report = world.verify(document, challenge=None)
    assert report.verdict is Verdict.ACCEPTED
    assert outcome_of(report, 7) == ("ok", "not-bound")


@pytest.mark.parametrize("form", ["text", "bytes", "indented", "mapping"])
def test_json_is_taken_in_any_clothes(world, form):
    document = world.present_document(world.issue_document())
    source = {
        "text": json.dumps(document, ensure_ascii=False),
        "bytes": canonicalize(document),
        "indented": "\n" + json.dumps(document, indent=2) + "\n",
        "mapping": document,
    }[form]
    assert world.verify(source).verdict is Verdict.ACCEPTED


def test_surplus_is_dropped(world):
    report = world.verify(world.present(world.issue(), show=("name", "staffNumber")), service="GATE-01")
    assert outcome_of(report, 8) == ("ok", "surplus-dropped")
    assert report.steps[8].evidence["surplus"] == ["staffNumber"]
    assert report.require_accepted().claims == {"name": CLAIMS["name"]}


def test_a_report_is_no_boolean(world):
    report = world.verify(world.present(world.issue()))
    with pytest.raises(TypeError, match="three answers"):
        bool(report)


def test_a_naive_time_is_a_mistake_of_the_programmer(world):
    with pytest.raises(TypeError, match="time zone"):
        world.verifier.verify("x", policy=Policy(), as_of=datetime(2026, 1, 1))  # noqa: DTZ001


def rejected_at(report, number, code):
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, number) == ("failed", code)
    assert report.reason.number == number
    assert report.to_json()["reason"] == code
    with pytest.raises(NotAcceptedError, match="rejected"):
        report.require_accepted()


def undetermined_at(report, number, code):
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, number) == ("undetermined", code)
    with pytest.raises(NotAcceptedError, match="undetermined"):
        report.require_accepted()


# --- steps 0 to 3


def test_0_what_cannot_be_read(world):
    rejected_at(world.verify("x" * 300_000), 0, "parsing")
    rejected_at(world.verify('{"a":1,"a":2}'), 0, "parsing")
    rejected_at(world.verify(b"\xff\xfe"), 0, "parsing")
    assert [step.code for step in world.verify("").steps][1:] == ["not-reached"] * 8


def test_1_a_format_that_the_policy_does_not_take(world):
    policy = Policy(formats=frozenset({Format.DATA_INTEGRITY}))
    rejected_at(world.verify(world.present(world.issue()), policy=policy), 1, "format-not-supported")


def test_2_an_unknown_issuer(world):
    text = world.issue(method_id="did:mapae:test-1:3VU965kGpMZS9MChY3wmbf1RA6WC#issue-1")
    report = world.verify(world.present(text))
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number == 2


def test_2_another_networks_issuer(world):
    other = World(network="test-2")
    rejected_at(world.verify(other.present(other.issue())), 2, "issuer-not-accredited")


def test_2_a_method_nobody_resolves(world):
    rejected_at(world.verify(world.present(world.issue(method_id="did:web:a.invalid#k"))), 2, "method-not-supported")


def test_2_an_issuer_outside_the_policy(world):
    policy = Policy(issuers=frozenset({world.ministry}))
    rejected_at(world.verify(world.present(world.issue()), policy=policy), 2, "issuer-not-accredited")


def test_2_a_key_under_another_relationship(world):
    text = world.issue(signer=world.status_key, method_id=f"{world.agency}#status-1")
    rejected_at(world.verify(world.present(text)), 2, "wrong-relationship")


def test_2_a_signing_time_from_the_future(world):
    late = world.issue(signed_at=world.ledger.now + 301)
    rejected_at(world.verify(world.present(late)), 2, "outside-validity")
    assert world.verify(world.present(world.issue(signed_at=world.ledger.now + 299))).verdict is Verdict.ACCEPTED


def test_2_no_signing_time(world):
    document = world.issue_document()
    del document["proof"]["created"]
    rejected_at(world.verify(document, challenge=None), 2, "outside-validity")


def test_2_a_document_that_breaks_the_rules(world):
    world.ledger.raw_document(world.agency, b'{"id": "x"}')
    world.ledger.advance(1000)
    rejected_at(world.verify(world.present(world.issue())), 2, "invalid-did-document")


def test_3_a_forged_signature(world):
    rejected_at(world.verify(world.present(world.issue(signer=world.thief))), 3, "proof-invalid")


def test_3_an_algorithm_outside_the_policy(world):
    policy = Policy(algorithms=frozenset({"ES384"}))
    rejected_at(world.verify(world.present(world.issue()), policy=policy), 3, "algorithm-not-allowed")


# --- rotation (the key's window)


def rotate(world):
    world.ledger.advance(10 * DAY)
    world.ledger.update(world.agency, world.methods(world.next_key, "issue-2"))
    return world.ledger.now


def test_a_rotated_key_carries_what_it_signed_in_its_window(world):
    before = world.issue()
    turn = rotate(world)
    world.ledger.advance(DAY)
    assert world.verify(world.present(before)).verdict is Verdict.ACCEPTED
    for offset, accepted in ((-301, True), (0, True), (299, True), (300, False), (301, False)):
        report = world.verify(world.present(world.issue(signed_at=turn + offset)))
        assert (report.verdict is Verdict.ACCEPTED) is accepted, offset
    rejected_at(world.verify(world.present(world.issue(signed_at=turn + 301))), 2, "invalid-verification-method")


def test_a_new_key_carries_nothing_from_before_its_window(world):
    turn = rotate(world)
    world.ledger.advance(DAY)
    new = {"signer": world.next_key, "method_id": f"{world.agency}#issue-2"}
    assert world.verify(world.present(world.issue(**new))).verdict is Verdict.ACCEPTED
    assert world.verify(world.present(world.issue(signed_at=turn - 299, **new))).verdict is Verdict.ACCEPTED
    early = world.verify(world.present(world.issue(signed_at=turn - 301, **new)))
    rejected_at(early, 2, "invalid-verification-method")


def test_old_versions_are_found_through_many_rotations(world):
    before = world.issue()
    for turn in range(5):
        world.ledger.advance(DAY)
        world.ledger.update(world.agency, world.methods(memory_signer(f"turn-{turn}"), f"issue-{turn + 2}"))
    world.ledger.advance(DAY)
    assert world.verify(world.present(before)).verdict is Verdict.ACCEPTED


# --- step 4


def test_4_validity(world):
    ended = world.issue(valid_until=world.ledger.now - 300)
    rejected_at(world.verify(world.present(ended)), 4, "outside-validity")
    early = world.issue(valid_from=world.ledger.now + 301)
    rejected_at(world.verify(world.present(early)), 4, "outside-validity")
    for fine in ({"valid_until": world.ledger.now - 299}, {"valid_from": world.ledger.now + 300}):
        assert world.verify(world.present(world.issue(**fine))).verdict is Verdict.ACCEPTED


def test_4_types(world):
    policy = Policy(types=frozenset({world.organisation_type.vct}))
    rejected_at(world.verify(world.present(world.issue()), policy=policy), 4, "schema-mismatch")
    unknown = world.issue(vct="https://mapae.invalid/vct/unknown/v1")
    rejected_at(world.verify(world.present(unknown)), 4, "schema-mismatch")


def test_4_another_schema_digest(world):
    rejected_at(world.verify(world.present(world.issue(integrity="sha256-x"))), 4, "schema-mismatch")


def test_4_an_earlier_version_of_the_type_still_counts(world):
    old = world.issue()
    newer = replace(world.type, metadata={**world.type.metadata, "description": "v1, reworded"})
    world.ledger.register(world.ministry, newer)
    report = world.verify(world.present(old))
    assert report.verdict is Verdict.ACCEPTED
    assert report.steps[4].evidence["version"] == 1
    assert (
        world.verify(world.present(world.issue(integrity=newer.metadata_integrity))).steps[4].evidence["version"] == 2
    )


def test_4_claims_that_the_type_does_not_have(world):
    text = world.issue(claims=CLAIMS | {"clearance": "top"})
    rejected_at(world.verify(world.present(text, show=("clearance",))), 4, "schema-mismatch")
    text = world.issue(claims=CLAIMS | {"name": 5})
    rejected_at(world.verify(world.present(text, show=("name",))), 4, "schema-mismatch")
    text = world.issue(claims=CLAIMS | {"name": "이" * 65})
    rejected_at(world.verify(world.present(text, show=("name",))), 4, "schema-mismatch")


def test_4_contexts_and_type_names(world):
    kind = world.organisation_type
    for change in (
        {"type": ["VerifiableCredential"]},
        {"@context": ["https://www.w3.org/ns/credentials/v2"]},
        {"@context": ["https://www.w3.org/ns/credentials/v2", kind.context_url, "https://evil.invalid/contexts/x/v1"]},
    ):
        rejected_at(world.verify(world.issue_document(**change), challenge=None), 4, "schema-mismatch")


# --- step 5


def test_5_an_issuer_without_accreditation(world):
    stranger = world.ledger.organisation("stranger", world.methods(world.issue_key))
    world.ledger.advance(1)
    text = world.issue(method_id=f"{stranger}#issue-1", status=None)
    report = world.verify(world.present(text), policy=Policy(require_status=False))
    rejected_at(report, 5, "issuer-not-accredited")


def test_5_signed_before_the_accreditation(world):
    early = world.issue(signed_at=world.ledger.now - 10 * DAY)
    report = world.verify(world.present(early))
    assert report.verdict is Verdict.REJECTED


def test_5_did_key_issuers_are_a_matter_of_policy(world):
    signer = memory_signer("carried", Curve.P256)
    issuer = f"did:key:{signer.public_key.to_multikey()}"
    document = world.document(issuer=issuer, credentialStatus=None)
    document = issue_data_integrity(
        document, signer=signer, method_id=f"{issuer}#{issuer.removeprefix('did:key:')}", signed_at=world.ledger.now
    )
    rejected_at(world.verify(document, challenge=None), 5, "issuer-not-accredited")
    report = world.verify(document, challenge=None, policy=Policy(trusted_keys=frozenset({issuer})))
    assert report.verdict is Verdict.ACCEPTED
    assert outcome_of(report, 5) == ("ok", "policy-trusts-key")
    assert outcome_of(report, 6) == ("ok", "no-status")


# --- step 6


def test_6_revoked_suspended_and_lifted(world):
    text = world.issue(index=70)
    world.ledger.set_bit(world.list_id, 70, plane="suspension")
    rejected_at(world.verify(world.present(text)), 6, "status-suspended")
    world.ledger.set_bit(world.list_id, 70, plane="suspension", value=False)
    assert world.verify(world.present(text)).verdict is Verdict.ACCEPTED
    world.ledger.set_bit(world.list_id, 70)
    rejected_at(world.verify(world.present(text)), 6, "status-revoked")
    assert world.verify(world.present(world.issue(index=71))).verdict is Verdict.ACCEPTED


def test_6_no_status_entry(world):
    text = world.issue(status=None)
    rejected_at(world.verify(world.present(text)), 6, "status-list-malformed")
    report = world.verify(world.present(text), policy=Policy(require_status=False))
    assert report.verdict is Verdict.ACCEPTED


# --- step 7


def test_7_possession_is_the_policys_question(world):
    text = world.issue()
    rejected_at(world.verify(text), 7, "holder-mismatch")
    report = world.verify(text, challenge=None, policy=Policy(possession="never"))
    assert report.verdict is Verdict.ACCEPTED
    assert outcome_of(report, 7) == ("ok", "not-asked")
    document = world.issue_document()
    rejected_at(world.verify(document, challenge=None, policy=Policy(possession="always")), 7, "holder-mismatch")
    rejected_at(world.verify(document), 7, "holder-mismatch")


def test_7_a_proof_nobody_asked_for_cannot_be_judged(world):
    undetermined_at(world.verify(world.present(world.issue()), challenge=None), 7, "undetermined")


def test_7_a_deactivated_holder(world):
    text = world.issue()
    world.ledger.deactivate(world.officer)
    rejected_at(world.verify(world.present(text)), 7, "holder-mismatch")


def test_7_a_compromised_holder_key(world):
    world.ledger.compromise_key(world.officer, world.phone.public_key, world.ledger.now)
    rejected_at(world.verify(world.present(world.issue())), 7, "key-compromised")


def test_7_a_key_that_is_not_the_subjects(world):
    rejected_at(world.verify(world.present(world.issue(subject=world.gate))), 7, "holder-mismatch")
    other = world.issue(holder=world.thief.public_key)
    rejected_at(world.verify(world.present(other, signer=world.thief)), 7, "holder-mismatch")


# --- step 8


@pytest.mark.parametrize(
    ("service", "code"), [("GATE-02", "purpose-exceeded"), ("gate-01", "malformed-value"), ("", "malformed-value")]
)
def test_8_unknown_services(world, service, code):
    rejected_at(world.verify(world.present(world.issue()), service=service), 8, code)


def test_8_another_verifiers_service(world):
    challenge = Challenge("n-000000000000", f"decentralized_identifier:{world.agency}")
    shown = world.present(world.issue(), nonce=challenge.nonce, audience=challenge.audience)
    rejected_at(world.verify(shown, challenge=challenge, service="GATE-01"), 8, "purpose-exceeded")


def test_8_a_service_that_ended(world):
    world.ledger.advance(10)
    world.ledger.end_service(world.type.type_id, "GATE-01")
    rejected_at(world.verify(world.present(world.issue()), service="GATE-01"), 8, "purpose-exceeded")


def test_8_a_policy_that_demands_a_service(world):
    shown = world.present(world.issue())
    rejected_at(world.verify(shown, policy=Policy(require_service=True)), 8, "purpose-exceeded")


# --- what is known, and how well


def test_too_little_assurance_is_undetermined(world):
    policy = Policy(minimum_assurance=Assurance.PROVEN)
    undetermined_at(world.verify(world.present(world.issue()), policy=policy), 2, "assurance-insufficient")


def test_every_wrong_thing_is_in_the_report(world):
    world.ledger.set_bit(world.list_id, 7)
    shown = world.present(world.issue(valid_until=world.ledger.now - DAY), signer=world.thief)
    failed = [step.number for step in world.verify(shown, service="NO-SUCH").steps if step.outcome is Outcome.FAILED]
    assert failed == [4, 6, 7, 8]


def test_reports_carry_no_claims(world):
    text = json.dumps(world.verify(world.present(world.issue()), service="GATE-01").to_json(), ensure_ascii=False)
    assert not any(str(value) in text for value in CLAIMS.values())
    assert json.loads(text)["verdict"] == "accepted"


async def test_the_asynchronous_verifier_says_the_same(world):
    class AsyncNoTransport:
        async def send(self, request):
            raise AssertionError(request)

    shown = world.present(world.issue())
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    verifier = AsyncVerifier(world.ledger, AsyncNoTransport())
    report = await verifier.verify(shown, policy=Policy(), as_of=when, challenge=world.challenge, service="GATE-01")
    assert report == world.verify(shown, service="GATE-01")


def test_facts_are_kept_for_a_moment_and_no_longer(world):
    now = [0.0]
    verifier = Verifier(world.ledger, NoTransport(), keep_s=1.0, clock=lambda: now[0])
    when = datetime.fromtimestamp(world.ledger.now, UTC)

    def judge():
        return verifier.verify(
            world.present(world.issue()), policy=policy, as_of=when, challenge=world.challenge, service="GATE-01"
        )

    policy = Policy()
    first = judge()
    reads = world.ledger.reads.copy()
    world.ledger.set_bit(world.list_id, 7)
    assert judge().steps[2:] == first.steps[2:]
    assert world.ledger.reads == reads
    now[0] = 1.0
    rejected_at(judge(), 6, "status-revoked")


def test_an_issuers_standing_is_not_stretched(world):
    """Within one moment of kept facts, the shortcut must judge as the long way does."""
    policy = Policy()
    kept = Verifier(world.ledger, NoTransport(), keep_s=1e9)
    world.ledger.update(world.agency, world.methods(world.issue_key))  # the key is listed from here on in version 2

    def both(source, at, **options):
        when = datetime.fromtimestamp(at, UTC)
        quick = kept.verify(source, policy=policy, as_of=when, **options)
        slow = Verifier(world.ledger, NoTransport(), keep_s=0).verify(source, policy=policy, as_of=when, **options)
        assert [(step.outcome, step.code) for step in quick.steps] == [(step.outcome, step.code) for step in slow.steps]
        return quick

    now = world.ledger.now
    documents = [
        world.issue_document(signed_at=now + offset, index=index)
        for offset in (-400, -301, -60, 0, 300, 301)
        for index in (9, 10)
    ]
    schema = {"id": world.organisation_type.schema_url, "type": "JsonSchema", "digestSRI": "sha256-x"}
    documents.append(world.issue_document(credentialSchema=schema))
    documents.append(world.issue_document(credentialSubject={"id": world.gate, "name": 5}))
    for document in [documents[6], *documents]:
        for at in (now, now + DAY - 1, now + DAY, now + DAY + 1, now + 10**8 - 61, now + 10**8, now - 500):
            both(document, at)
    assert both(documents[6], now).verdict is Verdict.ACCEPTED


def test_an_issuers_standing_under_one_policy_says_nothing_under_another(world):
    verifier = Verifier(world.ledger, NoTransport(), keep_s=1e9)
    document = world.issue_document()
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    assert verifier.verify(document, policy=Policy(), as_of=when).verdict is Verdict.ACCEPTED
    for policy, verdict in (
        (Policy(minimum_assurance=Assurance.PROVEN), Verdict.UNDETERMINED),
        (Policy(issuers=frozenset()), Verdict.REJECTED),
        (Policy(types=frozenset()), Verdict.REJECTED),
        (Policy(algorithms=frozenset({"ES384"})), Verdict.REJECTED),
        (Policy(max_head_age_s=-1), Verdict.UNDETERMINED),
        (Policy(), Verdict.ACCEPTED),
    ):
        assert verifier.verify(document, policy=policy, as_of=when).verdict is verdict


def test_a_first_verdict_asks_for_facts_together():
    """Independent facts are read side by side: the flow yields few rounds of requests."""
    from registry_client.flows import HttpAnswer, HttpRequest, http
    from tests.simulators.ledger import SimulatedLedger

    class Slow(SimulatedLedger):
        def _read(self, name):
            yield from http(HttpRequest("/" + name))
            yield from super()._read(name)

    class Counting:
        rounds = 0

        def send(self, request):
            self.rounds += 1
            return [HttpAnswer(200, b"") for _ in request.requests]

    world = World()
    world.ledger.__class__ = Slow
    transport = Counting()
    verifier = Verifier(world.ledger, transport)
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    shown = world.present(world.issue())
    report = verifier.verify(shown, policy=Policy(), as_of=when, challenge=world.challenge, service="GATE-01")
    assert report.verdict is Verdict.ACCEPTED
    assert sum(world.ledger.reads.values()) == 8
    assert transport.rounds <= 3
