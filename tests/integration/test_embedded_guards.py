"""The clock and the disk: what is not believable or not durable is neither mined nor shown, until the cause is gone."""

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from node.embedded.launcher import LedgerEvent, start_ledger
from tests.integration.embedded_support import Call, Client, Sender, served, word, write_blocks

pytestmark = pytest.mark.chain


class WallClock:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift


async def chain_id_of(call: Call) -> int:
    return int((await call("eth_chainId"))["result"], 16)


async def mined(call: Call, transaction_hash: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            receipt = (await call("eth_getTransactionReceipt", transaction_hash))["result"]
            if receipt:
                return dict(receipt)
            await asyncio.sleep(0.01)


async def send(call: Call, sender: Sender) -> dict[str, Any]:
    raw = sender.sign(await chain_id_of(call), to=sender.address, data=b"")
    answer = await call("eth_sendRawTransaction", raw)
    if "error" in answer:
        sender.nonce -= 1
    return dict(answer)


@pytest.mark.parametrize("jump", [-3600, -61, 61, 86400])
async def test_clock_jump_halts_sending_and_recovers_by_itself(
    tmp_path: Path, jump: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    clock, sender = WallClock(), Sender()
    async with served(tmp_path, sender, wall_clock=clock) as call:
        await mined(call, (await send(call, sender))["result"])
        clock.shift = jump
        answer = await send(call, sender)
        assert answer["error"]["code"] == -32011
        assert answer["error"]["data"]["code"] == "clock-jumped"
        assert "restart" in answer["error"]["data"]["remedy"]["en"]
        assert (await call("eth_blockNumber"))["result"] == "0x1"
        status = (await call("ledger_status"))["result"]
        assert (status["state"], status["halt"]["code"]) == ("halted", "clock-jumped")
        clock.shift = 0
        assert (await call("ledger_status"))["result"]["state"] == "open"
        await mined(call, (await send(call, sender))["result"])
    events = capfdbinary.readouterr().out
    assert events.count(b'"event":"halted"') == events.count(b'"event":"resumed"') == 1


async def test_transaction_taken_before_a_clock_jump_is_mined_after_it(tmp_path: Path) -> None:
    clock, sender = WallClock(), Sender()
    async with served(tmp_path, sender, wall_clock=clock) as call:
        chain_id = await chain_id_of(call)
        gap = sender.sign(chain_id, to=sender.address, data=b"", nonce=1)  # waits in the pool for nonce 0
        waiting = (await call("eth_sendRawTransaction", gap))["result"]
        first = sender.sign(chain_id, to=sender.address, data=b"", nonce=0)
        pending = asyncio.create_task(call("eth_sendRawTransaction", first))
        await pending
        clock.shift = -500
        await asyncio.sleep(0.3)
        clock.shift = 0
        assert (await mined(call, waiting))["status"] == "0x1"


async def test_small_step_of_the_clock_is_followed_without_going_back(tmp_path: Path) -> None:
    clock, sender = WallClock(), Sender()
    async with served(tmp_path, sender, wall_clock=clock) as call:
        times = []
        for shift in (0, -20, -50, 30):
            clock.shift = shift
            receipt = await mined(call, (await send(call, sender))["result"])
            block = (await call("eth_getBlockByNumber", receipt["blockNumber"], False))["result"]
            times.append(int(block["timestamp"], 16))
    assert times == sorted(times)
    assert times[3] - times[0] >= 29


async def test_clock_behind_the_ledger_halts_and_a_right_clock_goes_on(tmp_path: Path) -> None:
    clock, sender = WallClock(), Sender()
    async with served(tmp_path, sender, wall_clock=clock) as call:
        await mined(call, (await send(call, sender))["result"])
    clock.shift = -3600  # set back while the ledger was down
    async with served(tmp_path, sender, wall_clock=clock) as call:
        answer = await send(call, sender)
        assert answer["error"]["data"]["code"] == "clock-behind"
    clock.shift = 0
    async with served(tmp_path, sender, wall_clock=clock) as call:
        await mined(call, (await send(call, sender))["result"])


async def test_restart_accepts_a_new_time(tmp_path: Path) -> None:
    clock, sender = WallClock(), Sender()
    async with served(tmp_path, sender, wall_clock=clock) as call:
        clock.shift = 86400
        assert (await send(call, sender))["error"]["data"]["code"] == "clock-jumped"
    async with served(tmp_path, sender, wall_clock=clock) as call:
        await mined(call, (await send(call, sender))["result"])


async def test_disk_below_its_reserve_halts_sending_and_leaves_reading(tmp_path: Path) -> None:
    sender = Sender()
    async with served(tmp_path, sender, reserve_bytes=1 << 62) as call:
        answer = await send(call, sender)
        assert answer["error"]["data"]["code"] == "disk-nearly-full"
        told = answer["error"]["message"]
        assert f"MiB are free in {tmp_path}, 4398046511104 MiB are needed. Free some space on that disk" in told
        assert (await call("eth_blockNumber"))["result"] == "0x0"
    async with served(tmp_path, sender) as call:
        await mined(call, (await send(call, sender))["result"])


NEARLY_FULL = """
import sys
from pathlib import Path
from node.embedded import commands
from node.embedded.supervisor import LedgerOptions
sys.exit(commands.run(Path(sys.argv[1]), LedgerOptions(reserve_bytes=1 << 62), controlled=True))
"""


def _run_nearly_full(home: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Start it and let it stop at once: exit code, events, what it said to people."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NEARLY_FULL, str(home)],
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    events = [orjson.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [event for event in events if event["event"] != "progress"], done.stderr.decode()


def test_no_ledger_is_created_on_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    code, events, said = _run_nearly_full(tmp_path)
    assert code == 74
    assert [event["event"] for event in events if event["event"] != "warning"] == ["failed"]
    assert events[-1]["code"] == "storage-full"
    assert f"MiB are free in {tmp_path}, 4398046511104 MiB are needed" in events[-1]["detail"]
    assert said.splitlines()[-1].startswith("Free some space (or raise the quota) and start again")
    assert "Traceback" not in said
    assert not list(tmp_path.glob("journal-*"))


def test_ledger_on_a_nearly_full_disk_starts_and_says_at_once_that_it_is_halted(tmp_path: Path) -> None:
    start_ledger(tmp_path).stop()
    code, events, _ = _run_nearly_full(tmp_path)
    assert code == 0
    assert [event["event"] for event in events if event["event"] != "warning"] == ["ready", "halted", "stopped"]
    halted = next(event for event in events if event["event"] == "halted")
    assert halted["code"] == "disk-nearly-full"
    assert "otherwise start it again" in halted["remedy"]["en"]


def test_disk_full_stops_cleanly_and_a_restart_recovers(tmp_path: Path) -> None:
    """The kernel refuses to let the journal grow in the middle of a record: nobody may have seen that block."""
    sender = Sender()
    events: list[LedgerEvent] = []
    with (
        start_ledger(tmp_path, relayers=[sender.address], on_event=events.append) as ledger,
        Client(ledger.url) as client,
    ):
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 3)
        hashes = client.hashes()
        journal = tmp_path / "journal-000000000001.log"
        size = journal.stat().st_size
        resource.prlimit(ledger.pid, resource.RLIMIT_FSIZE, (size + 50, size + 50))
        raw = sender.sign(ledger.chain_id, to=contract, data=word(77))
        shown = _send_until_it_stops(client, raw)
        assert ledger.wait(10) == 74
        ledger.stop()
        assert ledger.failure is not None
        assert ledger.failure["code"] == "storage-full"
        assert f"writing the journal in {tmp_path}" in str(ledger.failure["detail"])
        assert "Free some space" in ledger.failure["remedy"]["en"]
    assert not shown
    assert journal.stat().st_size == size + 50
    log = tmp_path / "ledger.log"
    assert "The disk is full" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes
        assert "cut 50 bytes" in ledger.recovery["notes"][0]
        assert client.wait(client.call("eth_sendRawTransaction", raw))["status"] == "0x1"


def _send_until_it_stops(client: Client, raw: str) -> bool:
    """Send, then ask for the receipt until the ledger is gone; whether one was ever shown."""
    try:
        transaction_hash = client.call("eth_sendRawTransaction", raw)
        while True:
            if client.call("eth_getTransactionReceipt", transaction_hash):
                return True
    except httpx.HTTPError:
        return False


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_snapshot_that_does_not_fit_is_reported_and_the_ledger_goes_on(tmp_path: Path) -> None:
    sender = Sender()
    events: list[LedgerEvent] = []
    with (
        start_ledger(tmp_path, relayers=[sender.address], on_event=events.append) as ledger,
        Client(ledger.url) as client,
    ):
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 5)
        resource.prlimit(ledger.pid, resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        ledger.snapshot()
        _wait_for(lambda: bool(events))
        assert [event.name for event in events] == ["warning"]
        assert events[0].fields["code"] == "storage-full"
        assert not list(tmp_path.glob("snapshot-*"))
        resource.prlimit(ledger.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        write_blocks(client, sender, ledger.chain_id, contract, 1)
