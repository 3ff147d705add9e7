"""A code at a gate that is not this phone's, not of this moment, not for this gate, or not the first of its kind."""

import pytest

from registry_client.core import cbor
from registry_client.core.base45 import decode_base45, encode_base45
from registry_client.core.credential import Format
from registry_client.core.curves import GROUP_ORDER, Curve
from registry_client.core.formats.gate_cwt import CHALLENGE_LENGTH, PREFIX
from registry_client.core.gate import CHALLENGE_S, REMEMBER_S, WINDOW_S, GateChallenge
from registry_client.core.report import Verdict
from registry_client.core.request import PresentationRequest, sign_request
from registry_client.errors import RequestInvalidError
from registry_client.gate import GateMemory
from tests.simulators.gate_world import GROUP, NUMBER, OTHER_GROUP, GateWorld
from tests.simulators.signer import memory_signer
from tests.simulators.world import outcome_of


@pytest.fixture
def world():
    return GateWorld()


def parts_of(code):
    return cbor.decode(decode_base45(code.removeprefix(PREFIX)))


def code_of(*parts):
    return PREFIX + encode_base45(cbor.encode(list(parts)))


def test_the_honest_code_is_accepted_once(world):
    report = world.scan(world.code(world.issue_pass()))
    assert report.verdict is Verdict.ACCEPTED
    assert report.require_accepted().claims["name"] == "김하늘"


def test_a_screenshot_shown_again_at_once(world):
    code = world.code(world.issue_pass())
    world.scan(code)
    assert outcome_of(world.scan(code), 7) == ("failed", "replayed-proof")


@pytest.mark.parametrize("later", [1, WINDOW_S, WINDOW_S + 1, REMEMBER_S, 600])
def test_a_screenshot_shown_again_later(world, later):
    """Inside the window the memory refuses it, outside the window the clock: there is no moment between."""
    code = world.code(world.issue_pass())
    world.scan(code)
    code_now = world.scan(code, at=later)
    assert code_now.verdict is Verdict.REJECTED
    assert outcome_of(code_now, 7)[1] == ("replayed-proof" if later <= WINDOW_S else "outside-validity")


def test_a_code_from_a_fast_clock_is_remembered_for_as_long_as_it_lives(world):
    code = world.code(world.issue_pass(), created=world.ledger.now + WINDOW_S)
    assert world.scan(code).verdict is Verdict.ACCEPTED
    for later in (1, WINDOW_S, REMEMBER_S):
        assert outcome_of(world.scan(code, at=later), 7) == ("failed", "replayed-proof")
    assert outcome_of(world.scan(code, at=REMEMBER_S + 1), 7) == ("failed", "outside-validity")


def test_a_screenshot_at_another_lane_of_the_group(world):
    code = world.code(world.issue_pass())
    other_lane = world.make_gate(memory=world.memory)
    assert world.scan(code).verdict is Verdict.ACCEPTED
    assert outcome_of(world.scan(code, gate=other_lane), 7) == ("failed", "replayed-proof")


def test_the_same_proof_with_its_signature_written_the_other_way(world):
    """ECDSA's (r, n - s) verifies as well and makes another text: what is remembered is not the text."""
    code = world.code(world.issue_pass())
    world.scan(code)
    credential, proof = parts_of(code)
    s = GROUP_ORDER[Curve.P256] - int.from_bytes(proof[3][32:], "big")
    twin = code_of(credential, [*proof[:3], proof[3][:32] + s.to_bytes(32, "big")])
    assert twin != code
    assert outcome_of(world.scan(twin), 7) == ("failed", "replayed-proof")


@pytest.mark.parametrize("offset", [-WINDOW_S - 1, -600, -86_400])
def test_a_stale_code(world, offset):
    report = world.scan(world.code(world.issue_pass(), created=world.ledger.now + offset))
    assert outcome_of(report, 7) == ("failed", "outside-validity")


@pytest.mark.parametrize("offset", [WINDOW_S + 1, 600, 86_400])
def test_a_code_from_the_future(world, offset):
    report = world.scan(world.code(world.issue_pass(), created=world.ledger.now + offset))
    assert outcome_of(report, 7) == ("failed", "outside-validity")


@pytest.mark.parametrize("offset", [-WINDOW_S, 0, WINDOW_S])
def test_clocks_may_differ_by_the_window(world, offset):
    code = world.code(world.issue_pass(), created=world.ledger.now + offset)
    assert world.scan(code).verdict is Verdict.ACCEPTED


