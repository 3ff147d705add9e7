"""What changed between two states of the index: whom a cache has to ask about again.

- A DID, list or type is touched when an event about it is seen, becomes final, or is taken back: each changes answers.
- Too many to name, or a past that is not known here: `reset`, and the reader forgets everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import orjson

from node.domain.ledger import Head
from node.domain.overlay import StoredEvent
from node.ports import EventQuery, IndexView
from node.services.context import Ledger, place_json

EVENTS_MAX: Final = 2_000
"""Events looked at in one step; beyond it a step is a reset."""
NAMES_MAX: Final = 1_000
"""DIDs, lists and types named in one message."""

_Key = tuple[int, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """One message. `id`: where the index stood after it; `data`: JSON."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the index's life: head, final block, and the first bytes of the head's hash, hex."""

    number: int
    final: int
    hash: str

    @classmethod
    def of(cls, head: Head) -> Self:
        """Return where a view stands."""
        return cls(head.block.number, head.final.number, head.block.hash[:8].hex())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read an id that was sent before; None for anything else."""
        number, _, rest = text.partition("-")
        final, _, digest = rest.partition("-")
        numbers = [part for part in (number, final) if part.isascii() and part.isdecimal() and len(part) <= 15]
        if len(numbers) != 2 or len(digest) != 16:
            return None
        return cls(int(number), int(final), digest)

    def __str__(self) -> str:
        return f"{self.number}-{self.final}-{self.hash}"


class ChangeTracker:
    """Follows the index from view to view."""

    def __init__(self, ledger: Ledger, mark: Mark, open_events: Iterable[StoredEvent] = ()) -> None:
        """`open_events`: everything seen and not final at the mark."""
        self._ledger, self.mark = ledger, mark
        self._open = {_key(event): event for event in open_events}

    @classmethod
    def at(cls, ledger: Ledger, view: IndexView) -> Self:
        """Start where a view stands."""
        return cls(
            ledger, Mark.of(view.head), view.events(EventQuery(EVENTS_MAX, from_block=view.head.final.number + 1))
        )

    def advance(self, view: IndexView) -> Change | None:
        """Return what changed since, None if the index did not move."""
        before, self.mark = self.mark, Mark.of(view.head)
        if self.mark == before:
            return None
        found = view.events(EventQuery(EVENTS_MAX + 1, from_block=before.final + 1))
        now = {_key(event): event for event in found}
        gone = [event for key, event in self._open.items() if key not in now]
        touched = [
            *gone,
            *(event for key, event in now.items() if key not in self._open or key[0] <= view.head.final.number),
        ]
        self._open = {key: event for key, event in now.items() if key[0] > view.head.final.number}
        is_reset = len(found) > EVENTS_MAX or self.mark.final < before.final
        is_reorg = bool(gone) or self.mark.number < before.number
        return _message(self._ledger, view, touched, before=before, is_reset=is_reset, is_reorg=is_reorg)


def start(ledger: Ledger, view: IndexView) -> Change:
    """Return the message of a reader who comes without a past that is known: where things stand, forget the rest."""
    return _message(ledger, view, [], before=Mark.of(view.head), is_reset=True, is_reorg=False)


def since(ledger: Ledger, view: IndexView, text: str) -> Change | None:
    """Return what changed since an id of long ago, or of another node; None if nothing did.

    A past with open blocks cannot be compared with what they became: that is a reset.
    """
    mark, now = Mark.parse(text), Mark.of(view.head)
    if mark == now:
        return None
    if mark is None or mark.number != mark.final or mark.number > now.final:
        return start(ledger, view)
    return ChangeTracker(ledger, replace(mark, hash="")).advance(view)


def _key(event: StoredEvent) -> _Key:
    return event.block_number, event.log_index, event.block_time, event.transaction_hash


def _message(
    ledger: Ledger, view: IndexView, touched: list[StoredEvent], *, before: Mark, is_reset: bool, is_reorg: bool
) -> Change:
    dids = dict.fromkeys(ledger.did(subject) for event in touched for subject in event.subjects)
    lists, types = (
        dict.fromkeys(str(event.fields[name]) for event in touched if name in event.fields)
        for name in ("list", "typeId")
    )
    is_reset = is_reset or max(len(dids), len(lists), len(types)) > NAMES_MAX
    data: dict[str, Any] = {
        "ledger": place_json(view),
        "before": {"block_number": before.number, "final": before.final},
        "events": len(touched),
        "dids": [] if is_reset else list(dids),
        "lists": [] if is_reset else list(lists),
        "types": [] if is_reset else list(types),
        "reorg": is_reorg,
        "reset": is_reset,
    }
    return Change(str(Mark.of(view.head)), orjson.dumps(data))
