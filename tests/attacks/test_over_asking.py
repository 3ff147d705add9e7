"""A verifier that asks for more than it may, in another's name, or for another purpose; and one that takes more."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.jose import sign_jws
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge
from registry_client.core.report import Verdict
from registry_client.core.request import PresentationRequest, parse_request, sign_request
from registry_client.errors import (
    HolderMismatchError,
    PendingChangeError,
    PurposeExceededError,
    RequestInvalidError,
    StatusStaleError,
)
from registry_client.holder import Wallet, answer_request
from tests.simulators.ledger import NoTransport
from tests.simulators.signer import memory_signer
from tests.simulators.world import CLAIMS, World

GATE_KEY = memory_signer("gate")
NONCE = "nonce-0123456789"


@pytest.fixture
def world():
    return World()


def request_of(world, *names, **changes):
    request = PresentationRequest(
        verifier=world.gate,
        service="GATE-01",
        vct=world.type.vct,
        claims=tuple((name,) for name in names or ("name", "photoDigest")),
        nonce=NONCE,
        issued_at=world.ledger.now,
        expires_at=world.ledger.now + 300,
    )
    return replace(request, **changes)


def opened(world, text, *, at=None, **policy):
    wallet = Wallet(world.ledger, NoTransport())
    when = datetime.fromtimestamp(at or world.ledger.now, UTC)
    return wallet.open_request(text, policy=Policy(**policy), as_of=when)


def signed(world, *names, signer=GATE_KEY, method=None, **changes):
    request = request_of(world, *names, **changes)
    return sign_request(request, method_id=method or f"{request.verifier}#auth-1", signer=signer)


def answer(world, request, credential, signer=None):
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    return answer_request(request, credential, signer=signer or world.phone, created=when)


def test_an_honest_request_is_answered_with_exactly_what_was_asked(world):
    request = opened(world, signed(world))
    shown = answer(world, request, world.issue())
    report = world.verify(shown, challenge=Challenge(NONCE, request.request.audience), service="GATE-01")
    assert report.require_accepted().claims == {"name": CLAIMS["name"], "photoDigest": CLAIMS["photoDigest"]}


def test_the_person_sees_the_ledgers_words(world):
    request = opened(world, signed(world))
    assert request.describe("ko")["purpose"] == "청사 출입"
    assert request.describe("ko")["claims"] == ["이름", "사진 지문"]
    assert request.describe("en")["claims"] == ["Name", "Photo digest"]


@pytest.mark.parametrize("names", [("staffNumber",), ("name", "staffNumber"), ("name", "address")])
def test_asking_beyond_the_service(world, names):
    with pytest.raises(PurposeExceededError, match=names[-1]):
        opened(world, signed(world, *names))


def test_an_inner_claim_counts_by_its_outer_name(world):
    with pytest.raises(PurposeExceededError):
        opened(world, signed(world, claims=(("staffNumber", None, "digits"),)))


def test_another_verifiers_service_code(world):
    world.ledger.update(world.ministry, world.methods(world.ministry_key, "auth-1"))
    rogue = world.ledger.organisation("rogue", [replace_authentication("auth-1", world.thief)])
    with pytest.raises(PurposeExceededError, match="another verifier"):
        opened(world, signed(world, verifier=rogue, signer=world.thief))


def replace_authentication(fragment, signer):
    from tests.simulators.ledger import method

    return method(fragment, signer, "authentication")


def test_a_service_for_another_type(world):
    with pytest.raises(PurposeExceededError):
        opened(world, signed(world, vct=world.organisation_type.vct))


def test_an_unknown_service(world):
    with pytest.raises(PurposeExceededError, match="no such service"):
        opened(world, signed(world, service="GATE-09"))


def test_an_ended_service(world):
    world.ledger.advance(1)
    with world.ledger.pending():
        world.ledger.end_service(world.type.type_id, "GATE-01")
    with pytest.raises(PendingChangeError):
        opened(world, signed(world))
    world.ledger.confirm()
    with pytest.raises(PurposeExceededError, match="not in force"):
        opened(world, signed(world))


def test_a_forged_request(world):
    with pytest.raises(RequestInvalidError, match="not signed by the verifier"):
        opened(world, signed(world, signer=world.thief))


def test_a_key_that_is_not_for_authentication(world):
    world.ledger.update(world.gate, world.methods(GATE_KEY, "auth-1"))
    with pytest.raises(RequestInvalidError, match="authentication"):
        opened(world, signed(world))


@pytest.mark.parametrize("fate", ["deactivated", "compromised", "pending end", "pending compromise"])
def test_a_verifier_that_came_to_an_end(world, fate):
    text = signed(world)
    if fate == "deactivated":
        world.ledger.deactivate(world.gate)
    elif fate == "compromised":
        world.ledger.compromise_key(world.gate, GATE_KEY.public_key, world.ledger.now)
    else:
        with world.ledger.pending():
            if fate == "pending end":
                world.ledger.deactivate(world.gate)
            else:
                world.ledger.compromise_key(world.gate, GATE_KEY.public_key, world.ledger.now)
    with pytest.raises((RequestInvalidError, PendingChangeError)):
        opened(world, text)


def test_requests_expire(world):
    text = signed(world)
    assert opened(world, text, at=world.ledger.now + 600).request.nonce == NONCE
    for at in (world.ledger.now + 601, world.ledger.now - 301):
        with pytest.raises(RequestInvalidError, match=r"expired|future"):
            opened(world, text, at=at)


def test_old_knowledge_is_not_enough_to_consent(world):
    with pytest.raises(StatusStaleError):
        opened(world, signed(world), at=world.ledger.now + 10, max_head_age_s=5)


def test_a_long_lived_or_guessable_request_is_not_even_signed(world):
    for change in ({"expires_at": world.ledger.now + 901}, {"expires_at": world.ledger.now}, {"nonce": "short"}):
        with pytest.raises(RequestInvalidError):
            signed(world, **change)


def test_a_wallet_answers_only_for_its_own_credential(world):
    request = opened(world, signed(world))
    with pytest.raises(HolderMismatchError):
        answer(world, request, world.issue(), signer=world.thief)
    with pytest.raises(RequestInvalidError, match="type and format"):
        answer(world, request, world.issue(vct="https://mapae.invalid/vct/gate-pass/v1"))
    with pytest.raises(RequestInvalidError, match="not all"):
        answer(world, request, world.issue(claims={"name": "김"}))


def test_a_credential_that_shows_too_much_is_not_shown(world):
    request = opened(world, signed(world, "name"))
    plain = world.issue(disclosable=[("name",)])
    with pytest.raises(PurposeExceededError, match="staffNumber"):
        answer(world, request, plain)


def test_a_taker_drops_what_it_may_not_have(world):
    report = world.verify(world.present(world.issue(), show=tuple(CLAIMS)), service="GATE-01")
    assert report.verdict is Verdict.ACCEPTED
    assert set(report.require_accepted().claims) == {"name", "institutionName", "photoDigest"}


def payload_of(world):
    return parse_request(signed(world)).jws.payload


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "https://gate.invalid"},
        {"client_id": "did:mapae:test-1:x"},
        {"client_id": "decentralized_identifier:not a did"},
        {"aud": "https://evil.invalid"},
        {"response_type": "code"},
        {"nonce": None},
        {"exp": None},
        {"exp": 2**40},
        {"service_code": "gate"},
        {"dcql_query": {}},
        {"dcql_query": {"credentials": []}},
        {"dcql_query": {"credentials": [{}, {}]}},
        {"dcql_query": {"credentials": [{}], "credential_sets": []}},
        {"dcql_query": {"credentials": [{"format": "mso_mdoc"}]}},
        {"dcql_query": {"credentials": [{"format": "dc+sd-jwt", "meta": {"vct_values": ["a", "b"]}, "claims": []}]}},
        {"dcql_query": {"credentials": [{"format": "dc+sd-jwt", "meta": {"vct_values": ["a"]}, "claims": []}]}},
        {"dcql_query": {"credentials": [{"format": "dc+sd-jwt", "meta": {"vct_values": ["a"]}}]}},
        {
            "dcql_query": {
                "credentials": [{"format": "dc+sd-jwt", "meta": {"vct_values": ["a"]}, "claims": [{"path": [1]}]}]
            }
        },
        {
            "dcql_query": {
                "credentials": [{"format": "dc+sd-jwt", "meta": {"vct_values": ["a"]}, "claims": [{"path": []}]}]
            }
        },
        {
            "dcql_query": {
                "credentials": [{"format": "ldp_vc", "meta": {"vct_values": ["a"]}, "claims": [{"path": ["name"]}]}]
            }
        },
    ],
    ids=lambda change: str(change)[:60],
)
def test_malformed_requests_are_refused(world, change):
    header = {"typ": "oauth-authz-req+jwt", "kid": f"{world.gate}#auth-1"}
    with pytest.raises(RequestInvalidError):
        opened(world, sign_jws(header, payload_of(world) | change, GATE_KEY))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"kid": None}, {"kid": "did:mapae:test-1:x#auth-1"}, {"jwk": {}}])
def test_malformed_request_headers_are_refused(world, header):
    base = {"typ": "oauth-authz-req+jwt", "kid": f"{world.gate}#auth-1"}
    with pytest.raises(RequestInvalidError):
        opened(world, sign_jws(base | header, payload_of(world), GATE_KEY))


def test_a_verifier_outside_the_ledger_is_unknown(world):
    did = f"did:key:{GATE_KEY.public_key.to_multikey()}"
    text = signed(world, verifier=did, method=f"{did}#{did.removeprefix('did:key:')}")
    with pytest.raises(RequestInvalidError, match="DID of the ledger"):
        opened(world, text)


@pytest.mark.parametrize("form", [Format.DATA_INTEGRITY, Format.VC_JWT])
def test_an_organisation_answers_with_its_document(form):
    world = World()
    issue = world.issue_document if form is Format.DATA_INTEGRITY else world.issue_jwt
    kind = world.organisation_type
    service = {"type": kind.vct, "claims": ["name", "institutionCode"], "purpose": {"ko": "확인", "en": "Check"}}
    world.ledger.set_service(kind.type_id, "ORG-01", world.gate, canonicalize(service))
    request = opened(world, signed(world, "name", service="ORG-01", vct=kind.vct, format=form))
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    with pytest.raises(HolderMismatchError, match="DID"):
        answer_request(request, issue(), signer=GATE_KEY, created=when)
    shown = answer_request(request, issue(), signer=GATE_KEY, created=when, method_id=f"{world.gate}#auth-1")
    report = world.verify(shown, challenge=Challenge(NONCE, request.request.audience), service="ORG-01")
    assert report.verdict is Verdict.ACCEPTED
    subject = {"id": world.gate, "name": "a", "institutionCode": "1234567", "website": "https://a.invalid"}
    method_id = f"{world.gate}#auth-1"
    with pytest.raises(PurposeExceededError, match="website"):
        answer_request(request, issue(credentialSubject=subject), signer=GATE_KEY, created=when, method_id=method_id)
    other = world.issue_jwt if form is Format.DATA_INTEGRITY else world.issue_document
    with pytest.raises(RequestInvalidError, match="format"):
        answer_request(request, other(), signer=GATE_KEY, created=when, method_id=method_id)


def test_a_jwt_bound_to_another_key_is_not_presented():
    world = World()
    kind = world.organisation_type
    service = {"type": kind.vct, "claims": ["name", "institutionCode"], "purpose": {"ko": "확인", "en": "Check"}}
    world.ledger.set_service(kind.type_id, "ORG-01", world.gate, canonicalize(service))
    request = opened(world, signed(world, "name", service="ORG-01", vct=kind.vct, format=Format.VC_JWT))
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    with pytest.raises(HolderMismatchError, match="another key"):
        answer_request(
            request,
            world.issue_jwt(holder=world.phone.public_key),
            signer=GATE_KEY,
            created=when,
            method_id=f"{world.gate}#auth-1",
        )
