"""What the index knows: one append-only fact per thing that an event established.

- A fact carries the position of its event, so undoing a block is forgetting the facts that came with it, and the state
  at any block is the facts up to it. Nothing is ever updated in place.
- Ids of DIDs: 20 bytes; controllers: 21; digests, type ids, list ids, service codes: 32. Times: whole seconds UTC.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Where a fact comes from; `seen_block` is the block with which it entered the index."""

    block_number: int
    log_index: int
    seen_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DidVersion(Fact):
    """One version of a DID, whole. `kind` 1 organisation, 2 holder; `state` 1 active, 2 deactivated.

    `document`: the anchored bytes of an organisation, None for holders and deactivations. `key`: x ‖ y of a holder.
    `history_digest`: slot 0 after this version.
    """

    did_id: bytes
    version: int
    kind: int
    state: int
    controller: bytes
    guardian: bytes
    salt: bytes
    key: bytes
    document: bytes | None
    history_digest: bytes
    block_time: int
    block_hash: bytes
    transaction_hash: bytes
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compromise(Fact):
    """A key marked compromised since `since`; `reporter` is 20 zero bytes where the council did it."""

    did_id: bytes
    thumbprint: bytes
    since: int
    reporter: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(Fact):
    """An agency's admission for [valid_from, valid_until), cut short by a dismissal; `sponsor` zero: the council."""

    agency: bytes
    sponsor: bytes
    valid_from: int
    valid_until: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTerm(Fact):
    """A role given for [valid_from, valid_until), cut short when it is ended."""

    agency: bytes
    role: int
    grantee: bytes
    valid_from: int
    valid_until: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Fact):
    """One accreditation. `grantor` zero: the council; `depth` 1: council-given."""

    agency: bytes
    type_id: bytes
    seq: int
    grantor: bytes
    grantor_seq: int
    depth: int
    may_issue: bool
    may_accredit: bool
    valid_from: int
    valid_until: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEnd(Fact):
    """A grant ended at `ended_at`; of several, the earliest holds."""

    agency: bytes
    type_id: bytes
    seq: int
    ended_at: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance(Fact):
    """One anchored batch; `digest` = sha256(root ‖ uint64 count ‖ uint64 block time)."""

    agency: bytes
    seq: int
    root: bytes
    count: int
    digest: bytes
    by: bytes
    block_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList(Fact):
    """A status list opened by `owner` in the registry at `registry` (20-byte address)."""

    list_id: bytes
    owner: bytes
    registry: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange(Fact):
    """One change of a list.

    `masks`: 32 bytes a word from `first_word` (0..1023 over both planes), only the bits that changed.
    """

    list_id: bytes
    seq: int
    op: int
    first_word: int
    masks: bytes
    ops_head: bytes
    by: bytes
    block_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Fact):
    """The digest of a list's words at `seq`, anchored."""

    list_id: bytes
    seq: int
    digest: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema(Fact):
    """One version of a credential type's schema document."""

    type_id: bytes
    version: int
    owner: bytes
    vct: str
    digest: bytes
    document: bytes
    block_time: int
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Fact):
    """One version of a service code; `ended_at` is 0 unless this version is its end."""

    type_id: bytes
    code: bytes
    version: int
    verifier: bytes
    valid_from: int
    valid_until: int
    ended_at: int
    digest: bytes
    document: bytes
    by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilTerm(Fact):
    """The council of an epoch. `members`: 21 bytes each."""

    epoch: int
    members: bytes
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Fact):
    """A proposal as it was opened; `arguments` are the ABI bytes that members voted on."""

    proposal: bytes
    epoch: int
    kind: int
    arguments: bytes
    salt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalStep(Fact):
    """What happened to a proposal: `voted` (member, choice), `ready` (ready_at), `cancelled` or `executed`."""

    proposal: bytes
    epoch: int
    step: str
    member: bytes
    choice: int
    ready_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilPause(Fact):
    """A member paused the registry until `until`."""

    member: bytes
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry(Fact):
    """A contract named by Directory, current from the block of its event until the next generation."""

    name: str
    generation: int
    address: bytes
    code_hash: bytes
    layout_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentNonce(Fact):
    """A keyed nonce that an operation used; `owner` = last 20 bytes of the signing controller, `nonce_key` 24 bytes.

    `registry`: the 20-byte address that counts it. A contract's successor counts its own, from zero.
    """

    registry: bytes
    owner: bytes
    nonce_key: bytes
    nonce_seq: int
    event_type: str
