"""Published status lists: take in what an agency signed if it is the truth, and give it to everybody as it came.

- The node signs nothing and changes nothing: it stores bytes. It takes them only if the owner's `#status-N` signed
  them and their bits are the ledger's words at the sequence that the agency anchored last.
- All forms of a snapshot come together and are stored together, so that readers of two standards never disagree.
- Nothing older than what is stored replaces it, and nothing past its time is given out.
"""

import gzip
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from node.domain import fact
from node.domain.did_history import DEACTIVATED
from node.domain.published import StoredList
from node.ports import IndexView, PublishedStore
from node.services.context import Ledger, NotFoundError, hexed
from registry_client.core.canonical import canonicalize
from registry_client.core.did import Did
from registry_client.core.document import parse_organisation
from registry_client.core.status import list_url
from registry_client.core.status_lists.publication import FORMS, JWT_FORMS, TOKEN
from registry_client.core.status_lists.snapshot import PURPOSES, PublishedList, require_words, verify_list, words_of
from registry_client.errors import (
    InvalidInputError,
    KeyCompromisedError,
    RegistryError,
    StatusListMalformedError,
)

SNAPSHOT: Final = "snapshot"
URLS_MAX: Final = 10_000
"""Lists in one aggregation."""
CHANGES_MAX: Final = 50_000
"""Changes undone to reach the words of an anchored snapshot; a list that changed more often is anchored anew first."""


class PublicationRefusedError(RegistryError):
    """The list is signed well, but the ledger, or what is published already, says something newer."""

    type_uri = "https://mapae.invalid/problems/publication-refused"
    title = "Publication refused"


class PublishedLists:
    """Takes and gives published lists. `now`: unix seconds."""

    def __init__(self, ledger: Ledger, store: PublishedStore, *, now: Callable[[], int]) -> None:
        self._ledger, self._store, self._now = ledger, store, now

    def publish(self, list_id: bytes, body: Mapping[str, Any], view: IndexView) -> dict[str, Any]:
        """Check every form of a list and store them.

        `body`: the forms by name (core/status_lists/publication.py). Raises InvalidInputError, VerificationError,
        PublicationRefusedError, NotFoundError.
        """
        forms = _parse(body)
        found = list(forms.values())
        if {item.list_id for item in found} != {list_id}:
            raise StatusListMalformedError("the lists are of another id than the address they were put to")
        opened = view.last(fact.StatusList, list_id=list_id)
        if opened is None:
            raise NotFoundError("no such status list is open, as far as the ledger is final", list=hexed(list_id))
        self._require_truth(found, view)
        words = words_of(forms[PURPOSES[0]], forms[PURPOSES[1]])
        self._require_signer(found, opened.owner, view)
        stored = [self._stored(form, item, body[form]) for form, item in forms.items()]
        stored.append(_snapshot(forms[TOKEN], words))
        if not self._store.replace(stored):
            raise PublicationRefusedError(
                "what is published of this list is as new or newer: sign it again to publish it again",
                list=hexed(list_id),
            )
        first = forms[TOKEN]
        return {
            "list": hexed(list_id),
            "seq": first.seq,
            "digest": hexed(first.digest),
            "signed_at": first.signed_at,
            "expires_at": first.expires_at,
            "forms": sorted(forms),
        }

    def get(self, list_id: bytes, form: str) -> tuple[StoredList, int]:
        """Return a form that is valid now and the seconds for which it may be kept. Raises NotFoundError."""
        found = self._store.get(list_id, form)
        remaining = 0 if found is None else found.expires_at - self._now()
        if found is None or remaining <= 0:
            raise NotFoundError(
                "this list is not published here: its agency does that with `mapae status publish`",
                list=hexed(list_id),
            )
        return found, min(found.ttl_s, remaining)

    def urls(self) -> list[str]:
        """Return the URLs of every token list that is valid now."""
        return self._store.urls(alive_at=self._now(), limit=URLS_MAX)

    def _require_truth(self, found: list[PublishedList], view: IndexView) -> None:
        """Refuse lists of any other state than the anchored one, or whose bits are not its words."""
        list_id = found[0].list_id
        anchored = view.last(fact.Snapshot, list_id=list_id)
        if anchored is None or any((item.seq, item.digest) != (anchored.seq, anchored.digest) for item in found):
            raise PublicationRefusedError(
                "the lists are not of the snapshot that is anchored last (and final): anchor theirs, or sign that one",
                list=hexed(list_id),
                seq=found[0].seq,
                anchored_seq=anchored.seq if anchored else None,
            )
        words = _words_at(view, list_id, anchored.seq)
        if sha256(words).digest() != anchored.digest:
            raise StatusListMalformedError(
                "the anchored digest is not that of the ledger's words at its sequence: anchor a newer one",
                list=hexed(list_id),
                seq=anchored.seq,
            )
        for item in found:
            require_words(item, words)

    def _require_signer(self, found: list[PublishedList], owner: bytes, view: IndexView) -> None:
        """Refuse lists that the owner did not sign with a good `#status-N`, or not now."""
        did = Did(self._ledger.did(owner))
        version = view.last(fact.DidVersion, did_id=owner)
        if version is None or version.state == DEACTIVATED or version.document is None:
            raise StatusListMalformedError("the list's owner has no document: its DID is deactivated", did=did)
        document = parse_organisation(version.document, did)
        for item in found:
            thumbprint = verify_list(item, owner=did, document=document, as_of=self._now())
            if view.at_head().last(fact.Compromise, did_id=owner, thumbprint=thumbprint) is not None:
                raise KeyCompromisedError("the key that signed the list is marked compromised", method=item.method_id)

    def _stored(self, form: str, item: PublishedList, given: Any) -> StoredList:
        data = given.encode("ascii") if isinstance(given, str) else canonicalize(given)
        purpose = form.partition("+")[0] if form != TOKEN else None
        return _make(item, form, list_url(item.list_id, host=self._ledger.base, purpose=purpose), data)


