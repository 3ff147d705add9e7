"""The gate against hostile clients: over HTTP, over JSON-RPC, with transactions; and as web3 uses it."""

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from web3 import Web3

from node.embedded.allowlist import READS
from node.embedded.launcher import LedgerHandle, start_ledger
from tests.integration.embedded_support import (
    Client,
    RpcError,
    Sender,
    json_body,
    raw_http,
    word,
    write_blocks,
)

pytestmark = pytest.mark.chain

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHAIN_ID_CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'


@pytest.fixture(scope="module")
def sender() -> Sender:
    return Sender()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, sender: Sender) -> Iterator[LedgerHandle]:
    with start_ledger(tmp_path_factory.mktemp("ledger"), relayers=[sender.address]) as running:
        yield running


@pytest.fixture
def client(ledger: LedgerHandle) -> Iterator[Client]:
    with Client(ledger.url) as found:
        yield found


@pytest.fixture
def port(ledger: LedgerHandle) -> int:
    return int(ledger.url.rsplit(":", 1)[1])


def with_length(body: bytes, extra: bytes = b"") -> bytes:
    return HEAD + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_connection_close_is_honoured(port: int) -> None:
    answer = raw_http(port, with_length(CHAIN_ID_CALL, b"Connection: close\r\n"))
    assert status_of(answer) == 200
    assert b"connection: close" in answer.lower()
    assert "result" in json_body(answer)


def test_http_1_0_is_answered_and_closed(port: int) -> None:
    answer = raw_http(port, with_length(CHAIN_ID_CALL).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert status_of(answer) == 200
    assert "result" in json_body(answer)


def test_chunked_body_is_read(port: int) -> None:
    half = len(CHAIN_ID_CALL) // 2
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (CHAIN_ID_CALL[:half], CHAIN_ID_CALL[half:], b""))
    answer = raw_http(port, HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body)
    assert status_of(answer) == 200
    assert "result" in json_body(answer)


def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    bodies = [
        json.dumps({"jsonrpc": "2.0", "id": n, "method": "eth_chainId", "params": []}).encode() for n in range(20)
    ]
    last = with_length(bodies[-1], b"Connection: close\r\n")
    answer = raw_http(port, b"".join(with_length(body) for body in bodies[:-1]) + last)
    assert answer.count(b"HTTP/1.1 200") == 20
    places = [answer.index(b'"id":%d,' % n) for n in range(20)]
    assert places == sorted(places)


def test_expect_continue_is_answered(port: int) -> None:
    answer = raw_http(port, with_length(CHAIN_ID_CALL, b"Expect: 100-continue\r\nConnection: close\r\n"))
    assert answer.startswith(b"HTTP/1.1 100")
    assert b"HTTP/1.1 200" in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n", 400),  # TLS
        (b"GARBAGE\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (HEAD + b"Content-Length: 12abc\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (HEAD + b"\r\n", 411),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
        (HEAD + b"Origin: https://example.org\r\nContent-Length: 2\r\n\r\n{}", 403),
        (HEAD.replace(b"127.0.0.1", b"rebound.example") + b"Content-Length: 2\r\n\r\n{}", 421),
        (HEAD.replace(b"application/json", b"text/plain") + b"Content-Length: 2\r\n\r\n{}", 415),
        (HEAD.replace(b"POST / ", b"POST /../admin ") + b"Content-Length: 2\r\n\r\n{}", 404),
        (b"GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 405),
        (b"GET /health HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400),  # no Host
    ],
)
def test_hostile_request_is_refused_with_its_status_and_closed(port: int, request_bytes: bytes, status: int) -> None:
    answer = raw_http(port, request_bytes)
    assert status_of(answer) == status
    assert b"connection: close" in answer.lower()
    assert json_body(answer)["error"]


def test_chunked_body_beyond_the_limit_is_refused(port: int) -> None:
    chunk = b"%x\r\n" % (1 << 20) + b" " * (1 << 20) + b"\r\n"
    answer = raw_http(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 6)
    assert status_of(answer) == 413


def test_too_many_connections_are_refused_and_the_others_live(port: int, client: Client) -> None:
    client.call("eth_chainId")  # one that is open before the crowd comes
    crowd = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(80)]
    try:
        time.sleep(0.2)
        late = raw_http(port, with_length(CHAIN_ID_CALL))
        assert status_of(late) == 503
        assert client.call("eth_chainId")
    finally:
        for connection in crowd:
            connection.close()
    deadline = time.monotonic() + 5
    while status_of(raw_http(port, with_length(CHAIN_ID_CALL, b"Connection: close\r\n"))) != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_client_that_hangs_up_midway_harms_nobody(port: int, client: Client) -> None:
    for cut in range(5, 160, 25):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(with_length(CHAIN_ID_CALL)[:cut])
    assert client.call("eth_chainId")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc":"2.0","id":NaN,"method":"eth_chainId"}', -32700),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"eth_chainId"}', -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"[" + b",".join([CHAIN_ID_CALL] * 129) + b"]", -32600),
        (b'"eth_chainId"', -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":"' + b"i" * 129 + b'","method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{"to":"0x"}}', -32600),
    ],
)
def test_malformed_call_is_answered_with_its_code(port: int, body: bytes, code: int) -> None:
    answer = raw_http(port, with_length(body, b"Connection: close\r\n"))
    assert status_of(answer) == 200
    assert json_body(answer)["error"]["code"] == code


