"""Blocks, finality and what a contradiction of something final looks like (DESIGN section 6).

- A block is final once `confirmations` blocks stand on it; what was final once stays final.
- The embedded ledger shows only journaled blocks: 0 confirmations. QBFT: 1. Clique: more than half of the signers.
- A final block that the ledger later denies is never overwritten: the node stops with the evidence of both sides.
"""

from dataclasses import dataclass

from registry_client.errors import LedgerInconsistentError, LedgerUnavailableError

CONFIRMATIONS_MAX = 256
"""Most confirmations a policy may ask for: the index keeps the header of every block that is not final."""


class LedgerUnfaithfulError(LedgerUnavailableError):
    """What the ledger said contradicts itself or its own hashes: it lies, is broken, or changed between two answers."""


class LedgerBehindError(LedgerUnavailableError):
    """The ledger shows fewer blocks than were seen before."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block header as far as the index needs it. `time`: whole seconds UTC. Hashes: 32 bytes."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Head:
    """The newest indexed block and the newest of them that is final (`final_number <= block.number`)."""

    block: Block
    final: Block

    @property
    def is_all_final(self) -> bool:
        """True where nothing that the index shows can still be undone."""
        return self.block.number == self.final.number


@dataclass(frozen=True, slots=True)
class Finality:
    """Depth rule: block n is final when block n + `confirmations` exists."""

    confirmations: int

    def __post_init__(self) -> None:
        if not 0 <= self.confirmations <= CONFIRMATIONS_MAX:
            raise ValueError(f"confirmations must be 0..{CONFIRMATIONS_MAX}, not {self.confirmations}")

    def final_number(self, head_number: int, *, already: int) -> int:
        """Highest final block number at this head; never below `already`. May be negative on a young ledger."""
        return max(already, head_number - self.confirmations)


def require_same_final(indexed: Block, shown: Block | None) -> None:
    """Raise LedgerInconsistentError unless the ledger still shows the final block that was indexed.

    `shown` is None where the ledger does not have the block at all (yet): that is being behind, not a contradiction.
    """
    if shown is not None and shown.hash != indexed.hash:
        raise LedgerInconsistentError(
            f"block {indexed.number} was final with hash 0x{indexed.hash.hex()}, "
            f"the ledger now shows 0x{shown.hash.hex()}: the node stops and keeps both; "
            "find out which ledger is the right one before `mapae-node index rebuild`",
            block_number=indexed.number,
            indexed_hash="0x" + indexed.hash.hex(),
            indexed_parent_hash="0x" + indexed.parent_hash.hex(),
            indexed_time=indexed.time,
            shown_hash="0x" + shown.hash.hex(),
            shown_parent_hash="0x" + shown.parent_hash.hex(),
            shown_time=shown.time,
        )
