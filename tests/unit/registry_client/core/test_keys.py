import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.adapters.signer_local import generate_signer, signer_from_secret
from registry_client.core import keys, secp256k1
from registry_client.core.curves import GROUP_ORDER, to_der
from registry_client.core.encoding import encode_multibase
from registry_client.core.hashing import sha256
from registry_client.core.keys import _EC, _MULTICODEC, Curve, PublicKey, address_of, has_low_s, to_low_s
from registry_client.errors import InvalidKeyError, MalformedValueError, ProofInvalidError, RegistryError
from tests.support.hostile import check_escape

SIGNERS = {curve: generate_signer(curve) for curve in Curve}
EC_CURVES = [curve for curve in Curve if curve is not Curve.ED25519]


@pytest.mark.parametrize("curve", Curve)
def test_texts_of_a_key_round_trip(curve):
    key = SIGNERS[curve].public_key
    assert PublicKey.from_jwk(key.to_jwk()) == key
    assert PublicKey.from_multikey(key.to_multikey()) == key
    assert PublicKey.from_jwk({**key.to_jwk(), "kid": "x"}) == key


def test_thumbprint_of_rfc_8037():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    expected = base64.urlsafe_b64decode("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k=")
    assert PublicKey.from_jwk(jwk).thumbprint() == expected


@pytest.mark.parametrize("curve", Curve)
def test_thumbprint_is_the_hash_of_the_required_members_in_order(curve):
    key = SIGNERS[curve].public_key
    text = json.dumps(key.to_jwk(), sort_keys=True, separators=(",", ":"))
    assert key.thumbprint() == sha256(text.encode())


@pytest.mark.parametrize(
    "multikey",
    [  # did:key test vectors
        "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
        "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
        "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
    ],
)
def test_multikey_vectors(multikey):
    assert PublicKey.from_multikey(multikey).to_multikey() == multikey


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("curve", Curve)
def test_signatures_verify_and_damaged_ones_do_not(curve, accelerated, monkeypatch):
    if not accelerated:
        monkeypatch.setattr(keys, "coincurve", None)
    signer = SIGNERS[curve]
    key, signature = signer.public_key, signer.sign(b"message")
    key.verify(signature, b"message")
    key.verify(signature, b"message", require_low_s=True)
    damaged = signature[:-1] + bytes([signature[-1] ^ 1])
    for wrong, message in (
        (signature, b"other"),
        (damaged, b"message"),
        (signature + b"\0", b"message"),
        (b"", b"message"),
    ):
        with pytest.raises(ProofInvalidError):
            key.verify(wrong, message)
    with pytest.raises(ProofInvalidError):
        generate_signer(curve).public_key.verify(signature, b"message")


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("curve", EC_CURVES)
def test_high_s_verifies_where_jose_allows_it_and_not_where_low_s_is_required(curve, accelerated, monkeypatch):
    if not accelerated:
        monkeypatch.setattr(keys, "coincurve", None)
    signer, half = SIGNERS[curve], curve.coordinate_bytes
    low = signer.sign(b"m")
    s = GROUP_ORDER[curve] - int.from_bytes(low[half:], "big")
    high = low[:half] + s.to_bytes(half, "big")
    assert has_low_s(curve, low)
    assert not has_low_s(curve, high)
    assert to_low_s(curve, high) == low
    signer.public_key.verify(high, b"m")
    with pytest.raises(ProofInvalidError, match="high s"):
        signer.public_key.verify(high, b"m", require_low_s=True)


def edge_signatures(curve):
    """What broken verifiers have accepted: zero, the order, one, all ones, in every pair."""
    size, order = curve.coordinate_bytes, GROUP_ORDER[curve]
    values = [0, 1, order - 1, order, order + 1, 2 ** (8 * size) - 1]
    return [r.to_bytes(size, "big") + s.to_bytes(size, "big") for r in values for s in values]


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("curve", EC_CURVES)
def test_edge_signatures_are_refused(curve, accelerated, monkeypatch):
    if not accelerated:
        monkeypatch.setattr(keys, "coincurve", None)
    key = SIGNERS[curve].public_key
    for signature in edge_signatures(curve):
        with pytest.raises(ProofInvalidError):
            key.verify(signature, b"message")


@pytest.mark.parametrize("curve", [Curve.P256, Curve.SECP256K1])
@pytest.mark.parametrize("accelerated", [True, False])
def test_digest_signatures(curve, accelerated, monkeypatch):
    if not accelerated:
        monkeypatch.setattr(keys, "coincurve", None)
    signer, digest = SIGNERS[curve], sha256(b"x")
    signature = signer.sign_digest(digest)
    signer.public_key.verify_digest(signature, digest, require_low_s=True)
    with pytest.raises(ProofInvalidError):
        signer.public_key.verify_digest(signature, sha256(b"y"))
    for edge in edge_signatures(curve):
        with pytest.raises(ProofInvalidError):
            signer.public_key.verify_digest(edge, digest)


