"""Korean particles that agree with the word before them: 기관이, 협의회가, 부처를.

`format(Word("기관"), "이/가")` is `기관이`: the particle is chosen by how the word's last letter is read.
"""

from typing import Final

_FIRST, _LAST = 0xAC00, 0xD7A3
_CLOSED_DIGITS: Final = frozenset("013678")
"""Digits whose Korean reading ends in a consonant: 영 일 삼 육 칠 팔."""
_CLOSED_LETTERS: Final = frozenset("lmnr")
"""Latin letters whose Korean reading ends in a consonant: 엘 엠 엔 알."""
_RIEUL_ENDINGS: Final = frozenset("178lr")
_RIEUL: Final = 8


class Word(str):
    """Text that takes a particle as its format specification; without one it is itself."""

    __slots__ = ()

    def __format__(self, particles: str) -> str:
        if not particles:
            return str(self)
        closed, _, open_ = particles.partition("/")
        return f"{self!s}{closed if self._is_closed(rieul_counts=not closed.startswith('으로')) else open_}"

    def _is_closed(self, *, rieul_counts: bool) -> bool:
        last = self.rstrip(")]\"' ")[-1:].lower()
        if not last:
            return False
        if _FIRST <= ord(last) <= _LAST:
            final = (ord(last) - _FIRST) % 28
            return final != 0 and (rieul_counts or final != _RIEUL)
        closed = last in _CLOSED_DIGITS or last in _CLOSED_LETTERS
        return closed and (rieul_counts or last not in _RIEUL_ENDINGS)