def test_the_clock_skew_of_a_policy_does_not_widen_the_window(world):
    """A policy allows an issuer's clock five minutes; a screenshot gets thirty seconds."""
    assert world.policy.clock_skew_s > WINDOW_S
    code = world.code(world.issue_pass(), created=world.ledger.now - WINDOW_S - 1)
    assert world.scan(code).verdict is Verdict.REJECTED


def test_a_code_for_another_gate_group(world):
    report = world.scan(world.code(world.issue_pass(), group=OTHER_GROUP))
    assert outcome_of(report, 7) == ("failed", "domain-mismatch")


def test_a_pass_on_another_phone(world):
    report = world.scan(world.code(world.issue_pass(), signer=world.thief))
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")


def test_a_pass_without_a_proof(world):
    assert outcome_of(world.scan(world.issue_pass()), 7) == ("failed", "holder-mismatch")


def test_a_proof_moved_to_another_pass_of_the_same_phone(world):
    """An officer with a revoked pass takes its proof to one that stands: the proof signs which pass it is for."""
    _, proof = parts_of(world.code(world.issue_pass(index=1)))
    credential, _ = parts_of(world.code(world.issue_pass(index=2)))
    assert outcome_of(world.scan(code_of(credential, proof)), 7) == ("failed", "holder-mismatch")


def test_a_pass_swapped_for_a_colleagues(world):
    colleague = memory_signer("colleague")
    theirs = world.issue_pass(holder=colleague.public_key, subject=None)
    _, proof = parts_of(world.code(world.issue_pass()))
    assert outcome_of(world.scan(code_of(parts_of(theirs)[0], proof)), 7) == ("failed", "holder-mismatch")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_proof_whose_time_group_or_number_was_changed(world, place):
    credential, proof = parts_of(world.code(world.issue_pass()))
    body = cbor.decode(proof[2])
    body[place] = [body[0] + 1, GROUP + "A", bytes(8)][place]
    report = world.scan(code_of(credential, [proof[0], {}, cbor.encode(body), proof[3]]))
    assert report.verdict is Verdict.REJECTED


def test_a_proof_used_as_a_credential_and_the_reverse(world):
    credential, proof = parts_of(world.code(world.issue_pass()))
    for swapped in ([proof, credential], [proof], [credential, credential]):
        assert outcome_of(world.scan(code_of(*swapped)), 1)[0] == "failed"


class TestChallenge:
    """High security: only an answer to what the gate shows now."""

    def test_the_answer_is_accepted_once(self, world):
        shown = world.lane.challenge(as_of=world.when())
        code = world.code(world.issue_pass(), nonce=shown.nonce)
        assert world.scan(code, challenge=shown).verdict is Verdict.ACCEPTED
        assert outcome_of(world.scan(code, challenge=shown), 7) == ("failed", "replayed-proof")

    def test_an_answer_to_an_earlier_challenge(self, world):
        first, second = (world.lane.challenge(as_of=world.when()) for _ in range(2))
        code = world.code(world.issue_pass(), nonce=first.nonce)
        assert outcome_of(world.scan(code, challenge=second), 7) == ("failed", "challenge-mismatch")

    def test_a_code_of_the_window_mode(self, world):
        shown = world.lane.challenge(as_of=world.when())
        report = world.scan(world.code(world.issue_pass()), challenge=shown)
        assert outcome_of(report, 7) == ("failed", "challenge-mismatch")

    def test_an_answer_to_a_challenge_at_a_gate_that_gave_none(self, world):
        """A rogue gate's challenge harvests codes; they open no gate of the window mode."""
        code = world.code(world.issue_pass(), nonce=bytes(CHALLENGE_LENGTH))
        assert outcome_of(world.scan(code), 7) == ("failed", "challenge-mismatch")

    def test_an_answer_in_time_made_for_another_group(self, world):
        shown = world.lane.challenge(as_of=world.when())
        code = world.code(world.issue_pass(), nonce=shown.nonce, group=OTHER_GROUP)
        assert outcome_of(world.scan(code, challenge=shown), 7) == ("failed", "domain-mismatch")

    @pytest.mark.parametrize("age", [-WINDOW_S - 1, CHALLENGE_S + 1])
    def test_a_challenge_out_of_date_decides_nothing(self, world, age):
        shown = GateChallenge(GROUP, bytes(16), world.ledger.now - age)
        code = world.code(world.issue_pass(), nonce=shown.nonce)
        report = world.scan(code, challenge=shown)
        assert report.verdict is Verdict.UNDETERMINED
        assert outcome_of(report, 7) == ("undetermined", "undetermined")


