"""Meaning changed behind a signature: contexts and terms added to a signed VCDM document."""

import pytest

from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of

EVIL = "https://evil.invalid/contexts/redefine/v1"


@pytest.fixture
def world():
    return World()


def test_an_appended_context_is_ignored_and_nothing_else_is(world):
    document = world.issue_document()
    document["@context"] = [*document["@context"], EVIL]
    assert world.verify(document, challenge=None).verdict is Verdict.ACCEPTED
    document["@context"] = [EVIL, *document["@context"][:-1]]
    assert world.verify(document, challenge=None).verdict is Verdict.REJECTED


def test_a_context_signed_by_the_issuer_must_be_known(world):
    contexts = [*world.document()["@context"], EVIL]
    document = world.issue_document(**{"@context": contexts})
    assert outcome_of(world.verify(document, challenge=None), 4) == ("failed", "schema-mismatch")


@pytest.mark.parametrize(
    "change",
    [
        {"adminOverride": True},
        {"credentialSubject": {"clearanceLevel": "TOP SECRET"}},
        {"name": "renamed"},
        {"validUntil": "2099-01-01T00:00:00Z"},
        {"issuer": "did:mapae:test-1:2u4B7UtdH7zp7Hauj26FAf4sUCyH"},
    ],
)
def test_terms_added_or_changed_after_signing(world, change):
    document = world.issue_document()
    if "credentialSubject" in change:
        document["credentialSubject"] |= change["credentialSubject"]
    else:
        document |= change
    assert world.verify(document, challenge=None).verdict is Verdict.REJECTED


def test_terms_that_no_context_maps_are_refused_even_when_signed(world):
    subject = world.document()["credentialSubject"] | {"clearanceLevel": "TOP SECRET"}
    report = world.verify(world.issue_document(credentialSubject=subject), challenge=None)
    assert outcome_of(report, 4) == ("failed", "schema-mismatch")


def test_a_proof_stripped_of_its_context_does_not_verify(world):
    document = world.issue_document()
    del document["proof"]["@context"]
    assert outcome_of(world.verify(document, challenge=None), 3) == ("failed", "proof-invalid")


def test_a_credential_swapped_inside_a_presentation(world):
    presentation = world.present_document(world.issue_document(index=30))
    presentation["verifiableCredential"] = [world.issue_document(index=31)]
    assert outcome_of(world.verify(presentation), 7) == ("failed", "holder-mismatch")


def test_an_added_challenge_is_under_the_signature(world):
    presentation = world.present_document(world.issue_document(), challenge="another-nonce-0000")
    presentation["proof"]["challenge"] = world.challenge.nonce
    assert outcome_of(world.verify(presentation), 7) == ("failed", "holder-mismatch")
