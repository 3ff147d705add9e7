"""The genesis of an embedded ledger: a random 31-bit chain id, nobody funded, and the name that follows from its hash.

Neither chain id nor alloc reach the hash of the engine's block 0: two ledgers born in the same second would share it,
and their name. Twenty random bytes as the coinbase keep them apart; nobody owns that address, nothing is paid to it.

Gas costs nothing here (base fee and price 0), so no account needs money and none has any. The genesis hash is read
from the engine's block 0, never computed by us; the journal's header keeps both, and anvil's file is written from it.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.disk import replace_file, storage
from node.embedded.records import HeaderRecord

HARDFORK: Final = "osaka"
"""Hard fork of every embedded ledger: the P-256 precompile (EIP-7951) answers from osaka on."""
GAS_LIMIT: Final = 60_000_000
"""Gas of one block; a single transaction is held to 16,777,216 (EIP-7825)."""
FILE: Final = "genesis.json"
HISTORY_CONTRACT: Final = "0x0000f90827f1c53a10cb7a02335b175320002935"
_STOP: Final = "0x00"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a client pins: chain id, genesis hash (32 bytes), network name."""

    chain_id: int
    genesis_hash: bytes

    @property
    def network(self) -> str:
        """`dev-` and the first 6 hex digits of the genesis hash."""
        return network_name(self.genesis_hash)


def network_name(genesis_hash: bytes) -> str:
    """Name a development network after its genesis hash (DESIGN section 3)."""
    return "dev-" + genesis_hash.hex()[:6]


def new_genesis(*, now: int) -> dict[str, object]:
    """Draw a genesis: `now` in unix seconds becomes its time; the chain id has 21 to 31 bits, clear of small ones."""
    chain_id = 0
    while chain_id < 1 << 20:
        chain_id = secrets.randbits(31)
    return {
        "config": {"chainId": chain_id},
        "timestamp": hex(now),
        "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": "0x0",
        "difficulty": "0x0",
        "coinbase": "0x" + secrets.token_hex(20),
        # EIP-2935 would store one more hash a block, 8,191 slots in all: 11 ms a block instead of 0.3 in this engine.
        # No contract of ours asks for old hashes, so a program that does nothing stands there (ADR 0021).
        "alloc": {HISTORY_CONTRACT: {"balance": "0x0", "code": _STOP}},
    }


def chain_id_of(genesis: Mapping[str, object]) -> int:
    """Read the chain id of a genesis document."""
    config = genesis["config"]
    if not isinstance(config, Mapping):
        raise TypeError("a genesis without a config")
    return int(config["chainId"])


def identity_of(header: HeaderRecord) -> Identity:
    """Read from the journal's header who this ledger is."""
    return Identity(chain_id_of(header.genesis), header.genesis_hash)


def write_genesis(home: Path, genesis: Mapping[str, object]) -> Path:
    """Write the genesis where anvil reads it, durably; an equal file is left alone. Raises StorageError."""
    path = home / FILE
    text = json.dumps(genesis, indent=1, sort_keys=True).encode() + b"\n"
    with storage(f"writing {path}"):
        if not path.is_file() or path.read_bytes() != text:
            replace_file(path, text)
    return path


def engine_flags(genesis: Mapping[str, object]) -> tuple[str, ...]:
    """Every flag that a block hash may depend on, in order; pinned in the journal and given to anvil as they stand."""
    return (
        "--no-mining",
        "--order",
        "fifo",
        "--accounts",
        "0",
        "--chain-id",
        str(chain_id_of(genesis)),
        "--hardfork",
        HARDFORK,
        "--gas-limit",
        str(GAS_LIMIT),
        "--block-base-fee-per-gas",
        "0",
        "--gas-price",
        "0",
        "--enable-tx-gas-limit",
        "--slots-in-an-epoch",
        "0",
    )
