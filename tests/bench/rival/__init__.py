"""did:ethr as its makers ship it: the contract of npm ethr-did-registry, the resolver of npm ethr-did-resolver.

- Installed into build/bench from the lock beside this file; never part of the product.
- `Ethr` deploys the contract on a given ledger, makes changes (each in a block of its own) and times the resolver in
  its own Node.js process.
- A change renews one attribute of 33 bytes, so that the document stays small however many changes there were: the
  shape that is kindest to the resolver.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi import encode

from tests.support.anvil import ROOT, Anvil
from tests.support.keys import Secp256k1Key, keccak256

HERE = Path(__file__).parent
FOLDER = ROOT / "build" / "bench"
CONTRACT = "EthereumDIDRegistry"
ARTIFACT = FOLDER / f"node_modules/ethr-did-registry/artifacts/contracts/{CONTRACT}.sol/{CONTRACT}.json"
ATTRIBUTE = b"did/pub/Secp256k1/veriKey/hex".ljust(32, b"\0")
SET_ATTRIBUTE = keccak256(b"setAttribute(address,bytes32,bytes,uint256)")[:4]
VALIDITY_S = 10 * 365 * 86_400
GAS = 3_000_000
MINED_TIMEOUT_S = 10.0


def install() -> None:
    """Put the locked npm packages into build/bench; nothing is done if they are there."""
    stamp = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    marker = FOLDER / ".stamp"
    if marker.is_file() and marker.read_text() == stamp:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, FOLDER / name)
    subprocess.run(
        ["npm", "ci", "--no-fund", "--no-audit", "--ignore-scripts"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL
    )
    marker.write_text(stamp)


@dataclass(frozen=True, slots=True)
class Timing:
    """A series of resolutions. `ms`: one each; `requests`: of one; `version`: block of the last change."""

    ms: list[float]
    requests: int
    version: str | None
    methods: int


@dataclass(slots=True)
class Ethr:
    """did:ethr on one ledger."""

    ledger: Anvil
    chain_id: int
    registry: str
    process: subprocess.Popen[str]

    def did_after(self, changes: int) -> str:
        """Make a DID and change it `changes` times; returns the DID."""
        key = Secp256k1Key(f"did:ethr after {changes}")
        values = [key.address, ATTRIBUTE, b"\x02" + keccak256(b"a key"), VALIDITY_S]
        call = SET_ATTRIBUTE + encode(["address", "bytes32", "bytes", "uint256"], values)
        for nonce in range(changes):
            send(self.ledger, key, chain_id=self.chain_id, nonce=nonce, to=self.registry, data=call)
        return f"did:ethr:0x{self.chain_id:x}:{key.address}"

    def resolve(self, did: str, *, runs: int) -> Timing:
        """Resolve `runs` times, one after the other."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the resolver was started without pipes")
        self.process.stdin.write(json.dumps({"did": did, "runs": runs}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the resolver ended with {self.process.wait()}: see build/bench/resolver.log")
        answer = json.loads(line)
        return Timing(
            ms=answer["ms"], requests=answer["requests"], version=answer["versionId"], methods=answer["methods"]
        )


@contextlib.contextmanager
def ethr(ledger: Anvil) -> Iterator[Ethr]:
    """Deploy the contract and start the resolver; the process ends with the block."""
    chain_id = int(ledger.rpc("eth_chainId"), 16)
    code = bytes.fromhex(json.loads(ARTIFACT.read_text())["bytecode"][2:])
    receipt = send(ledger, Secp256k1Key("did:ethr deployer"), chain_id=chain_id, nonce=0, to="", data=code)
    registry = receipt["contractAddress"]
    with (FOLDER / "resolver.log").open("wb") as log:
        process = subprocess.Popen(
            ["node", str(HERE / "resolve.mjs"), str(FOLDER), ledger.url, str(chain_id), registry],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        yield Ethr(ledger=ledger, chain_id=chain_id, registry=registry, process=process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send(ledger: Anvil, key: Secp256k1Key, *, chain_id: int, nonce: int, to: str, data: bytes) -> dict[str, Any]:
    """Send one transaction, which anvil mines into a block of its own; returns the receipt."""
    target = {"to": bytes.fromhex(to[2:])} if to else {}
    fields = {"chainId": chain_id, "nonce": nonce, "data": data, "gas": GAS, "gasPrice": 0, "value": 0}
    signed = key.account.sign_transaction({**fields, **target})
    transaction_hash = ledger.rpc("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
    until = time.monotonic() + MINED_TIMEOUT_S
    # anvil may answer before its block is there.
    while (receipt := ledger.rpc("eth_getTransactionReceipt", transaction_hash)) is None:
        if time.monotonic() > until:
            raise RuntimeError(f"the ledger did not mine {transaction_hash}")
        time.sleep(0.002)
    if receipt["status"] != "0x1":
        raise RuntimeError(f"transaction {transaction_hash} failed")
    mined: dict[str, Any] = receipt
    return mined