def test_a_full_memory_lets_nobody_in(world):
    world.memory._limit = 1
    assert world.scan(world.code(world.issue_pass())).verdict is Verdict.ACCEPTED
    second = world.code(world.issue_pass(), nonce=NUMBER[::-1])
    assert outcome_of(world.scan(second), 7) == ("undetermined", "undetermined")
    fresh = world.code(world.issue_pass(), nonce=NUMBER[::-1], created=world.ledger.now + REMEMBER_S + 1)
    assert world.scan(fresh, at=REMEMBER_S + 1).verdict is Verdict.ACCEPTED


def test_forged_codes_do_not_fill_the_memory(world):
    for number in range(20):
        world.scan(world.code(world.issue_pass(), signer=world.thief, nonce=number.to_bytes(8, "big")))
        world.scan(world.code(world.issue_pass(signer=world.thief), nonce=number.to_bytes(8, "big")))
    assert world.memory.count == 0


def test_a_memory_of_ones_own_protects_only_its_own_lane(world):
    """Why all gates of a group share one memory: two that do not each let the screenshot in once."""
    code = world.code(world.issue_pass())
    assert world.scan(code).verdict is Verdict.ACCEPTED
    assert world.scan(code, gate=world.make_gate(memory=GateMemory())).verdict is Verdict.ACCEPTED


def test_a_code_is_judged_by_nobody_but_a_gate(world):
    """Without group, clock and memory there is no answer: the verifier alone never says accepted."""
    code = world.code(world.issue_pass())
    assert world.verify(code).verdict is Verdict.UNDETERMINED
    assert world.verify(code, challenge=None).verdict is Verdict.UNDETERMINED


def test_no_request_asks_for_a_gate_pass(world):
    """A pass cannot show less than all of it, so a wallet must not be asked for one."""
    asked = PresentationRequest(
        verifier=world.gate,
        service="GATE-SEJONG-1",
        vct=world.pass_type.vct,
        claims=(("name",),),
        nonce="n" * 16,
        issued_at=world.ledger.now,
        expires_at=world.ledger.now + 60,
        format=Format.GATE_CWT,
    )
    with pytest.raises(RequestInvalidError, match="gate pass"):
        sign_request(asked, method_id=f"{world.gate}#auth-1", signer=memory_signer("gate"))


def test_another_format_does_not_open_a_gate(world):
    presented = world.present(world.issue())
    report = world.make_gate(policy=type(world.policy)()).scan(presented, as_of=world.when())
    assert outcome_of(report, 7) == ("failed", "format-not-supported")


class TestStanding:
    """What befalls the pass, the phone, the issuer: as with every other format, and with no receipt to save it."""

    def test_a_revoked_pass(self, world):
        code = world.code(world.issue_pass(index=77))
        world.ledger.set_bit(world.list_id, 77)
        assert outcome_of(world.scan(code), 6) == ("failed", "status-revoked")

    def test_a_lost_phone_whose_did_was_deactivated(self, world):
        code = world.code(world.issue_pass())
        world.ledger.deactivate(world.officer)
        assert outcome_of(world.scan(code), 7) == ("failed", "holder-mismatch")

    def test_an_expired_pass(self, world):
        now = world.ledger.now
        text = world.issue_pass(signed_at=now - 40, valid_until=now - 2 * world.policy.clock_skew_s)
        assert outcome_of(world.scan(world.code(text)), 4) == ("failed", "outside-validity")

    def test_a_pass_signed_by_a_compromised_key(self, world):
        text = world.issue_pass()
        world.ledger.compromise_key(world.agency, world.issue_key.public_key, since=world.ledger.now)
        assert outcome_of(world.scan(world.code(text)), 2) == ("failed", "key-compromised")

    def test_claims_beyond_the_service_are_dropped(self, world):
        text = world.issue_pass(claims={"name": "김하늘", "staffNumber": "MOIS-2026-00317"})
        report = world.scan(world.code(text))
        assert outcome_of(report, 8) == ("ok", "surplus-dropped")
        assert set(report.require_accepted().claims) == {"name"}
