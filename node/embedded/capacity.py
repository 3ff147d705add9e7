"""How full an embedded ledger is: the engine hashes its whole state again for every block, so its size is its speed.

About 2 ms a block for 1,000 storage slots; a DID takes 2 or 3. The limit is said aloud at 70 %, with the way on.
DIDs are counted from the registry's creation events; slots exactly, whenever a snapshot is read or taken.
"""

from dataclasses import dataclass
from typing import Any, Final

from node.embedded.errors import Text
from node.embedded.rpc import AnvilRpc
from registry_client.core.hashing import keccak_text

DIDS_MAX: Final = 8_000
"""About as many DIDs as one embedded ledger carries at 50 ms a block."""
SLOTS_MAX: Final = 24_000
"""The same limit in storage slots, whoever wrote them."""
WARN_AT: Final = 0.7

CREATION_EVENTS: Final = (
    "OrganisationCreated(bytes20,uint32,bytes21,bytes32,uint48,bytes32,bytes20,bytes21,bytes)",
    "HolderCreated(bytes20,uint32,bytes21,bytes32,uint48,bytes32,bytes32,bytes32,bytes20,bytes21)",
)
"""Canonical signatures of the events that each bring one DID."""

_MOVE_ON: Final = Text(
    "Plan the move to Besu (or to a single durable geth) now: `mapae-node ledger export` writes the state and the "
    "events to go on with.",
    "지금 Besu(또는 단일 geth)로의 이전을 준비하십시오. `mapae-node ledger export`가 이어 갈 상태와 이벤트를 "
    "내보냅니다.",
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Counts and their limits. `slot_count` is as of the newest snapshot."""

    did_count: int
    slot_count: int

    @property
    def used(self) -> float:
        """The fuller of the two, 1.0 = at the limit."""
        return max(self.did_count / DIDS_MAX, self.slot_count / SLOTS_MAX)

    @property
    def warning(self) -> Text | None:
        """What to do, from 70 % on."""
        return _MOVE_ON if self.used >= WARN_AT else None

    def as_dict(self) -> dict[str, object]:
        """Return the counts, the limits and the warning (null, or {en, ko})."""
        return {
            "did_count": self.did_count,
            "did_limit": DIDS_MAX,
            "slot_count": self.slot_count,
            "slot_limit": SLOTS_MAX,
            "used": round(self.used, 3),
            "warning": self.warning.as_dict() if self.warning else None,
        }


class CapacityMeter:
    """Keeps the counts current, a span of blocks at a time."""

    def __init__(self, slot_count: int) -> None:
        """`slot_count`: what the snapshot at the start held."""
        self._counted_to = 0
        self._did_count = 0
        self._slot_count = slot_count

    @property
    def current(self) -> Capacity:
        """The counts as last read."""
        return Capacity(self._did_count, self._slot_count)

    def set_slots(self, slot_count: int) -> None:
        """Take the exact count of a fresh snapshot."""
        self._slot_count = slot_count

    def count_to(self, rpc: AnvilRpc, block_number: int) -> None:
        """Count DIDs in the blocks up to `block_number`. Cost: linear in those blocks' logs, 0.1 s for 40,000."""
        if block_number <= self._counted_to:
            return
        span = {
            "fromBlock": hex(self._counted_to + 1),
            "toBlock": hex(block_number),
            "topics": [["0x" + keccak_text(signature).hex() for signature in CREATION_EVENTS]],
        }
        logs: list[Any] = rpc.call("eth_getLogs", span)
        self._did_count += len(logs)
        self._counted_to = block_number
