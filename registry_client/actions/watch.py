"""Watch a ledger for a desk: one round reads what is new and what holds, tells it, and remembers that it did.

- Only final events are told, in order, each once; the place is kept with the alerts that are not handed over yet.
- An alert is shown as soon as it is known, and sent when the receiver takes it: one that is down withholds nothing
  from the screen. Both are at least once: after a crash in the very middle an alert may come again, under the same id.
- A node that cannot be reached is itself an alert, told once while it lasts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from registry_client.adapters.watch_state import WatchState
from registry_client.core.alerts import DIRECTORY_PROPOSAL, Alert, alert_of
from registry_client.core.encoding import decode_hex
from registry_client.core.facts import EventFilter, LedgerEvent
from registry_client.core.times import format_time
from registry_client.errors import LedgerUnavailableError, RegistryError
from registry_client.registry import Registry
from registry_client.submit import NodeClient

PAGE: Final = 100
ENDING_S: Final = 30 * 86_400
"""How long before its end an accreditation is told of."""
STALE_S: Final = 86_400
"""How long a list may have changes that its newest anchored snapshot has not."""

Tell = Callable[[dict[str, Any]], None]
"""Hands one alert over; to send raises RegistryError where it could not."""


def _taken(_: dict[str, Any]) -> None:
    """Where nothing is configured to send to, what was shown is handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched. `dids`: the agency's own. `own_keys`: Controllers (0x-hex) whose operations are expected."""

    dids: tuple[str, ...]
    own_keys: Collection[str]
    ending_s: int = ENDING_S
    stale_s: int = STALE_S


def heartbeat(registry: Registry, state: WatchState, *, first_block: int | None = None) -> Alert:
    """Begin (at the newest final block, or at `first_block`) or go on; say since which block nothing was told."""
    head = registry.head()
    if state.is_new:
        state.block = head.final_number if first_block is None else max(first_block - 1, 0)
        state.log_index = 2**31
    return Alert("heartbeat", {"since_block": state.block, "final_block": head.final_number, "time": head.time})


def look(
    node: NodeClient, registry: Registry, watched: Watched, state: WatchState, *, show: Tell, send: Tell = _taken
) -> str:
    """Do one round; return why `send` did not take what is pending now, "" if it took all.

    `show` and `send` get each alert once, in order. Raises OSError where the state cannot be kept.
    """
    try:
        fresh, place = _events(registry, watched, state)
        holding = list(_conditions(node, registry, watched))
    except LedgerUnavailableError as error:
        fresh, place = [], (state.block, state.log_index)
        holding = [Alert("node-unreachable", {"url": node.url, "detail": error.detail})]
        kept = {item for item in state.conditions if not item.startswith("node-unreachable:")}
    else:
        kept = set()
    told = {_mark(alert): alert for alert in holding}
    new = [alert for mark, alert in told.items() if mark not in state.conditions]
    state.pending += [alert.to_json() for alert in (*fresh, *new)]
    state.conditions = kept | set(told)
    state.block, state.log_index = place
    state.save()
    return hand_over(state, show=show, send=send)


def hand_over(state: WatchState, *, show: Tell, send: Tell = _taken) -> str:
    """Show what was not shown, then send what is pending, oldest first; what is not taken stays. Returns why, or ""."""
    changed = state.shown < len(state.pending)
    while state.shown < len(state.pending):
        show(state.pending[state.shown])
        state.shown += 1
    if changed:
        state.save()
    count = 0
    try:
        while state.pending:
            send(state.pending[0])
            del state.pending[0]
            state.shown -= 1
            count += 1
    except RegistryError as error:
        return error.detail
    finally:
        if count:
            state.save()
    return ""


