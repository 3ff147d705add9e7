"""Wire shapes of the answers, for OpenAPI and for nothing else: what is sent is what the services return."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Hex = Annotated[str, Field(pattern=r"^0x[0-9a-f]*$")]
Quantity = Annotated[str, Field(pattern=r"^0x(0|[1-9a-f][0-9a-f]*)$")]
UnixSeconds = Annotated[int, Field(ge=0, description="Unix seconds")]


class Shape(BaseModel):
    """An answer that is exactly this."""

    model_config = ConfigDict(extra="forbid")


class Place(Shape):
    """Where the ledger was read: the newest indexed block, and the number of the newest final one."""

    block_number: int
    block_hash: Hex
    block_time: UnixSeconds
    final: int


class Pending(Shape):
    """An event in a block that is not final yet. Bad news acts early (law 7)."""

    position: str
    block_number: int
    type: str
    bad_news: bool
    fields: dict[str, Any]


class Read(Shape):
    """Every read answer says where it was read."""

    ledger: Place


class Problem(BaseModel):
    """RFC 9457 problem details; further members are the evidence."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str


class OperationError(Shape):
    """Why an operation had no effect: the contract's own error, by name."""

    name: str
    detail: str
    arguments: dict[str, Any]


class OperationState(Shape):
    """One relayed operation. The id is keccak256 of the signed payload."""

    id: Hex
    kind: str
    contract: str
    state: Literal["queued", "sent", "mined", "final", "failed", "expired", "superseded"]
    error: OperationError | None
    transaction_hash: Hex | None
    block_number: int | None
    deadline: UnixSeconds | None
    submitted_at: UnixSeconds
    updated_at: UnixSeconds
    submitted: str


class Accepted(Shape):
    """What was taken in, in the order of the request."""

    operations: list[OperationState]


class Contract(Shape):
    """A contract that Directory names."""

    address: Hex
    generation: int
    code_hash: Hex
    layout_id: Hex
    from_block: int


class BlockPlace(Shape):
    """A block."""

    number: int
    hash: Hex
    time: UnixSeconds


class Indexed(Shape):
    """How far the index is."""

    number: int


class LedgerInfo(Read):
    """Which ledger this is: what a profile pins, and where it stands."""

    network: str
    chain_id: int
    genesis_hash: Hex
    directory: Hex
    code_hash: Hex
    base: str
    contracts: dict[str, Contract]
    head: BlockPlace
    final: BlockPlace
    indexed: Indexed


class DidRecord(Read):
    """One version of a DID, raw. `document`: base64url of the anchored bytes; holders have x, y and salt instead."""

    did: str
    id: Hex
    kind: Literal["organisation", "holder"]
    version: int
    state: Literal["active", "deactivated"]
    controller: Hex
    guardian: str | None
    document: str | None
    x: Hex | None
    y: Hex | None
    salt: Hex
    created: str
    updated: str
    created_at: UnixSeconds
    updated_at: UnixSeconds
    history_digest: Hex
    block_number: int
    transaction_hash: Hex
    latest: bool
    next_version_at: UnixSeconds | None
    pending: list[Pending]


class Compromise(Shape):
    """A key marked compromised: since when by what is final, and an earlier time that is only seen."""

    key_thumbprint: Hex
    since: UnixSeconds | None
    pending_since: UnixSeconds | None
    block_number: int
    final: bool
    reporter: str | None


class Compromises(Read):
    """Every marked key of a DID."""

    did: str
    compromises: list[Compromise]


class Grant(Shape):
    """One accreditation; grantor null is the council."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    did: str
    type_id: Hex
    seq: int
    grantor: str | None
    grantor_seq: int
    depth: int
    may_issue: bool
    may_accredit: bool
    valid_from: UnixSeconds = Field(alias="from")
    until: UnixSeconds
    ended_at: UnixSeconds | None
    by: Hex
    block_number: int


class Grants(Read):
    """Every grant that an agency got."""

    did: str
    grants: list[Grant]
    pending: list[Pending]


class PathLink(Shape):
    """One link of a path."""

    did: str
    seq: int


class Path(Read):
    """The path that lets an agency act for a type at a time: leaf first."""

    did: str
    type_id: Hex
    at: UnixSeconds
    valid: bool
    pending_valid: bool
    path: list[PathLink]
    grants: list[Grant]


class Batch(Shape):
    """One anchored issuance batch."""

    did: str
    seq: int
    root: Hex
    count: int
    time: UnixSeconds
    digest: Hex
    by: Hex
    block_number: int


class BatchAnswer(Batch):
    """One batch, read somewhere."""

    ledger: Place


class Batches(Read):
    """An agency's newest batches; `count` is how many there are."""

    did: str
    count: int
    issuances: list[Batch]


