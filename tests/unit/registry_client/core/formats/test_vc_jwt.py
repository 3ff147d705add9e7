"""vc+jwt and vp+jwt: what another JOSE library reads and writes, what the plan says, and what must not pass."""

import json

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, OKPKey

from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.core.did_self import resolve_did_key
from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.vc_jwt import enveloped_token, issue_vc_jwt, parse_vc_jwt
from registry_client.core.jose import parse_jws, sign_jws
from registry_client.core.policy import Policy
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.report import Verdict
from registry_client.errors import (
    FormatNotSupportedError,
    InvalidInputError,
    MalformedValueError,
    RegistryError,
    VerificationError,
)
from tests.simulators.signer import memory_signer
from tests.simulators.world import NONCE, World, outcome_of

V2 = "https://www.w3.org/ns/credentials/v2"
ALL = frozenset({"ES256", "ES384", "ES256K", "Ed25519"})
CURVES = {"ES256": Curve.P256, "ES384": Curve.P384, "ES256K": Curve.SECP256K1, "Ed25519": Curve.ED25519}


@pytest.fixture
def world():
    return World()


def own(curve):
    """A did:key issuer: (signer, DID, method id)."""
    signer = memory_signer("own", curve)
    multikey = signer.public_key.to_multikey()
    did = f"did:key:{multikey}"
    return signer, did, f"{did}#{multikey}"


def small(issuer, **changes):
    document = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": "did:example:officer", "name": "김하늘"},
    }
    return document | changes


def policy_for(did):
    return Policy(trusted_keys=frozenset({did}), algorithms=ALL, require_status=False)


def resigned(token, signer, *, header=None, without=(), **payload):
    """The token with changed claims, signed anew: only a rule can refuse it."""
    jws = parse_jws(token)
    kept = {name: value for name, value in (jws.payload | payload).items() if name not in without}
    return sign_jws({**jws.header, **(header or {})}, kept, signer)


# --- good ones


def test_an_organisations_jwt_is_accepted_bare_presented_and_enveloped(world):
    token = world.issue_jwt()
    jws = parse_jws(token)
    assert jws.header == {"alg": "ES256", "cty": "vc", "kid": world.method_id, "typ": "vc+jwt"}
    assert not {"vc", "vp", "proof"} & jws.payload.keys()
    for source in (token, token.encode(), {"@context": V2, "type": "EnvelopedVerifiableCredential",
                                            "id": f"data:application/vc+jwt,{token}"}):  # fmt: skip
        report = world.verify(source, challenge=None)
        assert report.verdict is Verdict.ACCEPTED, report.reason
        assert report.require_accepted().format is Format.VC_JWT
        assert outcome_of(report, 7) == ("ok", "not-bound")
    presented = world.present_jwt(token)
    assert parse_jws(presented).header["typ"] == "vp+jwt"
    report = world.verify(presented)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    envelope = {"@context": [V2], "type": ["EnvelopedVerifiablePresentation"],
                "id": f"data:application/vp+jwt,{presented}"}  # fmt: skip
    assert world.verify(envelope).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("algorithm", CURVES)
def test_every_algorithm(world, algorithm):
    signer, did, method_id = own(CURVES[algorithm])
    token = issue_vc_jwt(small(did), signer=signer, method_id=method_id, signed_at=world.ledger.now)
    report = world.verify(token, policy=policy_for(did), challenge=None)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    strict = Policy(trusted_keys=frozenset({did}), require_status=False)
    expected = Verdict.ACCEPTED if algorithm in strict.algorithms else Verdict.REJECTED
    assert world.verify(token, policy=strict, challenge=None).verdict is expected
    head, body, _ = token.split(".")
    flipped = encode_base64url(bytes(256 - 1 - byte for byte in parse_jws(token).signature))
    assert outcome_of(world.verify(f"{head}.{body}.{flipped}", policy=policy_for(did), challenge=None), 3) == (
        "failed", "proof-invalid")  # fmt: skip


def test_the_name_eddsa_is_taken_for_ed25519_and_for_nothing_else(world):
    for curve, expected in ((Curve.ED25519, Verdict.ACCEPTED), (Curve.P256, Verdict.REJECTED)):
        signer, did, method_id = own(curve)
        signed = "".join(
            encode_base64url(json.dumps(part).encode()) + dot
            for part, dot in (
                ({"alg": "EdDSA", "typ": "vc+jwt", "kid": method_id}, "."),
                (small(did) | {"iat": world.ledger.now}, ""),
            )
        )
        token = f"{signed}.{encode_base64url(signer.sign(signed.encode()))}"
        assert world.verify(token, policy=policy_for(did), challenge=None).verdict is expected


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_joserfc_reads_ours_and_we_read_joserfcs(world):
    token = world.issue_jwt()
    key = ECKey.import_key(world.issue_key.public_key.to_jwk())
    assert json.loads(joserfc_jws.deserialize_compact(token, key, ["ES256"]).payload) == parse_jws(token).payload
    for private, algorithm in ((ECKey.generate_key("P-256"), "ES256"), (ECKey.generate_key("P-384"), "ES384"),
                               (ECKey.generate_key("secp256k1"), "ES256K"), (OKPKey.generate_key("Ed25519"), "Ed25519"),
                               (OKPKey.generate_key("Ed25519"), "EdDSA")):  # fmt: skip
        public = private.as_dict(private=False)
        did = "did:jwk:" + encode_base64url(json.dumps(public).encode())
        header = {"alg": algorithm, "typ": "vc+jwt", "cty": "vc", "kid": f"{did}#0"}
        payload = json.dumps(small(did) | {"iat": world.ledger.now}, ensure_ascii=False, indent=1)
        registry = joserfc_jws.JWSRegistry(algorithms=[algorithm])
        theirs = joserfc_jws.serialize_compact(header, payload.encode(), private, registry=registry)
        report = world.verify(theirs, policy=policy_for(did), challenge=None)
        assert report.verdict is Verdict.ACCEPTED, (algorithm, report.reason)


