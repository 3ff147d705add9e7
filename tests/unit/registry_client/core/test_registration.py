"""What both ends of a registration agree on: signatures as they travel, keys by URL, documents that leave out a DID."""

import base64
import hashlib

import pytest
from eth_keys import keys as eth_keys
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.curves import Curve
from registry_client.core.did import Did
from registry_client.core.did_self import resolve_did_key
from registry_client.core.document import check_organisation
from registry_client.core.keys import PublicKey
from registry_client.core.operation import signer_of
from registry_client.core.registration import (
    SIGNATURE_TEXT_MAX,
    algorithm_of,
    complete_document,
    contract_signature,
    decode_base64,
    key_url,
    signing_request,
)
from registry_client.errors import InvalidKeyError, MalformedValueError, ProofInvalidError
from tests.support.hostile import check_escape
from tests.support.keys import P256_ORDER, SECP256K1_ORDER, P256Key, Secp256k1Key

PAYLOAD = b"\x19\x01" + bytes(range(64))
P256 = P256Key("registration")
LEDGER = Secp256k1Key("registration")
P256_PUBLIC = PublicKey(Curve.P256, P256.public_key)
LEDGER_PUBLIC = PublicKey(Curve.SECP256K1, eth_keys.PrivateKey(LEDGER.secret).public_key.to_bytes())
DID = Did("did:mapae:dev-1a2b3c:2hPm6jWxUJ1XxXvqPtKyhg6CYvtV")


@pytest.mark.parametrize("high_s", [False, True])
def test_a_p256_signature_becomes_what_the_contract_takes(high_s: bool) -> None:
    pair = P256.sign(PAYLOAD, high_s=high_s)[64:]
    assert contract_signature(P256_PUBLIC, PAYLOAD, pair) == P256.sign(PAYLOAD)
    assert signer_of(contract_signature(P256_PUBLIC, PAYLOAD, pair), PAYLOAD) == P256.controller


@pytest.mark.parametrize("high_s", [False, True])
@pytest.mark.parametrize("length", [64, 65])
def test_a_secp256k1_signature_gets_its_own_v(high_s: bool, length: int) -> None:
    given_ = LEDGER.sign(PAYLOAD, high_s=high_s)[:length]
    assert contract_signature(LEDGER_PUBLIC, PAYLOAD, given_) == LEDGER.sign(PAYLOAD)


def test_an_es256k_signature_over_sha256_is_told_apart() -> None:
    signature = eth_keys.PrivateKey(LEDGER.secret).sign_msg_hash(hashlib.sha256(PAYLOAD).digest())
    pair = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
    with pytest.raises(ProofInvalidError, match="Keccak-256"):
        contract_signature(LEDGER_PUBLIC, PAYLOAD, pair)


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (P256_PUBLIC, b""),
        (P256_PUBLIC, bytes(64)),
        (P256_PUBLIC, b"\xff" * 64),
        (P256_PUBLIC, P256.sign(PAYLOAD)),
        (P256_PUBLIC, P256.sign(PAYLOAD)[64:] + b"\x1b"),
        (P256_PUBLIC, P256.sign(PAYLOAD + b"!")[64:]),
        (P256_PUBLIC, P256Key("another").sign(PAYLOAD)[64:]),
        (P256_PUBLIC, bytes(32) + P256_ORDER.to_bytes(32, "big")),
        (LEDGER_PUBLIC, bytes(64)),
        (LEDGER_PUBLIC, bytes(66)),
        (LEDGER_PUBLIC, LEDGER.sign(PAYLOAD + b"!")),
        (LEDGER_PUBLIC, Secp256k1Key("another").sign(PAYLOAD)),
        (LEDGER_PUBLIC, bytes(31) + b"\x01" + SECP256K1_ORDER.to_bytes(32, "big")),
    ],
)
def test_other_signatures_are_refused(key: PublicKey, signature: bytes) -> None:
    with pytest.raises(ProofInvalidError):
        contract_signature(key, PAYLOAD, signature)


@given(st.binary(max_size=70))
def test_only_our_error_escapes_from_any_bytes(signature: bytes) -> None:
    for key in (P256_PUBLIC, LEDGER_PUBLIC):
        assert check_escape(ProofInvalidError, lambda key=key: contract_signature(key, PAYLOAD, signature)) is None


def test_the_key_url_is_a_did_key_that_resolves_to_the_key() -> None:
    for key in (P256_PUBLIC, LEDGER_PUBLIC):
        url = key_url(key)
        assert resolve_did_key(url.partition("#")[0]).method(url).public_key == key


def test_a_signing_request_says_what_is_hashed_and_how() -> None:
    asked = signing_request(LEDGER_PUBLIC, role="controller", payload=PAYLOAD, shown={"kind": "X"})
    assert (asked["alg"], asked["digest"], asked["purpose"]) == ("ES256K", "Keccak-256", "controller")
    assert base64.b64decode(asked["serializedPayload"]) == PAYLOAD
    with pytest.raises(InvalidKeyError):
        algorithm_of(
            PublicKey(Curve.ED25519, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
        )


@pytest.mark.parametrize("text", ["AA", "AA=", "A A=", "AB==", "_-8=", "é===", "A" * (SIGNATURE_TEXT_MAX + 4), 5, None])
def test_base64_is_standard_padded_and_unique(text: object) -> None:
    with pytest.raises(MalformedValueError):
        decode_base64(text, what="a signature")
    assert decode_base64("AA==", what="a signature") == b"\0"


def test_a_document_without_its_did_is_completed_and_nothing_else_is_touched() -> None:
    key = P256_PUBLIC.to_jwk()
    short = {
        "verificationMethod": [{"id": "#issue-1", "type": "JsonWebKey", "publicKeyJwk": key}],
        "assertionMethod": ["#issue-1"],
        "service": [{"id": "#web", "type": "LinkedDomains", "serviceEndpoint": "https://agency.example/#top"}],
    }
    full = complete_document(short, DID)
    document = check_organisation(full, DID)
    assert document.key_for(f"{DID}#issue-1", "assertionMethod") == P256_PUBLIC
    assert document.service("web") is not None
    assert full["service"][0]["serviceEndpoint"] == "https://agency.example/#top"
    assert complete_document(full, DID) == full
    assert short["assertionMethod"] == ["#issue-1"]


@given(
    st.dictionaries(
        st.sampled_from(["@context", "id", "verificationMethod", "service", "assertionMethod", "other"]),
        st.none()
        | st.text(max_size=5)
        | st.lists(st.none() | st.text(max_size=5) | st.dictionaries(st.just("id"), st.none())),
    )
)
def test_completing_takes_anything_and_never_hides_what_was_there(json: dict[str, object]) -> None:
    full = complete_document(json, DID)
    for name in ("@context", "id", "other"):
        if name in json:
            assert full[name] == json[name]
