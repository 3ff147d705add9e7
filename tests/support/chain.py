"""A deployed registry on a real ledger, and a hand that signs operations and sends them.

- `found(ledger)` deploys the nine contracts with a council of three development keys (2 of 3).
- `Registry.sign` uses the product's own `registry_client.core.operation`: what is tested is what people sign.
- `Registry.submit` sends at once and raises RevertedError with the contract's named error; the ledger mines by itself.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi import encode

from node.domain.deployment import contract_address
from node.services.artifacts import load_artifacts
from node.services.deployment import Deployment, deploy, development_network
from registry_client.core.operation import (
    OPERATIONS,
    Domain,
    OperationSignature,
    SignedOperation,
    encode_call,
    payload_of,
)
from tests.support.abi import ContractAbi, Event, contract_abi, revert_of, types_of
from tests.support.anvil import Anvil, RpcError
from tests.support.keys import Key, P256Key, Secp256k1Key, keccak256

COUNCIL = tuple(P256Key(f"council member {number}") for number in (1, 2, 3))
THRESHOLD = 2
DEPLOYER = Secp256k1Key("deployer")
RELAYER = Secp256k1Key("relayer")
GAS_LIMIT = 16_000_000
"""Below the 2^24 that EIP-7825 allows one transaction."""

MINED_TIMEOUT_S = 60.0
DAY_S = 86_400
YEAR_S = 365 * DAY_S
APPROVE, CANCEL = 1, 2
PROPOSALS = {
    "SetCouncil": (1, ("bytes21[]", "uint8")),
    "Directory": (2, ("bytes32", "address", "bytes32", "bytes32")),
    "Admit": (3, ("bytes20", "bytes21", "uint48")),
    "Dismiss": (4, ("bytes20",)),
    "GrantRoot": (5, ("bytes20", "bytes32", "uint48", "uint48", "bool", "bool")),
    "EndGrant": (6, ("bytes20", "bytes32", "uint32", "uint48")),
    "Compromise": (7, ("bytes20", "bytes32", "uint48")),
}
IMMEDIATE = ("Dismiss", "EndGrant", "Compromise")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction that succeeded, its logs decoded."""

    transaction_hash: str
    block_number: int
    gas_used: int
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        found = [event for event in self.events if event.name == name]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} events {name} among {[event.name for event in self.events]}")
        return found[0]


def did_id(kind: int, controller: bytes, salt: bytes) -> bytes:
    """The 20-byte id that the contracts compute."""
    tag = keccak256(b"did:mapae")
    return keccak256(encode(["bytes32", "uint8", "bytes21", "bytes32"], [tag, kind, controller, salt]))[:20]


def salt_of(label: str) -> bytes:
    return keccak256(b"salt: " + label.encode())