def _parse(body: Mapping[str, Any]) -> dict[str, PublishedList]:
    if not {TOKEN, *PURPOSES} <= body.keys() <= FORMS.keys():
        raise InvalidInputError(f"a publication has {TOKEN}, {', '.join(PURPOSES)}; maybe {', '.join(JWT_FORMS)}")
    forms: dict[str, PublishedList] = {}
    for form, given in body.items():
        text = form == TOKEN or form in JWT_FORMS
        if not isinstance(given, str if text else dict):
            raise InvalidInputError(f"{form} is {'a compact JWS' if text else 'a credential'}", form=form)
        forms[form] = FORMS[form](given)
        if forms[form].purpose != (None if form == TOKEN else form.partition("+")[0]):
            raise StatusListMalformedError("a list is for another purpose than it was put as", form=form)
    return forms


def _words_at(view: IndexView, list_id: bytes, seq: int) -> bytes:
    """Return the words after `seq` changes: the final ones, with later changes undone."""
    words = bytearray(view.words_upto(list_id))
    last = view.last(fact.StatusChange, list_id=list_id)
    later = (last.seq if last else 0) - seq
    if later > CHANGES_MAX:
        raise PublicationRefusedError(
            f"{later} changes came after the anchored snapshot: anchor a newer one", list=hexed(list_id)
        )
    changes = view.facts(fact.StatusChange, newest=True, limit=later, list_id=list_id) if later > 0 else []
    for change in islice(changes, max(0, later)):
        at = 32 * change.first_word
        here = int.from_bytes(words[at : at + len(change.masks)]) ^ int.from_bytes(change.masks)
        words[at : at + len(change.masks)] = here.to_bytes(len(change.masks))
    return bytes(words)


def _snapshot(item: PublishedList, words: bytes) -> StoredList:
    return _make(item, SNAPSHOT, "", words)


def _make(item: PublishedList, form: str, url: str, data: bytes) -> StoredList:
    return StoredList(
        list_id=item.list_id,
        form=form,
        seq=item.seq,
        signed_at=item.signed_at,
        expires_at=item.expires_at,
        ttl_s=item.ttl_s,
        url=url,
        body=data,
        packed=gzip.compress(data, 9, mtime=0),
        etag=sha256(data).hexdigest(),
    )
