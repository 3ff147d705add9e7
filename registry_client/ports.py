"""What the client needs from outside, as Protocols; the values that cross are in core/facts.py and re-exported here.

- A LedgerReader's methods are flows (see flows.py). `block=None` reads the head: values as of the newest *final* block,
  bad news from later blocks in the `pending` fields (law 7). `block=BlockRef` reads exactly that block, no overlay.
- Absence is None; unreachable, too large or nonsense raises a LedgerError, never returns None.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable

from registry_client.core.assurance import Assurance
from registry_client.core.facts import (
    STATUS_LIST_BYTES,
    AccreditationPath,
    BlockRef,
    CompromiseMark,
    DidVersion,
    EventFilter,
    EventPage,
    Grant,
    GrantLink,
    IssuanceAnchor,
    LedgerEvent,
    LedgerHead,
    PendingState,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.core.keys import Signer
from registry_client.core.status import ListForm
from registry_client.flows import Flow

__all__ = [
    "STATUS_LIST_BYTES",
    "AccreditationPath",
    "Assurance",
    "BlockRef",
    "Clock",
    "CompromiseMark",
    "DidVersion",
    "EventFilter",
    "EventPage",
    "Grant",
    "GrantLink",
    "IssuanceAnchor",
    "LedgerEvent",
    "LedgerHead",
    "LedgerReader",
    "ListForm",
    "ListReader",
    "PendingState",
    "SchemaRecord",
    "ServiceRecord",
    "Signer",
    "StatusList",
]


@runtime_checkable
class LedgerReader(Protocol):
    """Reads facts. Absence (None) is a fact too; unreachable or nonsense raises LedgerError, never returns None."""

    @property
    def network(self) -> str:
        """The network's name in DIDs."""
        ...

    @property
    def assurance(self) -> Assurance:
        """What this reader's answers are worth."""
        ...

    def head(self) -> Flow[LedgerHead]: ...

    def did_version(
        self, did_id: bytes, *, version: int | None = None, time: int | None = None, block: BlockRef | None = None
    ) -> Flow[DidVersion | None]:
        """Read the latest version, or exactly `version`, or the highest whose block time <= `time`."""
        ...

    def compromise(self, did_id: bytes, thumbprint: bytes, *, block: BlockRef | None = None) -> Flow[CompromiseMark]:
        """Read the mark against one key (RFC 7638 SHA-256 thumbprint, 32 bytes)."""
        ...

    def accreditation(
        self, agency: bytes, type_id: bytes, *, at: int, block: BlockRef | None = None
    ) -> Flow[AccreditationPath]:
        """Read the path that let `agency` act for the type at time `at`."""
        ...

    def issuance(self, agency: bytes, seq: int, *, block: BlockRef | None = None) -> Flow[IssuanceAnchor]:
        """Read one anchored batch, seq 1-based."""
        ...

    def status_list(self, list_id: bytes, *, block: BlockRef | None = None) -> Flow[StatusList | None]:
        """Read a whole status list; None = never opened."""
        ...

    def schema(
        self, type_id: bytes, *, version: int | None = None, block: BlockRef | None = None
    ) -> Flow[SchemaRecord | None]:
        """Read one version of a type's schema, the latest without `version`."""
        ...

    def service(self, type_id: bytes, code: str, *, block: BlockRef | None = None) -> Flow[ServiceRecord | None]:
        """Read a service by its code; None = never set."""
        ...

    def events(self, filter: EventFilter, *, cursor: str | None = None) -> Flow[EventPage]:  # noqa: A002
        """Read one page of the ledger's story in stable order."""
        ...


@runtime_checkable
class ListReader(Protocol):
    """A LedgerReader that also reads what agencies publish, in the form that a credential names."""

    def published_list(self, list_id: bytes, *, form: ListForm) -> Flow[StatusList | None]:
        """Return a whole list, held against what is published; None where the ledger has none."""
        ...


class Clock(Protocol):
    """Tells the time at the edge; the core gets times as arguments."""

    def now(self) -> datetime:
        """Return an aware UTC time."""
        ...
