"""The state of an embedded ledger as the genesis of another EVM (ADR 0043).

- Code, storage and nonces of every account at one block; addresses and chain id stay, so every signature's domain does.
- What the engine or another client puts there by itself is left out: the contract of old block hashes (ADR 0021).
- Slots cleared to zero are left out: another client's state tree does not have them.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from node.embedded.errors import EngineFailedError
from node.embedded.genesis import GAS_LIMIT, HISTORY_CONTRACT, chain_id_of
from node.embedded.records import BlockRef

STATE_MAX: Final = 1 << 30
"""Most bytes that a dump may unfold to."""
_FORKS_BY_BLOCK: Final = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul"),
    *("muirGlacier", "berlin", "london", "arrowGlacier", "grayGlacier"),
)
_FORKS_BY_TIME: Final = ("shanghai", "cancun", "prague", "osaka")
_BLOBS: Final = {"target": 6, "max": 9, "baseFeeUpdateFraction": 5_007_716}


def genesis_of(dump: bytes, old_genesis: Mapping[str, Any], head: BlockRef) -> dict[str, Any]:
    """Make the genesis document of a ledger that goes on from `head`; `dump`: the engine's state there (gzip).

    Consensus is the reader's: a section for it (clique, qbft) and its extraData are added by who runs the new chain.
    Raises EngineFailedError for a dump that is not the engine's.
    """
    return {
        "config": {
            "chainId": chain_id_of(old_genesis),
            **{f"{name}Block": 0 for name in _FORKS_BY_BLOCK},
            **{f"{name}Time": 0 for name in _FORKS_BY_TIME},
            "terminalTotalDifficulty": 0,
            "blobSchedule": dict.fromkeys(_FORKS_BY_TIME[1:], _BLOBS),
        },
        "timestamp": hex(head.timestamp),
        "gasLimit": hex(GAS_LIMIT),
        "baseFeePerGas": "0x0",
        "difficulty": "0x0",
        "coinbase": str(old_genesis["coinbase"]),
        "extraData": "0x",
        "alloc": _accounts(dump),
    }


def state_digest(alloc: Mapping[str, Any]) -> str:
    """Return sha256 over the allocation (JSON, keys sorted, no blanks), 0x-hex."""
    return "0x" + hashlib.sha256(json.dumps(alloc, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _accounts(dump: bytes) -> dict[str, Any]:
    try:
        inflate = zlib.decompressobj(wbits=31)
        text = inflate.decompress(dump, STATE_MAX)
        if not inflate.eof:
            raise ValueError(f"more than {STATE_MAX} bytes")
        found = json.loads(text)["accounts"]
        made = {address.lower(): _account(value) for address, value in sorted(found.items())}
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise EngineFailedError(f"the engine's dump is not one of anvil 1.7.1: {error}") from error
    return {address: value for address, value in made.items() if value and address != HISTORY_CONTRACT}


def _account(value: Mapping[str, Any]) -> dict[str, Any]:
    """Write one account as a genesis does; empty if nothing is there."""
    nonce, balance, code = _number(value["nonce"]), _number(value["balance"]), str(value["code"])
    storage = {
        f"0x{_number(key):064x}": f"0x{_number(word):064x}"
        for key, word in sorted(value["storage"].items())
        if _number(word)
    }
    if not (nonce or balance or storage or len(code) > 2):
        return {}
    made: dict[str, Any] = {"balance": hex(balance)}
    if nonce:
        made["nonce"] = hex(nonce)
    if len(code) > 2:
        made["code"] = code
    if storage:
        made["storage"] = storage
    return made


def _number(value: Any) -> int:
    return value if isinstance(value, int) else int(str(value), 16)
