"""An operation on its way between machines: made in one place, signed in others, submitted later.

- A file is {operation_file, operation, payload, id, signers, made_at}; a bare operation (docs/operations-format.md) is
  read as well. `operation` is what counts; `payload` and `id` must be what follows from it, or the file is refused.
- `signers` says whose signature is expected, as far as whoever made the file knew. It is a help, not an authority:
  nobody signs it. What the message itself says about a signer goes before it.
- Signatures are collected in any order, each role once; two copies of one operation can be merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from registry_client.core import encoding
from registry_client.core.keys import Curve, PublicKey, Signer
from registry_client.core.operation_json import operation_from_json, operation_to_json
from registry_client.core.operation_payload import (
    OperationSignature,
    SignedOperation,
    make_signature,
    relay_id,
    signer_of,
)
from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import InvalidInputError, InvalidOperationError

FILE_MAX_BYTES: Final = 524_288  # bytes
"""Twice the largest operation as JSON."""
FILE_VERSION: Final = 1
_MEMBERS: Final = frozenset({"operation_file", "operation", "payload", "id", "signers", "made_at"})


@dataclass(frozen=True, slots=True)
class OperationFile:
    """An operation with the signatures that it has so far."""

    signed: SignedOperation
    expected: Mapping[str, bytes] = field(default_factory=dict)
    """Role -> the Controller (21 bytes) that is expected to sign, where it is known."""
    made_at: int | None = None
    """Unix seconds, by the clock of whoever made it."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles that have not signed yet, in the order of the kind."""
        there = {signature.role for signature in self.signed.signatures}
        return tuple(role for role in self.signed.type.roles if role not in there)

    def signer_of_role(self, role: str) -> bytes | None:
        """Return the Controller that has to sign as `role`: by the message, else as expected, else None."""
        return signer_by_message(self.signed, role) or self.expected.get(role)

    def is_expired(self, now: int) -> bool:
        """Tell whether the deadline is over at `now` (unix seconds); what has no deadline never expires."""
        return self.signed.deadline is not None and now > self.signed.deadline


def parse_file(data: bytes) -> OperationFile:
    """Read a file. Raises ParsingError, InvalidOperationError, ProofInvalidError; the signatures have been verified."""
    value = parse_object(data, max_bytes=FILE_MAX_BYTES)
    if "operation_file" not in value:
        return _checked(OperationFile(operation_from_json(value, require_signatures=False)))
    if value["operation_file"] != FILE_VERSION or type(value["operation_file"]) is not int:
        raise InvalidOperationError(f"this operation file is of another version than {FILE_VERSION}")
    if value.keys() != _MEMBERS or not isinstance(value["operation"], dict):
        raise InvalidOperationError(f"an operation file has exactly the members {', '.join(sorted(_MEMBERS))}")
    signed = operation_from_json(value["operation"], require_signatures=False)
    for name, actual in (("payload", signed.payload), ("id", signed.id)):
        if value[name] != encoding.encode_hex(actual):
            raise InvalidOperationError(
                f"the file's {name} is not that of its message: the file was altered or damaged; do not sign it",
                member=name,
                computed=encoding.encode_hex(actual),
                found=str(value[name])[:200],
            )
    made_at = value["made_at"]
    if type(made_at) is not int or made_at < 0:
        raise InvalidOperationError("made_at is a time in unix seconds", member="made_at")
    return _checked(OperationFile(signed, _expected(signed, value["signers"]), made_at))


def file_to_json(file: OperationFile) -> JsonObject:
    """Return the file as JSON values; the inverse of `parse_file`."""
    signers = {role: file.expected.get(role) for role in file.signed.type.roles}
    return {
        "operation_file": FILE_VERSION,
        "operation": operation_to_json(file.signed),
        "payload": encoding.encode_hex(file.signed.payload),
        "id": encoding.encode_hex(file.signed.id),
        "signers": {role: None if key is None else encoding.encode_hex(key) for role, key in signers.items()},
        "made_at": file.made_at or 0,
    }


def signer_by_message(signed: SignedOperation, role: str) -> bytes | None:
    """Return the Controller (21 bytes) that the message itself names for a role, None if it names none."""
    message = signed.message
    if role == "controller" and signed.kind == "CreateOrganisation":
        return bytes(message["controller"])
    if role == "controller" and signed.kind == "CreateHolder":
        return PublicKey(Curve.P256, message["x"] + message["y"]).controller()
    if role == "new_controller":
        return bytes(message["newController"])
    return None


