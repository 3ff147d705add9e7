"""Every number that docs/ prints as an example is recomputed here."""

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from eth_account.messages import encode_typed_data

from tests.docs import worked

DOCS = Path(__file__).resolve().parents[2] / "docs"
QUOTING = ("did-method.md", "operations-format.md")


def test_the_committed_examples_are_what_the_rules_give() -> None:
    assert json.loads(worked.TARGET.read_text()) == worked.worked()


@pytest.mark.parametrize("name", QUOTING)
def test_a_long_number_in_the_text_is_a_computed_one(name: str) -> None:
    known = worked.TARGET.read_text()
    text = (DOCS / name).read_text()
    quoted = {*re.findall(r"\b(?:0x)?[0-9a-f]{40,}\b", text), *re.findall(r"did:mapae:dev-[0-9a-f]{6}:\w+", text)}
    assert quoted, f"{name} quotes nothing: the check has lost its object"
    assert not {number for number in quoted if number not in known}


def test_eth_account_builds_the_same_payload() -> None:
    example = worked.worked()["status"]
    operation = example["operation"]
    fields = [field.split(" ") for field in worked.OPERATIONS["Revoke"].split(",")]
    message = {**operation["message"], "masks": [int(mask, 16) for mask in operation["message"]["masks"]]}
    types = {"Revoke": [{"name": name, "type": kind} for kind, name in fields]}
    signable = encode_typed_data(operation["domain"], types, message)
    assert "0x" + (b"\x19" + signable.version + signable.header + signable.body).hex() == example["payload"]


def test_the_example_signature_is_low_s_es256_over_the_payload() -> None:
    example = worked.worked()["status"]
    signature = bytes.fromhex(example["operation"]["signatures"][0]["signature"][2:])
    point = bytes.fromhex(example["operation"]["signatures"][0]["public_key"][2:])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    assert s <= worked.P256_ORDER // 2
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
    key.verify(encode_dss_signature(r, s), bytes.fromhex(example["payload"][2:]), ec.ECDSA(hashes.SHA256()))
    assert example["signer"] == "0x02" + worked.keccak256(point)[12:].hex()
