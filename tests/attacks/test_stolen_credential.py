"""Somebody else's credential on somebody else's phone."""

import pytest

from registry_client.core.formats.sd_jwt import bind_key, select_disclosures
from registry_client.core.jose import sign_jws
from registry_client.core.report import Verdict
from tests.simulators.signer import memory_signer
from tests.simulators.world import NONCE, World, outcome_of


@pytest.fixture
def world():
    return World()


def test_another_phone_signs(world):
    report = world.verify(world.present(world.issue(), signer=world.thief))
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")


def test_no_proof_at_all(world):
    assert outcome_of(world.verify(world.issue()), 7) == ("failed", "holder-mismatch")


def test_another_bindings_proof_is_moved_over(world):
    mine = world.issue(holder=world.thief.public_key, subject=None)
    proof = world.present(mine, signer=world.thief).rsplit("~", 1)[1]
    stolen = select_disclosures(world.issue(), [("name",), ("photoDigest",)])
    report = world.verify(stolen + proof)
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")


def test_a_proof_over_other_disclosures(world):
    text = world.issue()
    bound = bind_key(
        select_disclosures(text, [("name",)]),
        signer=world.phone,
        nonce=NONCE,
        audience=world.challenge.audience,
        created=world.ledger.now,
    )
    proof = bound.rsplit("~", 1)[1]
    more = select_disclosures(text, [("name",), ("staffNumber",)])
    assert outcome_of(world.verify(more + proof), 7) == ("failed", "holder-mismatch")


@pytest.mark.parametrize("sd_hash", [None, "", "A" * 43, 5])
def test_a_proof_without_the_right_hash(world, sd_hash):
    shown = select_disclosures(world.issue(), [("name",)])
    payload = {"iat": world.ledger.now, "aud": world.challenge.audience, "nonce": NONCE, "sd_hash": sd_hash}
    report = world.verify(shown + sign_jws({"typ": "kb+jwt"}, payload, world.phone))
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")


def test_a_key_smuggled_into_the_proofs_header(world):
    shown = select_disclosures(world.issue(), [("name",)])
    payload = {"iat": world.ledger.now, "aud": world.challenge.audience, "nonce": NONCE, "sd_hash": "x"}
    header = {"typ": "kb+jwt", "jwk": world.thief.public_key.to_jwk()}
    report = world.verify(shown + sign_jws(header, payload, world.thief))
    assert report.verdict is Verdict.REJECTED


def test_a_document_presented_by_another_did(world):
    document = world.issue_document()
    by_agency = world.present_document(document, signer=world.status_key, method_id=f"{world.agency}#status-1")
    assert outcome_of(world.verify(by_agency), 7) == ("failed", "holder-mismatch")
    forged = world.present_document(document, signer=memory_signer("thief"))
    assert outcome_of(world.verify(forged), 7) == ("failed", "holder-mismatch")


def test_a_document_presented_with_a_key_for_another_purpose(world):
    document = world.issue_document(credentialSubject={"id": world.agency, "name": "a", "institutionCode": "1234567"})
    report = world.verify(world.present_document(document, signer=world.issue_key, method_id=world.method_id))
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")


def test_a_holder_named_beside_the_signer(world):
    presentation = world.present_document(world.issue_document())
    presentation["holder"] = world.agency
    assert world.verify(presentation).verdict is Verdict.REJECTED


def test_an_old_phone_stays_dead_after_reissue(world):
    old, new_phone = world.issue(index=20), memory_signer("new phone")
    world.ledger.set_bit(world.list_id, 20)
    world.ledger.deactivate(world.officer)
    officer = world.ledger.holder(new_phone.public_key)
    new = world.issue(index=21, holder=new_phone.public_key, subject=officer)
    assert world.verify(world.present(new, signer=new_phone)).verdict is Verdict.ACCEPTED
    report = world.verify(world.present(old))
    assert outcome_of(report, 6) == ("failed", "status-revoked")
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")
