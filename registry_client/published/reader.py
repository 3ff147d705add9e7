"""Published lists as a verifier uses them: whole, kept, held against the ledger, and good for a while without it.

- `PublishedLists` is a LedgerReader around another: everything is the other's answer except a status list, which is
  also fetched from a place (a node, or a folder of files) and compared.
- It is fetched in the form that the credential names: two bitstring credentials, or one token list.
- While the ledger answers, its words count, and the published list must say the same: other bits at the same sequence,
  or another digest than the anchored one, is a list that lies, and everything under it is refused.
- When the ledger's words cannot be had, the newest list that was signed well is used, as old as its signature says;
  what it must be held against (owner, document, anchors) is what the ledger said last.
- A list whose sequence went back, or that is past its time, is never used: the status is then not known.
- One list a fetch, kept for its `ttl`; never a request for one credential.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from registry_client.core.assurance import Assurance
from registry_client.core.did import Did, format_did
from registry_client.core.document_builder import document_of
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import BlockRef, DidVersion, StatusList
from registry_client.core.status import ListForm
from registry_client.core.status_lists.bitstring import parse_bitstring_list
from registry_client.core.status_lists.snapshot import (
    PublishedList,
    require_words,
    verify_list,
    words_of,
    words_of_token,
)
from registry_client.core.status_lists.token import parse_token_list
from registry_client.core.strict_json import parse_object
from registry_client.errors import (
    InvalidInputError,
    KeyCompromisedError,
    LedgerUnavailableError,
    RegistryError,
    StatusListMalformedError,
    StatusStaleError,
    StatusUnavailableError,
)
from registry_client.flows import Flow
from registry_client.ports import LedgerReader
from registry_client.published.places import DOCUMENT_MAX_BYTES, ListPlace

RETRY_S: Final = 5.0
"""After a list that was refused or could not be fetched: how long nobody is asked again."""


@dataclass(slots=True)
class _Kept:
    """What is known of one list in one form."""

    form: ListForm
    seq: int = -1
    """The highest sequence seen, published or anchored; never above what the ledger says while it answers."""
    words: bytes = b""
    lists: tuple[PublishedList, ...] = ()
    fetch_at: float = 0.0
    refused: RegistryError | None = None
    asked_for: int = 0
    """The anchored sequence for which a copy was fetched before its time: once for each."""
    known: StatusList | None = None
    owner: DidVersion | None = None
    thumbprint: bytes = b""


class PublishedLists:
    """A LedgerReader whose status lists are checked against published ones. One object a verifier; not for threads."""

    def __init__(
        self,
        ledger: LedgerReader,
        place: ListPlace,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now`: unix seconds, for expiry. `clock`: monotonic seconds, for how long copies are kept."""
        self._ledger = ledger
        self._place = place
        self._now = now
        self._clock = clock
        self._kept: dict[tuple[bytes, ListForm], _Kept] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @property
    def network(self) -> str:
        """The ledger's name in DIDs."""
        return self._ledger.network

    @property
    def assurance(self) -> Assurance:
        """What the ledger's answers are worth."""
        return self._ledger.assurance

    def status_list(self, list_id: bytes, *, block: BlockRef | None = None) -> Flow[StatusList | None]:
        """Return `published_list` in the bitstring form; at one certain block, what the ledger says alone."""
        if block is not None:
            return (yield from self._ledger.status_list(list_id, block=block))
        return (yield from self.published_list(list_id, form="bitstring"))

    def published_list(self, list_id: bytes, *, form: ListForm) -> Flow[StatusList | None]:
        """Return the list as the ledger has it, checked against what is published; or what is published, alone.

        `form`: the one that the credential names. Raises StatusListMalformedError, ProofInvalidError and kin (a list
        that lies), StatusStaleError (past its time, or gone back), StatusUnavailableError (neither can be had).
        """
        kept = self._kept.setdefault((list_id, form), _Kept(form))
        answers = yield from self._ask_ledger(list_id, kept)
        if answers and kept.known is None:
            return None
        if kept.known is None or kept.owner is None:
            raise StatusUnavailableError("the ledger was never reached: nobody knows whose list this is")
        if answers:
            _follow_ledger(kept, kept.known)
        yield from self._refresh(list_id, kept, newest=kept.known.seq if answers else None)
        at = int(self._now())
        self._require_good(kept, kept.known, at)
        if answers:
            return replace(kept.known, source="ledger and published list")
        signed_at = min(item.signed_at for item in kept.lists)
        head = replace(kept.known.head, time=signed_at)
        return replace(
            kept.known,
            words=kept.words,
            seq=kept.lists[0].seq,
            head=head,
            pending_words=None,
            source="published list",
        )

    def _ask_ledger(self, list_id: bytes, kept: _Kept) -> Flow[bool]:
        """Note what the ledger says of the list, its owner and its key; False if it cannot be reached."""
        try:
            kept.known = yield from self._ledger.status_list(list_id)
            if kept.known is not None:
                kept.owner = yield from self._ledger.did_version(kept.known.owner)
        except LedgerUnavailableError:
            return False
        return True

    def _refresh(self, list_id: bytes, kept: _Kept, *, newest: int | None) -> Flow[None]:
        """Fetch the list where none is kept, or where the copy is older than it may be. `newest`: the ledger's seq."""
        if kept.refused is not None and self._clock() < kept.fetch_at:
            raise kept.refused
        if kept.lists and self._clock() < kept.fetch_at:
            return
        try:
            yield from self._fetch(list_id, kept, newest)
        except RegistryError as error:
            kept.refused, kept.fetch_at = error, self._clock() + RETRY_S
            raise
        kept.refused = None

    def _fetch(self, list_id: bytes, kept: _Kept, newest: int | None) -> Flow[None]:
        """Fetch the list, and keep it if it is good."""
        bodies = yield from self._place.fetch(list_id, kept.form)
        try:
            lists, words = _read_token(*bodies) if kept.form == "token" else _read_bitstrings(*bodies)
        except InvalidInputError as error:
            raise StatusListMalformedError(f"what is published is no status list: {error.detail}") from None
        if {item.list_id for item in lists} != {list_id}:
            raise StatusListMalformedError("another list is published under this name", list=encode_hex(list_id))
        first = lists[0]
        self._require_signed(kept, lists)
        age_s = int(self._now()) - first.signed_at
        if newest is not None and first.seq > newest:
            raise StatusStaleError(
                "the published list is ahead of the ledger that is known here", seq=first.seq, known=newest
            )
        if first.seq < kept.seq:
            raise StatusStaleError(
                "the published list went back to an older state: somebody serves an old copy",
                seq=first.seq,
                seen=kept.seq,
                age_s=age_s,
            )
        yield from self._require_key(kept, kept.thumbprint)
        kept.lists, kept.words, kept.seq = lists, words, first.seq
        kept.fetch_at = self._clock() + min(item.ttl_s for item in lists)

    def _require_signed(self, kept: _Kept, lists: tuple[PublishedList, ...]) -> None:
        if kept.owner is None:
            raise StatusUnavailableError("the list's owner is not known")
        did = Did(str(format_did(self.network, kept.owner.did_id)))
        document = document_of(kept.owner, did)
        if document is None:
            raise StatusListMalformedError("the list's owner is deactivated", did=did)
        for item in lists:
            kept.thumbprint = verify_list(item, owner=did, document=document, as_of=int(self._now()))

    def _require_key(self, kept: _Kept, thumbprint: bytes) -> Flow[None]:
        if kept.owner is None:
            return
        try:
            mark = yield from self._ledger.compromise(kept.owner.did_id, thumbprint)
        except LedgerUnavailableError:
            return
        if mark.since is not None or mark.pending_since is not None:
            raise KeyCompromisedError("the key that signed the list is marked compromised", since=mark.since)

    def _require_good(self, kept: _Kept, known: StatusList, at: int) -> None:
        """Hold the kept list against what the ledger says of it."""
        first = kept.lists[0]
        self._require_signed(kept, kept.lists)  # a copy that was good may have expired since
        age_s = at - first.signed_at
        if known.published_seq > first.seq and any(known.published_digest):
            kept.seq = max(kept.seq, known.published_seq)
            raise StatusStaleError(
                "the agency anchored a newer list than the one that is published",
                seq=first.seq,
                anchored_seq=known.published_seq,
                age_s=age_s,
            )
        if known.published_seq == first.seq and any(known.published_digest) and known.published_digest != first.digest:
            raise StatusListMalformedError("the published list is not the anchored one", seq=first.seq)
        if known.seq == first.seq:
            for item in kept.lists:
                require_words(item, known.words)


def _read_bitstrings(revocation: bytes, suspension: bytes) -> tuple[tuple[PublishedList, ...], bytes]:
    """Take the two credentials of a snapshot apart, and make its words of them."""
    first, second = (
        parse_bitstring_list(parse_object(body, max_bytes=DOCUMENT_MAX_BYTES)) for body in (revocation, suspension)
    )
    return (first, second), words_of(first, second)


def _read_token(body: bytes) -> tuple[tuple[PublishedList, ...], bytes]:
    """Take a token list apart. Its words say the same of every place, but not what a revoked one was besides."""
    token = parse_token_list(body.decode("ascii", errors="replace").strip())
    return (token,), words_of_token(token)


def _follow_ledger(kept: _Kept, known: StatusList) -> None:
    """Forget what is ahead of the ledger, and ask once for what it has anchored since the copy was made."""
    kept.seq = min(kept.seq, known.seq)
    if kept.lists and kept.lists[0].seq > known.seq:
        kept.lists = ()
    elif kept.lists and kept.lists[0].seq < known.published_seq and kept.asked_for < known.published_seq:
        kept.fetch_at = 0.0
        kept.asked_for = known.published_seq
