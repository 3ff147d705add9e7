"""The issuer's book, as its users see it: one line a credential, from the reserved index to the receipt.

- An index is drawn at random from the whole list, reserved before anything is signed, and never used again.
- A batch can be resumed anywhere: what is reserved keeps its index, what is signed is not signed again, what is
  anchored is not anchored again.
- The book is the agency's own and stays with it; the node never sees it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from registry_client.core.credential import Format
from registry_client.core.issuance import Receipt
from registry_client.core.keys import PublicKey
from registry_client.core.status import StatusReference

Progress = Literal["reserved", "signed", "anchored"]
Standing = Literal["valid", "suspended", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceRequest:
    """One credential to be made. Times are unix seconds."""

    vct: str
    format: Format = Format.SD_JWT_VC
    claims: Mapping[str, Any]
    holder_key: PublicKey | None = None
    """What the credential is bound to (`cnf`); never in Data Integrity, which binds to the subject's DID."""
    subject: str | None = None
    """The subject's DID, if it has one."""
    valid_from: int | None = None
    valid_until: int | None = None
    reference: str | None = None
    """The agency's own reference, as in its HR system."""
    replaces: str | None = None
    """Id of the credential that this one is issued instead of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """One line of the book."""

    id: str
    batch: str
    line: int
    """0-based place in the batch, and in its issuance tree."""
    request: IssuanceRequest
    status: StatusReference
    progress: Progress
    standing: Standing
    signed_at: int | None = None
    digest: bytes | None = None
    credential: str | None = None
    """The signed text; of a Data Integrity credential, JSON."""
    receipt: Receipt | None = None
    replaced_by: str | None = None
    reason: str | None = field(default=None, repr=False)
    """Why it was last suspended, lifted or revoked."""


@dataclass(frozen=True, slots=True)
class SignedLine:
    """What signing a line gives: its text, the digest that the batch's tree holds, and when (unix seconds)."""

    entry_id: str
    credential: str
    digest: bytes
    signed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorPlan:
    """What a batch anchors: written down before it is sent, so that a resumed batch sends the very same."""

    batch: str
    seq: int
    root: bytes
    count: int


class Book(Protocol):
    """What the issuing use case needs of a book. Every method is one transaction; BookError says what is wrong."""

    def reserve(self, batch: str, requests: Sequence[IssuanceRequest]) -> list[BookEntry]:
        """Enter a batch, each line with a fresh index; the same batch again returns what is there."""
        ...

    def record_signed(self, lines: Sequence[SignedLine]) -> None:
        """Keep signed credentials, all or none; a line is signed once."""
        ...

    def entries(self, batch: str) -> list[BookEntry]:
        """Return a batch in order."""
        ...

    def plan_anchor(self, plan: AnchorPlan) -> None:
        """Write down what is about to be anchored; replaces a plan whose sequence number somebody else took."""
        ...

    def anchor_plan(self, batch: str) -> AnchorPlan | None:
        """Return what was planned for a batch."""
        ...

    def record_anchored(self, batch: str, receipts: Iterable[tuple[str, Receipt]]) -> None:
        """Keep the receipts of a batch, by entry id."""
        ...