@dataclass(slots=True)
class Registry:
    """A deployed registry: `contracts` name -> address (0x-hex) of the present generation; `generations`: of all."""

    ledger: Anvil
    deployment: Deployment
    contracts: dict[str, str]
    generations: dict[str, str] = field(init=False)
    """Address -> contract name."""

    council: tuple[Key, ...] = COUNCIL
    threshold: int = THRESHOLD
    _salts: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.generations = {address: name for name, address in self.contracts.items()}

    def copy(self) -> "Registry":
        """The same registry, to be taken somewhere else by another test."""
        return replace(self, contracts=dict(self.contracts))

    # reading

    def abi(self, contract: str) -> ContractAbi:
        return contract_abi(contract)

    def view(self, contract: str, function: str, *arguments: Any, at: str | None = None, block: str = "latest") -> Any:
        """Call a view; `at`: another generation's address."""
        abi = self.abi(contract)
        call = {"to": at or self.contracts[contract], "data": "0x" + abi.call_data(function, *arguments).hex()}
        try:
            return abi.result(function, bytes.fromhex(self.ledger.rpc("eth_call", call, block)[2:]))
        except RpcError as error:
            raise revert_of(error.data) from error

    def slot(self, contract: str, key: int | bytes, *, at: str | None = None) -> bytes:
        """One storage slot, 32 bytes."""
        position = key if isinstance(key, bytes) else key.to_bytes(32, "big")
        raw = self.ledger.rpc("eth_getStorageAt", at or self.contracts[contract], "0x" + position.hex(), "latest")
        return bytes.fromhex(raw[2:].rjust(64, "0"))

    def logs(self, *, from_block: int = 0) -> list[Event]:
        """Every log of the registry, in the ledger's order."""
        query = {"fromBlock": hex(from_block), "toBlock": "latest", "address": list(self.generations)}
        return [self._decoded(log) for log in self.ledger.rpc("eth_getLogs", query)]

    def _decoded(self, log: dict[str, Any]) -> Event:
        return contract_abi(self.generations[log["address"].lower()]).event(log)

    def now(self) -> int:
        return self.ledger.now()

    def deadline(self) -> int:
        return self.now() + DAY_S

    # signing and sending

    def domain(self, contract: str, *, at: str | None = None) -> Domain:
        address = bytes.fromhex((at or self.contracts[contract])[2:])
        return Domain(f"did:mapae:{self.deployment.network}", "1", self.deployment.chain_id, address)

    def sign(self, kind: str, message: dict[str, Any], *signers: Key, domain: Domain | None = None) -> SignedOperation:
        """Sign with one key for each role of the kind; `deadline` is a day away unless the message has one."""
        operation = OPERATIONS[kind]
        if "deadline" in operation.field_names:
            message = {"deadline": self.deadline(), **message}
        domain = domain or self.domain(operation.contract)
        payload = payload_of(domain, kind, message)
        signatures = tuple(
            OperationSignature(role, key.sign(payload)) for role, key in zip(operation.roles, signers, strict=True)
        )
        return SignedOperation(operation, domain, message, signatures)

    def send(self, data: bytes, *, to: str | None, key: Secp256k1Key = RELAYER, gas: int = GAS_LIMIT) -> Receipt:
        """Send a transaction (`to` None: create a contract) and read its receipt. Raises RevertedError."""
        nonce = int(self.ledger.rpc("eth_getTransactionCount", key.address, "latest"), 16)
        target = bytes.fromhex(to[2:]) if to else b""
        transaction = {"nonce": nonce, "to": target, "data": data, "gas": gas, "gasPrice": 0, "value": 0}
        signed = key.account.sign_transaction({"chainId": self.deployment.chain_id, **transaction})
        transaction_hash = self.ledger.rpc("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
        until = time.monotonic() + MINED_TIMEOUT_S
        # anvil answers the sending before its block is there.
        while (receipt := self.ledger.rpc("eth_getTransactionReceipt", transaction_hash)) is None:
            if time.monotonic() > until:
                raise RuntimeError(f"the ledger did not mine {transaction_hash}")
            time.sleep(0.002)
        block = int(receipt["blockNumber"], 16)
        if receipt["status"] != "0x1":
            call = {"from": key.address, "to": to, "data": "0x" + data.hex(), "gas": hex(gas), "gasPrice": "0x0"}
            raise self._reason(call, block - 1)
        return Receipt(
            transaction_hash=transaction_hash,
            block_number=block,
            gas_used=int(receipt["gasUsed"], 16),
            events=tuple(self._decoded(log) for log in receipt["logs"]),
        )

    def _reason(self, call: dict[str, Any], block: int) -> Exception:
        """Why a call fails on the state after a block."""
        try:
            self.ledger.rpc("eth_call", call, hex(block))
        except RpcError as error:
            return revert_of(error.data)
        return RuntimeError("a transaction failed, and the same call on the state before it does not")

    def submit(self, kind: str, message: dict[str, Any], *signers: Key, at: str | None = None) -> Receipt:
        """Sign and send one operation. Raises RevertedError."""
        contract = OPERATIONS[kind].contract
        signed = self.sign(kind, message, *signers, domain=self.domain(contract, at=at))
        return self.send(encode_call(signed), to=at or self.contracts[contract])

    def batch(self, contract: str, operations: Sequence[SignedOperation]) -> Receipt:
        calls = [encode_call(operation) for operation in operations]
        return self.send(self.abi(contract).call_data("batch", calls), to=self.contracts[contract])

    def nonce(self, contract: str, key: Key, *, lane: int = 0) -> int:
        """Next nonce of a key: lane (192 bits) ‖ sequence (64 bits)."""
        return self.view(contract, "nonces", "0x" + key.controller[1:].hex(), lane)

    # the council

    def propose(self, name: str, *arguments: Any, voters: Sequence[Key] | None = None) -> dict[str, Any]:
        """Vote a proposal through the threshold; returns the message of its execution."""
        kind, types = PROPOSALS[name]
        proposal = {"kind": kind, "arguments": encode(types, arguments), "salt": salt_of(str(next(self._salts)))}
        proposal["epoch"] = self.view("Council", "epoch")
        for member in voters if voters is not None else self.council[: self.threshold]:
            self.submit("Vote", {**proposal, "choice": APPROVE}, member)
        return proposal

    def decide(self, name: str, *arguments: Any) -> None:
        """Propose, vote, wait the delay and execute."""
        proposal = self.propose(name, *arguments)
        if name not in IMMEDIATE:
            self.ledger.advance(self.view("Council", "delay"))
            self.submit("ExecuteProposal", proposal)

    def succeed(self, name: str, *birth: Any) -> str:
        """Replace a contract by its next generation; `birth`: constructor arguments after those of every peer."""
        artifact = load_artifacts()[name]
        inputs = next(item["inputs"] for item in artifact.abi if item["type"] == "constructor")
        common = (self.deployment.directory, self.deployment.network, self.contracts[name])
        nonce = int(self.ledger.rpc("eth_getTransactionCount", DEPLOYER.address, "latest"), 16)
        address = "0x" + contract_address(bytes.fromhex(DEPLOYER.address[2:]), nonce).hex()
        self.generations[address] = name
        self.send(artifact.bytecode + encode(types_of(inputs), [*common, *birth]), to=None, key=DEPLOYER)
        code_hash = keccak256(bytes.fromhex(self.ledger.rpc("eth_getCode", address, "latest")[2:]))
        self.decide("Directory", name.encode().ljust(32, b"\0"), address, code_hash, artifact.layout_id)
        self.contracts[name] = address
        return address


def found(ledger: Anvil, *, network: str | None = None) -> Registry:
    """Deploy a development registry whose council is COUNCIL (2 of 3), delay one second.

    `network`: its name, if it is not to follow from the ledger's genesis.
    """
    genesis = bytes.fromhex(ledger.rpc("eth_getBlockByNumber", "0x0", False)["hash"][2:])
    deployment = deploy(
        ledger.url,
        network=network or development_network(genesis),
        members=[member.controller for member in COUNCIL],
        threshold=THRESHOLD,
        delay_s=1,
        development=True,
        key=DEPLOYER.secret,
    )
    return Registry(ledger=ledger, deployment=deployment, contracts=dict(deployment.addresses))
