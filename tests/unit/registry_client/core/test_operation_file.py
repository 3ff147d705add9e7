"""Operation files: what is read, what is refused, whose signature is wanted; and the second opinion of the ABI."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.adapters.operation_files import read_operation, write_operation
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.curves import Curve
from registry_client.core.encoding import encode_hex
from registry_client.core.operation import OPERATIONS, SignedOperation, domain_of, parse_operation
from registry_client.core.operation_abi import payload_by_abi
from registry_client.core.operation_file import (
    FILE_MAX_BYTES,
    OperationFile,
    add_signature,
    file_to_json,
    merge_files,
    parse_file,
)
from registry_client.data import contract_abi
from registry_client.errors import InvalidInputError, InvalidOperationError, MalformedValueError, RegistryError
from tests.support.paths import VECTORS

CASES = json.loads((VECTORS / "operations.json").read_text("utf-8"))["operations"]
NAMES = [f"{case['operation']['kind']}-{case['key']}" for case in CASES]
DOMAIN = domain_of("test", 7, bytes(19) + b"\1")
OLD, NEW, OTHER = generate_signer(), generate_signer(Curve.SECP256K1), generate_signer()


def transfer(**changes):
    message = {
        "id": bytes(20),
        "expectedVersion": 1,
        "newController": NEW.public_key.controller(),
        "document": b"{}",
        "deadline": 2_000_000_000,
    }
    return SignedOperation(OPERATIONS["TransferControl"], DOMAIN, {**message, **changes})


def creation():
    message = {
        "controller": OLD.public_key.controller(),
        "salt": bytes(32),
        "agency": bytes(20),
        "document": b"{}",
        "deadline": 2_000_000_000,
    }
    return SignedOperation(OPERATIONS["CreateOrganisation"], DOMAIN, message)


def written(file):
    return json.dumps(file_to_json(file)).encode()


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_kind_has_the_same_payload_by_the_table_and_by_the_abi(case):
    signed = parse_operation(case["operation"])
    by_abi = payload_by_abi(contract_abi(signed.type.contract), signed.type, signed.domain, signed.message)
    assert encode_hex(by_abi) == case["payload"]


def test_an_abi_whose_struct_differs_is_refused():
    abi = copy.deepcopy(contract_abi("DidRegistry"))
    entry = next(entry for entry in abi if entry.get("name") == "updateDocument")
    entry["inputs"][0]["components"][0]["type"] = "bytes32"
    signed = parse_operation(next(case["operation"] for case in CASES if case["operation"]["kind"] == "UpdateDocument"))
    with pytest.raises(InvalidOperationError, match="differ"):
        payload_by_abi(abi, signed.type, signed.domain, signed.message)
    with pytest.raises(InvalidOperationError, match="no function"):
        payload_by_abi(contract_abi("Council"), signed.type, signed.domain, signed.message)
    with pytest.raises(MalformedValueError):
        contract_abi("../profile")


def test_two_keys_sign_in_any_order_and_the_file_is_the_same_operation():
    file = OperationFile(transfer(), {"controller": OLD.public_key.controller()}, 5)
    one = add_signature(add_signature(file, OLD), NEW)
    two = add_signature(add_signature(file, NEW), OLD)
    for done in (one, two):
        read = parse_file(written(done))
        assert read.missing == ()
        assert [item.role for item in read.signed.signatures] == ["controller", "new_controller"]
        assert read.signed.signers() == (OLD.public_key.controller(), NEW.public_key.controller())
        assert read.made_at == 5
    assert add_signature(one, OLD) is one


def test_a_key_that_is_not_the_one_awaited_is_refused():
    file = OperationFile(transfer(), {"controller": OLD.public_key.controller()}, 5)
    with pytest.raises(InvalidOperationError, match="sign with the other key"):
        add_signature(file, OTHER)
    with pytest.raises(InvalidOperationError, match="sign with the other key"):
        add_signature(file, OLD, role="new_controller")
    with pytest.raises(InvalidOperationError, match="not as member"):
        add_signature(file, OLD, role="member")
    unknown = OperationFile(transfer(), {}, 5)
    signed = add_signature(unknown, OLD)
    assert signed.missing == ("new_controller",)
    with pytest.raises(InvalidOperationError, match="signed as controller already"):
        add_signature(signed, OTHER, role="controller")


def test_the_one_role_left_is_found_and_two_possible_ones_have_to_be_named():
    file = OperationFile(creation(), {}, 5)
    assert add_signature(file, OLD).missing == ("endorser",)
    assert add_signature(file, OTHER).missing == ("controller",)
    # The controller may endorse its own DID: its key stands for both roles.
    own = add_signature(file, OLD)
    with pytest.raises(InvalidOperationError, match="signed as"):
        add_signature(add_signature(own, OTHER), NEW, role="endorser")
    assert add_signature(own, OLD, role="endorser").missing == ()


def test_an_execution_takes_no_signature():
    message = {"kind": 4, "arguments": bytes(32), "salt": bytes(32), "epoch": 1}
    file = OperationFile(SignedOperation(OPERATIONS["ExecuteProposal"], DOMAIN, message), {}, 5)
    assert file.missing == ()
    assert not file.is_expired(10**12)
    with pytest.raises(InvalidOperationError, match="no signature"):
        add_signature(file, OLD)


def test_copies_are_merged_and_contradictions_are_not():
    file = OperationFile(transfer(), {}, 5)
    first, second = add_signature(file, OLD), add_signature(file, NEW)
    (whole,) = merge_files([first, second, file])
    assert whole.missing == ()
    assert len(merge_files([first, OperationFile(transfer(expectedVersion=2), {}, 5)])) == 2
    with pytest.raises(InvalidOperationError, match="different keys"):
        merge_files([first, add_signature(file, OTHER, role="controller")])


def edited(name, value):
    document = file_to_json(add_signature(OperationFile(transfer(), {}, 5), OLD))
    target, _, member = name.rpartition(".")
    place = document
    for step in filter(None, target.split(".")):
        place = place[step]
    place[member] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("payload", "0x1901", "altered or damaged"),
        ("id", "0x" + "00" * 32, "altered or damaged"),
        ("operation.message.expectedVersion", 2, "altered or damaged"),
        ("operation.domain.chainId", 8, "altered or damaged"),
        ("operation_file", 2, "another version"),
        ("operation_file", True, "another version"),
        ("made_at", -1, "made_at"),
        ("made_at", "now", "made_at"),
        ("signers", {"member": None}, "signers names"),
        ("signers", {"controller": "0x01"}, "21 bytes"),
        ("signers", {"controller": 5}, "21 bytes"),
        ("more", 1, "exactly the members"),
        ("operation", [], "exactly the members"),
    ],
)
def test_a_file_that_was_changed_is_refused(name, value, says):
    with pytest.raises(InvalidOperationError, match=says):
        parse_file(edited(name, value))


def test_a_signature_over_something_else_is_refused():
    file = add_signature(OperationFile(transfer(), {}, 5), OLD)
    other = file_to_json(OperationFile(transfer(expectedVersion=9), {}, 5))
    other["operation"]["signatures"] = file_to_json(file)["operation"]["signatures"]
    with pytest.raises(RegistryError):
        parse_file(json.dumps(other).encode())
    forged = file_to_json(file)
    forged["operation"]["signatures"][0]["as"] = "new_controller"
    with pytest.raises(InvalidOperationError, match="the message names"):
        parse_file(json.dumps(forged).encode())


def test_a_bare_operation_is_read_as_well():
    case = next(case for case in CASES if case["operation"]["kind"] == "Revoke")
    file = parse_file(json.dumps(case["operation"]).encode())
    assert encode_hex(file.signed.id) == case["id"]
    assert file.missing == ()


@given(st.binary(max_size=300) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_bytes_are_refused_by_our_own_errors(data):
    raw = data if isinstance(data, bytes) else data.encode()
    with pytest.raises(InvalidInputError):
        parse_file(raw)


def test_files_are_private_whole_bounded_and_not_overwritten(tmp_path):
    path = tmp_path / "op.json"
    file = OperationFile(transfer(), {"controller": OLD.public_key.controller()}, 5)
    write_operation(file, path, replace=False)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_operation(file, path, replace=False)
    write_operation(add_signature(file, OLD), path, replace=True)
    assert read_operation(path).missing == ("new_controller",)
    assert [entry.name for entry in tmp_path.iterdir()] == ["op.json"]
    path.write_bytes(b" " * (FILE_MAX_BYTES + 1))
    with pytest.raises(InvalidInputError, match="larger than"):
        read_operation(path)
    path.write_bytes(edited("payload", "0x00"))
    with pytest.raises(InvalidOperationError) as refused:
        read_operation(path)
    assert refused.value.detail.startswith(f"{path}: the file's payload")
