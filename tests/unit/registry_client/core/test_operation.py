"""What people sign, against the frozen vectors; and what the reader of JSON refuses."""

import copy
import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.adapters.signer_local import generate_signer
from registry_client.core.did import compute_did_id, format_did
from registry_client.core.hashing import keccak256
from registry_client.core.keys import Curve
from registry_client.core.operation import (
    OPERATIONS,
    SignedOperation,
    domain_of,
    encode_call,
    make_signature,
    operation_from_json,
    operation_id,
    operation_to_json,
    parse_operation,
    payload_of,
    signer_of,
    type_of,
)
from registry_client.errors import InvalidInputError, InvalidOperationError, ProofInvalidError
from tests.support.hostile import check_escape
from tests.support.paths import ROOT, VECTORS

FILE = json.loads((VECTORS / "operations.json").read_text("utf-8"))
CASES = FILE["operations"]
NAMES = [f"{case['operation']['kind']}-{case['key']}" for case in CASES]
ETHERS = """
import { readFileSync } from "node:fs";
import { TypedDataEncoder, concat, hexlify, keccak256 } from "ethers";
const file = JSON.parse(readFileSync(process.argv[1], "utf8"));
for (const { operation, type, payload, id } of file.operations) {
  const fields = type.slice(type.indexOf("(") + 1, -1).split(",").map((text) => text.split(" "));
  const types = { [operation.kind]: fields.map(([kind, name]) => ({ type: kind, name })) };
  const encoder = TypedDataEncoder.from(types);
  const found = concat(["0x1901", TypedDataEncoder.hashDomain(operation.domain), encoder.hash(operation.message)]);
  if (hexlify(found) !== payload || keccak256(found) !== id) {
    console.log(operation.kind);
    process.exit(1);
  }
}
console.log(file.operations.length);
"""


def raw(text):
    return bytes.fromhex(text[2:])


def test_every_kind_is_in_the_vectors():
    assert {case["operation"]["kind"] for case in CASES} == set(OPERATIONS)
    assert len(OPERATIONS) == 25


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_vectors(case):
    signed = parse_operation(json.dumps(case["operation"]))
    assert signed.payload == raw(case["payload"])
    assert len(signed.payload) == 66
    assert signed.id == operation_id(signed.payload) == raw(case["id"]) == keccak256(raw(case["payload"]))
    assert [signature.signature for signature in signed.signatures] == [raw(text) for text in case["signatures"]]
    assert list(signed.signers()) == [raw(text) for text in case["signers"]]
    assert encode_call(signed) == raw(case["calldata"])
    assert operation_to_json(signed) == case["operation"]
    assert signed.type.type_text == case["type"]
    assert signed.type.function == case["function"]
    assert signed.deadline == case["operation"]["message"].get("deadline")


@pytest.mark.parametrize("case", FILE["dids"])
def test_did_vectors(case):
    did_id = compute_did_id(kind=case["kind"], controller=raw(case["controller"]), salt=raw(case["salt"]))
    assert did_id == raw(case["id"])
    assert format_did(FILE["network"], did_id) == case["did"]


def test_ethers_computes_the_same_payloads():
    node = next(path for path in (ROOT / ".venv" / "bin" / "node",) if path.exists())
    done = subprocess.run(
        [str(node), "--input-type=module", "-e", ETHERS, str(VECTORS / "operations.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == str(len(CASES)), done.stdout + done.stderr


def case_of(kind, key="p256"):
    return copy.deepcopy(next(c["operation"] for c in CASES if c["operation"]["kind"] == kind and c["key"] == key))


def changed(path, value, kind="CreateOrganisation"):
    """The operation with one member replaced, or removed where `value` is `...`."""
    operation = case_of(kind)
    at = operation
    for step in path[:-1]:
        at = at[step]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return operation


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["kind"], "Unknown"),
        (["kind"], 1),
        (["kind"], ...),
        (["extra"], 1),
        (["domain"], 1),
        (["message"], []),
        (["domain", "name"], "mapae"),
        (["domain", "name"], "did:mapae:UPPER"),
        (["domain", "version"], "2"),
        (["domain", "chainId"], "1"),
        (["domain", "chainId"], True),
        (["domain", "chainId"], -1),
        (["domain", "verifyingContract"], "0x00"),
        (["domain", "verifyingContract"], 0),
        (["domain", "salt"], "0x"),
        (["domain", "version"], ...),
        (["message", "deadline"], ...),
        (["message", "deadline"], 2**48),
        (["message", "deadline"], "0x1"),
        (["message", "deadline"], 1.0),
        (["message", "deadline"], True),
        (["message", "salt"], "0x00"),
        (["message", "salt"], 5),
        (["message", "document"], "0x0"),
        (["message", "document"], "0xAB"),
        (["message", "unknown"], 1),
        (["message", "controller"], "0x" + "00" * 20),
        (["signatures"], {}),
        (["signatures"], []),
        (["signatures"], [1]),
        (["signatures"], ...),
        (["signatures", 0, "as"], "council"),
        (["signatures", 0, "as"], "endorser"),
        (["signatures", 0, "as"], "member"),
        (["signatures", 0, "as"], None),
        (["signatures", 0, "controller_kind"], 1),
        (["signatures", 0, "controller_kind"], 3),
        (["signatures", 0, "controller_kind"], True),
        (["signatures", 0, "public_key"], ...),
        (["signatures", 0, "public_key"], "0x00"),
        (["signatures", 0, "signature"], "0x00"),
        (["signatures", 0, "signature"], 1),
        (["signatures", 0, "agency"], "did:key:z6Mk"),
        (["signatures", 0, "agency"], 5),
        (["signatures", 0, "extra"], 1),
    ],
)
def test_malformed_operations_are_refused(path, value):
    with pytest.raises(InvalidOperationError):
        parse_operation(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["message", "masks"], []),
        (["message", "masks"], ["0x1"] * 513),
        (["message", "masks"], [1]),
        (["message", "masks"], ["0x01"]),
        (["message", "masks"], ["0x1" + "0" * 64]),
        (["message", "masks"], "0x1"),
        (["message", "nonce"], 1),
        (["message", "nonce"], "0x00"),
        (["message", "startWord"], 65_536),
    ],
)
def test_malformed_masks_and_nonces_are_refused(path, value):
    with pytest.raises(InvalidOperationError):
        parse_operation(changed(path, value, kind="Suspend"))