@pytest.mark.parametrize(
    "method",
    [
        "evm_mine",
        "evm_revert",
        "evm_setNextBlockTimestamp",
        "anvil_setBalance",
        "anvil_dumpState",
        "anvil_loadState",
        "anvil_reorg",
        "anvil_impersonateAccount",
        "hardhat_reset",
        "eth_sendTransaction",
        "eth_sendUnsignedTransaction",
        "eth_accounts",
        "eth_newFilter",
        "eth_subscribe",
        "debug_traceTransaction",
        "txpool_content",
        "ots_getApiLevel",
        "ETH_CHAINID",
        "eth_chainId\0",
        "",
    ],
)
def test_method_outside_the_allow_list_is_refused(client: Client, method: str) -> None:
    with pytest.raises(RpcError) as caught:
        client.call(method)
    assert caught.value.code == -32601


def test_duplicate_method_key_cannot_smuggle_a_method(port: int, client: Client) -> None:
    before = client.head()
    body = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"evm_mine","params":[]}'
    assert json_body(raw_http(port, with_length(body, b"Connection: close\r\n")))["error"]["code"] == -32601
    body = b'{"jsonrpc":"2.0","id":1,"method":"evm_mine","method":"eth_chainId","params":[]}'
    assert "result" in json_body(raw_http(port, with_length(body, b"Connection: close\r\n")))
    assert client.head() == before


