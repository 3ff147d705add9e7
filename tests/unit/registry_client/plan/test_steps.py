"""Corners of single steps that the story of an officer at a gate does not come to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry_client.core.assurance import Assurance
from registry_client.core.canonical import canonicalize
from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.data_integrity import issue_data_integrity, present_data_integrity
from registry_client.core.jose import parse_jws
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge, audience_of
from registry_client.core.report import Verdict
from registry_client.core.request import PresentationRequest, sign_request
from registry_client.core.schema import verify_schema
from registry_client.errors import (
    AssuranceInsufficientError,
    MalformedValueError,
    PendingChangeError,
    RequestInvalidError,
    SchemaMismatchError,
)
from registry_client.holder import AsyncWallet, Wallet
from tests.simulators.ledger import NoTransport, method
from tests.simulators.signer import memory_signer
from tests.simulators.world import NONCE, World, outcome_of


@pytest.fixture
def world():
    return World()


def carried(kind, label="carried"):
    """(signer, DID, method id) of a DID that is its own key."""
    signer = memory_signer(label)
    if kind == "key":
        text = signer.public_key.to_multikey()
        return signer, f"did:key:{text}", f"did:key:{text}#{text}"
    did = "did:jwk:" + encode_base64url(canonicalize(signer.public_key.to_jwk()))
    return signer, did, f"{did}#0"


@pytest.mark.parametrize("kind", ["key", "jwk"])
def test_carried_keys_issue_where_the_policy_trusts_them(world, kind):
    signer, did, method_id = carried(kind)
    document = issue_data_integrity(
        world.document(issuer=did, credentialStatus=None),
        signer=signer,
        method_id=method_id,
        signed_at=world.ledger.now,
    )
    trusting = Policy(trusted_keys=frozenset({did}))
    assert world.verify(document, challenge=None, policy=trusting).verdict is Verdict.ACCEPTED
    assert world.verify(document, challenge=None).verdict is Verdict.REJECTED


def test_a_carried_issuer_of_an_unregistered_type(world):
    signer, did, method_id = carried("key")
    document = world.document(issuer=did, credentialStatus=None, credentialSchema=None)
    document = issue_data_integrity(document, signer=signer, method_id=method_id, signed_at=world.ledger.now)
    report = world.verify(document, challenge=None, policy=Policy(trusted_keys=frozenset({did})))
    assert outcome_of(report, 4) == ("ok", "type-not-registered")


def test_a_carried_issuers_status_cannot_be_known(world):
    signer, did, method_id = carried("key")
    document = issue_data_integrity(
        world.document(issuer=did), signer=signer, method_id=method_id, signed_at=world.ledger.now
    )
    report = world.verify(document, challenge=None, policy=Policy(trusted_keys=frozenset({did})))
    assert outcome_of(report, 6) == ("undetermined", "status-unavailable")


@pytest.mark.parametrize("kind", ["key", "jwk"])
def test_a_subject_may_present_with_a_carried_key(world, kind):
    signer, did, method_id = carried(kind)
    subject = {"id": did, "name": "a", "institutionCode": "1234567"}
    document = world.issue_document(credentialSubject=subject)
    shown = present_data_integrity(
        document, signer=signer, method_id=method_id, challenge=NONCE, domain=world.challenge.audience,
        created=world.ledger.now,
    )  # fmt: skip
    assert world.verify(shown).verdict is Verdict.ACCEPTED
    sd_jwt = world.issue(subject=did, holder=signer.public_key)
    assert world.verify(world.present(sd_jwt, signer=signer)).verdict is Verdict.ACCEPTED


def test_an_organisation_may_be_the_subject_of_a_bound_credential(world):
    key = memory_signer("gate")
    text = world.issue(subject=world.gate, holder=key.public_key)
    assert world.verify(world.present(text, signer=key)).verdict is Verdict.ACCEPTED


def test_an_unknown_holder(world):
    text = world.issue(subject="did:mapae:test-1:3VU965kGpMZS9MChY3wmbf1RA6WC")
    report = world.verify(world.present(text))
    assert report.steps[7].outcome.value == "failed"


def test_a_document_without_a_type_of_ours(world):
    report = world.verify(world.issue_document(credentialSchema=None), challenge=None)
    assert outcome_of(report, 4) == ("failed", "schema-mismatch")
    assert outcome_of(report, 5) == ("failed", "issuer-not-accredited")


@pytest.mark.parametrize("form", ["list", "two", "other type"])
def test_schemas_in_other_forms(world, form):
    schema = world.document()["credentialSchema"]
    given = {"list": [schema], "two": [schema, schema], "other type": schema | {"type": "JsonSchemaCredential"}}[form]
    report = world.verify(world.issue_document(credentialSchema=given), challenge=None)
    assert (report.verdict is Verdict.ACCEPTED) is (form == "list")


def test_a_version_that_the_ledger_lost(world):
    old = world.issue()
    newer = replace(world.type, metadata={**world.type.metadata, "description": "reworded"})
    world.ledger.register(world.ministry, newer)
    entries = world.ledger.final.schemas[world.type.type_id]
    entries.insert(0, entries[0])
    real = world.ledger.schema

    def forgetful(type_id, *, version=None, block=None):
        found = yield from real(type_id, version=version)
        return None if version == 2 else found

    world.ledger.schema = forgetful
    assert outcome_of(world.verify(world.present(old)), 4) == ("failed", "schema-mismatch")


def test_an_anchored_schema_of_another_type(world):
    from registry_client.core.presentation import parse_presentation, require_bounds

    credential = parse_presentation(require_bounds(world.issue()), formats=Policy().formats).credential
    with pytest.raises(SchemaMismatchError, match="another type"):
        verify_schema(credential, world.organisation_type)


def test_purposes_need_a_verifiers_did_and_a_type(world):
    text = world.issue(subject=None)
    challenge = Challenge(NONCE, "https://gate.invalid")
    shown = world.present(text, audience=challenge.audience)
    assert outcome_of(world.verify(shown, challenge=challenge, service="GATE-01"), 8) == ("failed", "purpose-exceeded")
    shown = world.present_document(world.issue_document(credentialSchema=None))
    assert outcome_of(world.verify(shown, service="GATE-01"), 8) == ("failed", "purpose-exceeded")


def test_a_service_whose_document_names_another_type(world):
    document = canonicalize(
        {"type": "https://a.invalid/vct/x/v1", "claims": ["name"], "purpose": {"ko": "가", "en": "a"}}
    )
    world.ledger.set_service(world.type.type_id, "ODD", world.gate, document)
    report = world.verify(world.present(world.issue()), service="ODD")
    assert outcome_of(report, 8) == ("failed", "purpose-exceeded")


def test_an_accreditation_given_moments_after_the_issuers_clock(world):
    """The issuer's clock may be behind the ledger's by the skew, and no more."""
    agency = world.ledger.organisation("late", world.methods(world.issue_key))
    world.ledger.accredit(agency, world.organisation_type.type_id, grantor=world.ministry)
    list_id = world.ledger.open_list(agency)
    from registry_client.core.status import StatusReference, bitstring_status

    status = bitstring_status(StatusReference(list_id, 1), host="https://a.invalid")
    for behind, verdict in ((300, Verdict.ACCEPTED), (301, Verdict.REJECTED)):
        document = world.issue_document(
            issuer=agency, method_id=f"{agency}#issue-1", credentialStatus=status, signed_at=world.ledger.now - behind
        )
        assert world.verify(document, challenge=None).verdict is verdict


# --- the wallet's side


def request_text(world, **changes):
    values = {
        "verifier": world.gate,
        "service": "GATE-01",
        "vct": world.type.vct,
        "claims": (("name",),),
        "nonce": "nonce-0123456789",
        "issued_at": world.ledger.now,
        "expires_at": world.ledger.now + 60,
    }
    request = PresentationRequest(**(values | changes))
    return sign_request(request, method_id=f"{world.gate}#auth-1", signer=memory_signer("gate"))


async def test_the_asynchronous_wallet_opens_the_same(world):
    class AsyncNoTransport:
        async def send(self, request):
            raise AssertionError(request)

    when = datetime.fromtimestamp(world.ledger.now, UTC)
    text = request_text(world)
    opened = await AsyncWallet(world.ledger, AsyncNoTransport()).open_request(text, policy=Policy(), as_of=when)
    assert opened == Wallet(world.ledger, NoTransport()).open_request(text, policy=Policy(), as_of=when)


def test_a_wallet_wants_good_knowledge_and_a_known_type(world):
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    wallet = Wallet(world.ledger, NoTransport())
    with pytest.raises(AssuranceInsufficientError):
        wallet.open_request(request_text(world), policy=Policy(minimum_assurance=Assurance.PROVEN), as_of=when)
    del world.ledger.final.schemas[world.type.type_id]
    with pytest.raises(RequestInvalidError, match="no such credential type"):
        Wallet(world.ledger, NoTransport()).open_request(request_text(world), policy=Policy(), as_of=when)


def test_a_request_is_signed_by_whom_it_names(world):
    request = PresentationRequest(world.gate, "GATE-01", world.type.vct, (("name",),), "nonce-0123456789", 1, 2)
    with pytest.raises(MalformedValueError, match="signed by the verifier"):
        sign_request(request, method_id=f"{world.agency}#issue-1", signer=world.issue_key)
    for path in (("name", -1), ("name", True), ("a",) * 9, ("name", 1.5)):
        with pytest.raises(MalformedValueError, match="path"):
            request_text(world, claims=(path,))
    assert parse_jws(request_text(world)).payload["client_id"] == audience_of(world.gate)


def test_a_pending_end_of_a_service_stops_the_wallet(world):
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    with world.ledger.pending():
        world.ledger.end_service(world.type.type_id, "GATE-01")
    with pytest.raises(PendingChangeError):
        Wallet(world.ledger, NoTransport()).open_request(request_text(world), policy=Policy(), as_of=when)
    assert method("a", world.phone).relationships == ("assertionMethod",)
