"""Regenerate the frozen vectors of what people sign: tests/vectors/operations.json.

Usage: python scripts/vectors.py [--check]

- One case for each kind of operation and each kind of key: message, EIP-712 type, the 66-byte payload, the id, the
  signatures, who signed, the calldata; and the ids of DIDs. Keys are made from labels; signatures are RFC 6979.
- Payloads come from eth-account and calldata from eth-abi, not from the product: the product's must be equal, here and
  in tests. The contracts and ethers read the same file.
- `--check` writes nothing and fails if the file is not what would be written.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_abi.abi import encode as eth_encode
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from registry_client.core.canonical import canonicalize
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id, format_did
from registry_client.core.operation import (
    OPERATIONS,
    Domain,
    OperationSignature,
    OperationType,
    SignedOperation,
    domain_of,
    encode_call,
    operation_to_json,
    payload_of,
    signer_of,
)

PATH = Path(__file__).resolve().parents[1] / "tests" / "vectors" / "operations.json"
NETWORK = "vectors-1"
CHAIN_ID = 1_234_567
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEYS = ("p256", "secp256k1")


def drawn(label: str, length: int) -> bytes:
    """Return `length` bytes that follow from a label."""
    return hashlib.shake_256(b"vector: " + label.encode()).digest(length)


def value_of(operation: OperationType, kind: str, name: str) -> Any:
    """Return a value of an ABI type that follows from its place."""
    label = f"{operation.kind}.{name}"
    if kind.endswith("[]"):
        return tuple(int.from_bytes(drawn(f"{label}[{index}]", 32), "big") for index in range(3))
    if kind == "bool":
        return bool(drawn(label, 1)[0] & 1)
    if kind == "string":
        return "https://mapae.invalid/vct/공무원증/v1"
    if kind == "bytes":
        return drawn(label, 77)
    if kind.startswith("bytes"):
        return drawn(label, int(kind[5:]))
    return int.from_bytes(drawn(label, int(kind[4:]) // 8), "big")


def p256_signature(label: str, payload: bytes) -> bytes:
    """Return x‖y‖r‖s over sha256(payload), low s."""
    secret = int.from_bytes(drawn(f"p256 {label}", 32), "big") % (P256_ORDER - 1) + 1
    private = ec.derive_private_key(secret, ec.SECP256R1())
    point = private.public_key().public_numbers()
    r, s = decode_dss_signature(private.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
    return b"".join(number.to_bytes(32, "big") for number in (point.x, point.y, r, min(s, P256_ORDER - s)))


def secp256k1_signature(label: str, payload: bytes) -> bytes:
    """Return r‖s‖v over keccak256(payload)."""
    signature = PrivateKey(drawn(f"secp256k1 {label}", 32)).sign_msg_hash(keccak(payload)).to_bytes()
    return bytes(signature[:64]) + bytes([27 + signature[64]])


def eth_payload(domain: Domain, operation: OperationType, message: dict[str, Any]) -> bytes:
    """Return the payload as eth-account computes it."""
    signable = encode_typed_data(
        domain_data={
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": "0x" + domain.verifying_contract.hex(),
        },
        message_types={operation.kind: [{"name": name, "type": kind} for kind, name in operation.fields]},
        message_data={name: list(value) if isinstance(value, tuple) else value for name, value in message.items()},
    )
    return b"\x19" + signable.version + signable.header + signable.body


def eth_calldata(
    operation: OperationType, message: dict[str, Any], signatures: tuple[OperationSignature, ...]
) -> bytes:
    """Return the calldata as eth-abi encodes it."""
    struct = f"({','.join(kind for kind, _ in operation.fields)})"
    values = tuple(message[name] for _, name in operation.fields)
    types = [struct, *("bytes" for _ in signatures)]
    return keccak(text=operation.function)[:4] + eth_encode(types, [values, *(s.signature for s in signatures)])


def case_of(operation: OperationType, key: str) -> dict[str, Any]:
    """Return one case, or stop where the product and the references disagree."""
    contract = drawn(f"contract {operation.contract}", 20)
    domain = domain_of(NETWORK, CHAIN_ID, contract)
    message = {name: value_of(operation, kind, name) for kind, name in operation.fields}
    payload = eth_payload(domain, operation, message)
    sign = p256_signature if key == "p256" else secp256k1_signature
    signatures = tuple(OperationSignature(role, sign(f"{operation.kind} {role}", payload)) for role in operation.roles)
    signed = SignedOperation(operation, domain, message, signatures)
    calldata = eth_calldata(operation, message, signatures)
    if payload_of(domain, operation.kind, message) != payload or encode_call(signed) != calldata:
        raise SystemExit(f"{operation.kind}: registry_client disagrees with eth-account or eth-abi")
    return {
        "key": key,
        "contract": operation.contract,
        "type": operation.type_text,
        "function": operation.function,
        "operation": operation_to_json(signed),
        "payload": "0x" + payload.hex(),
        "id": "0x" + keccak(payload).hex(),
        "signatures": ["0x" + signature.signature.hex() for signature in signatures],
        "signers": ["0x" + signer_of(signature.signature, payload).hex() for signature in signatures],
        "calldata": "0x" + calldata.hex(),
    }


def did_cases() -> list[dict[str, Any]]:
    """Return ids of both kinds of DID for both kinds of controller."""
    cases = []
    for kind in (KIND_ORGANISATION, KIND_HOLDER):
        for key_kind in (1, 2):
            controller, salt = bytes([key_kind]) + drawn(f"did {kind} {key_kind}", 20), drawn(f"salt {kind}", 32)
            tag = keccak(text="did:mapae")
            did_id = keccak(eth_encode(["bytes32", "uint8", "bytes21", "bytes32"], [tag, kind, controller, salt]))[:20]
            if compute_did_id(kind=kind, controller=controller, salt=salt) != did_id:
                raise SystemExit("registry_client disagrees with eth-abi about a DID's id")
            cases.append(
                {
                    "kind": kind,
                    "controller": "0x" + controller.hex(),
                    "salt": "0x" + salt.hex(),
                    "id": "0x" + did_id.hex(),
                    "did": format_did(NETWORK, did_id),
                }
            )
    return cases


def text() -> str:
    """Return the whole file."""
    cases = [
        case_of(operation, key) for operation in OPERATIONS.values() for key in (KEYS if operation.roles else KEYS[:1])
    ]
    vectors = {"network": NETWORK, "chainId": CHAIN_ID, "operations": cases, "dids": did_cases()}
    return json.dumps(json.loads(canonicalize(vectors)), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Regenerate the frozen vectors of what people sign.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is stale")
    written = text()
    if not parser.parse_args().check:
        PATH.parent.mkdir(parents=True, exist_ok=True)
        PATH.write_text(written, encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == written:
        return 0
    print(
        "tests/vectors/operations.json is not what scripts/vectors.py writes: what people sign has changed.\n"
        "If that is meant, it is a new version of the protocol: run `make vectors` and say so in the change.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
