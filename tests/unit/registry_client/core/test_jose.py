"""Strict JWS: what joserfc signs we verify and the other way round; what a lenient reader lets through we refuse."""

import base64
import json

import pytest
from joserfc import jws as oracle
from joserfc.jwk import ECKey, OKPKey

from registry_client.core.curves import GROUP_ORDER, Curve
from registry_client.core.encoding import encode_base64url
from registry_client.core.jose import (
    HEADER_MAX_LENGTH,
    TOKEN_MAX_LENGTH,
    parse_jws,
    require_text,
    require_time,
    sign_jws,
    verify_jws,
)
from registry_client.errors import (
    AlgorithmNotAllowedError,
    InvalidInputError,
    MalformedValueError,
    ParsingError,
    ProofInvalidError,
)
from tests.simulators.signer import memory_signer

ALL = frozenset({"ES256", "ES384", "Ed25519"})
PAYLOAD = {"iss": "did:mapae:test-1:x", "이름": "김하늘"}
SIGNERS = {curve: memory_signer("jws", curve) for curve in (Curve.P256, Curve.P384, Curve.ED25519)}


def token(signer=None, header=None):
    return sign_jws({"typ": "test", "kid": "k"} | (header or {}), PAYLOAD, signer or SIGNERS[Curve.P256])


def raw_token(header_text, payload_text=b"{}", signer=None):
    """A correctly signed token around any bytes at all."""
    signer = signer or SIGNERS[Curve.P256]
    signed = encode_base64url(header_text) + "." + encode_base64url(payload_text)
    return signed + "." + encode_base64url(signer.sign(signed.encode()))


@pytest.mark.parametrize("curve", SIGNERS, ids=lambda curve: curve.value)
def test_signs_and_verifies_like_joserfc(curve):
    signer = SIGNERS[curve]
    kind = OKPKey if curve is Curve.ED25519 else ECKey
    jwk = kind.import_key(signer.public_key.to_jwk())
    text = token(signer)
    assert json.loads(oracle.deserialize_compact(text, jwk, algorithms=[curve.algorithm]).payload) == PAYLOAD
    parsed = parse_jws(text)
    assert parsed.payload == PAYLOAD
    verify_jws(parsed, signer.public_key, algorithms=ALL)


@pytest.mark.parametrize("name", ["ES256", "ES384"])
def test_verifies_what_joserfc_signs(name):
    curve = {"ES256": Curve.P256, "ES384": Curve.P384}[name]
    key = ECKey.generate_key(curve.value)
    text = oracle.serialize_compact({"alg": name}, b'{"a":1}', key, algorithms=[name])
    from registry_client.core.keys import PublicKey

    verify_jws(parse_jws(text), PublicKey.from_jwk(key.as_dict(private=False)), algorithms=ALL)


@pytest.mark.parametrize("name", ["crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc"])
def test_headers_that_bring_keys_or_change_checks_are_refused(name):
    value = [name] if name == "crit" else SIGNERS[Curve.P256].public_key.to_jwk()
    with pytest.raises(AlgorithmNotAllowedError, match="refused"):
        parse_jws(token(header={name: value}))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES256K", "es256", "ES384", "EdDSA"])
def test_the_key_decides_the_algorithm(alg):
    text = raw_token(json.dumps({"alg": alg}).encode())
    with pytest.raises(AlgorithmNotAllowedError):
        verify_jws(parse_jws(text), SIGNERS[Curve.P256].public_key, algorithms=ALL)


def test_hmac_with_the_public_key_is_refused():
    import hmac

    key = SIGNERS[Curve.P256].public_key
    signed = encode_base64url(b'{"alg":"HS256"}') + "." + encode_base64url(b"{}")
    text = signed + "." + encode_base64url(hmac.digest(key.raw, signed.encode(), "sha256"))
    with pytest.raises(AlgorithmNotAllowedError):
        verify_jws(parse_jws(text), key, algorithms=ALL | {"HS256"})


def test_the_policy_limits_algorithms():
    with pytest.raises(AlgorithmNotAllowedError, match="policy"):
        verify_jws(parse_jws(token()), SIGNERS[Curve.P256].public_key, algorithms={"ES384"})


