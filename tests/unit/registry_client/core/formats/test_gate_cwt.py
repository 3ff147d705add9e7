"""The gate pass on the wire: what it says, how small it is, and what is refused."""

from contextlib import suppress

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core import cbor, cose
from registry_client.core.base45 import ALPHABET, decode_base45, encode_base45
from registry_client.core.credential import Format
from registry_client.core.curves import Curve, to_der
from registry_client.core.formats.gate_cwt import (
    PAYLOAD_MAX_LENGTH,
    PREFIX,
    TEXT_MAX_LENGTH,
    make_gate_code,
    parse_gate_code,
    sign_pass,
    write_pass,
)
from registry_client.core.gate import CHALLENGE_PREFIX, GateChallenge, parse_challenge
from registry_client.core.hashing import sha256
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.status import StatusReference
from registry_client.errors import InvalidDidError, MalformedValueError, ParsingError, RegistryError
from tests.simulators.gate_world import GATE_CLAIMS, GROUP, NUMBER, PHOTO, GateWorld
from tests.simulators.signer import memory_signer

WORLD = GateWorld()
PASS = WORLD.issue_pass()
CODE = WORLD.code(PASS)
CREDENTIAL, PROOF = cbor2.loads(decode_base45(CODE.removeprefix(PREFIX)))
HARD = settings(max_examples=400, deadline=None)


def text_of(*parts):
    return PREFIX + encode_base45(cbor2.dumps(list(parts)))


def payload_of(changes, *, inner=None, remove=()):
    payload = cbor.decode(CREDENTIAL[2]) | changes
    if inner is not None:
        payload[-65537] = payload[-65537] | inner
    return {key: value for key, value in payload.items() if key not in remove}


def signed(payload, *, header=None):
    """A pass by the real issuer over any payload at all."""
    protected = cbor.encode({1: -7, 4: b"issue-1"} if header is None else header)
    signature = WORLD.issue_key.sign(cbor2.dumps(["Signature1", protected, b"", cbor.encode(payload)]))
    return text_of([protected, {}, cbor.encode(payload), signature])


def test_what_a_pass_says():
    credential, proof = parse_gate_code(PASS)
    assert proof is None
    assert credential.format is Format.GATE_CWT
    assert (credential.issuer, credential.method_id) == (WORLD.agency, WORLD.method_id)
    assert (credential.algorithm, credential.vct) == ("ES256", WORLD.pass_type.vct)
    assert credential.claims == GATE_CLAIMS
    assert credential.subject == WORLD.officer
    assert credential.holder_key == WORLD.phone.public_key
    assert credential.status == StatusReference(WORLD.list_id, 11)
    assert (credential.signed_at, credential.valid_from) == (WORLD.ledger.now, None)
    assert credential.digest == sha256(cbor2.dumps(CREDENTIAL))


def test_what_a_code_adds():
    credential, proof = parse_gate_code(CODE)
    assert credential == parse_gate_code(PASS).credential
    assert (proof.audience, proof.nonce, proof.created) == (GROUP, NUMBER.hex(), WORLD.ledger.now)


def test_the_one_entrance_knows_it():
    assert parse_presentation(require_bounds(f" {CODE}\n"), formats=frozenset({Format.GATE_CWT})) == parse_gate_code(
        CODE
    )
    with pytest.raises(RegistryError, match="does not accept"):
        parse_presentation(require_bounds(CODE), formats=frozenset({Format.SD_JWT_VC}))


def test_another_library_finds_the_same_by_the_documented_format():
    """docs/gate-qr.md read by hand with cbor2 and cryptography alone."""
    protected, unprotected, body, signature = CREDENTIAL
    assert cbor2.loads(protected) == {1: -7, 4: b"issue-1"}
    assert unprotected == {}
    claims = cbor2.loads(body)
    assert claims[1] == WORLD.agency
    key = claims[8][1]
    assert {name: key[name] for name in (1, -1)} == {1: 2, -1: 1}
    issuer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + WORLD.issue_key.public_key.raw)
    phone = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes([2 + key[-3]]) + key[-2])
    algorithm = ec.ECDSA(hashes.SHA256())
    issuer.verify(to_der(signature), cbor2.dumps(["Signature1", protected, b"", body]), algorithm)
    external = sha256(cbor2.dumps(CREDENTIAL))
    phone.verify(to_der(PROOF[3]), cbor2.dumps(["Signature1", PROOF[0], external, PROOF[2]]), algorithm)
    assert cbor2.loads(PROOF[2]) == [WORLD.ledger.now, GROUP, NUMBER]


