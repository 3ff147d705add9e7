"""Deploy a contract's next generation: what a council then votes into Directory.

- The successor is born knowing its predecessor and changes nothing until the council lists it.
- It is compiled from this working copy. Its deployer only pays, as with the first generation.
- docs/node.md, "Replacing a contract".
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_account import Account
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3Exception
from web3.types import TxParams, Wei

from node.services.artifacts import DIRECTORY, PEERS, Artifact, load_artifacts
from registry_client.core.hashing import keccak256
from registry_client.errors import InvalidInputError, LedgerRevertedError, LedgerUnavailableError

RPC_TIMEOUT_S: Final = 20
MINED_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.02
GAS_MARGIN: Final = 1.1
REPLACEABLE: Final = tuple(name for name in PEERS if name != "Council")
"""A council's successor is born with members of its own; nobody votes for what this could not say."""


@dataclass(frozen=True, slots=True)
class Successor:
    """A contract that waits for the council's decision. Everything 0x-lowercase-hex."""

    name: str
    generation: int
    address: str
    predecessor: str
    code_hash: str
    layout_id: str

    def proposal(self) -> str:
        """Return what a member types after `mapae council propose`."""
        return f"directory name={self.name} target={self.address} code={self.code_hash} layout={self.layout_id}"


def deploy_successor(
    rpc_url: str,
    *,
    directory: str,
    network: str,
    name: str,
    key: bytes,
    artifact: Artifact | None = None,
    birth: Sequence[Any] = (),
    gas_price: int | None = None,
    timeout_s: float = MINED_TIMEOUT_S,
    progress: Callable[[str], None] = lambda _line: None,
) -> Successor:
    """Create the successor of the contract that Directory lists as `name`, with the account of `key` (32 bytes).

    `artifact`: another code than this working copy's. `birth`: constructor arguments after those of every contract.
    Raises InvalidInputError, LedgerUnavailableError, LedgerRevertedError.
    """
    if name not in REPLACEABLE:
        raise InvalidInputError(f"what can be replaced like this is {', '.join(REPLACEABLE)}", name=name[:64])
    web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": RPC_TIMEOUT_S}))
    try:
        return _create(
            web3,
            directory=Web3.to_checksum_address(directory),
            network=network,
            artifact=artifact or load_artifacts()[name],
            name=name,
            birth=birth,
            key=key,
            gas_price=gas_price,
            timeout_s=timeout_s,
            progress=progress,
        )
    except ContractLogicError as error:
        raise LedgerRevertedError(f"the ledger refuses the successor of {name}: {error}", contract=name) from error
    except (RequestException, Web3Exception, TimeoutError) as error:
        raise LedgerUnavailableError(
            f"the ledger at {rpc_url} did not take the successor of {name}: {str(error)[:500]}", rpc_url=rpc_url
        ) from error


def _create(
    web3: Web3,
    *,
    directory: Any,
    network: str,
    artifact: Artifact,
    name: str,
    birth: Sequence[Any],
    key: bytes,
    gas_price: int | None,
    timeout_s: float,
    progress: Callable[[str], None],
) -> Successor:
    padded = name.encode("ascii").ljust(32, b"\0")
    listed = web3.eth.contract(address=directory, abi=load_artifacts()[DIRECTORY].abi)
    predecessor = listed.functions.addressOf(padded).call()
    generation = int(listed.functions.generationOf(padded).call()) + 1
    account = Account.from_key(key)
    contract = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    data = contract.constructor(directory, network, predecessor, *birth).data_in_transaction
    transaction: TxParams = {
        "chainId": web3.eth.chain_id,
        "from": account.address,
        "nonce": web3.eth.get_transaction_count(account.address, "pending"),
        "gasPrice": Wei(_price(web3) if gas_price is None else gas_price),
        "value": Wei(0),
        "data": data,
    }
    transaction["gas"] = int(web3.eth.estimate_gas(transaction) * GAS_MARGIN)
    progress(f"deploying generation {generation} of {name}, after {predecessor.lower()}")
    sent = web3.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)
    receipt = _receipt(web3, sent, timeout_s)
    address = receipt["contractAddress"]
    if receipt["status"] != 1 or address is None:
        raise LedgerRevertedError(f"the creation of {name} was refused by the ledger", contract=name)
    return Successor(
        name=name,
        generation=generation,
        address=address.lower(),
        predecessor=predecessor.lower(),
        code_hash="0x" + keccak256(bytes(web3.eth.get_code(address))).hex(),
        layout_id="0x" + artifact.layout_id.hex(),
    )


def _receipt(web3: Web3, sent: Any, timeout_s: float) -> Any:
    until = time.monotonic() + timeout_s
    while True:
        try:
            return web3.eth.get_transaction_receipt(sent)
        except TransactionNotFound:
            if time.monotonic() > until:
                raise TimeoutError(f"no block took it within {timeout_s:g} s") from None
            time.sleep(POLL_S)


def _price(web3: Web3) -> int:
    """Wei for one unit of gas: 0 where blocks carry no fee, else twice the newest block's base fee."""
    fee = web3.eth.get_block("latest").get("baseFeePerGas")
    return int(web3.eth.gas_price) if fee is None else 2 * int(fee)
