"""SD-JWT VC: the envelope's own rules, and what a holder may show."""

import pytest
from joserfc import jws as oracle
from joserfc.jwk import ECKey

from registry_client.core.credential import Format
from registry_client.core.formats.sd_jwt import (
    ENVELOPE_CLAIMS,
    bind_key,
    is_sd_jwt,
    issue_sd_jwt,
    parse_sd_jwt,
    select_disclosures,
)
from registry_client.core.jose import sign_jws
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.errors import (
    FormatNotSupportedError,
    InvalidInputError,
    MalformedValueError,
    ParsingError,
    StatusListMalformedError,
)
from tests.simulators.signer import memory_signer
from tests.simulators.world import CLAIMS, World


@pytest.fixture(scope="module")
def world():
    return World()


def test_what_is_issued_reads_back(world):
    text = world.issue(index=4)
    presentation = parse_sd_jwt(text)
    credential = presentation.credential
    assert presentation.proof is None
    assert credential.claims == CLAIMS
    assert credential.format is Format.SD_JWT_VC
    assert (credential.issuer, credential.method_id) == (world.agency, world.method_id)
    assert credential.holder_jwk == world.phone.public_key.to_jwk()
    assert (credential.status.list_id, credential.status.index) == (world.list_id, 4)
    assert credential.subject == world.officer
    assert not any(value in text for value in ("김하늘", "MOIS-2026-00317"))


def test_the_digest_is_of_the_issuer_part_alone(world):
    text = world.issue()
    shown = world.present(text, show=("name",))
    assert parse_sd_jwt(text).credential.digest == parse_sd_jwt(shown).credential.digest


def test_only_what_is_chosen_is_shown(world):
    credential = parse_sd_jwt(world.present(world.issue(), show=("department",))).credential
    assert credential.claims == {"department": CLAIMS["department"]}


def test_joserfc_verifies_both_signatures(world):
    text = world.present(world.issue())
    issuer_part, binding = text.split("~")[0], text.rsplit("~", 1)[1]
    for part, signer in ((issuer_part, world.issue_key), (binding, world.phone)):
        key = ECKey.import_key(signer.public_key.to_jwk())
        assert oracle.deserialize_compact(part, key, algorithms=["ES256"]).payload


def test_nested_claims_are_shown_with_what_they_stand_in(world):
    claims = {"name": "김", "address": {"city": "세종", "street": "다솜로"}, "codes": ["a", "b"]}
    text = world.issue(claims=claims, disclosable=[("address",), ("address", "city"), ("codes", None)])
    shown = select_disclosures(text, [("address", "city"), ("codes", 1)])
    assert parse_sd_jwt(shown).credential.claims == claims | {"codes": ["b"]}
    assert select_disclosures(text, [("name",)]).count("~") == 1
    for nowhere in (("phone",), ("address", "zip"), ("codes", 7)):
        with pytest.raises(MalformedValueError, match="no such claim"):
            select_disclosures(text, [nowhere])


def test_a_binding_covers_exactly_what_is_before_it(world):
    text = world.present(world.issue())
    assert parse_sd_jwt(text).proof.covers
    parts = text.split("~")
    fewer = "~".join([parts[0], *parts[2:]])
    assert not parse_sd_jwt(fewer).proof.covers
    with pytest.raises(MalformedValueError, match="already"):
        bind_key(text, signer=world.phone, nonce="n", audience="a", created=1)


def resigned(world, header=None, payload=None, *, without=(), tail="~"):
    body = {"iss": world.agency, "iat": 1, "vct": world.type.vct} | (payload or {})
    head = {"typ": "dc+sd-jwt", "kid": world.method_id} | (header or {})
    for name in without:
        body.pop(name, None)
        head.pop(name, None)
    return sign_jws(head, body, world.issue_key) + tail


@pytest.mark.parametrize("typ", ["JWT", "vc+sd-jwt", "dc+SD-JWT", "application/dc+sd-jwt", "kb+jwt", None, 5])
def test_the_type_is_exact(world, typ):
    with pytest.raises(FormatNotSupportedError):
        parse_sd_jwt(resigned(world, {"typ": typ}))


