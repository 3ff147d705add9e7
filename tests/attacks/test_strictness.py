"""What other libraries let pass, refused in every JWT format by name; other files here hold the rest of the list."""

import json

import pytest

from registry_client.core.curves import GROUP_ORDER, Curve
from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.disclosures import make_disclosure
from registry_client.core.formats.sd_jwt import bind_key
from registry_client.core.jose import parse_jws, sign_jws
from registry_client.core.report import Verdict
from tests.simulators.signer import memory_signer
from tests.simulators.world import CLAIMS, NONCE, World, outcome_of


@pytest.fixture
def world():
    return World()


@pytest.fixture(params=["dc+sd-jwt", "vc+jwt"])
def case(request, world):
    """(issuer JWS, a function that judges another one in its place)."""
    if request.param == "vc+jwt":
        return world.issue_jwt(), lambda token: world.verify(token, challenge=None)
    issuer, *rest = world.issue().split("~")

    def judge(token):
        text = "~".join([token, *rest])
        bound = bind_key(text, signer=world.phone, nonce=NONCE, audience=world.challenge.audience,
                         created=world.ledger.now)  # fmt: skip
        return world.verify(bound)

    return issuer, judge


def raw(world, token, text):
    """The token with these very bytes as its payload, well signed."""
    signed = f"{token.split('.')[0]}.{encode_base64url(text if isinstance(text, bytes) else text.encode())}"
    return f"{signed}.{encode_base64url(world.issue_key.sign(signed.encode()))}"


def test_left_alone_it_is_accepted(case):
    token, judge = case
    assert judge(token).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("shape", ["one byte more", "zeros before", "one byte less", "DER", "padded", "empty", "P-384"])
def test_signatures_of_another_length_or_spelling(world, case, shape):
    from registry_client.core.curves import to_der

    token, judge = case
    signed, _, tail = token.rpartition(".")
    signature = parse_jws(token, certificates=True).signature
    other = {
        "one byte more": encode_base64url(signature + b"\0"),
        "zeros before": encode_base64url(b"\0" + signature[:32] + b"\0" + signature[32:]),
        "one byte less": encode_base64url(signature[:-1]),
        "DER": encode_base64url(to_der(signature)),
        "padded": tail + "==",
        "empty": "",
        "P-384": encode_base64url(memory_signer("p384", Curve.P384).sign(signed.encode())),
    }[shape]
    report = judge(f"{signed}.{other}")
    assert report.verdict is Verdict.REJECTED
    assert report.reason.number in {1, 3}


def test_base64url_with_bits_to_spare_is_not_canonical(case):
    token, judge = case
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for spare in range(1, 4):
        twisted = token[:-1] + last[last.index(token[-1]) ^ spare]
        assert judge(twisted).verdict is Verdict.REJECTED


def test_the_same_signature_the_other_way_up_is_the_same_verdict(case):
    """JOSE lets both s and n - s stand; nothing of ours takes the signature of a credential for its name."""
    token, judge = case
    signed, _, _ = token.rpartition(".")
    signature = parse_jws(token).signature
    s = GROUP_ORDER[Curve.P256] - int.from_bytes(signature[32:], "big")
    assert judge(f"{signed}.{encode_base64url(signature[:32] + s.to_bytes(32, 'big'))}").verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "extra",
    [
        '"exp":9007199254740993',
        '"x":1e999',
        '"x":NaN',
        '"x":"\\ud800"',
        '"iss":"did:example:a","iss":"did:example:b"',
        '"x":' + "[" * 40 + "]" * 40,
    ],
)
def test_json_that_two_parsers_read_differently(world, case, extra):
    token, judge = case
    payload = json.dumps(parse_jws(token).payload, ensure_ascii=False)
    report = judge(raw(world, token, payload[:-1] + "," + extra + "}"))
    assert outcome_of(report, 1) == ("failed", "parsing")