def test_times_are_narrowed_by_the_envelope(world):
    now = world.ledger.now
    token = world.issue_jwt()
    for claims, code in (({"nbf": now + 10**4}, "outside-validity"), ({"exp": now - 10**4}, "outside-validity")):
        report = world.verify(resigned(token, world.issue_key, **claims), challenge=None)
        assert outcome_of(report, 4) == ("failed", code)
    wide = parse_vc_jwt(resigned(token, world.issue_key, nbf=1, exp=2**40)).credential
    bare = parse_vc_jwt(token).credential
    assert (wide.valid_from, wide.valid_until) == (bare.valid_from, bare.valid_until)


def test_the_receipt_counts_the_compact_jws(world):
    token = world.issue_jwt()
    receipt = world.receipt_for(token)
    world.ledger.advance(60)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
    for source, challenge in ((token, None), (world.present_jwt(token), world.challenge)):
        assert outcome_of(world.verify(source, challenge=challenge), 2) == ("failed", "key-compromised")
        report = world.verify(source, challenge=challenge, receipts=[receipt])
        assert report.verdict is Verdict.ACCEPTED, report.reason
        assert outcome_of(report, 2) == ("ok", "receipted")
    other = world.issue_jwt(index=10)
    assert world.verify(other, challenge=None, receipts=[receipt]).verdict is Verdict.REJECTED


def test_a_jwt_bound_to_a_key_is_presented_with_that_key(world):
    phone = memory_signer("other-phone")
    token = world.issue_jwt(holder=phone.public_key)
    did = f"did:key:{phone.public_key.to_multikey()}"
    method_id = resolve_did_key(did).methods[0].id
    assert outcome_of(world.verify(world.present_jwt(token)), 7) == ("failed", "holder-mismatch")
    report = world.verify(world.present_jwt(token, signer=phone, method_id=method_id))
    assert outcome_of(report, 7) == ("failed", "holder-mismatch")  # the subject's DID has another key
    subject = {"name": "정부세종청사관리본부", "institutionCode": "1741100"}
    unnamed = world.issue_jwt(holder=phone.public_key, credentialSubject=subject)
    report = world.verify(world.present_jwt(unnamed, signer=phone, method_id=method_id))
    assert report.verdict is Verdict.ACCEPTED, report.reason
    assert outcome_of(world.verify(unnamed), 7) == ("failed", "holder-mismatch")


# --- bad ones


@pytest.mark.parametrize(
    ("changes", "header", "error"),
    [
        ({"vc": {"type": ["VerifiableCredential"]}}, None, MalformedValueError),
        ({"proof": {"type": "DataIntegrityProof"}}, None, MalformedValueError),
        ({"iss": "did:example:other"}, None, MalformedValueError),
        ({"sub": "did:example:other"}, None, MalformedValueError),
        ({"jti": "urn:uuid:other"}, None, MalformedValueError),
        ({"@context": ["https://www.w3.org/2018/credentials/v1"]}, None, MalformedValueError),
        ({"@context": [V2, {"admin": "https://evil.invalid/admin"}]}, None, MalformedValueError),
        ({"adminOverride": True}, None, MalformedValueError),
        ({"type": ["VerifiablePresentation"]}, None, FormatNotSupportedError),
        ({"cnf": {"jwk": {}, "kid": "x"}}, None, MalformedValueError),
        ({"iat": "now"}, None, MalformedValueError),
        ({"exp": -1}, None, MalformedValueError),
        ({}, {"typ": "JWT"}, FormatNotSupportedError),
        ({}, {"typ": "vc+ld+jwt"}, FormatNotSupportedError),
        ({}, {"typ": "dc+sd-jwt"}, FormatNotSupportedError),
        ({}, {"cty": "vp"}, FormatNotSupportedError),
        ({}, {"kid": "issue-1"}, MalformedValueError),
        ({}, {"kid": "did:example:other#issue-1"}, MalformedValueError),
        ({}, {"kid": "https://agency.mapae.invalid/#issue-1"}, MalformedValueError),
    ],
)  # fmt: skip
def test_what_the_rules_refuse_though_it_is_well_signed(world, changes, header, error):
    with pytest.raises(error):
        parse_vc_jwt(resigned(world.issue_jwt(), world.issue_key, header=header, **changes))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip"])
