"""What the registry keeps, as plain values: the items of `tests.simulators.model`.

Each item remembers the contract that holds it (`home`): a successor keeps what was written since it took over.
"""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

PLANE_WORDS = 512


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def u(value: int, size: int) -> bytes:
    """Big-endian bytes of a number."""
    return value.to_bytes(size, "big")


@dataclass(frozen=True, slots=True)
class Record:
    """A DID. `head` is its second slot, as stored."""

    home: str
    controller: bytes
    version: int
    kind: int
    state: int
    block_number: int
    history: bytes = bytes(32)
    guardian: bytes = bytes(20)

    @property
    def status(self) -> int:
        return self.kind << 4 | self.state

    @property
    def head(self) -> bytes:
        return self.controller + u(self.version, 4) + u(self.status, 1) + u(self.block_number, 6)


@dataclass(frozen=True, slots=True)
class Admission:
    home: str
    start: int
    until: int
    sponsor: bytes


@dataclass(frozen=True, slots=True)
class Term:
    home: str
    start: int
    until: int


@dataclass(frozen=True, slots=True)
class Grant:
    home: str
    grantor: bytes
    grantor_seq: int
    depth: int
    may_issue: bool
    may_accredit: bool
    start: int
    until: int
    ended_at: int = 0


@dataclass(slots=True)
class StatusList:
    home: str
    owner: bytes
    ops_head: bytes
    seq: int = 0
    published_seq: int = 0
    published_digest: bytes = bytes(32)
    words: list[int] = field(default_factory=lambda: [0] * (2 * PLANE_WORDS))


@dataclass(frozen=True, slots=True)
class Service:
    home: str
    verifier: bytes
    version: int
    start: int
    until: int
    ended_at: int
    digest: bytes
    block_number: int


class ProposalState(IntEnum):
    """As the contract numbers them; void and expired are readings of the first three."""

    OPEN = 1
    READY = 2
    EXECUTED = 3
    CANCELLED = 4


@dataclass(slots=True)
class Proposal:
    home: str
    epoch: int
    state: ProposalState = ProposalState.OPEN
    approvals: set[bytes] = field(default_factory=set)
    cancellations: set[bytes] = field(default_factory=set)
    ready_at: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    target: str
    code_hash: bytes
    layout_id: bytes
    from_block: int
