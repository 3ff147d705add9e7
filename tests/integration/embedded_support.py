"""What the tests of the embedded ledger share: a JSON-RPC client, an account, and a contract of 16 bytes.

The contract stores `timestamp xor prevrandao` under the word it is called with, and logs that word: a replay that
differed in time, order or parent would get another state root, hence another block hash.
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from eth_account import Account
from eth_utils import to_checksum_address

from node.embedded.binary import find_engine
from node.embedded.process import bind_gate
from node.embedded.recovery import recover
from node.embedded.relayers import KnownRelayers, parse_address
from node.embedded.supervisor import LedgerOptions, Supervisor

Call = Callable[..., Any]

RUNTIME = bytes.fromhex("4244186000355560003560206000a100")
CREATION = bytes.fromhex(f"60{len(RUNTIME):02x}80600b6000396000f3") + RUNTIME


class RpcError(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error
        self.code = error["code"]


class Client:
    """A blocking JSON-RPC client."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, body: object) -> Any:
        return self._http.post("/", json=body).json()

    def call(self, method: str, *params: object) -> Any:
        answer = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def head(self) -> tuple[int, str]:
        block = self.call("eth_getBlockByNumber", "latest", False)
        return int(block["number"], 16), block["hash"]

    def hashes(self) -> list[str]:
        """Every block hash from genesis to head."""
        last = self.head()[0]
        return [self.call("eth_getBlockByNumber", hex(number), False)["hash"] for number in range(last + 1)]

    def wait(self, transaction_hash: str, timeout_s: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            receipt = self.call("eth_getTransactionReceipt", transaction_hash)
            if receipt is not None:
                return dict(receipt)
            time.sleep(0.001)
        raise TimeoutError(transaction_hash)


class Sender:
    """An account that signs for one chain, free of charge."""

    def __init__(self, seed: int = 1) -> None:
        self._account = Account.from_key(seed.to_bytes(32, "big"))
        self.address: str = self._account.address
        self.nonce = 0

    def sign(self, chain_id: int, *, to: str | None, data: bytes, nonce: int | None = None, **fields: object) -> str:
        """Sign the next transaction; 0x-hex."""
        transaction = {
            "chainId": chain_id,
            "nonce": self.nonce if nonce is None else nonce,
            "gas": 200_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": data,
            **({"to": to} if to else {}),
            **fields,
        }
        if nonce is None:
            self.nonce += 1
        return "0x" + bytes(self._account.sign_transaction(transaction).raw_transaction).hex()

    def deploy(self, client: Client, chain_id: int) -> str:
        """Deploy the contract; its address."""
        receipt = client.wait(client.call("eth_sendRawTransaction", self.sign(chain_id, to=None, data=CREATION)))
        assert receipt["status"] == "0x1"
        return str(to_checksum_address(receipt["contractAddress"]))


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def write_blocks(client: Client, sender: Sender, chain_id: int, contract: str, count: int) -> list[dict[str, Any]]:
    """Mine `count` blocks of one transaction; their receipts."""
    receipts = []
    for _ in range(count):
        raw = sender.sign(chain_id, to=contract, data=word(sender.nonce))
        receipts.append(client.wait(client.call("eth_sendRawTransaction", raw)))
    return receipts


def raw_http(port: int, data: bytes, *, timeout_s: float = 5) -> bytes:
    """Send bytes, read until the server closes or `timeout_s` of silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(data)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            pass
        return received


def json_body(answer: bytes) -> Any:
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])


def is_alive(pid: int) -> bool:
    """True unless the process is gone or a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(*pids: int, timeout_s: float = 10) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not any(is_alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


@asynccontextmanager
async def served(home: Path, sender: Sender, **options: Any) -> AsyncIterator[Call]:
    """Serve inside this process, over a real engine and a real port; yields a call that returns the RPC answer."""
    relayers = KnownRelayers(home)
    relayers.add(parse_address(sender.address))
    recovered = recover(home, find_engine(), lambda _: None)
    supervisor = Supervisor(home, LedgerOptions(**options), relayers, recovered)
    serving = asyncio.create_task(supervisor.serve(bind_gate(0), controlled=False))
    try:
        await asyncio.wait([serving, asyncio.create_task(supervisor.listening.wait())], return_when="FIRST_COMPLETED")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{supervisor.port}", timeout=30) as http:

            async def call(method: str, *params: object) -> Any:
                body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
                return (await http.post("/", json=body)).json()

            yield call
        supervisor.stop()
        await serving
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        recovered.anvil.stop()
        recovered.writer.close()
