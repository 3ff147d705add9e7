"""Signed operations as JSON: what the node takes, what files hold, what people read before they sign.

- {kind, domain {name, version, chainId, verifyingContract}, message, signatures [{as, agency?, controller_kind, ...}]}.
- uint8..uint48 are integers, uint64 and uint256 0x-hex without leading zeros, bytes 0x lower-case hex of full length.
- Unknown or missing members are errors; every refusal is an InvalidOperationError that names the field.
"""

from collections.abc import Mapping
from typing import Any, Final

from registry_client.core import abi_codec, encoding
from registry_client.core.did import parse_mapae
from registry_client.core.eip712 import Domain
from registry_client.core.keys import KIND_P256, KIND_SECP256K1
from registry_client.core.operation_payload import OperationSignature, SignedOperation, require_fields, type_of
from registry_client.core.operation_types import ROLES_OF_SIGNERS, OperationType
from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import InvalidInputError, InvalidOperationError, MalformedValueError

OPERATION_MAX_BYTES: Final = 262_144  # bytes
"""One operation as JSON: the largest real one (512 masks) has about 40 KiB."""
MASKS_MAX: Final = 512
"""Words of one plane: no status operation has more."""


def parse_operation(data: bytes | str | Mapping[str, Any]) -> SignedOperation:
    """Read a signed operation from JSON bytes, text or a parsed object. Raises InvalidInputError's family only.

    Signatures are read, not verified (`signers()` does that); each role of the kind must be there once, in any order.
    """
    value = data if isinstance(data, Mapping) else parse_object(data, max_bytes=OPERATION_MAX_BYTES)
    return operation_from_json(value)


def operation_from_json(value: Mapping[str, Any], *, require_signatures: bool = True) -> SignedOperation:
    """Read a parsed operation; `require_signatures=False` also takes one that still collects them."""
    _require_members(value, required={"kind", "domain", "message"}, optional={"signatures"}, what="operation")
    kind = value["kind"]
    operation = type_of(kind if isinstance(kind, str) else "")
    domain = _domain_from_json(value["domain"])
    message = message_from_json(operation, value["message"])
    raw = value.get("signatures", [])
    if not isinstance(raw, list) or len(raw) > 2:
        raise InvalidOperationError("signatures must be an array of at most 2", field="signatures")
    found = {signature.role: signature for signature in map(_signature_from_json, raw)}
    if len(found) != len(raw) or not found.keys() <= set(operation.roles):
        raise InvalidOperationError("each role signs once, and only the kind's roles", expected=list(operation.roles))
    if require_signatures and len(found) != len(operation.roles):
        missing = [role for role in operation.roles if role not in found]
        raise InvalidOperationError(f"signature missing: {', '.join(missing)}", missing=missing)
    return SignedOperation(operation, domain, message, tuple(found[role] for role in operation.roles if role in found))


def operation_to_json(signed: SignedOperation) -> JsonObject:
    """Return the operation as JSON values; the inverse of `operation_from_json`."""
    domain = signed.domain
    return {
        "kind": signed.kind,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": encoding.encode_hex(domain.verifying_contract),
        },
        "message": message_to_json(signed.type, signed.message),
        "signatures": [_signature_to_json(signature) for signature in signed.signatures],
    }


def message_from_json(operation: OperationType, value: Any) -> dict[str, Any]:
    """Read a message; unknown, missing or mistyped fields raise InvalidOperationError naming the field."""
    if not isinstance(value, Mapping):
        raise InvalidOperationError("the message must be an object")
    require_fields(operation, value)
    return {name: _value_from_json(kind, value[name], name) for kind, name in operation.fields}


def message_to_json(operation: OperationType, message: Mapping[str, Any]) -> JsonObject:
    """Return a message's typed values as JSON values."""
    return {name: _value_to_json(kind, message[name]) for kind, name in operation.fields}


