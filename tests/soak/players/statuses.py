"""Status lists: opened, revoked, suspended, lifted, anchored; each bit as its desk knows it."""

import hashlib
import zlib
from typing import Any

from registry_client.core.encoding import decode_base64url
from tests.soak.cast import Agency, Cast
from tests.soak.effects import list_id_of
from tests.soak.hand import Hand
from tests.soak.players.base import PAUSED, Player
from tests.support.chain import salt_of
from tests.support.keys import P256Key

PLANE_WORDS, WORDS = 512, 1024
USED_WORDS = 160
"""Words of a plane that a soak touches: a list must not fill the embedded ledger by itself."""
LISTS_MAX = 3


class Shown:
    """A list as its desk knows it: 1024 words, revocation then suspension."""

    def __init__(self, id_: bytes) -> None:
        self.id, self.seq, self.published, self.words = id_, 0, -1, [0] * WORDS

    @property
    def path(self) -> str:
        return f"/v1/status-lists/0x{self.id.hex()}"

    @property
    def bytes(self) -> bytes:
        return b"".join(word.to_bytes(32) for word in self.words)


class Statuses(Player):
    """The status desk of one agency."""

    def __init__(self, name: str, hand: Hand, cast: Cast, agency: Agency, **more: Any) -> None:
        super().__init__(name, hand, cast, **more)
        self._agency = agency
        self._lists: list[Shown] = []

    def turn(self) -> None:
        if not self._lists or (len(self._lists) < LISTS_MAX and self.dice.random() < 0.02):
            self._open()
            return
        shown, draw = self.dice.choice(self._lists), self.dice.random()
        if draw < 0.40:
            self._revoke(shown)
        elif draw < 0.62:
            self._suspend(shown)
        elif draw < 0.80:
            self._lift(shown)
        elif draw < 0.88:
            self._anchor(shown)
        else:
            start, masks = self._fresh(shown, 0)
            message = {"list": shown.id, "startWord": start, "masks": masks}
            self.hand.refused("Revoke", message, P256Key(self.label("stranger")))
        self._look(shown)

    def _open(self) -> None:
        salt = salt_of(self.label("list"))
        if self.hand.do("OpenList", {"owner": self._agency.id, "salt": salt}, self._agency.desk):
            registry = bytes.fromhex(self.hand.system.registry.contracts["StatusRegistry"][2:])
            shown = Shown(list_id_of(registry, self._agency.id, salt))
            self._lists.append(shown)
            self.cast.lists.append("0x" + shown.id.hex())
            self._look(shown)

    def _fresh(self, shown: Shown, plane: int) -> tuple[int, tuple[int, ...]]:
        """A run of one to three words with bits that are not set in the plane."""
        start, count = self.dice.randrange(USED_WORDS - 3), self.dice.randint(1, 3)
        masks = []
        for at in range(start, start + count):
            mask = 0
            for _ in range(self.dice.randint(1, 4)):
                mask |= 1 << self.dice.randrange(256)
            masks.append(mask & ~shown.words[plane + at])
        if not any(masks):
            return self._fresh(shown, plane)
        return start, tuple(masks)

    def _revoke(self, shown: Shown) -> None:
        start, masks = self._fresh(shown, 0)
        if self.hand.do("Revoke", {"list": shown.id, "startWord": start, "masks": masks}, self._agency.desk):
            self._changed(shown, start, masks)

    def _suspend(self, shown: Shown) -> None:
        start, masks = self._fresh(shown, PLANE_WORDS)
        if self.hand.do("Suspend", {"list": shown.id, "startWord": start, "masks": masks}, self._agency.desk):
            self._changed(shown, PLANE_WORDS + start, masks)

    def _lift(self, shown: Shown) -> None:
        held = [at for at in range(USED_WORDS) if shown.words[PLANE_WORDS + at]]
        if not held:
            self._suspend(shown)
            return
        start = self.dice.choice(held)
        masks = (shown.words[PLANE_WORDS + start],)
        message = {"list": shown.id, "startWord": start, "masks": masks}
        if self.hand.do("Lift", message, self._agency.desk, allowed=PAUSED):
            self._changed(shown, PLANE_WORDS + start, masks)

    def _changed(self, shown: Shown, first: int, masks: tuple[int, ...]) -> None:
        for at, mask in enumerate(masks, first):
            shown.words[at] ^= mask
        shown.seq += 1

    def _anchor(self, shown: Shown) -> None:
        if shown.published >= shown.seq:
            return
        digest = hashlib.sha256(shown.bytes).digest()
        if self.hand.do("AnchorSnapshot", {"list": shown.id, "seq": shown.seq, "digest": digest}, self._agency.desk):
            shown.published = shown.seq

    def _look(self, shown: Shown) -> None:
        answer = self.hand.get(shown.path)
        if answer is None:
            self.hand.violation(f"the list 0x{shown.id.hex()} is open and not found")
        elif answer["seq"] != shown.seq or zlib.decompress(decode_base64url(answer["words"])) != shown.bytes:
            self.hand.violation(f"the list 0x{shown.id.hex()} is shown as of {answer['seq']}, it is at {shown.seq}")
