"""Is the ledger at this address the one that the node was told? Asked once, before anything else."""

from typing import Any

from node.ports import ChainReader
from registry_client.core.encoding import decode_hex
from registry_client.core.hashing import keccak256
from registry_client.errors import LedgerUnavailableError, WrongLedgerError


def require_ledger_identity(
    chain: ChainReader, *, chain_id: int, genesis_hash: str, directory: str, code_hash: str
) -> None:
    """Raise WrongLedgerError, naming every difference, unless chain id, genesis, Directory and its code are as told."""
    differences: dict[str, dict[str, Any]] = {}

    def compare(name: str, expected: object, found: object) -> None:
        if expected != found:
            differences[name] = {"expected": expected, "found": found}

    compare("chain_id", chain_id, chain.chain_id())
    genesis = chain.block(0)
    if genesis is None:
        raise LedgerUnavailableError("the ledger has no block 0")
    compare("genesis_hash", genesis_hash, "0x" + genesis.hash.hex())
    code = chain.code(decode_hex(directory, length=20))
    if code:
        compare("code_hash", code_hash, "0x" + keccak256(code).hex())
    else:
        compare("directory", directory, "no contract at this address")
    if differences:
        said = "; ".join(f"{name} is {d['found']}, expected {d['expected']}" for name, d in differences.items())
        raise WrongLedgerError(
            f"this is not the ledger that the node was configured for: {said}. "
            "Point rpc_url at the right ledger, or correct the settings (`mapae-node config show`)",
            **differences,
        )
