"""Operations that are signed elsewhere: complete the message here, submit what came back.

- `complete` fills in domain, deadline and nonce. A nonce gets a key of its own (random, 63 bits), so that files made
  one after the other can be submitted in any order, or never, without one blocking the next.
- `require_ready` says no before anything is sent: wrong network or contract, expired, unsigned, signed by a key that
  the ledger does not know in that role. `submit` may be repeated: the same operation is the same operation.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from registry_client.actions.desk import Desk, OnChange
from registry_client.core.eip712 import Domain, domain_of
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.core.operation import SignedOperation, relay_id, type_of
from registry_client.core.operation_file import OperationFile
from registry_client.core.outcome import Outcome, require_effect
from registry_client.errors import InvalidOperationError, WrongLedgerError

DEADLINE_S: Final = 7 * 86_400
"""How long a file may travel, unless said otherwise."""
DEADLINE_MAX_S: Final = 30 * 86_400
"""What nodes relay at most."""
PAUSE_DEADLINE_S: Final = 3_600
PAUSE_DEADLINE_MAX_S: Final = 86_400
"""A pause is for now; the contract takes no deadline further away."""
NONCE_KEY_BITS: Final = 63
_REPLACEABLE: Final = "StatusRegistry"
"""A list stays in the registry that opened it: an operation on it may name an address that is not the newest."""
_ROLE_NUMBERS: Final = {
    "CreateOrganisation": (1, "agency"),
    "CreateHolder": (1, "guardian"),
    "DeactivateHolder": (2, "guardian"),
    "AnchorIssuance": (3, "agency"),
    "OpenList": (2, "owner"),
}
"""Kind -> (number of the role whose holder may sign, the message's field that names the agency)."""
_DELEGATED: Final = frozenset({"endorser", "guardian", "operator"})


def deadline_limits(kind: str) -> tuple[int, int]:
    """Return (usual, longest) seconds from now to an operation's deadline."""
    return (PAUSE_DEADLINE_S, PAUSE_DEADLINE_MAX_S) if kind == "Pause" else (DEADLINE_S, DEADLINE_MAX_S)


def complete(desk: Desk, kind: str, message: Mapping[str, Any], *, deadline: int | None = None) -> SignedOperation:
    """Return the unsigned operation. `deadline`: unix seconds. Raises InvalidOperationError when it is too far away."""
    type_, values = type_of(kind), dict(message)
    if "deadline" in type_.field_names and "deadline" not in values:
        usual, longest = deadline_limits(kind)
        chosen = desk.now() + usual if deadline is None else deadline
        if not desk.now() < chosen <= desk.now() + longest:
            raise InvalidOperationError(
                f"the deadline of {kind} lies in the future, {longest // 3600} hours from now at most", deadline=chosen
            )
        values["deadline"] = chosen
    if "nonce" in type_.field_names and "nonce" not in values:
        values["nonce"] = (1 + secrets.randbits(NONCE_KEY_BITS)) << 64
    domain = domain_of(desk.network.name, desk.network.chain_id, desk.address(type_.contract, values))
    return SignedOperation(type_, domain, {name: values[name] for name in type_.field_names})


def require_ready(desk: Desk, file: OperationFile) -> None:
    """Check a file before it is sent. Raises WrongLedgerError, InvalidOperationError that say what is wrong."""
    signed = file.signed
    ours = _domain(desk, signed.type.contract)
    if (signed.domain.name, signed.domain.chain_id) != (ours.name, ours.chain_id):
        raise WrongLedgerError(
            f"the operation is for {signed.domain.name} (chain {signed.domain.chain_id}), "
            f"this node serves {ours.name} (chain {ours.chain_id})",
            operation=encode_hex(signed.id),
        )
    if signed.domain != ours and signed.type.contract != _REPLACEABLE:
        raise InvalidOperationError(
            f"{signed.type.contract} is at {encode_hex(ours.verifying_contract)} now, the operation is for "
            f"{encode_hex(signed.domain.verifying_contract)}: make it again",
            operation=encode_hex(signed.id),
        )
    now = max(desk.now(), desk.network.head_time)
    if file.is_expired(now):
        raise InvalidOperationError(
            "the deadline is over: make it again and have it signed again",
            deadline=signed.deadline,
            operation=encode_hex(signed.id),
        )
    if file.missing:
        raise InvalidOperationError(
            f"still to be signed: {', '.join(file.missing)}",
            missing=list(file.missing),
            operation=encode_hex(signed.id),
        )
    for signature, controller in zip(signed.signatures, signed.signers(), strict=True):
        if not may_sign(desk, signed, signature.role, controller):
            raise InvalidOperationError(
                f"the key {encode_hex(controller)} may not sign {signed.kind} as {signature.role}, by what the ledger "
                "says now",
                role=signature.role,
                controller=encode_hex(controller),
            )


def submit(desk: Desk, files: Sequence[OperationFile], *, on_change: OnChange | None = None) -> list[Outcome]:
    """Send what is ready and wait until it is final; what the node has already is only waited for.

    Raises InvalidOperationError before anything is sent, LedgerRevertedError for the first that had no effect.
    """
    open_ones = [file for file in files if file.missing or desk.node.find(_place(file)) is None]
    for file in open_ones:
        require_ready(desk, file)
    if open_ones:
        desk.node.submit([file.signed for file in open_ones])
    known = [desk.node.outcome(encode_hex(relay_id(file.signed))) for file in files]
    return [require_effect(outcome) for outcome in desk.node.wait(known, on_change=on_change)]


def may_sign(desk: Desk, signed: SignedOperation, role: str, controller: bytes) -> bool:
    """Tell whether the ledger, as the node knows it, lets this Controller (21 bytes) sign in this role now."""
    if role == "member":
        return encode_hex(controller) in desk.node.get("/v1/council")["members"]
    if role == "new_controller" or (signed.kind in {"CreateOrganisation", "CreateHolder"} and role == "controller"):
        return True  # the message names the key, and reading the file has compared it
    agency = _acting_for(desk, signed)
    if agency is None:
        return True  # the node and the contract know who that is; nothing can be said beforehand
    if _controls(desk, agency, controller):
        return True
    number = _ROLE_NUMBERS.get(signed.kind, (2, ""))[0]
    return role in _DELEGATED and _holds(desk, agency, number, controller)


def _acting_for(desk: Desk, signed: SignedOperation) -> str | None:
    """Return the DID in whose name an operation is signed, None where neither message nor ledger names one."""
    message = signed.message
    if "list" in message:
        known = desk.node.find(f"/v1/status-lists/{encode_hex(message['list'])}")
        return None if known is None else str(known["owner"])
    if signed.kind in {"SetService", "EndService"}:
        known = desk.node.find(f"/v1/schemas/{encode_hex(message['typeId'])}")
        return None if known is None else str(known["owner"])
    by_kind = {
        "UpdateDocument": "id",
        "TransferControl": "id",
        "DeactivateDid": "id",
        "MarkCompromised": "reporter",
        "AdmitAgency": "root",
        "DismissAgency": "root",
        "GrantRole": "agency",
        "EndRole": "agency",
        "Accredit": "grantor",
        "EndGrant": "grantor",
        "RegisterSchema": "owner",
    }
    name = by_kind.get(signed.kind) or _ROLE_NUMBERS[signed.kind][1]
    return desk.did(message[name])


def _controls(desk: Desk, did: str, controller: bytes) -> bool:
    record = desk.node.find(f"/v1/dids/{did}")
    return record is not None and record["controller"] == encode_hex(controller)


def _holds(desk: Desk, agency: str, role: int, controller: bytes) -> bool:
    terms = (desk.node.find(f"/v1/roles/{agency}") or {}).get("terms", ())
    wanted = encode_hex(controller)
    return any(
        term["role"] == role and term["controller"] == wanted and int(term["until"]) > desk.network.head_time
        for term in terms
    )


def _place(file: OperationFile) -> str:
    return f"/v1/operations/{encode_hex(relay_id(file.signed))}"


def _domain(desk: Desk, contract: str) -> Domain:
    address = decode_hex(desk.network.address(contract), length=20)
    return domain_of(desk.network.name, desk.network.chain_id, address)