def role_for(file: OperationFile, controller: bytes, *, wanted: str | None = None) -> str:
    """Return the role in which a key signs. `wanted`: the role that was asked for. Raises InvalidOperationError."""
    roles = file.signed.type.roles
    if wanted is not None and wanted not in roles:
        raise InvalidOperationError(
            f"{file.signed.kind} is signed as {', '.join(roles) or 'nobody'}, not as {wanted}", expected=list(roles)
        )
    if not roles:
        raise InvalidOperationError(f"{file.signed.kind} needs no signature: submit it as it is")
    fitting = [role for role in roles if file.signer_of_role(role) == controller]
    open_ones = [role for role in roles if file.signer_of_role(role) in {None, controller}]
    chosen = wanted or (fitting[0] if len(fitting) == 1 else None)
    if chosen is None:
        unsigned = [role for role in open_ones if role in file.missing]
        if len(unsigned) > 1:
            raise InvalidOperationError(
                f"this key could sign as {' or '.join(unsigned)}: say which with --as", expected=unsigned
            )
        chosen = (unsigned or open_ones or list(roles))[0]
    wants = file.signer_of_role(chosen)
    if wants is not None and wants != controller:
        raise InvalidOperationError(
            f"{chosen} has to be {encoding.encode_hex(wants)}, and this key is {encoding.encode_hex(controller)}: "
            "sign with the other key",
            role=chosen,
            expected=encoding.encode_hex(wants),
            actual=encoding.encode_hex(controller),
        )
    return chosen


def add_signature(
    file: OperationFile, signer: Signer, *, role: str | None = None, agency: str | None = None
) -> OperationFile:
    """Return the file with one more signature; a role that this key has signed already stays as it is.

    Raises InvalidOperationError: wrong key for the role, or another key has signed as it.
    """
    controller = signer.public_key.controller()
    chosen = role_for(file, controller, wanted=role)
    signed = file.signed
    for present, by in zip(signed.signatures, signed.signers(), strict=True):
        if present.role == chosen:
            if by == controller:
                return file
            raise InvalidOperationError(
                f"another key ({encoding.encode_hex(by)}) has signed as {chosen} already", role=chosen
            )
    made = make_signature(signer, signed.payload, role=chosen, agency=agency)
    return replace(file, signed=_with(signed, (*signed.signatures, made)))


def merge_files(files: Iterable[OperationFile]) -> list[OperationFile]:
    """Put copies of the same operation together, in the order of the first of each.

    Raises InvalidOperationError when two copies are signed in one role by different keys.
    """
    merged: dict[bytes, OperationFile] = {}
    for file in files:
        key = relay_id(file.signed)  # the votes of two members are two operations
        known = merged.setdefault(key, file)
        if known is not file:
            merged[key] = _merged(known, file)
    return list(merged.values())


def _merged(first: OperationFile, second: OperationFile) -> OperationFile:
    payload = first.signed.payload
    kept = {signature.role: signature for signature in first.signed.signatures}
    for signature in second.signed.signatures:
        before = kept.setdefault(signature.role, signature)
        if _controller(before, payload) != _controller(signature, payload):
            raise InvalidOperationError(
                f"two copies are signed as {signature.role} by different keys: submit the one that is meant",
                role=signature.role,
            )
    expected = {**second.expected, **first.expected}
    return replace(first, signed=_with(first.signed, tuple(kept.values())), expected=expected)


def _controller(signature: OperationSignature, payload: bytes) -> bytes:
    return signer_of(signature.signature, payload)


def _with(signed: SignedOperation, signatures: tuple[OperationSignature, ...]) -> SignedOperation:
    by_role = {signature.role: signature for signature in signatures}
    ordered = tuple(by_role[role] for role in signed.type.roles if role in by_role)
    return SignedOperation(signed.type, signed.domain, signed.message, ordered)


def _checked(file: OperationFile) -> OperationFile:
    """Verify what is signed already, each by the key that has to. Raises ProofInvalidError, InvalidOperationError."""
    signed = file.signed
    for signature, by in zip(signed.signatures, signed.signers(), strict=True):
        wants = signer_by_message(signed, signature.role)
        if wants is not None and wants != by:
            raise InvalidOperationError(
                f"the file is signed as {signature.role} by {encoding.encode_hex(by)}, "
                f"and the message names {encoding.encode_hex(wants)}",
                role=signature.role,
            )
    return file


def _expected(signed: SignedOperation, value: Any) -> dict[str, bytes]:
    if not isinstance(value, Mapping) or not value.keys() <= set(signed.type.roles):
        raise InvalidOperationError("signers names the roles of the kind", expected=list(signed.type.roles))
    try:
        return {role: encoding.decode_hex(text, length=21) for role, text in value.items() if text is not None}
    except (InvalidInputError, TypeError):
        raise InvalidOperationError("a signer is null or a Controller of 21 bytes, 0x-hex", member="signers") from None
