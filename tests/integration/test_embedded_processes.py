"""Processes: one ledger a home, nothing left behind, clear words at the start."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import orjson
import pytest

from node.embedded.errors import LedgerStoppedError
from node.embedded.launcher import LedgerEvent, LedgerHandle, start_ledger
from tests.integration.embedded_support import Client, RpcError, Sender, wait_until_gone, write_blocks

pytestmark = pytest.mark.chain

PARENT = """
import sys, threading, time, orjson
from node.embedded.launcher import start_ledger
def start():
    global handle
    handle = start_ledger(sys.argv[1])
    print(orjson.dumps({"pids": [handle.pid, handle.ready["anvil_pid"]]}).decode(), flush=True)
if sys.argv[2] == "thread":
    thread = threading.Thread(target=start); thread.start(); thread.join()
else:
    start()
time.sleep(600)
"""


@pytest.mark.parametrize("where", ["main", "thread"])
def test_gate_and_engine_die_with_their_parent(tmp_path: Path, where: str) -> None:
    log = tmp_path / "parent.out"
    with log.open("wb") as out:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(tmp_path / "home"), where], stdout=out, process_group=0
        )
    try:
        deadline = time.monotonic() + 30
        while not log.read_bytes().endswith(b"\n") and time.monotonic() < deadline:
            time.sleep(0.02)
        pids = orjson.loads(log.read_bytes())["pids"]
        os.kill(parent.pid, signal.SIGKILL)
        assert wait_until_gone(*pids)
    finally:
        parent.kill()
        parent.wait()
    start_ledger(tmp_path / "home").stop()  # the lock went with them


def test_second_instance_on_the_same_home_is_refused(tmp_path: Path) -> None:
    with start_ledger(tmp_path) as ledger:
        with pytest.raises(LedgerStoppedError) as caught:
            start_ledger(tmp_path)
        assert caught.value.report["code"] == "ledger-locked"
        assert caught.value.report["exit_code"] == 75
        assert f"process {ledger.pid} has" in str(caught.value.report["detail"])
        assert "이미 실행 중" in caught.value.report["title"]["ko"]
        assert ledger.status()["state"] == "open"


def test_taken_port_is_named(tmp_path: Path) -> None:
    with start_ledger(tmp_path / "a") as ledger:
        port = int(ledger.url.rsplit(":", 1)[1])
        with pytest.raises(LedgerStoppedError) as caught:
            start_ledger(tmp_path / "b", port=port)
    assert caught.value.report["code"] == "port-taken"
    assert str(port) in str(caught.value.report["detail"])


def test_wrong_engine_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "anvil"
    fake.write_text("#!/bin/sh\necho 'anvil Version: 1.5.0-stable'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("MAPAE_ANVIL", str(fake))
    with pytest.raises(LedgerStoppedError) as caught:
        start_ledger(tmp_path / "home")
    assert caught.value.report["code"] == "engine-version"
    assert "exactly 1.7.1" in str(caught.value.report["detail"])
    assert not list((tmp_path / "home").glob("journal-*"))


def test_engine_that_dies_ends_the_ledger_and_says_so(tmp_path: Path) -> None:
    events: list[LedgerEvent] = []
    with start_ledger(tmp_path, on_event=events.append) as ledger:
        os.kill(ledger.ready["anvil_pid"], signal.SIGKILL)
        assert ledger.wait(10) == 70
        ledger.stop()
        assert ledger.failure is not None
        assert ledger.failure["detail"] == "anvil died"
        with pytest.raises(LedgerStoppedError, match="anvil died"):
            ledger.status()
    assert [event.name for event in events] == ["failed"]
    start_ledger(tmp_path).stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with start_ledger(tmp_path) as ledger:
        os.kill(ledger.pid, number)
        assert ledger.wait(10) == 0
        assert wait_until_gone(ledger.ready["anvil_pid"])


def test_relayer_let_in_while_running_stays_known(tmp_path: Path) -> None:
    sender = Sender()
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        with pytest.raises(RpcError) as caught:
            sender.deploy(client, ledger.chain_id)
        assert caught.value.code == -32010
        assert caught.value.error["data"]["sender"] == sender.address.lower()
        ledger.add_relayer(sender.address)
        sender.nonce = 0
        contract = sender.deploy(client, ledger.chain_id)
        with pytest.raises(ValueError, match="not an address"):
            ledger.add_relayer("0x12")
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert ledger.status()["known_relayers"] == 1
        write_blocks(client, sender, ledger.chain_id, contract, 1)


def test_unreadable_relayer_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "relayers.json").write_text('["0xnot"]')
    with pytest.raises(LedgerStoppedError) as caught:
        start_ledger(tmp_path)
    assert caught.value.report["code"] == "relayer-file"


def test_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerStoppedError) as caught:
        start_ledger(tmp_path / "file" / "ledger")
    assert caught.value.report["code"] == "storage-failed"
    assert "Not a directory" in str(caught.value.report["detail"])


def test_handle_can_be_used_from_other_threads(tmp_path: Path) -> None:
    handles: list[LedgerHandle] = []
    thread = threading.Thread(target=lambda: handles.append(start_ledger(tmp_path)))
    thread.start()
    thread.join(30)
    with handles[0] as ledger:
        assert ledger.status()["head"]["number"] == 0
        assert ledger.is_running
    assert not handles[0].is_running
