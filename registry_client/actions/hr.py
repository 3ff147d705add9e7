"""The HR feed made true: enter the lines in the book, send what is due, and hold feed, book and ledger together.

- Order: book, ledger, book. Whatever stops a run, the next one finds the lines in the book, looks at the ledger's
  words, sends only what they do not show yet, and notes it. A file read twice enters nothing.
- What is urgent goes first, by itself. The rest of a day goes as one epoch: one operation a list and kind, in which
  nobody's event can be told from another's. A second epoch on the same day is sent only if asked for.
- The ledger learns bits. Why stays in the book, sealed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from registry_client.actions import status as lists
from registry_client.actions.desk import Desk, Party
from registry_client.adapters.book import IssuerBook
from registry_client.adapters.book_hr import HrBook, HrEvent
from registry_client.core.book import BookEntry, Standing
from registry_client.core.facts import StatusList
from registry_client.core.hr import (
    EFFECTS,
    FOUND,
    URGENT,
    Effect,
    Feed,
    FeedRow,
    day_of,
    feed_error,
    odd_dates,
)
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.core.status import REVOKED, SUSPENDED, status_value
from registry_client.errors import BookError, StatusListMalformedError
from registry_client.registry import Registry

_STANDINGS: Final[dict[int, Standing]] = {REVOKED: "revoked", SUSPENDED: "suspended"}
_KINDS: Final[tuple[Effect, ...]] = ("Revoke", "Suspend", "Lift")

OnStage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What one credential needs: its events that are due, and the change that makes the ledger show their sum."""

    entry: BookEntry
    events: tuple[HrEvent, ...]
    wanted: Standing
    kind: Effect | None
    """None: the ledger shows it already."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did, or would do. Counts of credentials, except `entered` and `waiting`: events."""

    entered: int
    urgent: tuple[Step, ...] = ()
    epoch: tuple[Step, ...] = ()
    waiting: int = 0
    held_back: bool = False
    """Whether the day's epoch was sent before, so that what is due waits for tomorrow's."""
    operations: tuple[str, ...] = field(default=())
    ahead: tuple[FeedRow, ...] = ()
    """New lines whose day has not come: they wait for it."""
    long_past: tuple[FeedRow, ...] = ()
    """New lines whose day was more than LONG_PAST_DAYS ago: they act all the same."""


def resolve(book: IssuerBook, feed: Feed, *, now: int) -> list[tuple[FeedRow, list[str]]]:
    """Find the credentials that each new line means: that of its id, or all of its reference that can still change.

    Lines that were entered before are left out. Raises HrFeedError with every wrong line of the feed: those that cannot
    be read, those that mean no credential, and a loss or theft after `now`.
    """
    hr, found, errors = HrBook(book), [], list(feed.wrong)
    today = day_of(now)
    seen: set[str] = set()
    for row in feed.rows:
        if row.key in seen or hr.is_known(row):
            continue
        seen.add(row.key)
        entries = _entries(book, row.reference, row.credential)
        if not entries:
            errors.append((row.line, _unknown(row.reference, row.credential)))
        if row.event in FOUND and row.effective > today:
            errors.append((row.line, f"{row.event} on {row.effective}: today is {today}, nobody has found that yet"))
        found.append((row, [entry.id for entry in entries]))
    errors += [(line, _unknown(*whom)) for line, *whom in feed.named if not _entries(book, *whom)]
    if errors:
        raise feed_error(errors)
    return found


def plan(book: IssuerBook, registry: Registry, events: Sequence[HrEvent]) -> list[Step]:
    """Return what each credential needs for events that are due, in their order. Reads each list once."""
    by_credential: dict[str, list[HrEvent]] = {}
    for event in events:
        by_credential.setdefault(event.credential, []).append(event)
    known: dict[bytes, StatusList] = {}
    steps = []
    for entry_id, own in by_credential.items():
        entry = book.entry(entry_id)
        shown = _shown(registry, known, entry)
        wanted = "revoked" if entry.standing == "revoked" else shown
        for event in own:
            wanted = _after(wanted, EFFECTS[event.event])
        steps.append(Step(entry, tuple(own), wanted, _change(shown, wanted)))
    return steps


