"""Disclosures that the issuer never made, twice made, or hid where nothing may be hidden."""

import json

import pytest

from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.disclosures import make_disclosure
from registry_client.core.jose import sign_jws
from registry_client.core.report import Verdict
from tests.simulators.world import World, outcome_of


@pytest.fixture
def world():
    return World()


def refused(world, text):
    report = world.verify(text)
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number <= 1
    return report


def test_a_claim_of_the_holders_own(world):
    own = make_disclosure("position", "장관", salt="x")
    parts = world.present(world.issue()).split("~")
    refused(world, "~".join([parts[0], own.text, *parts[1:]]))


def test_an_altered_claim(world):
    parts = world.present(world.issue(), show=("name",)).split("~")
    altered = encode_base64url(json.dumps(["0" * 22, "name", "김바다"]).encode())
    refused(world, "~".join([parts[0], altered, parts[2]]))


def test_a_disclosure_given_twice(world):
    parts = world.present(world.issue()).split("~")
    refused(world, "~".join([parts[0], parts[1], *parts[1:]]))


def test_another_credentials_disclosure(world):
    other = world.issue().split("~")[1]
    parts = world.present(world.issue()).split("~")
    refused(world, "~".join([parts[0], other, *parts[1:]]))


@pytest.mark.parametrize("name", ["iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status"])
def test_a_reserved_claim_behind_a_digest(world, name):
    """Even an issuer's own signature does not make `exp` something a holder may leave out."""
    hidden = make_disclosure(name, {"jwk": {}} if name == "cnf" else "x", salt="s")
    payload = {"iss": world.agency, "iat": world.ledger.now, "vct": world.type.vct, "_sd": [hidden.digest]}
    payload.pop(name, None)
    token = sign_jws({"typ": "dc+sd-jwt", "kid": world.method_id}, payload, world.issue_key)
    refused(world, f"{token}~{hidden.text}~")


def test_a_hidden_key_inside_cnf(world):
    hidden = make_disclosure("jwk", world.thief.public_key.to_jwk(), salt="s")
    payload = {"iss": world.agency, "iat": world.ledger.now, "vct": world.type.vct, "cnf": {"_sd": [hidden.digest]}}
    token = sign_jws({"typ": "dc+sd-jwt", "kid": world.method_id}, payload, world.issue_key)
    refused(world, f"{token}~{hidden.text}~")


def test_withholding_the_whole_binding(world):
    """Without its KB-JWT a bound credential is only text."""
    text = world.present(world.issue()).rsplit("~", 1)[0] + "~"
    assert outcome_of(world.verify(text), 7) == ("failed", "holder-mismatch")


@pytest.mark.parametrize("typ", ["JWT", "vc+sd-jwt", "vc+jwt", "at+jwt", "statuslist+jwt"])
def test_another_kind_of_token(world, typ):
    text = world.issue()
    from registry_client.core.jose import parse_jws

    payload = parse_jws(text.split("~")[0]).payload
    token = sign_jws({"typ": typ, "kid": world.method_id}, payload, world.issue_key)
    report = refused(world, "~".join([token, *text.split("~")[1:]]))
    assert outcome_of(report, 1) == ("failed", "format-not-supported")
