"""The attacker chooses the algorithm, or brings the key along (CVE-2024-33663 and its family)."""

import hmac
import json

import pytest

from registry_client.core.curves import Curve
from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.sd_jwt import bind_key, select_disclosures
from registry_client.core.jose import parse_jws, sign_jws
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from tests.simulators.signer import memory_signer
from tests.simulators.world import NONCE, World, outcome_of

ANY = frozenset({"ES256", "ES384", "ES256K", "Ed25519", "EdDSA", "HS256", "none"})


@pytest.fixture
def world():
    return World()


def forged(world, header, sign):
    """The officer's credential with another header, signed by `sign(bytes)`."""
    parts = select_disclosures(world.issue(), [("name",), ("photoDigest",)]).split("~")
    payload = parts[0].split(".")[1]
    signed = (
        encode_base64url(json.dumps({"typ": "dc+sd-jwt", "kid": world.method_id} | header).encode()) + "." + payload
    )
    return bind_key(
        "~".join([signed + "." + encode_base64url(sign(signed.encode())), *parts[1:]]),
        signer=world.phone,
        nonce=NONCE,
        audience=world.challenge.audience,
        created=world.ledger.now,
    )


@pytest.mark.parametrize("alg", ["none", "NONE", "", "HS256", "ES384", "ES256K", "EdDSA", "Ed25519", "RS256"])
def test_no_other_algorithm_than_the_keys(world, alg):
    text = forged(world, {"alg": alg}, world.issue_key.sign)
    report = world.verify(text, policy=Policy(algorithms=ANY))
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, 3) == ("failed", "algorithm-not-allowed")


def test_no_signature_at_all(world):
    report = world.verify(forged(world, {"alg": "none"}, lambda _: b""), policy=Policy(algorithms=ANY))
    assert report.verdict is Verdict.REJECTED
    report = world.verify(forged(world, {"alg": "ES256"}, lambda _: b""))
    assert outcome_of(report, 3) == ("failed", "proof-invalid")


def test_the_public_key_as_an_hmac_secret(world):
    for secret in (world.issue_key.public_key.raw, json.dumps(world.issue_key.public_key.to_jwk()).encode()):
        text = forged(world, {"alg": "HS256"}, lambda data, secret=secret: hmac.digest(secret, data, "sha256"))
        assert world.verify(text, policy=Policy(algorithms=ANY)).verdict is Verdict.REJECTED


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
def test_a_key_of_the_attackers_own(world, member):
    value = {"jwk": world.thief.public_key.to_jwk(), "x5c": ["MIIB"]}.get(member, "https://evil.invalid/keys")
    report = world.verify(forged(world, {"alg": "ES256", member: value}, world.thief.sign))
    assert outcome_of(report, 1) == ("failed", "algorithm-not-allowed")


@pytest.mark.parametrize("header", [{"crit": ["b64"], "b64": False}, {"crit": ["exp"]}, {"crit": []}, {"b64": True}])
def test_headers_that_change_what_is_signed(world, header):
    report = world.verify(forged(world, {"alg": "ES256"} | header, world.issue_key.sign))
    assert outcome_of(report, 1) == ("failed", "algorithm-not-allowed")


@pytest.mark.parametrize(
    "kid", ["#issue-1", "issue-1", "../../issue-1", "did:mapae:test-1:x#issue-1", "https://a.invalid#k"]
)
def test_a_kid_that_leads_elsewhere(world, kid):
    report = world.verify(forged(world, {"alg": "ES256", "kid": kid}, world.issue_key.sign))
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number == 1


def test_a_kid_with_a_query_names_no_key_of_ours(world):
    report = world.verify(
        forged(world, {"alg": "ES256", "kid": f"{world.agency}?versionId=1#issue-1"}, world.issue_key.sign)
    )
    assert report.verdict is Verdict.REJECTED


def test_an_identical_key_of_another_did(world):
    twin = world.ledger.organisation("twin", world.methods(world.issue_key))
    report = world.verify(forged(world, {"alg": "ES256", "kid": f"{twin}#issue-1"}, world.issue_key.sign))
    assert outcome_of(report, 1)[0] == "failed"


@pytest.mark.parametrize("suite", ["eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2020", "none"])
def test_another_cryptosuite_over_the_same_key(world, suite):
    document = world.issue_document()
    document["proof"]["cryptosuite"] = suite
    report = world.verify(document, challenge=None, policy=Policy(algorithms=ANY))
    assert report.verdict is Verdict.REJECTED


def test_a_longer_signature_asks_for_another_curve(world):
    """96 bytes mean P-384; the issuer's key is P-256, and stays so."""
    signer = memory_signer("p384", Curve.P384)
    document = world.issue_document(signer=signer)
    assert outcome_of(world.verify(document, challenge=None), 3) == ("failed", "algorithm-not-allowed")


def test_the_issuers_part_is_no_key_binding_and_the_other_way_round(world):
    text = world.issue()
    issuer_part = text.split("~")[0]
    assert world.verify(text + issuer_part).verdict is Verdict.REJECTED
    binding = sign_jws({"typ": "kb+jwt"}, parse_jws(issuer_part).payload, world.phone)
    assert world.verify(binding + "~").verdict is Verdict.REJECTED
