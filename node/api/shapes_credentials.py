"""Wire shapes: status lists, schemas, services."""

from pydantic import ConfigDict, Field

from node.api.schemas import Hex, Place, Read, Shape, UnixSeconds


class PendingWords(Shape):
    """The list as it is seen beyond the final block."""

    seq: int
    ops_head: Hex
    words: str
    block_number: int


class StatusListAnswer(Read):
    """A whole list. `words`: base64url(zlib(32768 bytes)): 512 of revocation, then 512 of suspension, MSB first."""

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
