"""Put the nine contracts on a ledger, and find them again.

- Nobody keeps a right: the deployer's account only pays. Its address and nonces fix every contract's address, so the
  eight peers are born knowing where Directory will be, and Directory is born (last) knowing all of them.
- A deployment may be repeated: what this account already put there is recognised by its code (immutables aside) and by
  what its constructor was told; a half-finished deployment is continued, a finished one returned.
- What is found but was made with other parameters is refused, never adopted: a council must not change by a restart.
- DESIGN.md section 4, "Order of birth".
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eth_account import Account
from eth_typing import BlockNumber
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import TransactionNotFound, Web3Exception, Web3RPCError
from web3.types import Nonce, TxParams, Wei

from node.domain.deployment import Constitution, Deployment, contract_address, development_network
from node.services.artifacts import DIRECTORY, PEERS, Artifact, load_artifacts
from registry_client.errors import LedgerRevertedError, LedgerUnavailableError, RegistryError

FIRST_EPOCH = 1
NO_PREDECESSOR = "0x" + "00" * 20
NAMES = (*PEERS, DIRECTORY)
__all__ = ["Constitution", "Deployment", "DeploymentConflictError", "deploy", "development_network"]

RPC_TIMEOUT_S = 20
MINED_TIMEOUT_S = 120.0
POLL_S = 0.02
SAID_MAX = 500
"""Characters of a ledger's error message that are repeated, at most."""
GAS_MARGIN = 1.1
"""Room above the estimate, which the ledger made at an earlier block."""


class DeploymentConflictError(RegistryError):
    """The deployer's account already holds a registry, made with other parameters."""

    title = "Deployment conflict"


def deploy(
    rpc_url: str,
    *,
    network: str,
    members: Sequence[bytes],
    threshold: int,
    delay_s: int,
    development: bool,
    key: bytes,
    gas_price: int | None = None,
    progress: Callable[[str], None] = lambda _line: None,
    timeout_s: float = MINED_TIMEOUT_S,
) -> Deployment:
    """Deploy a registry with the account of `key` (32 bytes), or find and finish the one that it deployed before.

    `gas_price`: wei; None asks the ledger, and is 0 where blocks carry no fee. `timeout_s`: for each round of mining
    (there are two). Works against a ledger that mines at once, at intervals or on demand.
    Raises InvalidInputError, DeploymentConflictError, LedgerUnavailableError, LedgerRevertedError.
    """
    constitution = Constitution(network, tuple(members), threshold, delay_s, development)
    web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": RPC_TIMEOUT_S}))
    try:
        founding = _Founding(web3, constitution, key=key, gas_price=gas_price, progress=progress, timeout_s=timeout_s)
        return founding.run()
    except (RequestException, Web3Exception, TimeoutError) as error:
        said = _words_of(error)
        detail = f"the ledger at {rpc_url} did not take the deployment: {said}; run the same command again to go on"
        raise LedgerUnavailableError(detail, rpc_url=rpc_url) from error