def test_other_subjects_travel_as_text():
    for subject in ("did:key:zDnaeucDGfhXHoJVqot3p21RuupNJ2fZrs8Lb1GV83VnSo2jR", "urn:uuid:1", None):
        assert parse_gate_code(WORLD.issue_pass(subject=subject)).credential.subject == subject


def test_claims_of_other_types_travel_by_name():
    claims = {"name": "김하늘", "zone": "B2", "escort": True, "level": 3, "photoDigest": PHOTO}
    assert parse_gate_code(WORLD.issue_pass(claims=claims)).credential.claims == claims


def test_a_business_date_is_kept_only_where_it_says_something():
    now = WORLD.ledger.now
    assert parse_gate_code(WORLD.issue_pass(valid_from=now)).credential.valid_from is None
    assert parse_gate_code(WORLD.issue_pass(valid_from=now + 86_400)).credential.valid_from == now + 86_400


def test_a_new_proof_replaces_an_earlier_one():
    again = WORLD.code(CODE, nonce=bytes(8))
    assert parse_gate_code(again).credential == parse_gate_code(CODE).credential
    assert len(again) == len(CODE)


@pytest.mark.parametrize(
    "options",
    [
        {"claims": {"photoDigest": "sha256-AAAA"}},
        {"claims": {"photoDigest": "md5-x"}},
        {"claims": {"photoDigest": 5}},
        {"claims": {"name": ["김"]}},
        {"claims": {"name": "가" * PAYLOAD_MAX_LENGTH}},
        {"subject": "did:mapae:other-net:3vEtpvP5BBGF61JJkFCKskMM3zR9"},
        {"holder": memory_signer("x", Curve.P384).public_key},
        {"method_id": "did:mapae:test-1:3vEtpvP5BBGF61JJkFCKskMM3zR9#issue-1"},
        {"method_id": WORLD.agency + "#"},
        {"method_id": WORLD.agency + "#a b"},
        {"signer": memory_signer("x", Curve.ED25519)},
    ],
    ids=str,
)
def test_what_nobody_issues(options):
    with pytest.raises((MalformedValueError, InvalidDidError)):
        parse_gate_code(WORLD.issue_pass(**options))


