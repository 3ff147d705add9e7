"""Wire shapes that many answers share; the registry's and the credentials' own are in shapes_*.py beside."""

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
    block_hash: Hex
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
    """Why a node is not ready, and what to do. `since`: unix seconds, for what lasts."""

    code: str
    detail: str
    since: int | None = None


class Health(BaseModel):
    """How the node is."""

    status: str
    reasons: list[Reason] = []
    head: dict[str, int] | None = None
    leases: list[str] | None = None
    """What this node does of what one of several nodes does: `indexer`, `sender`; null where it is the only node."""
