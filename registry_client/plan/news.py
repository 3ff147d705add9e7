"""What a follower in another thread has heard, until the verifier has a moment for it: before its next verdict.

- Bounded: more than `NEWS_MAX` changes that nobody asked for become one order to forget everything.
- A verdict under way is not disturbed: what it reads is dropped before the next one, if it was touched meanwhile.
"""

from threading import Lock
from typing import Final, NamedTuple

from registry_client.core.changes import Change

NEWS_MAX: Final = 256


class Heard(NamedTuple):
    """What is to be done: forget everything (and keep facts for `keep_s` from now on), then drop what changed."""

    forgets: bool
    sets_keep: bool
    keep_s: float | None
    changes: tuple[Change, ...]


class News:
    """Collects news; thread-safe. `is_any` costs nothing to ask."""

    def __init__(self) -> None:
        self.is_any = False
        self._lock = Lock()
        self._clear()

    def _clear(self) -> None:
        self._forgets = self._sets_keep = False
        self._keep_s: float | None = None
        self._changes: list[Change] = []

    def keep_for(self, keep_s: float | None) -> None:
        """Note that everything is to be forgotten, and facts kept that long afterwards."""
        with self._lock:
            self._clear()
            self._forgets, self._sets_keep, self._keep_s = True, True, keep_s
            self.is_any = True

    def drop(self, change: Change) -> None:
        """Note a change."""
        if change.is_empty:
            return
        with self._lock:
            if change.is_reset or len(self._changes) == NEWS_MAX:
                self._changes.clear()
                self._forgets = True
            else:
                self._changes.append(change)
            self.is_any = True

    def take(self) -> Heard:
        """Return what was heard since, and begin anew."""
        with self._lock:
            heard = Heard(self._forgets, self._sets_keep, self._keep_s, tuple(self._changes))
            self._clear()
            self.is_any = False
            return heard