class PendingWords(Shape):
    """The list as it is seen beyond the final block."""

    seq: int
    ops_head: Hex
    words: str
    block_number: int


class StatusListAnswer(Read):
    """A whole list. `words`: base64url(zlib(32768 bytes)): 512 words of revocation, then 512 of suspension, MSB first."""

    list: Hex
    owner: str
    registry: Hex
    seq: int
    ops_head: Hex
    published_seq: int
    published_digest: Hex
    words: str
    block_number: int
    block_hash: Hex
    block_time: UnixSeconds
    pending: PendingWords | None


class OwnList(Shape):
    """A list that a DID opened."""

    list: Hex
    registry: Hex
    block_number: int


class OwnLists(Read):
    """The lists of a DID."""

    did: str
    lists: list[OwnList]


class SchemaAnswer(Read):
    """A credential type's anchored document (base64url), by version."""

    type_id: Hex
    vct: str
    owner: str
    version: int
    count: int
    digest: Hex
    document: str
    time: UnixSeconds
    block_number: int


class SchemaEntry(Shape):
    """A credential type in its latest version."""

    type_id: Hex
    vct: str
    owner: str
    version: int
    digest: Hex
    block_number: int


class SchemaEntries(Read):
    """Every credential type."""

    schemas: list[SchemaEntry]


class Service(Shape):
    """A verifier's right to ask for certain claims."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    type_id: Hex
    code: str
    verifier: str
    version: int
    valid_from: UnixSeconds = Field(alias="from")
    until: UnixSeconds
    ended_at: UnixSeconds | None
    digest: Hex
    document: str
    by: Hex
    block_number: int


class ServiceAnswer(Service):
    """One service; `pending_end`: its end is seen in a block that is not final yet."""

    pending_end: bool
    ledger: Place


class Services(Read):
    """Every service of a type."""

    type_id: Hex
    services: list[Service]


class Admission(Shape):
    """When an agency was admitted, by whom (sponsor null: the council); zeros if never or dismissed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    valid_from: UnixSeconds = Field(alias="from")
    until: UnixSeconds
    sponsor: str | None
    block_number: int | None


class RoleTerm(Shape):
    """A key's role; until 0: ended."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    role: int
    role_name: str
    controller: Hex
    valid_from: UnixSeconds = Field(alias="from")
    until: UnixSeconds
    block_number: int


class Roles(Read):
    """Who may act for an agency."""

    did: str
    admission: Admission
    terms: list[RoleTerm]
    pending: list[Pending]


class Nonce(Read):
    """The next keyed nonce of a controller."""

    contract: str
    controller: Hex
    key: Quantity
    sequence: int
    nonce: Quantity


class Vote(Shape):
    """A member's vote."""

    member: Hex
    choice: str


class Proposal(Shape):
    """A proposal of the present epoch."""

    proposal: Hex
    kind: int
    arguments: Hex
    salt: Hex
    state: Literal["open", "ready", "executed", "cancelled"]
    ready_at: UnixSeconds | None
    votes: list[Vote]
    block_number: int


class Council(Read):
    """The present council."""

    epoch: int
    threshold: int
    members: list[Hex]
    paused_until: UnixSeconds | None
    proposals: list[Proposal]


class Event(Shape):
    """One decoded event; fields are named as in the contract's ABI."""

    position: str
    block_number: int
    log_index: int
    block_time: UnixSeconds
    time: str
    transaction_hash: Hex
    contract: str
    type: str
    fields: dict[str, Any]
    subject_dids: list[str]
    final: bool


class Events(Read):
    """A page of the ledger's story in (block, log index) order."""

    events: list[Event]
    next_cursor: str | None


class Reason(Shape):
    """Why a node is not ready, and what to do."""

    code: str
    detail: str


class Health(BaseModel):
    """How the node is."""

    status: str
    reasons: list[Reason] = []
    head: dict[str, int] | None = None