def _events(registry: Registry, watched: Watched, state: WatchState) -> tuple[list[Alert], tuple[int, int]]:
    """Return alerts of final events after the state's place, and the place after them."""
    found: list[Alert] = []
    place = (state.block, state.log_index)
    if state.is_new:
        return found, place  # where to begin is not known yet: the heartbeat could not read the head
    cursor: str | None = None
    while True:
        page = registry.events(EventFilter(from_block=max(place[0], 0), limit=PAGE), cursor=cursor)
        for event in page.events:
            if not event.final:
                return found, place
            if (event.block_number, event.log_index) <= place:
                continue
            place = (event.block_number, event.log_index)
            alert = alert_of(event, watched=watched.dids, own_keys=watched.own_keys)
            if alert is not None:
                found.append(alert)
        cursor = page.next_cursor
        if cursor is None:
            return found, place


def _conditions(node: NodeClient, registry: Registry, watched: Watched) -> Iterator[Alert]:
    try:
        node.get("/health/ready")
    except LedgerUnavailableError as error:
        if "status" not in error.evidence:
            raise  # nobody answers at all
        yield Alert("node-trouble", {"url": node.url, "detail": error.detail})
    yield from _scheduled(node.get("/v1/council"))
    now = registry.head().time
    for did in watched.dids:
        yield from _ending(node.find(f"/v1/accreditations/{did}") or {}, did, now=now, within_s=watched.ending_s)
        for event in _opened(registry, did):
            yield from _stale(registry, str(event.fields["list"]), did, now=now, stale_s=watched.stale_s)


def _scheduled(council: dict[str, Any]) -> Iterable[Alert]:
    for row in council.get("proposals", ()):
        if row["kind"] == DIRECTORY_PROPOSAL and row["state"] == "ready":
            ready_at = int(row["ready_at"] or 0)
            facts = {"proposal": row["proposal"], "ready_at": ready_at, "ready": format_time(ready_at)}
            yield Alert("directory-scheduled", {**facts, "arguments": row["arguments"]})


def _ending(answer: dict[str, Any], did: str, *, now: int, within_s: int) -> Iterable[Alert]:
    newest: dict[str, dict[str, Any]] = {}
    for grant in answer.get("grants", ()):
        if not grant.get("ended_at") and int(grant["until"]) > now:
            known = newest.get(grant["type_id"])
            if known is None or int(grant["until"]) > int(known["until"]):
                newest[grant["type_id"]] = grant
    for type_id, grant in sorted(newest.items()):
        if int(grant["until"]) - now <= within_s:
            facts = {"did": did, "type_id": type_id, "grant": int(grant["seq"]), "until": int(grant["until"])}
            yield Alert("accreditation-ending", facts)


def _opened(registry: Registry, did: str) -> Iterator[LedgerEvent]:
    cursor: str | None = None
    while True:
        page = registry.events(EventFilter(did=did, types=("ListOpened",), limit=PAGE), cursor=cursor)
        yield from page.events
        cursor = page.next_cursor
        if cursor is None:
            return


def _stale(registry: Registry, list_id: str, did: str, *, now: int, stale_s: int) -> Iterable[Alert]:
    known = registry.status(decode_hex(list_id, length=32))
    if known is None or not any(known.published_digest) or known.published_seq >= known.seq:
        return
    anchored = _last(registry, did, list_id, known.published_seq)
    if anchored is not None and now - anchored >= stale_s:
        facts = {"did": did, "list": list_id, "published_seq": known.published_seq, "since": anchored}
        yield Alert("list-stale", facts)


def _last(registry: Registry, did: str, list_id: str, seq: int) -> int | None:
    """Return the time of the first change that the newest anchored snapshot does not have."""
    cursor: str | None = None
    while True:
        page = registry.events(EventFilter(did=did, types=("StatusChanged",), limit=PAGE), cursor=cursor)
        for event in page.events:
            if event.fields["list"] == list_id and int(event.fields["seq"]) > seq:
                return event.block_time
        cursor = page.next_cursor
        if cursor is None:
            return None


def _mark(alert: Alert) -> str:
    """Name a condition by what it is about, not by how it is told this time."""
    about = {name: value for name, value in alert.facts.items() if name != "detail"}
    return f"{alert.kind}:{Alert(alert.kind, about).id}"
