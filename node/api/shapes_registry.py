"""Wire shapes: accreditations, issuance, roles, nonces, the council."""

from typing import Literal

from pydantic import ConfigDict, Field

from node.api.schemas import Hex, Pending, Place, Quantity, Read, Shape, UnixSeconds


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


class Admission(Shape):
    """Since and until when an agency is admitted, and by whom (sponsor null: the council); zeros if it never was."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    valid_from: UnixSeconds = Field(alias="from")
    until: UnixSeconds
    sponsor: str | None
    block_number: int | None


class RoleTerm(Shape):
    """A key's role, for [from, until); ending it cuts it short."""

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
    registry: Hex
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
