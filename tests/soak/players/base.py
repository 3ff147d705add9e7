"""What every client does: take turns until the load is over, at its own pace."""

import threading
import time

from tests.soak.cast import Cast
from tests.soak.hand import Hand

PAUSED = ("SuccessionPaused",)
"""What giving a right may fail with while a council member has stopped that."""


class Player(threading.Thread):
    """A client in a thread of its own. Subclasses choose one thing to do in `turn`."""

    def __init__(self, name: str, hand: Hand, cast: Cast, *, pause_s: float, over: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.hand, self.cast, self.dice = hand, cast, hand.dice
        self._pause_s, self._over = pause_s, over
        self._count = 0

    def run(self) -> None:
        try:
            while not self._over.is_set():
                began = time.monotonic()
                self.turn()
                pause = self.dice.expovariate(1 / self._pause_s) - (time.monotonic() - began)
                self._over.wait(max(0.0, pause))
        except Exception as error:
            self.hand.violation(f"the client {self.name} gave up: {type(error).__name__}: {error}")
        finally:
            self.hand.close()

    def turn(self) -> None:
        raise RuntimeError(f"{type(self).__name__} has nothing to do")

    def label(self, what: str) -> str:
        """A name that nothing else in this soak has."""
        self._count += 1
        return f"{self.name} {what} {self._count}"
