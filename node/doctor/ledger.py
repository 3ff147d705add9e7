"""Checks of the ledger behind `rpc_url`: is it the one in the settings, is it alive, will it take transactions?"""

import statistics
import time
from collections.abc import Sequence
from typing import Any, Final

from node.adapters.chain import RpcChain
from node.adapters.keyring import Keystores
from node.config import Config
from node.doctor.finding import Finding, State, graded, unknown
from registry_client.core.encoding import decode_hex
from registry_client.core.hashing import keccak256
from registry_client.errors import LedgerUnavailableError

TIMEOUT_S: Final = 5.0
SLOW_MS: Final = 500
HEAD_OLD_S: Final = 24 * 3_600
"""Verifiers take an older head for a ledger that has stopped."""
CLOCK_MAX_S: Final = 15
"""How far a block may be ahead of this machine's clock: what engines tolerate among themselves."""
WAITING_MAX: Final = 16
GAS_MIN: Final = 3_000_000
"""A block that takes less has no room for a batch."""
FULL: Final = 0.9
Entries = Sequence[tuple[str, bytes, bytes]]
"""(name, address, code hash) of each contract that Directory lists."""


class LedgerChecks:
    """Asks one ledger; each method is one check."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._chain = RpcChain(config.rpc_url, timeout_s=TIMEOUT_S, checks_hashes=False)

    def close(self) -> None:
        """Close the connections."""
        self._chain.close()

    def reached(self) -> Finding:
        """RPC latency, the median of three."""
        taken = []
        try:
            for _ in range(3):
                began = time.monotonic()
                self._chain.chain_id()
                taken.append(1000 * (time.monotonic() - began))
        except LedgerUnavailableError as error:
            return Finding("rpc", State.FAIL, {}, error.detail)
        ms = round(statistics.median(taken), 1)
        return graded("rpc", warns=ms > SLOW_MS, ms=ms)

    def identity(self) -> list[Finding]:
        """Chain id, genesis hash and Directory's code against the settings."""
        config, genesis = self._config, self._chain.block(0)
        code = self._chain.code(decode_hex(config.directory, length=20))
        shown = {
            "chain_id": (config.chain_id, self._chain.chain_id()),
            "genesis": (config.genesis_hash, "0x" + genesis.hash.hex() if genesis else "-"),
            "directory": (config.code_hash, "0x" + keccak256(code).hex() if code else "-"),
        }
        return [
            graded(check, fails=expected != found, expected=expected, found=found)
            for check, (expected, found) in shown.items()
        ]

    def contracts(self, entries: Entries) -> Finding:
        """Hold the code of every contract that Directory lists against the hash in its entry."""
        if not entries:
            return unknown("contracts", "the index lists no contracts yet")
        wrong = [name for name, address, code_hash in entries if keccak256(self._chain.code(address)) != code_hash]
        return graded("contracts", fails=bool(wrong), count=len(entries), wrong=", ".join(wrong) or "-")

    def head(self, *, indexed: int | None) -> list[Finding]:
        """Age of the newest block, this machine's clock against it, and how far the index is behind."""
        head, now = self._chain.head(), int(time.time())
        age = now - head.time
        beat = 3 * self._config.heartbeat_s
        found = [
            graded("head", fails=age > HEAD_OLD_S, warns=0 < beat < age, number=head.number, age=max(0, age)),
            graded("clock", fails=-age > CLOCK_MAX_S, ahead=max(0, -age)),
        ]
        if indexed is None:
            return [*found, unknown("lag", "there is no index that could be read")]
        lag = max(0, head.number - indexed)
        return [*found, graded("lag", warns=lag > 10, blocks=lag)]

    def gas(self) -> Finding:
        """Room in a block."""
        block: dict[str, Any] = self._chain.rpc.request("eth_getBlockByNumber", "latest", False)
        limit, used = int(block["gasLimit"], 16), int(block["gasUsed"], 16)
        return graded("gas", fails=limit < GAS_MIN, warns=used > FULL * limit, limit=limit, free=limit - used)

    def relayer(self) -> list[Finding]:
        """Balance and nonce of the relayer."""
        keystores = Keystores(
            self._config.path(self._config.relayer_keystore), self._config.path(self._config.relayer_passphrase)
        )
        if not keystores.active.exists():
            return [Finding("balance", State.WARN, {}, "-"), unknown("nonce", "-")]
        address = keystores.address(keystores.active)
        ask = self._chain.rpc.request
        balance, price = int(ask("eth_getBalance", address, "latest"), 16), self._price()
        mined = int(ask("eth_getTransactionCount", address, "latest"), 16)
        pending = int(ask("eth_getTransactionCount", address, "pending"), 16)
        return [
            graded("balance", fails=price > 0 and balance == 0, address=address, wei=balance, price=price),
            graded("nonce", warns=pending - mined >= WAITING_MAX, mined=mined, pending=pending),
        ]

    def _price(self) -> int:
        block: dict[str, Any] = self._chain.rpc.request("eth_getBlockByNumber", "latest", False)
        if block.get("baseFeePerGas") in {"0x0", "0x00"}:
            return 0
        return int(self._chain.rpc.request("eth_gasPrice"), 16)