@pytest.mark.parametrize("data", [b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[]", b'"x"', b"null", b""])
def test_payloads_that_are_no_json_object(world, case, data):
    token, judge = case
    assert judge(raw(world, token, data)).reason.number == 1


@pytest.mark.parametrize("kid", ["#issue-1", "issue-1", "did:mapae:test-1:x", "https://a.invalid/#k", "", None, 7])
def test_a_kid_that_is_no_did_url_of_the_issuer(world, case, kid):
    token, judge = case
    jws = parse_jws(token)
    assert judge(sign_jws(dict(jws.header) | {"kid": kid}, jws.payload, world.issue_key)).reason.number == 1


@pytest.mark.parametrize(
    "typ", ["JWT", "jwt", "vc+ld+jwt", "vc+sd-jwt", "application/vc+jwt", "kb+jwt", "at+jwt", None]
)
def test_a_token_of_another_kind(world, case, typ):
    token, judge = case
    jws = parse_jws(token)
    report = judge(sign_jws(dict(jws.header) | {"typ": typ}, jws.payload, world.issue_key))
    assert outcome_of(report, 1) == ("failed", "format-not-supported")


def test_a_key_removed_before_signing(world, case):
    """The key was the issuer's once; it was rotated away well before the credential says that it was signed."""
    token, judge = case
    world.ledger.update(world.agency, world.methods(world.next_key, "issue-2"))
    world.ledger.advance(4_000)
    jws = parse_jws(token)
    late = sign_jws(dict(jws.header), jws.payload | {"iat": world.ledger.now - 1_000}, world.issue_key)
    assert outcome_of(judge(late), 2) == ("failed", "invalid-verification-method")
    assert outcome_of(judge(token), 2) == ("ok", "ok")


@pytest.mark.parametrize("algorithm", ["sha-512", "md5", "", None, 5, ["sha-256"]])
def test_an_unknown_digest_algorithm(world, algorithm):
    issuer, *rest = world.issue().split("~")
    jws = parse_jws(issuer)
    token = sign_jws(dict(jws.header), jws.payload | {"_sd_alg": algorithm}, world.issue_key)
    bound = bind_key(
        "~".join([token, *rest]), signer=world.phone, nonce=NONCE, audience=world.challenge.audience,
        created=world.ledger.now,
    )  # fmt: skip
    assert outcome_of(world.verify(bound), 1) == ("failed", "malformed-value")


def test_a_disclosure_that_no_digest_refers_to(world):
    extra = make_disclosure("position", "장관", salt="s" * 22)
    text = world.issue() + extra.text + "~"
    bound = bind_key(text, signer=world.phone, nonce=NONCE, audience=world.challenge.audience, created=world.ledger.now)
    assert outcome_of(world.verify(bound), 1) == ("failed", "malformed-value")


def test_nested_and_array_claims_with_decoys_end_to_end(world):
    """What is shown of a nested credential is exactly what was chosen, and everything hidden leaves no trace."""
    from registry_client.core.formats.sd_jwt import parse_sd_jwt, select_disclosures

    claims = {"name": CLAIMS["name"], "address": {"city": "세종", "street": "도움6로"}, "languages": ["ko", "en", "fr"]}
    text = world.issue(
        claims=claims,
        disclosable=[("name",), ("address",), ("address", "street"), ("languages", None)],
        decoys=5,
    )
    everything = parse_sd_jwt(text).credential.claims
    assert everything == claims
    for wanted, expected in (
        ([("languages", 1)], {"languages": ["en"]}),
        ([("address", "city")], {"address": {"city": "세종"}, "languages": []}),
        ([("address", "street"), ("languages", None)], {"address": claims["address"], "languages": ["ko", "en", "fr"]}),
    ):
        shown = parse_sd_jwt(select_disclosures(text, wanted)).credential.claims
        assert {name: shown[name] for name in expected} == expected
        assert shown.keys() <= expected.keys() | {"languages"}
    assert len(parse_jws(text.split("~")[0]).payload["_sd"]) == 2 + 5


@pytest.mark.parametrize("member", ["exp", "iat"])
def test_a_stale_key_binding(world, member):
    text = world.present(world.issue())
    body, _, binding = text.rpartition("~")
    payload = parse_jws(binding).payload | {member: world.ledger.now - 10_000}
    stale = body + "~" + sign_jws({"typ": "kb+jwt"}, payload, world.phone)
    assert outcome_of(world.verify(stale), 7) == ("failed", "outside-validity")


@pytest.mark.parametrize("ahead", [301, 86_400])
def test_a_key_binding_from_the_future(world, ahead):
    early = world.present(world.issue(), created=world.ledger.now + ahead)
    assert outcome_of(world.verify(early), 7) == ("failed", "outside-validity")