def test_booleans_are_booleans():
    with pytest.raises(InvalidOperationError, match="mayIssue"):
        parse_operation(changed(["message", "mayIssue"], 1, kind="Accredit"))


def test_signatures_may_come_in_any_order_and_are_put_in_the_functions():
    operation = case_of("CreateOrganisation")
    operation["signatures"].reverse()
    assert [signature.role for signature in parse_operation(operation).signatures] == ["controller", "endorser"]


def test_an_unfinished_operation_is_read_only_where_that_is_asked_for():
    operation = case_of("CreateOrganisation")
    operation["signatures"].pop()
    with pytest.raises(InvalidOperationError, match="endorser"):
        parse_operation(operation)
    signed = operation_from_json(operation, require_signatures=False)
    assert len(signed.signatures) == 1
    with pytest.raises(InvalidOperationError, match="missing or out of order"):
        encode_call(signed)


def test_operations_are_bounded():
    with pytest.raises(InvalidInputError, match="exceeds"):
        parse_operation(b" " * 300_000)


@pytest.mark.parametrize("curve", [Curve.P256, Curve.SECP256K1])
def test_signing_and_recovering_agree(curve):
    domain = domain_of("dev-1a2b3c", 31_337, b"\1" * 20)
    payload = payload_of(domain, "Pause", {"epoch": 1, "until": 2, "deadline": 3})
    for _ in range(10):
        signer = generate_signer(curve)
        signature = make_signature(signer, payload, role="member")
        assert signature.controller_kind == (2 if curve is Curve.P256 else 1)
        assert signer_of(signature.signature, payload) == signer.public_key.controller()


class Impostor:
    """A signer whose signatures are made by another key than the one it names."""

    def __init__(self):
        self.public_key = generate_signer(Curve.SECP256K1).public_key
        self.sign_digest = generate_signer(Curve.SECP256K1).sign_digest


def test_a_signer_that_signs_with_another_key_is_found_at_once():
    with pytest.raises(ProofInvalidError, match="own key"):
        make_signature(Impostor(), b"\0" * 66, role="member")


def test_the_agency_of_a_signature_is_kept():
    operation = case_of("CreateHolder")
    operation["signatures"][1]["agency"] = "did:mapae:dev-1a2b3c:32KPmJ7A6RhRVizuB4EqFUfVsC2a"
    assert operation_to_json(parse_operation(operation)) == operation


def test_other_curves_sign_no_operations():
    with pytest.raises(InvalidOperationError):
        make_signature(generate_signer(Curve.ED25519), b"\0" * 66, role="member")


@pytest.mark.parametrize("case", CASES[:2], ids=NAMES[:2])
def test_damaged_signatures_are_nobodys_or_somebody_elses(case):
    payload, signature = raw(case["payload"]), bytearray(raw(case["signatures"][0]))
    for place in range(len(signature)):
        damaged = bytearray(signature)
        damaged[place] ^= 0x55
        try:
            found = signer_of(bytes(damaged), payload)
        except ProofInvalidError:
            continue
        assert found.hex() != case["signers"][0][2:]


@pytest.mark.parametrize("length", [0, 1, 64, 66, 127, 129])
def test_signatures_of_other_lengths_are_refused(length):
    with pytest.raises(ProofInvalidError):
        signer_of(b"\1" * length, b"\0" * 66)


def test_high_s_twins_are_refused():
    order = {
        65: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
        128: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    }
    for case in CASES[:2]:
        signature = raw(case["signatures"][0])
        start = 32 if len(signature) == 65 else 96
        s = order[len(signature)] - int.from_bytes(signature[start : start + 32], "big")
        tail = bytes([55 - signature[64]]) if len(signature) == 65 else b""
        with pytest.raises(ProofInvalidError):
            signer_of(signature[:start] + s.to_bytes(32, "big") + tail, raw(case["payload"]))


def test_payload_needs_exactly_the_fields():
    domain = domain_of("dev-1a2b3c", 1, b"\1" * 20)
    with pytest.raises(InvalidOperationError):
        payload_of(domain, "Pause", {"epoch": 1, "until": 2})
    with pytest.raises(InvalidOperationError):
        type_of("Nothing")


def test_deadlines_are_absent_where_an_epoch_limits():
    signed = SignedOperation(type_of("ExecuteProposal"), domain_of("dev-1a2b3c", 1, b"\1" * 20), {})
    assert signed.deadline is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=300)
def test_only_registry_errors_escape(case, data):
    operation = copy.deepcopy(case["operation"])
    at = operation
    for _ in range(data.draw(st.integers(1, 3))):
        steps = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not steps:
            break
        step = data.draw(st.sampled_from(steps))
        if data.draw(st.booleans()):
            at[step] = data.draw(JSON)
            break
        at = at[step]
    check_escape((InvalidInputError, ProofInvalidError), lambda: parse_operation(operation).signers())