@pytest.mark.parametrize("missing", ["iss", "vct", "kid"])
def test_what_must_be_there(world, missing):
    with pytest.raises(MalformedValueError):
        parse_sd_jwt(resigned(world, without=[missing]))


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ({"kid": "did:mapae:test-1:other#issue-1"}, {}),
        ({"kid": "#issue-1"}, {}),
        ({}, {"iss": "https://agency.mapae.invalid"}),
        ({}, {"iat": "now"}),
        ({}, {"exp": None}),
        ({}, {"nbf": True}),
        ({}, {"cnf": {"kid": "x"}}),
        ({}, {"cnf": {"jwk": {}, "kid": "x"}}),
        ({}, {"cnf": "jwk"}),
        ({}, {"status": "valid"}),
        ({}, {"status": {"status_list": {"idx": 1}}}),
        ({}, {"sub": 5}),
        ({}, {"vct#integrity": 5}),
        ({}, {"vct": ["a"]}),
    ],
)
def test_malformed_members_are_refused(world, header, payload):
    with pytest.raises((InvalidInputError, StatusListMalformedError)):
        parse_presentation(require_bounds(resigned(world, header, payload)), formats=frozenset(Format))


@pytest.mark.parametrize("name", sorted(ENVELOPE_CLAIMS))
def test_claims_never_take_the_envelopes_names(world, name):
    with pytest.raises(MalformedValueError, match="envelope"):
        world.issue(claims={name: "x"})


@pytest.mark.parametrize(
    "payload",
    [
        {"nonce": 5},
        {"nonce": ""},
        {"aud": ["a", "b"]},
        {"iat": "1"},
        {"iat": None},
    ],
)
def test_malformed_bindings_are_refused(world, payload):
    base = world.issue()
    binding = sign_jws({"typ": "kb+jwt"}, {"nonce": "n", "aud": "a", "iat": 1, "sd_hash": "x"} | payload, world.phone)
    with pytest.raises(MalformedValueError):
        parse_sd_jwt(base + binding)


def test_a_fraction_of_the_bindings_time_is_cut_off(world):
    claims = {"nonce": "n", "aud": "a", "iat": 1.9, "sd_hash": "x"}
    proof = parse_sd_jwt(world.issue() + sign_jws({"typ": "kb+jwt"}, claims, world.phone)).proof
    assert proof is not None
    assert proof.created == 1


@pytest.mark.parametrize("typ", ["JWT", "dc+sd-jwt", None])
def test_the_bindings_type_is_exact(world, typ):
    binding = sign_jws({"typ": typ}, {"nonce": "n", "aud": "a", "iat": 1, "sd_hash": "x"}, world.phone)
    with pytest.raises(FormatNotSupportedError):
        parse_sd_jwt(world.issue() + binding)


def test_a_plain_jwt_is_no_sd_jwt(world):
    text = resigned(world, tail="")
    assert not is_sd_jwt(text)
    with pytest.raises(ParsingError):
        parse_sd_jwt(text)


@pytest.mark.parametrize("text", ["~", "~~", "a~", "a.b.c~", "a.b.c~~", "{}~", "~" * 400])
def test_what_is_no_sd_jwt_is_refused(text):
    with pytest.raises(InvalidInputError):
        parse_sd_jwt(text)


def test_an_empty_disclosure_is_refused(world):
    token, *rest = world.issue().split("~")
    with pytest.raises(InvalidInputError):
        parse_sd_jwt("~".join([token, "", *rest]))


def test_issue_refuses_a_path_that_leads_nowhere(world):
    with pytest.raises(MalformedValueError):
        issue_sd_jwt(
            {"name": "a"},
            method_id=world.method_id,
            signer=memory_signer("x"),
            vct="v",
            signed_at=1,
            disclosable=[("other",)],
            salt=lambda: "s",
        )
