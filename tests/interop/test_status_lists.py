"""Published lists, both ways: @digitalbazaar/vc-bitstring-status-list, @sd-jwt/jwt-status-list and openvc-core."""

import pytest

from registry_client.core.curves import Curve
from registry_client.core.status import LIST_SIZE, PLANE_LENGTH, list_url
from registry_client.core.status_lists.bitstring import bit_of, decode_bits
from registry_client.core.status_lists.token import decode_values, value_of
from tests.interop.matrix import OURS_TO_THEIRS, THEIRS_TO_OURS
from tests.interop.peers import RefusedError
from tests.interop.test_data_integrity import issue, unsigned
from tests.interop.test_sd_jwt import ours as ours_sd_jwt
from tests.interop.test_sd_jwt import token_list
from tests.simulators.world import HOST

BITSTRING, TOKEN, SD_JWT, OPENVC = (
    "@digitalbazaar/vc-bitstring-status-list", "@sd-jwt/jwt-status-list", "@sd-jwt/sd-jwt-vc", "openvc-core",
)  # fmt: skip
BITS_WHAT, TOKEN_WHAT = "Bitstring Status List", "Token Status List (JWT, 2 bits)"
REVOKED, SUSPENDED, BOTH, LAST = 8, 17, 26, LIST_SIZE - 1
READING = "decoded only: our verifier reads lists that name an anchored snapshot"
AGREED = "same answer at every place tried"
READ = {0: 0, REVOKED: 1, SUSPENDED: 2, BOTH: 1, REVOKED - 1: 0, REVOKED + 1: 0, LAST: 1}


@pytest.fixture
def office(party):
    """An office of ours with some credentials revoked or suspended."""
    office, ledger = party.offices[Curve.SECP256K1], party.world.ledger
    for index in (REVOKED, BOTH, LAST):
        ledger.set_bit(office.list_id, index)
    for index in (SUSPENDED, BOTH):
        ledger.set_bit(office.list_id, index, plane="suspension")
    return office


def expected(index):
    return {"revocation": index in {REVOKED, BOTH, LAST}, "suspension": index in {SUSPENDED, BOTH}}


def test_digitalbazaar_reads_ours(party, matrix, office):
    for index in READ:
        found = party.node.ask(
            "bitstring.check",
            document=unsigned(party, office, index),
            documents=party.documents,
            suite="ecdsa-jcs-2019",
        )
        assert {entry["purpose"]: entry["status"] for entry in found} == expected(index)
    documents = party.documents
    url = list_url(office.list_id, host=HOST, purpose="revocation")
    documents[url]["validUntil"] = "2999-01-01T00:00:00Z"
    with pytest.raises(RefusedError, match="not verified"):
        party.node.ask("bitstring.check", document=unsigned(party, office), documents=documents, suite="ecdsa-jcs-2019")
    matrix.add(BITS_WHAT, BITSTRING, OURS_TO_THEIRS, f"{AGREED}; changed: refused")


def test_digitalbazaar_refuses_a_revoked_credential(party):
    p256 = party.offices[Curve.P256]
    document = issue(party, "ecdsa-jcs-2019", Curve.P256)
    question = {"document": document, "suite": "ecdsa-jcs-2019"}
    assert party.node.ask("vc.verify", documents=party.documents, **question)
    party.world.ledger.set_bit(p256.list_id, 3)
    try:
        with pytest.raises(RefusedError, match="status set: revocation"):
            party.node.ask("vc.verify", documents=party.documents, **question)
    finally:
        party.world.ledger.set_bit(p256.list_id, 3, value=False)


def test_we_read_digitalbazaar(party, matrix, office):
    url = list_url(office.list_id, host=HOST, purpose="revocation")
    made = party.node.ask("bitstring.make", id=url, purpose="revocation", length=LIST_SIZE, set=[REVOKED, BOTH, LAST])
    bits = decode_bits(made["credentialSubject"]["encodedList"])
    assert bits == party.snapshot(office).plane("revocation")
    matrix.add(BITS_WHAT, BITSTRING, THEIRS_TO_OURS, "same bits", READING)


