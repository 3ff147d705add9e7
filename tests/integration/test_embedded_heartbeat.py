"""The heartbeat: the head of an idle ledger stays young; its empty blocks are journaled, guarded and replayed."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_checksum_address

from node.embedded import supervisor
from node.embedded.check import check_ledger
from node.embedded.errors import HeartbeatError
from node.embedded.guards import boot_clock
from node.embedded.heartbeat import Heartbeat
from node.embedded.launcher import start_ledger
from tests.integration.embedded_support import CREATION, Call, Client, Sender, served, word

pytestmark = pytest.mark.chain

LOOK_S = 0.05
QUIET_S = 8 * LOOK_S
"""Long enough for an idle ledger to have looked at its clock several times."""


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only how often it looks is shortened, here and where it is halted; what it sees is `Time`."""
    monkeypatch.setattr(supervisor, "LOOK_S", LOOK_S)
    monkeypatch.setattr(supervisor, "RECHECK_S", LOOK_S)


class Time:
    """The wall clock and the even one. `skip` passes time on both; `wall_shift` sets the wall clock alone."""

    def __init__(self) -> None:
        self.skipped = self.wall_shift = 0.0

    def wall(self) -> float:
        return time.time() + self.skipped + self.wall_shift

    def even(self) -> float:
        return boot_clock() + self.skipped

    def skip(self, seconds: float) -> None:
        self.skipped += seconds

    def options(self, interval_s: int = 600) -> dict[str, Any]:
        return {"wall_clock": self.wall, "even_clock": self.even, "heartbeat": Heartbeat(interval_s)}


async def head(call: Call) -> dict[str, Any]:
    return dict((await call("eth_getBlockByNumber", "latest", False))["result"])


async def height(call: Call) -> int:
    return int((await call("eth_blockNumber"))["result"], 16)


async def grown_to(call: Call, number: int) -> None:
    async with asyncio.timeout(10):
        while await height(call) < number:  # noqa: ASYNC110 - the ledger is asked, nothing tells us
            await asyncio.sleep(0.02)


async def sent(call: Call, sender: Sender, *, to: str | None = None, data: bytes = CREATION) -> dict[str, Any]:
    """Send one transaction and wait for its block; the receipt."""
    chain_id = int((await call("eth_chainId"))["result"], 16)
    transaction_hash = (await call("eth_sendRawTransaction", sender.sign(chain_id, to=to, data=data)))["result"]
    async with asyncio.timeout(10):
        while True:
            receipt = (await call("eth_getTransactionReceipt", transaction_hash))["result"]
            if receipt:
                return dict(receipt)
            await asyncio.sleep(0.01)


async def test_idle_ledger_mines_one_empty_block_an_interval(tmp_path: Path) -> None:
    clock = Time()
    async with served(tmp_path, Sender(), **clock.options()) as call:
        for beat in range(1, 4):
            clock.skip(595)
            await asyncio.sleep(QUIET_S)
            assert await height(call) == beat - 1
            clock.skip(5)
            await grown_to(call, beat)
            block = await head(call)
            assert block["transactions"] == []
            assert abs(int(block["timestamp"], 16) - clock.wall()) <= 2
        await asyncio.sleep(QUIET_S)
        assert await height(call) == 3
        assert (await call("ledger_status"))["result"]["heartbeat_s"] == 600


async def test_block_with_transactions_is_a_beat_too(tmp_path: Path) -> None:
    clock, sender = Time(), Sender()
    async with served(tmp_path, sender, **clock.options()) as call:
        clock.skip(500)
        await sent(call, sender)
        clock.skip(500)
        await asyncio.sleep(QUIET_S)
        assert await height(call) == 1


