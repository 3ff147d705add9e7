import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.adapters.signer_local import generate_signer
from registry_client.core.did_self import resolve_did_jwk, resolve_did_key
from registry_client.core.encoding import encode_base58, encode_base64url
from registry_client.core.keys import Curve
from registry_client.errors import InvalidDidError, WrongRelationshipError

KEY = generate_signer().public_key


def did_jwk(value):
    return "did:jwk:" + encode_base64url(json.dumps(value).encode())


@pytest.mark.parametrize("curve", Curve)
def test_keys_of_every_curve_resolve(curve):
    key = generate_signer(curve).public_key
    by_key = f"did:key:{key.to_multikey()}"
    assert resolve_did_key(by_key).key_for(f"{by_key}#{key.to_multikey()}", "assertionMethod") == key
    by_jwk = did_jwk(key.to_jwk())
    assert resolve_did_jwk(by_jwk).key_for(f"{by_jwk}#0", "authentication") == key


def test_the_documents_are_the_specifications():
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    document = resolve_did_key(did).json
    method_id = f"{did}#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    assert document["verificationMethod"] == [
        {"id": method_id, "type": "Multikey", "controller": did, "publicKeyMultibase": did.removeprefix("did:key:")}
    ]
    assert document["assertionMethod"] == document["authentication"] == [method_id]
    did = (
        "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi"
        "LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
    )
    (method,) = resolve_did_jwk(did).json["verificationMethod"]
    assert method["id"] == f"{did}#0"
    assert method["publicKeyJwk"]["x"] == "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0"


def test_use_decides_the_relationships():
    did = did_jwk({**KEY.to_jwk(), "use": "enc"})
    document = resolve_did_jwk(did)
    assert document.key_for(f"{did}#0", "keyAgreement") == KEY
    with pytest.raises(WrongRelationshipError):
        document.key_for(f"{did}#0", "assertionMethod")
    with pytest.raises(InvalidDidError):
        resolve_did_jwk(did_jwk({**KEY.to_jwk(), "use": "both"}))


@pytest.mark.parametrize(
    "did",
    [
        "did:key:z",
        "did:key:" + KEY.to_multikey()[:-1],
        "did:key:u" + KEY.to_multikey()[1:],
        "did:key:z1" + KEY.to_multikey()[1:],
        "did:key:z" + encode_base58(b"\x80\x24\x04" + KEY.raw),
        "did:key:zQ3" + "1" * 600,
        "did:key:1:" + KEY.to_multikey(),
    ],
)
def test_other_did_keys_are_refused(did):
    with pytest.raises(InvalidDidError):
        resolve_did_key(did)


@pytest.mark.parametrize(
    "value",
    [
        1,
        [],
        {},
        {"kty": "EC"},
        {**KEY.to_jwk(), "d": "AA"},
        {**KEY.to_jwk(), "pad": "x" * 2_000},
        {**KEY.to_jwk(), "y": "AA"},
    ],
)
def test_other_did_jwks_are_refused(value):
    with pytest.raises(InvalidDidError):
        resolve_did_jwk(did_jwk(value))


@given(st.text(st.characters(codec="ascii"), max_size=100))
def test_only_invalid_did_escapes(text):
    for resolve, prefix in ((resolve_did_key, "did:key:"), (resolve_did_jwk, "did:jwk:")):
        with pytest.raises(InvalidDidError):
            resolve(prefix + text)