def test_the_longest_pass_still_fits():
    claims = {"name": "가" * ((PAYLOAD_MAX_LENGTH - 240) // 3)}
    code = WORLD.code(WORLD.issue_pass(claims=claims), group="G" * 32, nonce=bytes(16))
    assert len(code) <= TEXT_MAX_LENGTH


@pytest.mark.parametrize(
    ("group", "nonce"), [("sejong", NUMBER), ("", NUMBER), ("A" * 33, NUMBER), (GROUP, b""), (GROUP, bytes(9))]
)
def test_what_no_phone_shows(group, nonce):
    with pytest.raises(MalformedValueError):
        make_gate_code(PASS, signer=WORLD.phone, group=group, nonce=nonce, created=1)


@pytest.mark.parametrize(
    "payload",
    [
        payload_of({}, remove={1}),
        payload_of({}, remove={4}),
        payload_of({}, remove={6}),
        payload_of({}, remove={8}),
        payload_of({}, remove={-65537}),
        payload_of({7: b"cti"}),
        payload_of({"iss": "twice"}),
        payload_of({1: b"bytes"}),
        payload_of({1: ""}),
        payload_of({4: -1}),
        payload_of({4: "soon"}),
        payload_of({4: True}),
        payload_of({6: 2**48}),
        payload_of({5: "now"}),
        payload_of({8: {}}),
        payload_of({8: {1: {1: 2, -1: 1, -2: b"\xff" * 32, -3: False}}}),
        payload_of({8: {1: {1: 2, -1: 1, -2: b"\x01" * 31, -3: False}}}),
        payload_of({8: {1: {1: True, -1: True, -2: b"\x01" * 32, -3: False}}}),
        payload_of({8: {1: {1: 1, -1: 6, -2: b"\x01" * 32, -3: False}}}),
        payload_of({8: {1: {1: 2, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32}}}),
        payload_of({8: {1: {1: 2, -1: 1, -2: b"\x01" * 32, -3: False, -4: b"d"}}}),
        payload_of({8: {1: {1: 2, -1: 1, -2: b"\x01" * 32, -3: False}, 3: b"kid"}}),
        payload_of({2: WORLD.officer}),
        payload_of({-65537: []}),
        payload_of({}, inner={4: 1}),
        payload_of({}, inner={0: 5}),
        payload_of({}, inner={1: [bytes(31), 1]}),
        payload_of({}, inner={1: [bytes(32), 131_072]}),
        payload_of({}, inner={1: [bytes(32), -1]}),
        payload_of({}, inner={1: [bytes(32), True]}),
        payload_of({}, inner={1: [bytes(32)]}),
        payload_of({}, inner={2: {9: "no such number"}}),
        payload_of({}, inner={2: {"name": "has a number"}}),
        payload_of({}, inner={2: {1: ["nested"]}}),
        payload_of({}, inner={2: {5: "sha256-text"}}),
        payload_of({}, inner={2: {5: bytes(31)}}),
        payload_of({}, inner={2: []}),
        payload_of({}, inner={3: bytes(19)}),
        payload_of({}, inner={3: "text"}),
        [],
        "text",
        5,
    ],
)
def test_what_an_issuer_may_not_say(payload):
    with pytest.raises(RegistryError):
        parse_gate_code(signed(payload))
    report = WORLD.scan(signed(payload))
    assert report.verdict.value == "rejected"
    assert report.reason.number == 1


@pytest.mark.parametrize(
    "header",
    [
        {},
        {1: -7},
        {1: -7, 4: b""},
        {1: -7, 4: b"\xff"},
        {1: -7, 4: b"a#b"},
        {1: -7, 4: "issue-1"},
        {1: -7, 2: [1], 4: b"issue-1"},
        {1: -7, 3: 61, 4: b"issue-1"},
        {1: -8, 4: b"issue-1"},
        {1: 5, 4: b"issue-1"},
        {1: True, 4: b"issue-1"},
        {1: "ES256", 4: b"issue-1"},
        {4: b"issue-1"},
        {1: -7, 4: b"issue-1", 33: b"x5chain"},
        [],
    ],
    ids=repr,
)
def test_headers_that_are_refused(header):
    with pytest.raises(RegistryError):
        parse_gate_code(signed(payload_of({}), header=header))


def test_the_key_decides_about_the_algorithm():
    """A header may say ES384 of a P-256 key: it is refused, not obeyed."""
    report = WORLD.scan(signed(payload_of({}), header={1: -35, 4: b"issue-1"}))
    assert (report.reason.number, report.reason.code) == (3, "algorithm-not-allowed")


@pytest.mark.parametrize(
    "code",
    [
        text_of(),
        text_of(CREDENTIAL, PROOF, PROOF),
        text_of(cbor2.CBORTag(18, CREDENTIAL), PROOF),
        text_of(CREDENTIAL, cbor2.CBORTag(18, PROOF)),
        text_of(CREDENTIAL[:3], PROOF),
        text_of([*CREDENTIAL, b""], PROOF),
        text_of([CREDENTIAL[0], {4: b"issue-2"}, *CREDENTIAL[2:]], PROOF),
        text_of([CREDENTIAL[0], [], *CREDENTIAL[2:]], PROOF),
        text_of([*CREDENTIAL[:3], "text"], PROOF),
        text_of([*CREDENTIAL[:2], None, CREDENTIAL[3]], PROOF),
        text_of(CREDENTIAL, 5),
        text_of({0: CREDENTIAL}),
        text_of(CREDENTIAL, [PROOF[0], {}, cbor.encode([1, GROUP]), PROOF[3]]),
        text_of(CREDENTIAL, [PROOF[0], {}, cbor.encode([1, "low", NUMBER]), PROOF[3]]),
        text_of(CREDENTIAL, [PROOF[0], {}, cbor.encode([1, GROUP, bytes(9)]), PROOF[3]]),
        text_of(CREDENTIAL, [PROOF[0], {}, cbor.encode([-1, GROUP, NUMBER]), PROOF[3]]),
        text_of(CREDENTIAL, [CREDENTIAL[0], {}, PROOF[2], PROOF[3]]),
        PREFIX + encode_base45(cbor2.dumps([CREDENTIAL, PROOF]) + b"\x00"),
        PREFIX + encode_base45(b"\x9f" + cbor2.dumps(CREDENTIAL) + cbor2.dumps(PROOF) + b"\xff"),
        PREFIX,
        "GQ2:" + CODE[4:],
        CODE.lower(),
        CODE + "0" * TEXT_MAX_LENGTH,
    ],
    ids=lambda code: code[:24],
)
def test_codes_that_are_refused(code):
    with pytest.raises(RegistryError):
        parse_gate_code(code)


def is_refused(code):
    """Whatever it is: a report, not accepted, and no other error than ours on the way."""
    if code == CODE:
        return
    assert WORLD.scan(code).verdict.value != "accepted"
    with suppress(RegistryError):
        parse_gate_code(code)


@HARD
@given(st.binary(max_size=500))
def test_any_bytes(data):
    is_refused(PREFIX + encode_base45(data))


@HARD
@given(st.text(max_size=300) | st.text(ALPHABET, max_size=300))
def test_any_text(text):
    is_refused(PREFIX + text)


@HARD
@given(st.integers(0, len(CODE) - 1), st.characters() | st.sampled_from(ALPHABET))
def test_any_one_character(place, character):
    is_refused(CODE[:place] + character + CODE[place + 1 :])


DATA = decode_base45(CODE.removeprefix(PREFIX))


@HARD
@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_few_bytes(edits):
    data = bytearray(DATA)
    for place, byte in edits:
        data[place] = byte
    is_refused(PREFIX + encode_base45(bytes(data)))


@HARD
@given(st.integers(0, len(DATA)), st.integers(0, len(DATA)))
def test_any_piece(start, end):
    is_refused(PREFIX + encode_base45(DATA[start:end]))


CBOR = st.recursive(
    st.integers(-(2**63), 2**63) | st.booleans() | st.text(max_size=12) | st.binary(max_size=33),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-5, 9), inner, max_size=5),
    max_leaves=12,
)