async def test_beat_that_fell_due_while_the_ledger_was_down_comes_before_any_reader(tmp_path: Path) -> None:
    clock = Time()
    async with served(tmp_path, Sender(), **clock.options()) as call:
        assert await height(call) == 0
    clock.skip(86_400)
    async with served(tmp_path, Sender(), **clock.options()) as call:
        block = await head(call)
        assert int(block["number"], 16) == 1
        assert abs(int(block["timestamp"], 16) - clock.wall()) <= 5
    async with served(tmp_path, Sender(), **clock.options()) as call:
        await asyncio.sleep(QUIET_S)
        assert await height(call) == 1, "a restart by itself is no reason for a block"


async def test_without_an_interval_nothing_is_mined(tmp_path: Path) -> None:
    clock = Time()
    async with served(tmp_path, Sender(), **clock.options(0)) as call:
        clock.skip(10**6)
        await asyncio.sleep(QUIET_S)
        assert await height(call) == 0
    async with served(tmp_path, Sender(), **clock.options(0)) as call:
        assert await height(call) == 0


async def test_clock_that_jumped_gets_no_beat_until_it_is_right(tmp_path: Path) -> None:
    clock = Time()
    async with served(tmp_path, Sender(), **clock.options()) as call:
        clock.wall_shift = 3600
        await asyncio.sleep(QUIET_S)
        assert await height(call) == 0
        assert (await call("ledger_status"))["result"]["halt"]["code"] == "clock-jumped"
        clock.wall_shift = 0
        clock.skip(600)
        await grown_to(call, 1)
        assert abs(int((await head(call))["timestamp"], 16) - clock.wall()) <= 2


async def test_nearly_full_disk_gets_no_beat_neither_later_nor_at_the_start(tmp_path: Path) -> None:
    clock = Time()
    for _ in range(2):
        async with served(tmp_path, Sender(), reserve_bytes=1 << 62, **clock.options()) as call:
            clock.skip(600)
            await asyncio.sleep(QUIET_S)
            assert await height(call) == 0
            assert (await call("ledger_status"))["result"]["halt"]["code"] == "disk-nearly-full"
    async with served(tmp_path, Sender(), **clock.options()) as call:
        assert await height(call) == 1


async def mine_beats_between_transactions(home: Path, clock: Time, sender: Sender) -> list[str]:
    """Three runs of three transactions, a beat after each, snapshots as often as can be; every block's hash."""
    hashes: list[str] = []
    contract = None
    for _ in range(3):
        async with served(home, sender, snapshot_after_s=0.001, **clock.options()) as call:
            for _ in range(3):
                receipt = await sent(call, sender, to=contract, data=word(sender.nonce) if contract else CREATION)
                contract = contract or to_checksum_address(receipt["contractAddress"])
                clock.skip(700)
                await grown_to(call, await height(call) + 1)
            blocks = [await call("eth_getBlockByNumber", hex(n), False) for n in range(await height(call) + 1)]
            hashes = [block["result"]["hash"] for block in blocks]
        clock.skip(3600)
    return hashes


def test_empty_blocks_replay_to_the_same_hashes_from_genesis_and_from_snapshots(tmp_path: Path) -> None:
    """The contract stores what a block's time and randomness were: another time, another state root."""
    hashes = asyncio.run(mine_beats_between_transactions(tmp_path, Time(), Sender()))
    assert len(hashes) == 1 + 9 + 9 + 2, "genesis, nine transactions, a beat after each, one at each later start"
    snapshots = list(tmp_path.glob("snapshot-*.bin"))
    assert snapshots
    assert check_ledger(tmp_path, replay=True).is_sound
    for path in snapshots:
        path.unlink()
    with start_ledger(tmp_path, heartbeat_s=0) as ledger, Client(ledger.url) as client:
        assert (ledger.recovery["base_block"], ledger.recovery["replayed_transactions"]) == (0, 9)
        assert client.hashes() == hashes


def test_child_is_told_its_interval_and_a_wrong_one_starts_nothing(tmp_path: Path) -> None:
    with start_ledger(tmp_path, heartbeat_s=10) as ledger:
        assert ledger.status()["heartbeat_s"] == 10
    with pytest.raises(HeartbeatError):
        start_ledger(tmp_path / "other", heartbeat_s=9)
    assert not (tmp_path / "other").exists()
