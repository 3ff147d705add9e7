"""The council: propose, approve, cancel, execute, pause. Votes are signed; executing needs only the delay.

A proposal is (kind, arguments, salt); its id = keccak256(abi.encode(uint8 kind, keccak256(arguments), salt)).
Dismissals, endings and compromise marks act inside the deciding vote; the rest wait for the delay and an execution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from registry_client.actions.desk import Desk, Party
from registry_client.core import abi_codec
from registry_client.core.hashing import keccak256
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.errors import InvalidInputError

APPROVE: Final = 1
CANCEL: Final = 2
THRESHOLD_MAX: Final = 255
PAUSE_MAX_S: Final = 72 * 3600
"""How long one member may stop creating, granting, lifting, transferring and replacing contracts."""
PAUSE_DEADLINE_S: Final = 3600
"""A pause is for now: signed and not sent, it soon means nothing."""

ProposalKind = Literal["set-council", "directory", "admit", "dismiss", "grant-root", "end-grant", "compromise"]

KINDS: Final[dict[str, tuple[int, tuple[str, ...]]]] = {
    "set-council": (1, ("bytes21[]", "uint8")),
    "directory": (2, ("bytes32", "address", "bytes32", "bytes32")),
    "admit": (3, ("bytes20", "bytes21", "uint48")),
    "dismiss": (4, ("bytes20",)),
    "grant-root": (5, ("bytes20", "bytes32", "uint48", "uint48", "bool", "bool")),
    "end-grant": (6, ("bytes20", "bytes32", "uint32", "uint48")),
    "compromise": (7, ("bytes20", "bytes32", "uint48")),
}
"""Name -> (number, types of the arguments)."""
IMMEDIATE: Final = frozenset({4, 6, 7})
"""Kinds that execute inside the deciding vote."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something for the council to decide, as the contract keeps it."""

    kind: int
    arguments: bytes
    salt: bytes

    @property
    def id(self) -> bytes:
        """32 bytes."""
        return keccak256(
            abi_codec.encode(("uint8", "bytes32", "bytes32"), (self.kind, keccak256(self.arguments), self.salt))
        )

    @property
    def name(self) -> str:
        """The kind's name, as the command line writes it."""
        return next(name for name, (number, _) in KINDS.items() if number == self.kind)

    @property
    def is_immediate(self) -> bool:
        """Whether the deciding vote executes it."""
        return self.kind in IMMEDIATE

    def values(self) -> tuple[object, ...]:
        """Return the arguments, decoded."""
        return abi_codec.decode(KINDS[self.name][1], self.arguments)


def proposal(kind: str, values: Sequence[object], *, salt: bytes) -> Proposal:
    """Make a proposal of a named kind. `salt`: 32 bytes, so that the same thing can be proposed again."""
    if kind not in KINDS:
        raise InvalidInputError(f"a proposal is one of {', '.join(KINDS)}", kind=kind[:64])
    number, types = KINDS[kind]
    return Proposal(number, abi_codec.encode(types, tuple(values)), salt)


def ballot(desk: Desk, item: Proposal, *, epoch: int, member: Signer, choice: int = APPROVE) -> SignedOperation:
    """Sign one member's vote."""
    message = {"kind": item.kind, "arguments": item.arguments, "salt": item.salt, "epoch": epoch, "choice": choice}
    return desk.sign("Vote", message, Party("member", member))


def execution(desk: Desk, item: Proposal, *, epoch: int) -> SignedOperation:
    """Return what carries out a proposal that has its votes and whose delay is over; it needs no signature."""
    message = {"kind": item.kind, "arguments": item.arguments, "salt": item.salt, "epoch": epoch}
    return desk.sign("ExecuteProposal", message)


def pause(desk: Desk, *, epoch: int, until: int, member: Signer) -> SignedOperation:
    """Sign one member's pause, until `until` (unix seconds, PAUSE_MAX_S from now at most)."""
    message = {"epoch": epoch, "until": until, "deadline": desk.now() + PAUSE_DEADLINE_S}
    return desk.sign("Pause", message, Party("member", member))
