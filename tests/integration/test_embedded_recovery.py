"""The ledger comes back the same: after a stop, after a kill at any moment, from a snapshot or from genesis."""

import asyncio
import os
import random
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from node.embedded.capacity import CREATION_EVENTS
from node.embedded.check import check_ledger
from node.embedded.launcher import start_ledger
from node.embedded.recovery import Progress
from registry_client.core.hashing import keccak_text
from tests.integration.embedded_support import Client, Sender, served, word, write_blocks

pytestmark = pytest.mark.chain

RETURN_TIMESTAMP = bytes.fromhex("4260005260206000f3")
"""Code that returns the time of the block it runs in."""
GAS_UP_TO_THE_LOG = 43_700
KILL_ROUNDS = int(os.environ.get("MAPAE_KILL_ROUNDS", "4"))


def test_restart_replays_to_the_same_hashes_receipts_and_logs(tmp_path: Path) -> None:
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        receipts = write_blocks(client, sender, ledger.chain_id, contract, 12)
        hashes = client.hashes()
        identity = (ledger.chain_id, ledger.genesis_hash, ledger.network)
    seen: list[Progress] = []
    with start_ledger(tmp_path, on_progress=seen.append) as ledger, Client(ledger.url) as client:
        assert (ledger.chain_id, ledger.genesis_hash, ledger.network) == identity
        assert ledger.recovery["replayed_transactions"] == 13
        assert client.hashes() == hashes
        assert [client.call("eth_getTransactionReceipt", r["transactionHash"]) for r in receipts] == receipts
        assert len(client.call("eth_getLogs", {"fromBlock": "0x0", "address": contract})) == 12
    assert seen[-1] == Progress("replay", 13, 13)
    assert hashes[0] == identity[1]
    assert identity[2] == "dev-" + hashes[0][2:8]


def test_what_is_estimated_after_a_start_from_a_snapshot_is_not_judged_before_the_head(tmp_path: Path) -> None:
    """Nothing is mined yet: a call on the pending block sees the head's time or a later one, not the genesis's."""
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        genesis_time = int(client.call("eth_getBlockByNumber", "0x0", False)["timestamp"], 16)
        while write_blocks(client, sender, ledger.chain_id, contract, 1) and _head_time(client) < genesis_time + 2:
            time.sleep(0.2)
        ledger.snapshot()
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert ledger.recovery["replayed_blocks"] == 0
        seen = client.call("eth_call", {"data": "0x" + RETURN_TIMESTAMP.hex()}, "pending")
        assert int(seen, 16) >= _head_time(client)


def _head_time(client: Client) -> int:
    return int(client.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def test_reverted_writes_after_a_start_from_a_snapshot_replay_from_genesis(tmp_path: Path) -> None:
    """An engine that loaded its state keeps a reverted write as a zero, and hashes it; one that lived on does not."""
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 3)
        ledger.snapshot()
        _revert_a_write(client, sender, ledger.chain_id, contract)
    for _ in range(2):
        with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
            _revert_a_write(client, sender, ledger.chain_id, contract)
            write_blocks(client, sender, ledger.chain_id, contract, 2)
            hashes = client.hashes()
            ledger.snapshot()
    assert check_ledger(tmp_path, replay=True).is_sound
    for path in tmp_path.glob("snapshot-*.bin"):
        path.unlink()
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert (ledger.recovery["base_block"], ledger.recovery["replayed_blocks"]) == (0, len(hashes) - 1)
        assert client.hashes() == hashes
        assert ledger.recovery["notes"] == []


def _revert_a_write(client: Client, sender: Sender, chain_id: int, contract: str) -> None:
    """Run out of gas after the word was stored, before it is logged."""
    raw = sender.sign(chain_id, to=contract, data=word(1_000_000 + sender.nonce), gas=GAS_UP_TO_THE_LOG)
    assert client.wait(client.call("eth_sendRawTransaction", raw))["status"] == "0x0"


def test_chain_continued_after_a_snapshot_replays_from_genesis(tmp_path: Path) -> None:
    """What is mined on a loaded snapshot must be what an unbroken engine would have mined."""
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 5)
        assert ledger.snapshot() == 6
    assert len(list(tmp_path.glob("snapshot-*.bin"))) == 1
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert (ledger.recovery["base_block"], ledger.recovery["replayed_blocks"]) == (6, 0)
        assert ledger.recovery["slot_count"] == 5
        write_blocks(client, sender, ledger.chain_id, contract, 5)
        hashes = client.hashes()
    for path in tmp_path.glob("snapshot-*.bin"):
        path.unlink()
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert (ledger.recovery["base_block"], ledger.recovery["replayed_blocks"]) == (0, 11)
        assert client.hashes() == hashes
        assert int(client.call("eth_getStorageAt", contract, "0x" + word(3).hex(), "latest"), 16) != 0


