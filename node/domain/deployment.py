"""What a registry is born with, and what is known of it afterwards.

- The rules of a council are the contract's own (contracts/Council.sol); here they are told before anything is paid for.
- A development network is named after its ledger, so that two of them are never mistaken for each other.
- DESIGN.md sections 3 and 4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from registry_client.core.hashing import keccak256
from registry_client.errors import InvalidInputError

NETWORK = re.compile(r"[a-z0-9-]{1,32}")
DEVELOPMENT_PREFIX = "dev-"
MEMBERS_MIN = 3
MEMBERS_MAX = 32
DELAY_MIN_S = 86_400
"""Shortest delay before a decision of a council that is not for development, seconds."""

DELAY_MAX_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Deployment:
    """A registry on a ledger. Addresses and hashes are 0x-lowercase-hex."""

    network: str
    chain_id: int
    genesis_hash: str
    directory: str
    addresses: Mapping[str, str]
    """Contract name -> address; Directory included."""

    code_hash: str
    """keccak256 of Directory's runtime code: what a profile pins."""

    first_block: int
    """No event of the registry is older."""


@dataclass(frozen=True, slots=True)
class Constitution:
    """What a registry is born with. `members`: controllers of 21 bytes; `delay_s`: of the council's decisions."""

    network: str
    members: tuple[bytes, ...]
    threshold: int
    delay_s: int
    development: bool

    def __post_init__(self) -> None:
        """Refuse what the contracts would refuse, before anything is paid for. Raises InvalidInputError."""
        count, single = len(self.members), self.development and len(self.members) == 1
        checks = (
            (NETWORK.fullmatch(self.network), "network is 1 to 32 characters of a-z, 0-9 and -"),
            (
                self.network.startswith(DEVELOPMENT_PREFIX) == self.development,
                "a development network is named dev-<6 hex digits of the genesis hash>, and no other starts with dev-",
            ),
            (all(len(m) == 21 and m[0] in (1, 2) for m in self.members), "a member is a controller: kind and 20 bytes"),
            (len(set(self.members)) == count, "the members differ from each other"),
            (single or MEMBERS_MIN <= count <= MEMBERS_MAX, f"a council has {MEMBERS_MIN} to {MEMBERS_MAX} members"),
            (
                self.threshold == 1 if single else count / 2 < self.threshold < count,
                "the threshold is more than half of the members and less than all",
            ),
            (
                (1 if self.development else DELAY_MIN_S) <= self.delay_s <= DELAY_MAX_S,
                f"the delay is 1 s ({DELAY_MIN_S} s outside development) to {DELAY_MAX_S} s",
            ),
        )
        for holds, rule in checks:
            if not holds:
                raise InvalidInputError(f"this registry cannot be founded: {rule}", constitution=self)


def development_network(genesis_hash: bytes) -> str:
    """Name a development network after its genesis hash (32 bytes)."""
    return DEVELOPMENT_PREFIX + genesis_hash.hex()[:6]


def contract_address(deployer: bytes, nonce: int) -> bytes:
    """Predict the address (20 bytes) of what `deployer` creates with its transaction number `nonce`."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if nonce and nonce < 0x80 else bytes([0x80 + len(number)]) + number
    content = b"\x94" + deployer + item
    return keccak256(bytes([0xC0 + len(content)]) + content)[-20:]