def test_eddsa_is_the_old_name_of_ed25519():
    signer = SIGNERS[Curve.ED25519]
    verify_jws(parse_jws(raw_token(b'{"alg":"EdDSA"}', signer=signer)), signer.public_key, algorithms=ALL)


@pytest.mark.parametrize(
    "header", [b"{}", b'{"alg":1}', b'{"alg":null}', b'["ES256"]', b'{"alg":"ES256","alg":"none"}']
)
def test_headers_without_one_algorithm_are_refused(header):
    with pytest.raises((AlgorithmNotAllowedError, ParsingError)):
        parse_jws(raw_token(header))


def test_duplicate_members_are_refused_anywhere():
    with pytest.raises(ParsingError, match="twice"):
        parse_jws(raw_token(b'{"alg":"ES256"}', b'{"vct":"a","vct":"b"}'))


def padded(part):
    return part + "=" * (-len(part) % 4)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_padding_and_the_other_alphabet_are_refused(place):
    parts = token().split(".")
    for change in (padded(parts[place]) + "", parts[place] + "=", parts[place] + "\n", "+" + parts[place][1:]):
        if change != parts[place]:
            with pytest.raises(InvalidInputError):
                parse_jws(".".join([*parts[:place], change, *parts[place + 1 :]]))


def test_spare_bits_are_refused():
    head, body, tail = token().split(".")
    assert len(tail) == 86
    twin = tail[:-1] + chr(ord(tail[-1]) + 1)
    assert base64.urlsafe_b64decode(twin + "==") == base64.urlsafe_b64decode(tail + "==")
    with pytest.raises(MalformedValueError):
        parse_jws(f"{head}.{body}.{twin}")


@pytest.mark.parametrize("change", ["longer", "shorter", "empty", "der", "zero", "r_zero", "s_order"])
def test_signatures_of_another_shape_are_refused(change):
    from registry_client.core.curves import to_der

    parsed = parse_jws(token())
    signature = parsed.signature
    forged = {
        "longer": signature + b"\0",
        "shorter": signature[1:],
        "empty": b"",
        "der": to_der(signature),
        "zero": bytes(64),
        "r_zero": bytes(32) + signature[32:],
        "s_order": signature[:32] + GROUP_ORDER[Curve.P256].to_bytes(32, "big"),
    }[change]
    with pytest.raises(ProofInvalidError):
        verify_jws(parsed._replace(signature=forged), SIGNERS[Curve.P256].public_key, algorithms=ALL)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "..", "é.b.c", ".e30.", "e30..", "e30.e30"])
def test_what_is_no_compact_jws_is_refused(text):
    with pytest.raises((InvalidInputError, AlgorithmNotAllowedError)):
        parse_jws(text)


def test_sizes_are_bounded():
    with pytest.raises(ParsingError, match="exceeds"):
        parse_jws("a" * (TOKEN_MAX_LENGTH + 1))
    with pytest.raises(ParsingError, match="header"):
        parse_jws("a" * (HEADER_MAX_LENGTH + 1) + ".e30.AA")


def test_a_changed_payload_does_not_verify():
    head, _, tail = token().split(".")
    forged = parse_jws(f"{head}.{encode_base64url(b'{}')}.{tail}")
    with pytest.raises(ProofInvalidError):
        verify_jws(forged, SIGNERS[Curve.P256].public_key, algorithms=ALL)


@pytest.mark.parametrize(("value", "seconds"), [(0, 0), (1_790_000_000, 1_790_000_000), (1.5, 1)])
def test_numeric_dates_are_read(value, seconds):
    assert require_time(value, "iat") == seconds


@pytest.mark.parametrize("value", [-1, -0.5, 1e300, 2**48, "1", None, True, [1]])
def test_what_is_no_numeric_date_is_refused(value):
    with pytest.raises(MalformedValueError):
        require_time(value, "iat")


@pytest.mark.parametrize("value", ["", None, 5, "x" * 3000])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(MalformedValueError):
        require_text(value, "kid")
