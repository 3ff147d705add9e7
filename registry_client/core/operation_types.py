"""The one table of operations: kind -> contract, fields, who signs.

- A kind is at once the Solidity struct, the EIP-712 primary type and the JSON `kind`; fields in the struct's order.
- The function is the kind with a small first letter: fn(Kind operation, bytes signature, ...), one for each role.
- The payloads are frozen in tests/vectors/operations.json: a change here is a change of what people sign.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from registry_client.core.eip712 import Fields, encode_type, types_of


@dataclass(frozen=True, slots=True)
class OperationType:
    """One kind of operation. `roles`: who signs, in the order of the function's signature arguments."""

    kind: str
    contract: str
    fields: Fields
    roles: tuple[str, ...]
    function: str = field(init=False)
    """Canonical signature of the contract's function, for its selector."""

    def __post_init__(self) -> None:
        struct = f"({','.join(types_of(self.fields))})"
        name = self.kind[0].lower() + self.kind[1:]
        object.__setattr__(self, "function", f"{name}({','.join([struct, *('bytes' for _ in self.roles)])})")

    @property
    def type_text(self) -> str:
        """EIP-712 `Kind(type field,...)`."""
        return encode_type(self.kind, self.fields)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the message's members, in order."""
        return tuple(name for _, name in self.fields)


def _operation(contract: str, text: str, roles: str) -> OperationType:
    kind, _, rest = text.rstrip(")").partition("(")
    pairs = (piece.split(" ") for piece in rest.split(","))
    return OperationType(kind, contract, tuple((type_, name) for type_, name in pairs), tuple(roles.split()))


_ALL: Final = (
    _operation(
        "DidRegistry",
        "CreateOrganisation(bytes21 controller,bytes32 salt,bytes20 agency,bytes document,uint48 deadline)",
        "controller endorser",
    ),
    _operation(
        "DidRegistry",
        "CreateHolder(bytes32 x,bytes32 y,bytes32 salt,bytes20 guardian,uint48 deadline)",
        "controller endorser",
    ),
    _operation(
        "DidRegistry", "UpdateDocument(bytes20 id,uint32 expectedVersion,bytes document,uint48 deadline)", "controller"
    ),
    _operation(
        "DidRegistry",
        "TransferControl(bytes20 id,uint32 expectedVersion,bytes21 newController,bytes document,uint48 deadline)",
        "controller new_controller",
    ),
    _operation("DidRegistry", "DeactivateDid(bytes20 id,uint32 expectedVersion,uint48 deadline)", "controller"),
    _operation("DidRegistry", "DeactivateHolder(bytes20 id,bytes20 guardian,uint48 deadline)", "guardian"),
    _operation(
        "DidRegistry",
        "MarkCompromised(bytes20 id,bytes32 keyThumbprint,uint48 since,bytes20 reporter,bytes32 typeId,uint32 seq,"
        "uint48 deadline)",
        "controller",
    ),
    _operation(
        "Roles",
        "AdmitAgency(bytes20 root,bytes20 agency,bytes21 endorser,uint48 until,uint256 nonce,uint48 deadline)",
        "controller",
    ),
    _operation("Roles", "DismissAgency(bytes20 root,bytes20 agency,uint256 nonce,uint48 deadline)", "controller"),
    _operation(
        "Roles",
        "GrantRole(bytes20 agency,uint8 role,bytes21 grantee,uint48 until,uint256 nonce,uint48 deadline)",
        "controller",
    ),
    _operation(
        "Roles", "EndRole(bytes20 agency,uint8 role,bytes21 grantee,uint256 nonce,uint48 deadline)", "controller"
    ),
    _operation(
        "AccreditationRegistry",
        "Accredit(bytes20 grantor,uint32 grantorSeq,bytes20 agency,bytes32 typeId,uint32 expectedSeq,uint48 from,"
        "uint48 until,bool mayIssue,bool mayAccredit,uint48 deadline)",
        "controller",
    ),
    _operation(
        "AccreditationRegistry",
        "EndGrant(bytes20 grantor,bytes20 agency,bytes32 typeId,uint32 seq,uint48 endedAt,uint256 nonce,"
        "uint48 deadline)",
        "controller",
    ),
    _operation(
        "IssuanceLog",
        "AnchorIssuance(bytes20 agency,uint64 expectedSeq,bytes32 root,uint64 count,uint48 deadline)",
        "operator",
    ),
    _operation("StatusRegistry", "OpenList(bytes20 owner,bytes32 salt,uint48 deadline)", "operator"),
    _operation("StatusRegistry", "Revoke(bytes32 list,uint16 startWord,uint256[] masks,uint48 deadline)", "operator"),
    _operation(
        "StatusRegistry",
        "Suspend(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)",
        "operator",
    ),
    _operation(
        "StatusRegistry",
        "Lift(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)",
        "operator",
    ),
    _operation("StatusRegistry", "AnchorSnapshot(bytes32 list,uint48 seq,bytes32 digest,uint48 deadline)", "operator"),
    _operation(
        "SchemaRegistry",
        "RegisterSchema(bytes20 owner,string vct,uint32 expectedVersion,bytes document,uint48 deadline)",
        "controller",
    ),
    _operation(
        "ServiceRegistry",
        "SetService(bytes32 typeId,bytes32 code,uint32 expectedVersion,bytes20 verifier,uint48 from,uint48 until,"
        "bytes document,uint48 deadline)",
        "controller",
    ),
    _operation(
        "ServiceRegistry",
        "EndService(bytes32 typeId,bytes32 code,uint32 expectedVersion,uint48 endedAt,uint48 deadline)",
        "controller",
    ),
    _operation("Council", "Vote(uint8 kind,bytes arguments,bytes32 salt,uint32 epoch,uint8 choice)", "member"),
    _operation("Council", "Pause(uint32 epoch,uint48 until,uint48 deadline)", "member"),
    _operation("Council", "ExecuteProposal(uint8 kind,bytes arguments,bytes32 salt,uint32 epoch)", ""),
)

OPERATIONS: Final = MappingProxyType({operation.kind: operation for operation in _ALL})
"""kind -> OperationType, for all operations of the registry."""

ROLES_OF_SIGNERS: Final = frozenset(role for operation in _ALL for role in operation.roles)
"""Every value that `as` may take in a signature."""