def test_openvc_reads_our_bitstrings(party, matrix, office):
    for index in READ:
        found = party.python.ask(
            "openvc.bitstring.check", document=unsigned(party, office, index), lists=party.bitstrings(office)
        )
        assert found == expected(index)
    matrix.add(BITS_WHAT, OPENVC, OURS_TO_THEIRS, AGREED)


def test_we_read_openvc_bitstrings(party, matrix, office):
    made = party.python.ask(
        "openvc.bitstring.make", id=list_url(office.list_id, host=HOST, purpose="suspension"), issuer=office.did,
        purpose="suspension", size=LIST_SIZE, set=[SUSPENDED, BOTH],
    )  # fmt: skip
    bits = decode_bits(made["credentialSubject"]["encodedList"])
    assert len(bits) == PLANE_LENGTH
    assert all(bit_of(bits, index) == expected(index)["suspension"] for index in READ)
    matrix.add(BITS_WHAT, OPENVC, THEIRS_TO_OURS, "same bits", READING)


def test_npm_reads_our_token_list(party, matrix, office):
    found = party.node.ask("tokenlist.read", token=token_list(party, office), indexes=list(READ))
    assert found == {"bits": 2, "values": list(READ.values())}
    matrix.add(TOKEN_WHAT, TOKEN, OURS_TO_THEIRS, AGREED)


def test_we_read_npm_token_lists(party, matrix):
    made = party.node.ask(
        "tokenlist.make", size=LIST_SIZE, bits=2, values={index: value for index, value in READ.items() if value},
        payload={"iss": "https://issuer.example", "sub": "https://issuer.example/1", "iat": party.now},
        header={"alg": "ES256", "typ": "statuslist+jwt"},
    )  # fmt: skip
    bits, values = decode_values(made["payload"]["status_list"])
    assert (made["header"]["typ"], bits) == ("statuslist+jwt", 2)
    assert [value_of(values, index, bits=bits) for index in READ] == list(READ.values())
    matrix.add(TOKEN_WHAT, TOKEN, THEIRS_TO_OURS, "same values", READING)


def test_npm_refuses_a_revoked_sd_jwt_by_our_list(party, matrix, office):
    text = ours_sd_jwt(party, Curve.P256)
    p256 = party.offices[Curve.P256]
    question = {
        "jwk": p256.jwk, "alg": "ES256", "nonce": party.world.challenge.nonce,
        "listJwk": dict(party.world.status_key.public_key.to_jwk()),
    }  # fmt: skip
    assert party.node.ask("sdjwt.verify", text=text, list=token_list(party, p256), **question)
    party.world.ledger.set_bit(p256.list_id, 3, plane="suspension")
    try:
        with pytest.raises(RefusedError, match="Status is not valid"):
            party.node.ask("sdjwt.verify", text=text, list=token_list(party, p256), **question)
    finally:
        party.world.ledger.set_bit(p256.list_id, 3, plane="suspension", value=False)
    matrix.add(TOKEN_WHAT, SD_JWT, OURS_TO_THEIRS, "valid: accepted; suspended: refused")


def test_openvc_reads_our_token_list(party, matrix, office):
    token, uri = token_list(party, office), list_url(office.list_id, host=HOST)
    question = {"jwk": dict(party.world.status_key.public_key.to_jwk()), "indexes": list(READ)}
    assert party.python.ask("openvc.tokenlist.read", token=token, uri=uri, **question) == list(READ.values())
    with pytest.raises(RefusedError, match="sub"):
        party.python.ask("openvc.tokenlist.read", token=token, uri=f"{uri}0", **question)
    matrix.add(TOKEN_WHAT, OPENVC, OURS_TO_THEIRS, f"{AGREED}; for another URL: refused")