def preview(book: IssuerBook, registry: Registry, feed: Feed, *, now: int, again: bool = False) -> Result:
    """Return what `apply` would do, without writing anything anywhere."""
    hr = HrBook(book)
    fresh = resolve(book, feed, now=now)
    pairs = [(row, entry_id) for row, entry_ids in fresh for entry_id in entry_ids]
    imagined = [
        HrEvent(2**40 + position, entry_id, row.event, row.effective, row.due_at, None, row.note)
        for position, (row, entry_id) in enumerate(pairs)
    ]
    events = sorted([*hr.open(), *imagined], key=lambda event: (event.due_at, event.number))
    urgent, due, waiting, held = _sorted(hr, events, now=now, again=again)
    first, second = tuple(plan(book, registry, urgent)), tuple(plan(book, registry, due))
    ahead, long_past = odd_dates([row for row, _ in fresh], now=now)
    return Result(len(imagined), first, second, waiting, held, ahead=ahead, long_past=long_past)


def apply(
    desk: Desk,
    book: IssuerBook,
    registry: Registry,
    feed: Feed,
    *,
    operator: Callable[[], Signer],
    again: bool = False,
    on_stage: OnStage = lambda _: None,
) -> Result:
    """Enter the lines, send what is urgent, then the day's epoch. May be stopped anywhere and run again.

    `operator`: opens the StatusOperator's key, asked for only if something is sent. `on_stage`: told `enter`, `urgent`,
    `epoch`. Raises HrFeedError before anything is written, BookError, LedgerError.
    """
    on_stage("enter")
    hr = HrBook(book)
    now = desk.now()
    fresh = resolve(book, feed, now=now)
    entered = hr.enter(fresh, at=now)
    urgent, due, waiting, held = _sorted(hr, hr.open(), now=now, again=again)
    sent: list[str] = []
    if urgent:
        on_stage("urgent")
    first = plan(book, registry, urgent)
    sent += _carry_out(desk, book, hr, first, operator)
    if due:
        on_stage("epoch")
    second = plan(book, registry, due)
    sent += _carry_out(desk, book, hr, second, operator)
    if due:
        hr.close_epoch(day_of(now))
    ahead, long_past = odd_dates([row for row, _ in fresh], now=now)
    return Result(entered, tuple(first), tuple(second), waiting, held, tuple(sent), ahead, long_past)


@dataclass(frozen=True, slots=True)
class Difference:
    """One credential of which feed, book and ledger do not say the same; `feed` None: the feed never spoke of it."""

    credential: str
    reference: str | None
    feed: Standing | None
    book: Standing
    ledger: Standing
    overdue: bool
    """Whether an event is due that has not been applied."""


def reconcile(book: IssuerBook, registry: Registry, *, now: int) -> tuple[list[Difference], int]:
    """Hold feed, book and ledger against each other; return what differs, and how many credentials were compared."""
    events: dict[str, list[HrEvent]] = {}
    for event in HrBook(book).all():
        events.setdefault(event.credential, []).append(event)
    known: dict[bytes, StatusList] = {}
    found, count, after = [], 0, None
    while True:
        page, more = book.find(after=after)
        for entry in page:
            count += 1
            own = events.get(entry.id, [])
            feed: Standing | None = None
            for event in own:
                if event.done_at is not None:
                    feed = _after(feed or "valid", EFFECTS[event.event])
            overdue = any(event.done_at is None and event.due_at <= now for event in own)
            ledger = _shown(registry, known, entry)
            if overdue or ledger != entry.standing or feed not in {None, entry.standing}:
                found.append(Difference(entry.id, entry.request.reference, feed, entry.standing, ledger, overdue))
        if not more:
            return found, count
        after = page[-1].id


