"""How an answer is known: the one scale that results, profiles and policies share."""

from enum import StrEnum
from typing import Final


class Assurance(StrEnum):
    """How an answer is known, weakest first."""

    __hash__ = str.__hash__  # as equality has it; Enum's own hash costs a call in every look-up

    NODE = "node"
    OWN_LEDGER = "own_ledger"
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        """0 node, 1 own_ledger, 2 proven: compare ranks, never the strings."""
        return _RANKS[self]

    def satisfies(self, minimum: "Assurance") -> bool:
        """Tell whether this is at least `minimum`."""
        return self is minimum or self.rank >= minimum.rank


_RANKS: Final = {assurance: rank for rank, assurance in enumerate(Assurance)}