@HARD
@given(st.sampled_from([1, 2, 4, 5, 6, 8, -65537]), CBOR)
def test_anything_that_an_issuer_might_sign(key, value):
    code = signed(payload_of({key: value}))
    WORLD.scan(code)
    with suppress(RegistryError):
        parse_gate_code(code)


class TestChallenge:
    """What a gate shows in challenge mode."""

    def test_it_comes_back_and_is_small(self):
        shown = GateChallenge(GROUP, bytes(range(16)), 1_790_000_000)
        assert parse_challenge(shown.to_text()) == shown
        assert len(shown.to_text()) < 60

    @pytest.mark.parametrize(
        "value",
        [[], [GROUP, bytes(16)], [GROUP, bytes(15), 1], [GROUP, bytes(8), 1], ["low", bytes(16), 1], [GROUP, "x", 1],
         [GROUP, bytes(16), -1], [GROUP, bytes(16), "now"], [GROUP, bytes(16), 1, 2], {0: 1}, 5],
        ids=repr,
    )  # fmt: skip
    def test_others_are_refused(self, value):
        with pytest.raises(RegistryError):
            parse_challenge(CHALLENGE_PREFIX + encode_base45(cbor2.dumps(value)))

    @HARD
    @given(st.text(ALPHABET, max_size=200) | st.text(max_size=200))
    def test_any_text(self, text):
        for given_text in (text, CHALLENGE_PREFIX + text):
            with pytest.raises((ParsingError, MalformedValueError)):
                parse_challenge(given_text)


def test_a_cose_header_is_a_map():
    with pytest.raises(ParsingError):
        cose.read_sign1([b"\x01", {}, b"\x01", b""])


def test_write_and_sign_are_two_steps():
    """An issuing desk can check a request without touching its key."""
    payload = write_pass(
        GATE_CLAIMS,
        issuer=WORLD.agency,
        vct=WORLD.pass_type.vct,
        signed_at=1,
        valid_until=2,
        holder=WORLD.phone.public_key,
    )
    text = sign_pass(payload, method_id=WORLD.method_id, signer=WORLD.issue_key)
    assert parse_gate_code(text).credential.status is None