def _sorted(
    hr: HrBook, events: Sequence[HrEvent], *, now: int, again: bool
) -> tuple[list[HrEvent], list[HrEvent], int, bool]:
    """Part open events into urgent ones, those of today's epoch, and a count of those that wait."""
    ready = [event for event in events if event.due_at <= now]
    urgent = [event for event in ready if event.event in URGENT]
    due = [event for event in ready if event.event not in URGENT]
    waiting = len(events) - len(urgent) - len(due)
    epoch = hr.epoch
    if due and not again and epoch is not None and epoch >= day_of(now):
        return urgent, [], waiting + len(due), True
    return urgent, due, waiting, False


def _carry_out(
    desk: Desk, book: IssuerBook, hr: HrBook, steps: Sequence[Step], operator: Callable[[], Signer]
) -> list[str]:
    """Send one operation a list and kind, wait until all are final, note it in the book."""
    operations: list[SignedOperation] = []
    for kind in _KINDS:
        entries = [step.entry for step in steps if step.kind == kind]
        if entries:
            operations += _merged(desk, kind, entries, agency=book.agency, operator=operator())
    outcomes = desk.send(*operations) if operations else []
    at = desk.now()
    for step in steps:
        if book.entry(step.entry.id).standing != step.wanted:
            reason = ", ".join(event.event for event in step.events)
            book.set_standing(step.entry.id, step.wanted, at=at, reason=f"hr: {reason}")
        hr.finish(step.events, at=at)
    return [outcome.id for outcome in outcomes]


def _merged(
    desk: Desk, kind: Effect, entries: Sequence[BookEntry], *, agency: str, operator: Signer
) -> list[SignedOperation]:
    """Sign one operation a list, over one span of words; only a crowd is split into several."""
    places: dict[bytes, list[int]] = {}
    for entry in entries:
        places.setdefault(entry.status.list_id, []).append(entry.status.index)
    operations: list[SignedOperation] = []
    for list_id, indices in sorted(places.items()):
        start, masks = lists.span(indices)
        if sum(mask > 0 for mask in masks) > lists.WORDS_MAX:
            operations += lists.change(desk, kind, list_id=list_id, indices=indices, operator=operator, owner=agency)
            continue
        message = {"list": list_id, "startWord": start, "masks": masks}
        operations.append(desk.sign(kind, message, Party("operator", operator, agency)))
    return operations


def _unknown(reference: str | None, credential: str | None) -> str:
    return f"the book has no such {'reference' if credential is None else 'credential'}: {credential or reference}"


def _entries(book: IssuerBook, reference: str | None, credential: str | None) -> list[BookEntry]:
    if credential is not None:
        try:
            return [book.entry(credential)]
        except BookError:
            return []
    found: list[BookEntry] = []
    after: str | None = None
    while True:
        page, more = book.find(reference=reference, after=after)
        found += page
        if not more:
            break
        after = page[-1].id
    live = [entry for entry in found if entry.standing != "revoked"]
    return live or found[:1]  # all revoked already: the line is known, and changes nothing


def _shown(registry: Registry, known: dict[bytes, StatusList], entry: BookEntry) -> Standing:
    """Return what the ledger shows of a credential."""
    list_id = entry.status.list_id
    if list_id not in known:
        found = registry.status(list_id)
        if found is None:
            raise StatusListMalformedError("the ledger has no such status list", list="0x" + list_id.hex())
        known[list_id] = found
    return _STANDINGS.get(status_value(known[list_id].words, entry.status.index), "valid")


def _after(standing: Standing, effect: Effect) -> Standing:
    if standing == "revoked" or effect == "Revoke":
        return "revoked"
    return "suspended" if effect == "Suspend" else "valid"


def _change(shown: Standing, wanted: Standing) -> Effect | None:
    if shown == wanted:
        return None
    return {"revoked": "Revoke", "suspended": "Suspend", "valid": "Lift"}[wanted]  # type: ignore[return-value]