def _value_from_json(kind: str, value: Any, name: str) -> Any:
    try:
        if kind.endswith("[]"):
            if not isinstance(value, list) or not 0 < len(value) <= MASKS_MAX:
                raise MalformedValueError(f"expected an array of 1 to {MASKS_MAX}")
            return tuple(_value_from_json(kind[:-2], item, name) for item in value)
        typed = value
        if kind.startswith("bytes"):
            length = int(kind[5:]) if kind != "bytes" else None
            typed = encoding.decode_hex(_require_text(value), length=length)
        elif kind in {"uint64", "uint256"}:
            typed = encoding.decode_quantity(_require_text(value))
        abi_codec.encode([kind], [typed])  # bounds, bool and text
    except InvalidOperationError:
        raise
    except MalformedValueError as error:
        raise InvalidOperationError(f"field {name} ({kind}): {error.detail}", field=name, type=kind) from None
    return typed


def _value_to_json(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_value_to_json(kind[:-2], item) for item in value]
    if kind.startswith("bytes"):
        return encoding.encode_hex(value)
    return encoding.encode_quantity(value) if kind in {"uint64", "uint256"} else value


def _domain_from_json(value: Any) -> Domain:
    _require_members(value, required={"name", "version", "chainId", "verifyingContract"}, what="domain")
    name, version, chain_id = value["name"], value["version"], value["chainId"]
    if not isinstance(name, str) or not isinstance(version, str) or type(chain_id) is not int:
        raise InvalidOperationError("a domain has text in name and version and an integer in chainId")
    try:
        contract = encoding.decode_hex(_require_text(value["verifyingContract"]), length=20)
    except MalformedValueError as error:
        raise InvalidOperationError(f"verifyingContract: {error.detail}", field="verifyingContract") from None
    return Domain(name, version, chain_id, contract)


def _signature_from_json(value: Any) -> OperationSignature:
    _require_members(
        value, required={"as", "controller_kind", "signature"}, optional={"agency", "public_key"}, what="signature"
    )
    role, kind, agency = value["as"], value["controller_kind"], value.get("agency")
    if not isinstance(role, str) or role not in ROLES_OF_SIGNERS:
        raise InvalidOperationError("unknown role in `as`", expected=sorted(ROLES_OF_SIGNERS))
    if (
        type(kind) is not int
        or kind not in {KIND_SECP256K1, KIND_P256}
        or (kind == KIND_P256) != ("public_key" in value)
    ):
        raise InvalidOperationError("controller_kind is 1 without a public_key, or 2 with one", field="controller_kind")
    try:
        if agency is not None:
            parse_mapae(_require_text(agency))
        signature = encoding.decode_hex(_require_text(value["signature"]), length=65 if kind == KIND_SECP256K1 else 64)
        if kind == KIND_P256:
            signature = encoding.decode_hex(_require_text(value["public_key"]), length=64) + signature
    except InvalidInputError as error:
        raise InvalidOperationError(f"signature of {role}: {error.detail}", role=role) from None
    return OperationSignature(role, signature, agency)


def _signature_to_json(signature: OperationSignature) -> JsonObject:
    value: JsonObject = {"as": signature.role}
    if signature.agency is not None:
        value["agency"] = signature.agency
    value["controller_kind"] = signature.controller_kind
    if signature.controller_kind == KIND_P256:
        value["public_key"] = encoding.encode_hex(signature.signature[:64])
        value["signature"] = encoding.encode_hex(signature.signature[64:])
    else:
        value["signature"] = encoding.encode_hex(signature.signature)
    return value


def _require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedValueError("expected text")
    return value


def _require_members(
    value: Any, *, required: set[str], optional: frozenset[str] | set[str] = frozenset(), what: str
) -> None:
    if not isinstance(value, Mapping) or not required <= value.keys() <= required | optional:
        raise InvalidOperationError(f"a {what} has the members {', '.join(sorted(required | optional))}", what=what)