@pytest.mark.parametrize("curve", [Curve.P384, Curve.ED25519])
def test_other_curves_sign_no_digests(curve):
    with pytest.raises(InvalidKeyError):
        SIGNERS[curve].sign_digest(b"\0" * 32)
    with pytest.raises(InvalidKeyError):
        SIGNERS[curve].public_key.verify_digest(b"\0" * 64, b"\0" * 32)


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AA"}, {"k": "AA"}, {"crv": "P-521"}, {"crv": None}, {"crv": "P-384"}, {"kty": "OKP"}, {"kty": "RSA"},
        {"x": ""}, {"x": 1}, {"x": None}, {"x": "AA"}, {"x": "A" * 44 + "="}, {"y": "A" * 43}, {"crv": ["P-256"]},
    ],
)  # fmt: skip
def test_malformed_jwks_are_refused(change):
    jwk = {**SIGNERS[Curve.P256].public_key.to_jwk(), **change}
    with pytest.raises(InvalidKeyError):
        PublicKey.from_jwk({name: value for name, value in jwk.items() if value is not None})


@pytest.mark.parametrize(
    "text",
    ["", "z", "u" + "A" * 46, "z" + "1" * 600, "z0", "z6Mk", "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2160"],
)
def test_malformed_multikeys_are_refused(text):
    with pytest.raises(InvalidKeyError):
        PublicKey.from_multikey(text)


@pytest.mark.parametrize("curve", EC_CURVES)
def test_multikeys_hold_one_compressed_point_of_the_curve(curve):
    prefix, key = _MULTICODEC[curve], SIGNERS[curve].public_key
    off_curve = next(x for x in range(1, 50) if not is_on_curve(curve, x))
    for point in (b"\x04" + key.raw, b"\x02", b"", b"\x02" + off_curve.to_bytes(curve.coordinate_bytes, "big")):
        with pytest.raises(InvalidKeyError):
            PublicKey.from_multikey(encode_multibase(prefix + point))


def is_on_curve(curve, x):
    """Whether some point has this x."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_EC[curve], b"\x02" + x.to_bytes(curve.coordinate_bytes, "big"))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("curve", EC_CURVES)
def test_points_off_the_curve_are_refused(curve):
    size = curve.coordinate_bytes
    for raw in (b"\0" * 2 * size, b"\1" * 2 * size, b"\xff" * 2 * size, SIGNERS[curve].public_key.raw[:-1], b""):
        with pytest.raises(InvalidKeyError):
            PublicKey(curve, raw)


def test_controllers_are_kind_and_the_end_of_the_hash():
    secret = 0x4C0883A69102937D6231471B5DBB6204FE5129617082792AE468D01A3F362318
    key = signer_from_secret(Curve.SECP256K1, secret).public_key
    assert key.controller().hex() == "01" + "2c7536e3605d9c16a7a3d7b1898e529396a65c23"
    assert SIGNERS[Curve.P256].public_key.controller()[0] == 2
    assert address_of(key.controller()) == key.controller()[1:]
    with pytest.raises(InvalidKeyError):
        SIGNERS[Curve.ED25519].public_key.controller()
    for wrong in (b"", b"\3" + b"\0" * 20, b"\2" * 20):
        with pytest.raises(MalformedValueError):
            address_of(wrong)


def test_secrets_out_of_range_make_no_signer():
    with pytest.raises(InvalidKeyError):
        signer_from_secret(Curve.P256, 0)
    with pytest.raises(InvalidKeyError):
        signer_from_secret(Curve.ED25519, 1)


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=25)
def test_recovery_is_the_same_in_python_and_in_c(digest):
    signer = SIGNERS[Curve.SECP256K1]
    pair = signer.sign_digest(digest)
    r, s = int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big")
    fast = [secp256k1.recover(digest, r, s, parity) for parity in (0, 1)]
    slow = [secp256k1.recover_in_python(digest, r, s, parity) for parity in (0, 1)]
    assert fast == slow
    assert fast.count(signer.public_key.raw) == 1


@pytest.mark.parametrize(
    ("r", "s", "parity"), [(0, 1, 0), (1, 0, 0), (secp256k1.ORDER, 1, 0), (1, secp256k1.ORDER, 0), (1, 1, 2), (5, 1, 0)]
)
@pytest.mark.parametrize("accelerated", [True, False])
def test_impossible_signatures_recover_nobody(r, s, parity, accelerated, monkeypatch):
    if not accelerated:
        monkeypatch.setattr(secp256k1, "coincurve", None)
    with pytest.raises(ProofInvalidError):
        secp256k1.recover(b"\1" * 32, r, s, parity)


def test_der_is_what_openssl_reads():
    private = ec.derive_private_key(7, ec.SECP256R1())
    for number in range(64):
        der = private.sign(bytes([number]), ec.ECDSA(hashes.SHA256()))
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        r, s = decode_dss_signature(der)
        assert to_der(r.to_bytes(32, "big") + s.to_bytes(32, "big")) == der


JWKS = st.dictionaries(
    st.sampled_from(["kty", "crv", "x", "y", "d", "kid"]),
    st.text(max_size=50) | st.integers() | st.none() | st.sampled_from(["EC", "OKP", "P-256", "Ed25519"]),
)


@given(JWKS, st.text(max_size=80))
@settings(max_examples=300)
def test_only_registry_errors_escape(jwk, text):
    for read, value in ((PublicKey.from_jwk, jwk), (PublicKey.from_multikey, text)):
        found = check_escape(RegistryError, lambda read=read, value=value: read(value))
        assert found is None or isinstance(found, PublicKey)
