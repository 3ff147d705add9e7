"""Facts read from a ledger: plain values, each with the assurance it is known with and the head it was read at.

- Ids are bytes (20 or 32), times are unix seconds, exactly as the contracts keep them.
- "Final" values count; what blocks not final yet would change for the worse is in the `pending` fields (law 7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from registry_client.core.assurance import Assurance


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block, by number; `hash` (32 bytes), where given, must be that block's."""

    number: int
    hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Where a ledger was when it was read: newest block, and the newest final one."""

    number: int
    hash: bytes
    time: int
    final_number: int

    @property
    def ref(self) -> BlockRef:
        """The newest block as a BlockRef."""
        return BlockRef(self.number, self.hash)


PendingState = Literal["none", "deactivation", "update"]


@dataclass(frozen=True, slots=True)
class DidVersion:
    """One version of one DID, as the chain knows it.

    Organisations: `document` is the anchored bytes exactly (any bytes: check with core.document). Holders: `document`
    is None, and `holder_x`, `holder_y` are set. A deactivated version has neither. `salt`: only on version 1.
    """

    did_id: bytes
    kind: int
    version: int
    state: Literal["active", "deactivated"]
    controller: bytes
    block_number: int
    block_time: int
    history_digest: bytes
    head: LedgerHead
    assurance: Assurance
    guardian: bytes | None = None
    document: bytes | None = None
    holder_x: bytes | None = None
    holder_y: bytes | None = None
    salt: bytes | None = None
    created_at: int | None = None
    """Block time of version 1; None when the reader would have had to walk the whole history for it."""
    next_version_at: int | None = None
    """Block time of the version after this one; None for the latest."""
    transaction_hash: bytes | None = None
    block_hash: bytes | None = None
    latest: bool = True
    pending: PendingState = "none"
    """What a block that is not final yet does to this DID: only meaningful on the latest final version."""

    @property
    def is_active(self) -> bool:
        """Whether this version is not the DID's end."""
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class CompromiseMark:
    """What is known against one key of one DID.

    `since`: final. `pending_since`: seen in a block not final yet, where that is earlier.
    """

    did_id: bytes
    thumbprint: bytes
    since: int | None
    head: LedgerHead
    assurance: Assurance
    pending_since: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One accreditation as AccreditationRegistry keeps it.

    `grantor`: all zero = the council. `ended_at`: None = not ended.
    """

    grantor: bytes
    grantor_seq: int
    depth: int
    may_issue: bool
    may_accredit: bool
    valid_from: int
    valid_until: int
    ended_at: int | None

    def covers(self, time: int) -> bool:
        """Whether `time` lies in [valid_from, valid_until) and before the end, if it was ended."""
        return self.valid_from <= time < self.valid_until and (self.ended_at is None or time < self.ended_at)


@dataclass(frozen=True, slots=True)
class GrantLink:
    """One link of a path: the agency that holds the grant, its sequence, the grant."""

    agency: bytes
    seq: int
    grant: Grant


@dataclass(frozen=True, slots=True)
class AccreditationPath:
    """The answer of `pathAt(agency, type, at)`: leaf first, root (depth 1, given by the council) last.

    `valid`: at time `at`, by everything final. `pending_valid`: by everything seen; False with `valid` True is pending
    bad news. When not valid, `links` is what the ledger gave, so that a report can say what is wrong with it.
    """

    agency: bytes
    type_id: bytes
    at: int
    valid: bool
    links: tuple[GrantLink, ...]
    head: LedgerHead
    assurance: Assurance
    pending_valid: bool = True

    def ended_at(self) -> int | None:
        """Return the earliest end over the links: the moment after which only receipts save a credential."""
        ends = [link.grant.ended_at for link in self.links if link.grant.ended_at is not None]
        return min(ends) if ends else None


@dataclass(frozen=True, slots=True)
class IssuanceAnchor:
    """sha256(root ‖ uint64 count ‖ uint64 block time) of one anchored batch; None in `digest` = no such batch, finally.

    `count`, `root`, `time`: only where the reader had them at hand; the digest is what counts.
    """

    agency: bytes
    seq: int
    digest: bytes | None
    head: LedgerHead
    assurance: Assurance
    root: bytes | None = None
    count: int | None = None
    time: int | None = None


STATUS_LIST_BYTES: Final = 32_768  # bytes
"""Two planes of 512 words of 256 bits, most significant bit first."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """Both planes of one list.

    `words`: 32,768 bytes, revocation then suspension, final. `pending_words`: the same as seen in blocks not final
    yet, None when equal.
    """

    list_id: bytes
    owner: bytes
    seq: int
    ops_head: bytes
    published_seq: int
    published_digest: bytes
    words: bytes
    head: LedgerHead
    assurance: Assurance
    pending_words: bytes | None = None
    source: str = "ledger"
    """Where `words` come from: the ledger, the ledger and an equal published list, or a published list alone."""

    def bit(self, plane: Literal["revocation", "suspension"], index: int, *, pending: bool = False) -> bool:
        """Read one bit: 0 <= index < 131,072, else IndexError. `pending`: as seen in blocks not final yet."""
        if not 0 <= index < STATUS_LIST_BYTES * 4:
            raise IndexError(index)
        words = self.pending_words if pending and self.pending_words is not None else self.words
        base = 0 if plane == "revocation" else STATUS_LIST_BYTES // 2
        return bool(words[base + (index >> 3)] & (0x80 >> (index & 7)))


@dataclass(frozen=True, slots=True)
class SchemaRecord:
    """One version of a type's schema; `document` has been checked against `digest` (sha256)."""

    type_id: bytes
    owner: bytes
    version: int
    count: int
    digest: bytes
    document: bytes
    block_number: int
    head: LedgerHead
    assurance: Assurance
    vct: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A registered service; `document` has been checked against `digest` (sha256). `ended_at` None = not ended."""

    type_id: bytes
    code: str
    verifier: bytes
    version: int
    valid_from: int
    valid_until: int
    ended_at: int | None
    digest: bytes
    document: bytes
    block_number: int
    head: LedgerHead
    assurance: Assurance
    pending_end: bool = False

    def covers(self, time: int) -> bool:
        """Whether `time` lies in [valid_from, valid_until) and before the end, if it was ended."""
        return self.valid_from <= time < self.valid_until and (self.ended_at is None or time < self.ended_at)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which part of the story: events that concern `did`, of these `types`, in blocks [from_block, to_block]."""

    did: str | None = None
    types: tuple[str, ...] = ()
    from_block: int | None = None
    to_block: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One decoded event. `fields`: JSON values (ints, 0x-hex, bool, text); `subjects`: ids of the DIDs it concerns."""

    block_number: int
    log_index: int
    block_time: int | None
    transaction_hash: bytes
    contract: str
    type: str
    fields: Mapping[str, Any]
    subjects: tuple[str, ...] = ()
    final: bool = True

    @property
    def position(self) -> str:
        """`block:logIndex`, the stable order of the story."""
        return f"{self.block_number}:{self.log_index}"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of the story in order; `next_cursor` None = that was all."""

    events: tuple[LedgerEvent, ...]
    next_cursor: str | None
    head: LedgerHead
    assurance: Assurance