def test_headers_that_bring_a_key_or_change_the_check(world, member):
    report = world.verify(resigned(world.issue_jwt(), world.thief, header={member: "x"}), challenge=None)
    assert outcome_of(report, 1) == ("failed", "algorithm-not-allowed")


def test_no_signing_time_no_trust(world):
    token = resigned(world.issue_jwt(), world.issue_key, without=("iat",))
    assert outcome_of(world.verify(token, challenge=None), 2) == ("failed", "outside-validity")


def test_a_presentation_without_a_holder_is_held_by_who_signed_it(world):
    presented = world.present_jwt(world.issue_jwt())
    phone = memory_signer("gate")
    assert world.verify(resigned(presented, phone, without=("holder",))).verdict is Verdict.ACCEPTED
    stolen = resigned(presented, world.thief, without=("holder",))
    assert outcome_of(world.verify(stolen), 7) == ("failed", "holder-mismatch")


def test_a_presentation_must_answer_this_request(world):
    token = world.issue_jwt()
    now = world.ledger.now
    for made, code in (
        (world.present_jwt(token, nonce="n-of-another-request"), "challenge-mismatch"),
        (world.present_jwt(token, audience="decentralized_identifier:did:example:x"), "domain-mismatch"),
        (world.present_jwt(token, created=now + 301), "outside-validity"),
        (world.present_jwt(token, created=now - 601), "outside-validity"),
        (world.present_jwt(token, signer=world.thief), "holder-mismatch"),
        (world.present_jwt(token, method_id=f"{world.agency}#issue-1", signer=world.issue_key), "holder-mismatch"),
        (resigned(world.present_jwt(token), memory_signer("gate"), exp=now - 301), "outside-validity"),
        (resigned(world.present_jwt(token), memory_signer("gate"), holder=world.agency), "holder-mismatch"),
    ):
        assert outcome_of(world.verify(made), 7) == ("failed", code)
    assert world.verify(resigned(world.present_jwt(token), memory_signer("gate"), exp=now + 1)).verdict is (
        Verdict.ACCEPTED
    )


def test_what_a_presentation_may_not_carry(world):
    token, gate = world.issue_jwt(), memory_signer("gate")
    good = world.present_jwt(token)
    entry = parse_jws(good).payload["verifiableCredential"][0]
    for credentials in (
        [], [entry, entry], [token], [world.issue_document()], [entry | {"id": f"data:application/vp+jwt,{good}"}],
        [entry | {"id": f"data:application/vc+jwt;base64,{token}"}], [entry | {"id": f"https://a.invalid/{token}"}],
        [entry | {"type": "EnvelopedVerifiablePresentation"}], [entry | {"extra": 1}],
        [entry | {"id": f"data:application/vc+jwt,{world.issue()}"}], [entry | {"@context": "https://a.invalid"}],
    ):  # fmt: skip
        with pytest.raises((InvalidInputError, VerificationError)):
            parse_vc_jwt(resigned(good, gate, verifiableCredential=credentials))
    for nonce in (None, "", 5):
        with pytest.raises(MalformedValueError):
            parse_vc_jwt(resigned(good, gate, nonce=nonce))
    with pytest.raises(MalformedValueError):
        parse_vc_jwt(resigned(good, gate, aud=["a", "b"]))
    with pytest.raises(MalformedValueError):
        parse_vc_jwt(resigned(good, gate, iss=world.agency))
    with pytest.raises(MalformedValueError):
        parse_vc_jwt(resigned(good, gate, header={"typ": "vc+jwt", "cty": "vc"}))


def test_a_credential_is_no_presentation_of_itself(world):
    """A vc+jwt with a nonce and an audience in it proves nobody's possession."""
    token = resigned(world.issue_jwt(), world.issue_key, nonce=NONCE, aud=world.challenge.audience)
    assert outcome_of(world.verify(token), 7) == ("failed", "holder-mismatch")


def test_a_policy_without_the_format(world):
    policy = Policy(formats=frozenset({Format.SD_JWT_VC, Format.DATA_INTEGRITY}))
    assert outcome_of(world.verify(world.issue_jwt(), policy=policy, challenge=None), 1) == (
        "failed", "format-not-supported")  # fmt: skip


@pytest.mark.parametrize("cut", [1, 17, 60, 200, 900])
def test_no_broken_token_raises_anything_but_ours(world, cut):
    good = world.present_jwt(world.issue_jwt())
    for text in (good[:cut], good[cut:], good[:cut] + "=" + good[cut:], good[:cut] + "é" + good[cut:]):
        with pytest.raises(RegistryError):
            parse_presentation(require_bounds(text), formats=frozenset(Format))


def test_an_envelope_says_nothing_beside_its_token(world):
    token = world.issue_jwt()
    envelope = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{token}"}
    assert enveloped_token(envelope) == token
    for change in ({"name": "x"}, {"id": token}, {"id": None}, {"@context": [V2, V2]}, {"@context": None}):
        with pytest.raises(MalformedValueError):
            enveloped_token(envelope | change)
    assert enveloped_token(world.issue_document()) is None
