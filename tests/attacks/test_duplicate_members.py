"""Signature wrapping: JSON that two readers read differently (json and orjson keep the last of two members)."""

import json

import pytest

from registry_client.core.encoding import encode_base64url
from registry_client.core.report import Verdict
from tests.simulators.world import World


@pytest.fixture(scope="module")
def world():
    return World()


def sd_jwt_around(world, payload_text, header_text=None):
    header = header_text or json.dumps({"alg": "ES256", "typ": "dc+sd-jwt", "kid": world.method_id})
    signed = encode_base64url(header.encode()) + "." + encode_base64url(payload_text.encode("utf-8", "surrogatepass"))
    return f"{signed}.{encode_base64url(world.issue_key.sign(signed.encode()))}~"


PAYLOAD = '"iss":"{iss}","iat":1,"vct":"{vct}"'


@pytest.mark.parametrize(
    "extra",
    [
        ',"vct":"https://mapae.invalid/vct/gate-pass/v1"',
        ',"name":"a","name":"b"',
        ',"inner":{"a":1,"a":2}',
        ',"grade":NaN',
        ',"grade":Infinity',
        ',"grade":1e999',
        ',"grade":9007199254740993',
        ',"name":"\\ud800"',
        ',"n\\u0061me":"a","name":"b"',
        ',"deep":' + "[" * 40 + "]" * 40,
        ",",
    ],
)
def test_ambiguous_json_is_refused(world, extra):
    text = "{" + PAYLOAD.format(iss=world.agency, vct=world.type.vct) + extra + "}"
    report = world.verify(sd_jwt_around(world, text))
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number == 1


def test_a_header_with_two_algorithms_is_refused(world):
    text = "{" + PAYLOAD.format(iss=world.agency, vct=world.type.vct) + "}"
    header = f'{{"alg":"none","typ":"dc+sd-jwt","kid":"{world.method_id}","alg":"ES256"}}'
    assert world.verify(sd_jwt_around(world, text, header)).reason.number == 1


@pytest.mark.parametrize("member", ["issuer", "credentialSubject", "proof", "@context"])
def test_a_document_with_a_second_member_is_refused(world, member):
    document = world.issue_document()
    text = json.dumps(document)
    for changed in (
        text[:-1] + f',"{member}":{json.dumps(document[member])}}}',
        "{" + f'"{member}":"x",' + text[1:],
    ):
        report = world.verify(changed, challenge=None)
        assert report.verdict is Verdict.REJECTED
        assert report.reason.number == 0


def test_names_beyond_the_basic_plane_sort_as_the_standard_says(world):
    """UTF-16 order differs from code point order; a signer and a verifier must not disagree."""
    subject = {"id": world.gate, "name": "a", "institutionCode": "1234567", "\U0001f600": "x", "\ufb33": "y"}
    document = world.issue_document(credentialSubject=subject)
    report = world.verify(json.dumps(document, ensure_ascii=False), challenge=None)
    assert report.steps[3].outcome.value == "ok"
    assert report.steps[4].code == "schema-mismatch"
