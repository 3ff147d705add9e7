"""The relayer: signs transactions with a key from a keystore v3 file and hands them to the ledger (web3).

- The key pays and has no role: whoever steals it can spend its balance and relay what others signed, nothing else.
- Legacy (EIP-155) transactions: they are what a chain without gas prices and every permissioned client understands.
"""

import json
import secrets
import stat
from pathlib import Path
from typing import Any, Final, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.exceptions import Web3Exception, Web3RPCError
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from node.adapters.rpc import RpcClient, RpcFailureError
from node.files import write_private
from node.ports_sending import TransactionRefusedError
from registry_client.errors import KeyFileError, LedgerUnavailableError

_KNOWN: Final = ("already imported", "already known", "known transaction", "alreadyknown")
"""What clients say to a transaction that they already have: that is success."""
_NOT_NOW: Final = (-32005, -32011)
"""Codes of a ledger that is full or halted: they say nothing about the transaction."""


def create_relayer(keystore: Path, passphrase: Path) -> str:
    """Make a relayer's key: keystore v3 and a passphrase file, both 0600. Return its address (0x-checksummed)."""
    if keystore.exists():
        raise KeyFileError(f"{keystore} exists already; move it aside to make another relayer")
    account: LocalAccount = Account.create()
    if passphrase.exists():  # made for another key of this home, or before a crash
        secret = passphrase.read_text().strip()
    else:
        secret = secrets.token_urlsafe(32)
        write_private(passphrase, secret + "\n", exclusive=True)
    write_private(keystore, json.dumps(Account.encrypt(account.key, secret)) + "\n", exclusive=True)
    return str(account.address)


def load_relayer(keystore: Path, passphrase: Path) -> LocalAccount:
    """Open a keystore. Raises KeyFileError: missing, readable by others, or the passphrase does not fit."""
    for path in (keystore, passphrase):
        if not path.is_file():
            raise KeyFileError(f"{path} is missing; `mapae-node relayer new` makes a relayer")
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        key = Account.decrypt(json.loads(keystore.read_text()), passphrase.read_text().strip())
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{keystore} does not open with the passphrase in {passphrase}: {error}") from error
    account: LocalAccount = Account.from_key(key)
    return account


class _OurTransport(JSONBaseProvider):
    """Lets web3 speak through the node's one connection: the same bounds, ids, retries and breaker."""

    def __init__(self, rpc: RpcClient) -> None:
        super().__init__()
        self._rpc = rpc

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Run one call. Raises LedgerUnavailableError."""
        return cast("RPCResponse", self._rpc.answer(method, params))


class Web3Writer:
    """Implements node.ports_sending.LedgerWriter with web3 and one relayer key."""

    def __init__(self, rpc: RpcClient, account: LocalAccount, *, chain_id: int) -> None:
        self._rpc, self._web3 = rpc, Web3(_OurTransport(rpc))
        self._account, self._chain_id = account, chain_id

    @property
    def relayer(self) -> bytes:
        """Address of the relayer, 20 bytes."""
        return bytes.fromhex(self._account.address[2:])

    def next_nonce(self, relayer: bytes | None = None) -> int:
        """Return the first nonce that no block has used, of another relayer if one is given."""
        address = self._account.address if relayer is None else Web3.to_checksum_address("0x" + relayer.hex())
        return int(self._asked(lambda: self._web3.eth.get_transaction_count(address, "latest")))

    def gas_price(self) -> int:
        """Return the price the ledger suggests; zero where its blocks carry no fee (clients suggest one even then)."""
        if self._newest("baseFeePerGas") == 0:
            return 0
        return int(self._asked(lambda: self._web3.eth.gas_price))

    def gas_limit(self) -> int:
        """Return the gas that a block takes now."""
        limit = self._newest("gasLimit")
        if not limit:
            raise LedgerUnavailableError("the ledger's newest block has no gas limit")
        return limit

    def _newest(self, name: str) -> int | None:
        """Return a number of the newest block; not by web3's get_block, which refuses QBFT's and Clique's extraData."""
        block = self._asked(lambda: self._rpc.request("eth_getBlockByNumber", "latest", False))
        value = block.get(name) if isinstance(block, dict) else None
        return int(self._asked(lambda: int(value, 16))) if isinstance(value, str) else None

    def balance(self) -> int:
        """Return the relayer's balance in wei."""
        return int(self._asked(lambda: self._web3.eth.get_balance(self._account.address)))

    def sign(self, *, to: bytes, data: bytes, nonce: int, gas: int, gas_price: int) -> tuple[bytes, bytes]:
        """Return (hash, raw bytes) of a signed transaction."""
        signed = self._account.sign_transaction(
            {
                "to": Web3.to_checksum_address("0x" + to.hex()),
                "data": data,
                "value": 0,
                "nonce": nonce,
                "gas": gas,
                "gasPrice": gas_price,
                "chainId": self._chain_id,
            }
        )
        return bytes(signed.hash), bytes(signed.raw_transaction)

    def send(self, raw: bytes) -> None:
        """Hand a raw transaction over. Raises LedgerUnavailableError or TransactionRefusedError."""
        try:
            self._web3.eth.send_raw_transaction(raw)
        except Web3RPCError as error:
            if any(words in str(error).lower() for words in _KNOWN):
                return
            answer = error.rpc_response or {}
            said = answer.get("error")
            if isinstance(said, dict) and said.get("code") in _NOT_NOW:
                raise LedgerUnavailableError(f"the ledger takes no transactions now: {str(error)[:300]}") from error
            raise TransactionRefusedError(str(error)[:300]) from error

    @staticmethod
    def _asked(ask: Any) -> Any:
        try:
            return ask()
        except (Web3Exception, RpcFailureError, ValueError, TypeError) as error:
            raise LedgerUnavailableError(f"the ledger gives no fit answer: {type(error).__name__}: {error}") from error
