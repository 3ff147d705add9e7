"""Signed operations: the 66-byte payload, the id, who signed, and the contract's calldata (operation_json.py: JSON).

- A message holds typed values: bytesN and bytes as bytes, uintN as int, bool, str, arrays as tuples.
- secp256k1 signs keccak256(payload): 65 bytes r‖s‖v. P-256 signs sha256(payload): x‖y‖r‖s, 128 bytes. Low s only.
- Operation id = keccak256(payload): the same operation signed twice is the same operation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from registry_client.core import abi_codec, eip712, secp256k1
from registry_client.core.eip712 import Domain
from registry_client.core.hashing import keccak256
from registry_client.core.keys import KIND_P256, KIND_SECP256K1, Curve, PublicKey, Signer, has_low_s
from registry_client.core.operation_types import OPERATIONS, OperationType
from registry_client.errors import InvalidOperationError, MalformedValueError, ProofInvalidError

EACH_SIGNER_COUNTS: Final = frozenset({"Vote", "Pause"})
"""Kinds that several members sign alike: one payload, and an operation of its own for each of them."""


@dataclass(frozen=True, slots=True)
class OperationSignature:
    """One signature; `role`: its `as`; `signature`: the contract's bytes (65 or 128); `agency`: a DID, if named."""

    role: str
    signature: bytes
    agency: str | None = None

    @property
    def controller_kind(self) -> int:
        """1 for 65 bytes (secp256k1), 2 for 128 (P-256)."""
        return KIND_SECP256K1 if len(self.signature) == 65 else KIND_P256


@dataclass(frozen=True, slots=True)
class SignedOperation:
    """An operation with its signatures, in the order of its type's roles; all values checked against the type."""

    type: OperationType
    domain: Domain
    message: Mapping[str, Any]
    signatures: tuple[OperationSignature, ...] = field(default=())

    @property
    def kind(self) -> str:
        """The operation's kind, e.g. `UpdateDocument`."""
        return self.type.kind

    @property
    def payload(self) -> bytes:
        """The 66 bytes that every signature covers."""
        return payload_of(self.domain, self.type.kind, self.message)

    @property
    def id(self) -> bytes:
        """keccak256(payload), 32 bytes."""
        return keccak256(self.payload)

    @property
    def deadline(self) -> int | None:
        """The operation's deadline in unix seconds; None for votes and executions, which have an epoch instead."""
        deadline = self.message.get("deadline")
        return deadline if isinstance(deadline, int) else None

    def signers(self) -> tuple[bytes, ...]:
        """Verify every signature and return the Controllers (21 bytes), in order. Raises ProofInvalidError."""
        payload = self.payload
        return tuple(signer_of(signature.signature, payload) for signature in self.signatures)


def type_of(kind: str) -> OperationType:
    """Return the type of a kind. Raises InvalidOperationError."""
    try:
        return OPERATIONS[kind]
    except KeyError:
        raise InvalidOperationError("unknown operation kind; see the list of kinds", kind=str(kind)[:64]) from None


def payload_of(domain: Domain, kind: str, message: Mapping[str, Any]) -> bytes:
    """Return the 66 bytes to sign; `message` in typed values. Raises AbiError, InvalidOperationError."""
    operation = type_of(kind)
    require_fields(operation, message)
    return eip712.payload(domain, eip712.hash_struct(kind, operation.fields, message))


def operation_id(payload: bytes) -> bytes:
    """Return keccak256 of the 66-byte payload."""
    return keccak256(payload)


def relay_id(signed: SignedOperation) -> bytes:
    """Return the id under which a node relays an operation, 32 bytes: keccak256(payload); where each signer counts, of
    payload ‖ controllers. Raises ProofInvalidError.

    Two members who vote alike sign the same payload, and both votes have to reach the council.
    """
    if signed.kind in EACH_SIGNER_COUNTS:
        return keccak256(signed.payload + b"".join(signed.signers()))
    return signed.id


def make_signature(signer: Signer, payload: bytes, *, role: str, agency: str | None = None) -> OperationSignature:
    """Sign a payload with a P-256 or secp256k1 signer, in the contract's form."""
    key = signer.public_key
    if key.curve is Curve.P256:
        return OperationSignature(role, key.raw + signer.sign(payload), agency)
    if key.curve is not Curve.SECP256K1:
        raise InvalidOperationError("operations are signed by P-256 or secp256k1 keys", curve=key.curve.value)
    digest = keccak256(payload)
    pair = signer.sign_digest(digest)
    r, s = int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big")
    for recovery_id in (0, 1):
        try:
            if secp256k1.recover(digest, r, s, recovery_id) == key.raw:
                return OperationSignature(role, pair + bytes([27 + recovery_id]), agency)
        except ProofInvalidError:
            continue
    raise ProofInvalidError("the signer's signature does not verify under its own key")


def signer_of(signature: bytes, payload: bytes) -> bytes:
    """Verify one signature in the contract's form and return its Controller (21 bytes). Raises ProofInvalidError."""
    if len(signature) == 65:
        if signature[64] not in {27, 28} or not has_low_s(Curve.SECP256K1, signature[:64]):
            raise ProofInvalidError("a secp256k1 signature has v 27 or 28 and a low s")
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return PublicKey(Curve.SECP256K1, secp256k1.recover(keccak256(payload), r, s, signature[64] - 27)).controller()
    if len(signature) == 128:
        try:
            key = PublicKey(Curve.P256, signature[:64])
        except MalformedValueError as error:
            raise ProofInvalidError(f"the public key in the signature: {error.detail}") from None
        key.verify(signature[64:], payload, require_low_s=True)
        return key.controller()
    raise ProofInvalidError("a signature has 65 bytes (secp256k1) or 128 (P-256)", length=len(signature))


def encode_call(signed: SignedOperation) -> bytes:
    """Return the calldata of the contract's function, signatures in the order of the type's roles."""
    operation = signed.type
    if tuple(signature.role for signature in signed.signatures) != operation.roles:
        raise InvalidOperationError("signatures are missing or out of order", expected=list(operation.roles))
    struct = f"({','.join(eip712.types_of(operation.fields))})"
    values = tuple(signed.message[name] for name in operation.field_names)
    arguments = [values, *(signature.signature for signature in signed.signatures)]
    return abi_codec.selector(operation.function) + abi_codec.encode(
        [struct, *("bytes" for _ in operation.roles)], arguments
    )


def require_fields(operation: OperationType, message: Mapping[str, Any]) -> None:
    """Raise InvalidOperationError unless the message has exactly the fields of its type."""
    names: Sequence[str] = operation.field_names
    if message.keys() != set(names):
        raise InvalidOperationError(
            f"a {operation.kind} has exactly the fields {', '.join(names)}",
            missing=sorted(set(names) - message.keys()),
            unknown=sorted(str(name)[:64] for name in message.keys() - set(names)),
        )
