"""How an answer is known: the one scale that results, profiles and policies share."""

from enum import StrEnum


class Assurance(StrEnum):
    """How an answer is known, weakest first."""

    NODE = "node"
    OWN_LEDGER = "own_ledger"
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        """0 node, 1 own_ledger, 2 proven: compare ranks, never the strings."""
        return ("node", "own_ledger", "proven").index(self.value)

    def satisfies(self, minimum: "Assurance") -> bool:
        """Tell whether this is at least `minimum`."""
        return self is minimum or self.rank >= minimum.rank  # ranks take 1 µs each, and mostly the two are one