def test_batch_answers_each_call(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    reads = [{"jsonrpc": "2.0", "id": n, "method": "eth_chainId", "params": []} for n in range(5)]
    assert [a["id"] for a in client.post(reads) if a["result"] == hex(ledger.chain_id)] == list(range(5))
    raw = sender.sign(ledger.chain_id, to=sender.address, data=b"")
    mixed: list[Any] = [
        {"jsonrpc": "2.0", "id": "a", "method": "evm_mine", "params": []},
        {"jsonrpc": "2.0", "id": "b", "method": "eth_sendRawTransaction", "params": [raw]},
        7,
        {"jsonrpc": "2.0", "id": "c", "method": "ledger_status", "params": []},
    ]
    answers = client.post(mixed)
    assert [answer["id"] for answer in answers] == ["a", "b", None, "c"]
    assert answers[0]["error"]["code"] == -32601
    assert client.wait(answers[1]["result"])["status"] == "0x1"
    assert answers[2]["error"]["code"] == -32600
    assert answers[3]["result"]["state"] == "open"


def test_unknown_relayer_is_refused_and_nothing_is_mined(client: Client, ledger: LedgerHandle) -> None:
    before = client.head()
    stranger = Sender(seed=99)
    with pytest.raises(RpcError) as caught:
        client.call("eth_sendRawTransaction", stranger.sign(ledger.chain_id, to=stranger.address, data=b""))
    assert caught.value.code == -32010
    assert caught.value.error["data"]["code"] == "relayer-unknown"
    assert client.head() == before


@pytest.mark.parametrize("raw", ["0x", "0x1", "zz", "0x03c0", "0x04c0", "0xc0", "0x02", "0x" + "00" * 600_000, 7, None])
def test_malformed_transaction_is_refused(client: Client, raw: object) -> None:
    with pytest.raises(RpcError) as caught:
        client.call("eth_sendRawTransaction", raw)
    assert caught.value.code == -32602


def test_transaction_for_another_chain_is_refused(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    with pytest.raises(RpcError, match=f"for chain {ledger.chain_id + 1}, this is chain {ledger.chain_id}"):
        client.call("eth_sendRawTransaction", sender.sign(ledger.chain_id + 1, to=sender.address, data=b"", nonce=0))


def test_transaction_kinds_that_the_gate_takes_are_mined(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    account = Account.from_key((1).to_bytes(32, "big"))
    base = {"chainId": ledger.chain_id, "to": account.address, "value": 0, "gas": 50_000, "data": b""}
    access = [{"address": account.address, "storageKeys": ["0x" + "00" * 32]}]
    for fields in (
        {"gasPrice": 0},
        {"type": 1, "gasPrice": 0, "accessList": access},
        {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "accessList": access},
    ):
        signed = account.sign_transaction({**base, **fields, "nonce": sender.nonce})
        sender.nonce += 1
        found = client.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
        assert found == "0x" + bytes(signed.hash).hex()
        assert client.wait(found)["status"] == "0x1"


def test_nonce_gap_waits_and_is_mined_in_order(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    late = sender.sign(ledger.chain_id, to=sender.address, data=b"", nonce=sender.nonce + 1)
    late_hash = client.call("eth_sendRawTransaction", late)
    time.sleep(0.1)
    assert client.call("eth_getTransactionReceipt", late_hash) is None
    client.call("eth_sendRawTransaction", sender.sign(ledger.chain_id, to=sender.address, data=b""))
    assert client.wait(late_hash)["status"] == "0x1"
    sender.nonce += 1


def test_final_and_safe_are_the_newest_block(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    write_blocks(client, sender, ledger.chain_id, sender.address, 2)
    tags = [client.call("eth_getBlockByNumber", tag, False)["hash"] for tag in ("latest", "safe", "finalized")]
    assert len(set(tags)) == 1


def test_head_and_proof_agree_while_blocks_are_mined(client: Client, ledger: LedgerHandle, sender: Sender) -> None:
    """The account proof at a head read just before must be under that head's state root, also under load."""
    contract = sender.deploy(client, ledger.chain_id)
    done = threading.Event()

    def write() -> None:
        with Client(ledger.url) as writer:
            write_blocks(writer, sender, ledger.chain_id, contract, 60)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    checked = 0
    try:
        while not done.is_set():
            block, proof = (
                answer["result"]
                for answer in client.post(
                    [
                        {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]},
                        {
                            "jsonrpc": "2.0",
                            "id": 2,
                            "method": "eth_getProof",
                            "params": [contract, ["0x" + word(1).hex()], "latest"],
                        },
                    ]
                )
            )
            assert "0x" + bytes(Web3.keccak(hexstr=proof["accountProof"][0])).hex() == block["stateRoot"]
            checked += 1
    finally:
        thread.join(60)
    assert checked > 20


async def test_many_clients_at_once_lose_nothing(tmp_path: Path) -> None:
    senders = [Sender(seed) for seed in range(1, 9)]
    with start_ledger(tmp_path, relayers=[s.address for s in senders]) as ledger:
        async with httpx.AsyncClient(base_url=ledger.url, timeout=30) as http:

            async def send_all(one: Sender) -> list[str]:
                found = []
                for _ in range(25):
                    raw = one.sign(ledger.chain_id, to=one.address, data=b"x")
                    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]}
                    found.append((await http.post("/", json=call)).json()["result"])
                return found

            sent = await asyncio.gather(*(send_all(one) for one in senders))
        with Client(ledger.url) as client:
            receipts = [client.wait(transaction_hash) for batch in sent for transaction_hash in batch]
            hashes = client.hashes()
        assert len({receipt["transactionHash"] for receipt in receipts}) == 200
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes


def test_web3_works_against_it(ledger: LedgerHandle, sender: Sender) -> None:
    web3 = Web3(Web3.HTTPProvider(ledger.url))
    assert web3.is_connected()
    assert web3.eth.chain_id == ledger.chain_id
    assert bytes(web3.eth.get_block(0)["hash"]).hex() == ledger.genesis_hash[2:]
    account = Account.from_key((1).to_bytes(32, "big"))
    transaction = {
        "from": account.address,
        "to": account.address,
        "nonce": web3.eth.get_transaction_count(account.address),
        "value": 0,
        "gasPrice": 0,
        "chainId": ledger.chain_id,
    }
    transaction["gas"] = web3.eth.estimate_gas(transaction)
    sent = web3.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)
    assert web3.eth.wait_for_transaction_receipt(sent, timeout=10, poll_latency=0.01)["status"] == 1
    assert web3.eth.get_block("finalized")["number"] == web3.eth.block_number
    sender.nonce += 1


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_endless_call_ends_soon_and_mining_goes_on(
    client: Client, ledger: LedgerHandle, sender: Sender, method: str
) -> None:
    """Without a cap the engine would run it for ever, and no block could be mined meanwhile."""
    with pytest.raises(RpcError, match=r"(?i)out ?of ?gas"):
        client.call(method, {"data": "0x5b600056", "gas": "0x7fffffffffffffff"}, "latest")
    write_blocks(client, sender, ledger.chain_id, sender.address, 1)


def test_random_parameters_never_harm_the_ledger(client: Client, ledger: LedgerHandle) -> None:
    chance = random.Random(7)
    atoms: list[Any] = [
        *(None, True, -1, 0, 2**63, 2**64, 1.5, "", "0x", "0x0", "0x1", "latest", "pending", "\0", "한글", [], {}),
        *("0x" + "ff" * 32, "0x" + "ff" * 20, "0x" + "f" * 70, {"fromBlock": "0x0"}, {"to": "0x" + "11" * 20}),
        *({"blockHash": "0x" + "00" * 32}, {"topics": [[["x"]]]}, {"fromBlock": "0xffffffffff", "toBlock": "0x0"}),
    ]
    for method in sorted(READS):
        for _ in range(20):
            params = [chance.choice(atoms) for _ in range(chance.randint(0, 4))]
            answer = client.post({"jsonrpc": "2.0", "id": "x", "method": method, "params": params})
            assert ("result" in answer) != ("error" in answer)
    assert ledger.is_running
    assert ledger.status()["state"] == "open"