class _Founding:
    """One run of `deploy`: the account, the plan of addresses, and what of it is there already."""

    def __init__(
        self,
        web3: Web3,
        constitution: Constitution,
        *,
        key: bytes,
        gas_price: int | None,
        progress: Callable[[str], None],
        timeout_s: float,
    ) -> None:
        self._web3 = web3
        self._constitution = constitution
        self._account = Account.from_key(key)
        self._deployer = bytes.fromhex(self._account.address[2:])
        self._artifacts = load_artifacts()
        self._chain_id = web3.eth.chain_id
        self._price = self._price_of_gas() if gas_price is None else gas_price
        self._progress = progress
        self._timeout_s = timeout_s

    def run(self) -> Deployment:
        nonce = self._settled_nonce()
        base, done = self._earlier_run(nonce)
        addresses = self._plan(base)
        if done:
            self._progress(f"found {done} of {len(NAMES)} contracts of an earlier run")
            self._require_same(addresses, done)
        peers = [self._send(name, base + at, addresses) for at, name in enumerate(PEERS) if at >= done]
        self._wait(peers)
        if done < len(NAMES):
            # Directory's constructor reads its peers' code: it can be estimated only when they are mined.
            self._wait([self._send(DIRECTORY, base + len(PEERS), addresses)])
        return self._describe(addresses)

    def _plan(self, base: int) -> dict[str, str]:
        return {name: "0x" + contract_address(self._deployer, base + at).hex() for at, name in enumerate(NAMES)}

    def _settled_nonce(self) -> int:
        """Wait until everything that this account sent is mined, and return its next nonce."""
        until = time.monotonic() + self._timeout_s
        while True:
            pending = self._web3.eth.get_transaction_count(self._account.address, "pending")
            if self._web3.eth.get_transaction_count(self._account.address, "latest") == pending:
                return pending
            self._pause(until, "earlier transactions of the deployer's account")

    def _earlier_run(self, nonce: int) -> tuple[int, int]:
        """Find what this account deployed before: (first nonce, how many contracts). Without any: (nonce, 0).

        Looks at its first nine transactions and at its last nine; a finished registry wins over a half one.
        """
        found = [(base, self._matching(base, nonce)) for base in {0, *range(max(0, nonce - len(NAMES)), nonce)}]
        usable = [(base, done) for base, done in found if done == min(nonce - base, len(NAMES))]
        return max(usable, key=lambda pair: pair[1], default=(nonce, 0))

    def _matching(self, base: int, nonce: int) -> int:
        addresses, done = self._plan(base), 0
        for name in NAMES[: nonce - base]:
            if not self._artifacts[name].is_code_of(self._code(addresses[name])):
                break
            done += 1
        return done

    def _require_same(self, addresses: Mapping[str, str], done: int) -> None:
        """Compare what was found with what is wanted. Raises DeploymentConflictError naming the difference."""
        wanted = self._constitution
        council = self._artifacts["Council"], self._code(addresses["Council"])
        for name in PEERS[:done]:
            artifact, code = self._artifacts[name], self._code(addresses[name])
            network = artifact.immutable("_hashedName", code)
            self._require_equal(f"network ({name})", network, keccak(text=f"did:mapae:{wanted.network}"))
            directory = "0x" + artifact.immutable("directory", code)[-20:].hex()
            self._require_equal(f"Directory ({name})", directory, addresses[DIRECTORY])
        self._require_equal("delay", int.from_bytes(council[0].immutable("delay", council[1])), wanted.delay_s)
        development = council[0].immutable("isDevelopment", council[1])
        self._require_equal("development", bool(int.from_bytes(development)), wanted.development)
        if self._call("Council", addresses, "epoch") == FIRST_EPOCH:
            count = self._call("Council", addresses, "memberCount")
            members = {bytes(self._call("Council", addresses, "memberAt", at)) for at in range(count)}
            self._require_equal("members of the council", members, set(wanted.members))
            self._require_equal("threshold", self._call("Council", addresses, "threshold"), wanted.threshold)

    def _require_equal(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            detail = (
                f"the account {self._account.address} has already founded a registry whose {what} is {found!r}, "
                f"not {wanted!r}: deploy with another account, or with the parameters of then"
            )
            raise DeploymentConflictError(detail, what=what, found=found, wanted=wanted)

    def _code(self, address: str) -> bytes:
        return bytes(self._web3.eth.get_code(Web3.to_checksum_address(address)))

    def _call(self, name: str, addresses: Mapping[str, str], function: str, *arguments: object) -> Any:
        contract = self._web3.eth.contract(
            address=Web3.to_checksum_address(addresses[name]), abi=self._artifacts[name].abi
        )
        return contract.functions[function](*arguments).call()

    def _send(self, name: str, nonce: int, addresses: Mapping[str, str]) -> tuple[str, HexBytes]:
        """Sign and send the creation of one contract; returns its name and transaction hash."""
        artifact = self._artifacts[name]
        contract = self._web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        data = contract.constructor(*self._arguments(artifact, addresses)).data_in_transaction
        transaction: TxParams = {
            "chainId": self._chain_id,
            "from": self._account.address,
            "nonce": Nonce(nonce),
            "gasPrice": Wei(self._price),
            "value": Wei(0),
            "data": data,
        }
        transaction["gas"] = int(self._web3.eth.estimate_gas(transaction) * GAS_MARGIN)
        signed = self._account.sign_transaction(transaction)
        self._progress(f"deploying {name} to {addresses[name]}")
        return name, self._web3.eth.send_raw_transaction(signed.raw_transaction)

    def _wait(self, sent: Sequence[tuple[str, HexBytes]]) -> None:
        """Wait for the receipts of one round. Raises LedgerRevertedError naming the contract that was not created."""
        until = time.monotonic() + self._timeout_s
        for name, transaction_hash in sent:
            while True:
                try:
                    receipt = self._web3.eth.get_transaction_receipt(transaction_hash)
                    break
                except TransactionNotFound:
                    self._pause(until, name)
            if receipt["status"] != 1:
                detail = f"the creation of {name} was refused by the ledger"
                raise LedgerRevertedError(detail, contract=name, transaction_hash=transaction_hash.to_0x_hex())

    def _pause(self, until: float, what: str) -> None:
        if time.monotonic() > until:
            raise TimeoutError(f"no block took {what} within {self._timeout_s:g} s")
        time.sleep(POLL_S)

    def _describe(self, addresses: Mapping[str, str]) -> Deployment:
        directory = Web3.to_checksum_address(addresses[DIRECTORY])
        for name in PEERS:
            entry = self._call(DIRECTORY, addresses, "entryOf", _name_of(name), 1)
            self._require_equal(f"address of {name} in Directory", entry[0].lower(), addresses[name])
        council = Web3.to_checksum_address(addresses["Council"])
        # The council is born first and speaks in its constructor: its first log opens the registry's history.
        newest = self._call(DIRECTORY, addresses, "entryOf", _name_of("Council"), 1)[3]
        logs = self._web3.eth.get_logs({"address": council, "fromBlock": BlockNumber(0), "toBlock": newest})
        return Deployment(
            network=self._constitution.network,
            chain_id=self._chain_id,
            genesis_hash=self._web3.eth.get_block(0)["hash"].to_0x_hex(),
            directory=addresses[DIRECTORY],
            addresses=addresses,
            code_hash="0x" + keccak(self._web3.eth.get_code(directory)).hex(),
            first_block=int(logs[0]["blockNumber"]),
        )

    def _arguments(self, artifact: Artifact, addresses: Mapping[str, str]) -> list[Any]:
        """Return the constructor arguments of one contract."""
        if artifact.name == DIRECTORY:
            return [
                [
                    (_name_of(name), Web3.to_checksum_address(addresses[name]), self._artifacts[name].layout_id)
                    for name in PEERS
                ]
            ]
        wanted = self._constitution
        common = [Web3.to_checksum_address(addresses[DIRECTORY]), wanted.network, NO_PREDECESSOR]
        if artifact.name == "Council":
            return [*common, list(wanted.members), wanted.threshold, wanted.delay_s, wanted.development]
        return common

    def _price_of_gas(self) -> int:
        """Wei for one unit of gas: 0 where blocks carry no fee, else twice the newest block's base fee."""
        fee = self._web3.eth.get_block("latest").get("baseFeePerGas")
        return self._web3.eth.gas_price if fee is None else 2 * int(fee)


def _words_of(error: Exception) -> str:
    """Return what the ledger said: of a JSON-RPC error only its message, in one line of bounded length."""
    if isinstance(error, Web3RPCError) and isinstance(error.rpc_response, Mapping):
        answered = error.rpc_response.get("error")
        said = answered.get("message") if isinstance(answered, Mapping) else answered
        if isinstance(said, str) and said.strip():
            return " ".join(said.split())[:SAID_MAX]
    return str(error)


def _name_of(contract: str) -> bytes:
    """Directory's name of a contract: ASCII, padded with zeros to 32 bytes."""
    return contract.encode("ascii").ljust(32, b"\0")
