"""What a verifier knows of the ledger: facts read once and kept for a moment, all from the same reader.

- Everything is forgotten together, `keep_s` after the first read: a verdict never rests on facts of very different age.
  The default of one second lets a gate judge a queue of people without asking the ledger for each.
- Ages that a policy limits are measured against the ledger's own clock (head times), never against this one.
- Told what changed (`drop`), it forgets just that, and may then keep the rest for longer (`keep_for`).
- Absence is a fact and is kept; an error is not, so that an outage is never remembered as "no such thing".
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final, TypeAlias, TypeVar, cast

from registry_client.core.assurance import Assurance
from registry_client.core.changes import Change
from registry_client.core.facts import (
    AccreditationPath,
    CompromiseMark,
    DidVersion,
    IssuanceAnchor,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.flows import Flow, together
from registry_client.plan.news import News
from registry_client.ports import LedgerReader, ListForm, ListReader

KEEP_S: Final = 1.0  # seconds
FACTS_MAX: Final = 2_048
"""Facts kept at once; a status list is the largest, 32 KiB."""
_UNKNOWN: Final = object()
_Key: TypeAlias = tuple[Any, ...]
"""The kind of a fact, the id that it is of, and what else was asked."""

T = TypeVar("T")


class KnownFacts:
    """A LedgerReader's answers, kept for `keep_s` seconds of a monotonic clock."""

    def __init__(self, ledger: LedgerReader, *, keep_s: float = KEEP_S, clock: Callable[[], float] = monotonic) -> None:
        """Keep facts for `keep_s` seconds; 0 reads everything anew for every verdict."""
        self._ledger = ledger
        self._lists = ledger if isinstance(ledger, ListReader) else None
        self._keep_s = self._own_keep_s = keep_s
        self.news = News()
        """What another thread has to say; done before the next verdict."""
        self._generation = 0
        self._clock = clock
        self._forget_at = 0.0
        self._facts: dict[_Key, Any] = {}
        self._history: dict[bytes, list[DidVersion]] = {}
        self.standings: dict[tuple[str, str, str | None], Any] = {}
        """Issuers found in good standing (plan/standing.py); forgotten with the facts under them."""
        self.purposes: dict[tuple[str, str | None, str], Any] = {}
        """Services found in force (plan/purpose.py); forgotten with the facts under them."""

    @property
    def network(self) -> str:
        """The ledger's name in DIDs."""
        return self._ledger.network

    @property
    def assurance(self) -> Assurance:
        """What the reader's answers are worth."""
        return self._ledger.assurance

    @property
    def holds_any(self) -> bool:
        """Whether anything is known already."""
        return bool(self._facts)

    def begin(self) -> None:
        """Forget what is too old; called once for each verdict."""
        if self.news.is_any:
            self._hear()
        now = self._clock()
        if now >= self._forget_at or len(self._facts) > FACTS_MAX:
            self._forget()
            self._forget_at = now + self._keep_s

    def _hear(self) -> None:
        heard = self.news.take()
        if heard.sets_keep:
            self.keep_for(heard.keep_s)
        elif heard.forgets:
            self._forget()
        for change in heard.changes:
            self.drop(change)

    def keep_for(self, keep_s: float | None) -> None:
        """Forget everything, and keep facts that long from now on; None: as long as at first."""
        self._keep_s = self._own_keep_s if keep_s is None else keep_s
        self._forget()

    def drop(self, change: Change) -> None:
        """Forget what a change touches; answers that are under way meanwhile are not kept."""
        if change.is_empty:
            return
        if change.is_reset:
            self._forget()
            return
        self._generation += 1
        self.standings.clear()
        self.purposes.clear()
        self._facts = {key: fact for key, fact in self._facts.items() if not _is_touched(key, change)}
        for did_id in change.dids:
            self._history.pop(did_id, None)

    def _forget(self) -> None:
        self._generation += 1
        self._facts.clear()
        self._history.clear()
        self.standings.clear()
        self.purposes.clear()
        self._forget_at = 0.0

    def did_version(
        self, did_id: bytes, *, version: int | None = None, time: int | None = None
    ) -> Flow[DidVersion | None]:
        """Read the latest version of a DID, or that number, or the one in force at a time."""
        key = ("did", did_id, version, time)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN and time is not None:
            fact = self._in_force(did_id, time)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.did_version(did_id, version=version, time=time))
            if time is not None and fact is not None and key in self._facts:
                self._history.setdefault(did_id, []).append(fact)
        return cast("DidVersion | None", fact)

    def compromise(self, did_id: bytes, thumbprint: bytes) -> Flow[CompromiseMark]:
        """Read the mark against one key."""
        key = ("compromise", did_id, thumbprint)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.compromise(did_id, thumbprint))
        return cast("CompromiseMark", fact)

    def accreditation_now(self, agency: bytes, type_id: bytes, *, at: int) -> Flow[AccreditationPath]:
        """Read the path in force at `at`, a time near now: asked once, and then judged by its own dates."""
        key = ("accreditation", agency, type_id)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.accreditation(agency, type_id, at=at))
        return cast("AccreditationPath", fact)

    def accreditation_at(self, agency: bytes, type_id: bytes, *, at: int) -> Flow[AccreditationPath]:
        """Read the path in force at exactly this time."""
        key = ("accreditation", agency, type_id, at)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.accreditation(agency, type_id, at=at))
        return cast("AccreditationPath", fact)

    def issuance(self, agency: bytes, seq: int) -> Flow[IssuanceAnchor]:
        """One anchored batch."""
        key = ("issuance", agency, seq)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.issuance(agency, seq))
        return cast("IssuanceAnchor", fact)

    def status_list(self, list_id: bytes, *, form: ListForm = "bitstring") -> Flow[StatusList | None]:
        """Read a whole status list. `form`: as what it is published, which matters to who reads published lists."""
        key = ("status", list_id, form)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            reading = (
                self._ledger.status_list(list_id)
                if self._lists is None
                else self._lists.published_list(list_id, form=form)
            )
            fact = yield from self._read(key, reading)
        return cast("StatusList | None", fact)

    def known_list(self, list_id: bytes, *, form: ListForm) -> StatusList | None:
        """Return a whole status list if it was read already and is on the ledger, else None."""
        return cast("StatusList | None", self._facts.get(("status", list_id, form)))

    def schema(self, type_id: bytes, *, version: int | None = None) -> Flow[SchemaRecord | None]:
        """Read a type's schema, the latest version without a number."""
        key = ("schema", type_id, version)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.schema(type_id, version=version))
        return cast("SchemaRecord | None", fact)

    def service(self, type_id: bytes, code: str) -> Flow[ServiceRecord | None]:
        """Read a registered service."""
        key = ("service", type_id, code)
        fact = self._facts.get(key, _UNKNOWN)
        if fact is _UNKNOWN:
            fact = yield from self._read(key, self._ledger.service(type_id, code))
        return cast("ServiceRecord | None", fact)

    def gather(self, *flows: Flow[Any]) -> Flow[None]:
        """Read several facts at once, so that a first verdict costs few round trips."""
        yield from together(*flows)

    def _in_force(self, did_id: bytes, time: int) -> Any:
        """Return a version already read whose time this is: a rotated key's credentials all ask for the same one."""
        for version in self._history.get(did_id, ()):
            if version.block_time <= time and version.next_version_at is not None and time < version.next_version_at:
                return version
        return _UNKNOWN

    def _read(self, key: _Key, flow: Flow[T]) -> Flow[T]:
        generation = self._generation
        fact = yield from flow
        if generation == self._generation:
            self._facts[key] = fact
        return fact


def _is_touched(key: _Key, change: Change) -> bool:
    """Tell whether a fact may read differently after a change. A path of accreditation hangs on other agencies' too."""
    match key:
        case ("did" | "compromise" | "issuance", bytes(did_id), *_):
            return did_id in change.dids
        case ("status", bytes(list_id), *_):
            return list_id in change.lists
        case ("schema" | "service", bytes(type_id), *_):
            return type_id in change.types
        case _:
            return True