def snapshots(home: Path) -> list[Path]:
    return list(home.glob("snapshot-*.bin"))


async def mine_until_two_snapshots(home: Path, sender: Sender) -> tuple[int, str]:
    """Mine in a ledger that takes snapshots as often as it dares, until two are kept; the last block's number and hash.

    How often it dares depends on how fast this machine dumps and replays, so the number of blocks is not fixed.
    """
    async with served(home, sender, snapshot_after_s=0.001) as call, asyncio.timeout(120):
        chain_id = int((await call("eth_chainId"))["result"], 16)
        while len(snapshots(home)) < 2 or len(list(home.glob("journal-*.log"))) < 3:  # noqa: ASYNC240
            raw = sender.sign(chain_id, to=sender.address, data=b"")
            sent = (await call("eth_sendRawTransaction", raw))["result"]
            while not (await call("eth_getTransactionReceipt", sent))["result"]:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        latest = (await call("eth_getBlockByNumber", "latest", False))["result"]
        return int(latest["number"], 16), str(latest["hash"])


def test_snapshots_are_taken_by_themselves_and_two_are_kept(tmp_path: Path) -> None:
    sender = Sender()
    last = asyncio.run(mine_until_two_snapshots(tmp_path, sender))
    assert len(snapshots(tmp_path)) == 2
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert ledger.recovery["base_block"] > 0
        assert client.head() == last


def test_dids_are_counted_from_the_registrys_events(tmp_path: Path) -> None:
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        for signature in (*CREATION_EVENTS, "SomethingElse()"):
            raw = sender.sign(ledger.chain_id, to=contract, data=keccak_text(signature))  # logs it as its topic
            client.wait(client.call("eth_sendRawTransaction", raw))
        assert ledger.snapshot() == 4
        assert ledger.status()["capacity"]["slot_count"] == 3
    with start_ledger(tmp_path) as ledger:
        assert ledger.ready["capacity"]["did_count"] == 2
        assert ledger.ready["capacity"]["slot_count"] == 3


class Writer(threading.Thread):
    """Sends and waits, one after another, and notes what it was told is in the ledger."""

    def __init__(self, url: str, chain_id: int, sender: Sender, contract: str) -> None:
        super().__init__(daemon=True)
        self._args = (url, chain_id, sender, contract)
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        url, chain_id, sender, contract = self._args
        try:
            with Client(url) as client:
                while True:
                    raw = sender.sign(chain_id, to=contract, data=word(sender.nonce))
                    receipt = client.wait(client.call("eth_sendRawTransaction", raw))
                    self.acknowledged[receipt["transactionHash"]] = receipt["blockHash"]
        except (OSError, httpx.HTTPError, ValueError):  # the ledger was killed
            return


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    acknowledged: dict[str, str] = {}
    sender = Sender()
    contract = ""
    for round_number in range(KILL_ROUNDS + 1):
        ledger = start_ledger(tmp_path, relayers=[sender.address])
        try:
            with Client(ledger.url) as client:
                for transaction_hash, block_hash in acknowledged.items():
                    receipt = client.call("eth_getTransactionReceipt", transaction_hash)
                    assert receipt is not None
                    assert receipt["blockHash"] == block_hash
                sender.nonce = int(client.call("eth_getTransactionCount", sender.address, "latest"), 16)
                if not contract:
                    contract = sender.deploy(client, ledger.chain_id)
            if round_number == KILL_ROUNDS:
                assert len(acknowledged) > 5 * KILL_ROUNDS
                assert ledger.stop() == 0
                break
            writer = Writer(ledger.url, ledger.chain_id, sender, contract)
            writer.start()
            writer.join(chance.uniform(0.2, 1.0))
            if round_number % 2:
                os.kill(ledger.ready["anvil_pid"], signal.SIGKILL)
            ledger.kill()
            writer.join(10)
            assert not writer.is_alive()
            acknowledged |= writer.acknowledged
            if round_number % 3 == 2:
                with max(tmp_path.glob("journal-*.log")).open("ab") as journal:
                    journal.write(b"MPJ1" + chance.randbytes(40))
        finally:
            ledger.kill()
