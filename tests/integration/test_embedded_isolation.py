"""The engine's own port: nobody but the supervisor reaches it, and where the kernel refuses that, everybody is told."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from node.embedded.launcher import LedgerEvent, start_ledger
from tests.integration.embedded_support import Client, RpcError, Sender, wait_until_gone, write_blocks

pytestmark = pytest.mark.chain

AS_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
"""Without any right over the network: what an ordinary user has."""
REFUSED = [
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"',
    "sh",
]
"""The kernel itself refuses every network namespace."""
NO_ADMIN = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
"""Root of a container: may read everybody's files, may not make a network."""

ISOLATE = """
import json, sys, threading
from pathlib import Path
from node.embedded.isolation import isolate
if sys.argv[1] == "threads":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
exposure = isolate(*map(Path, sys.argv[2:]))
print(json.dumps(exposure and exposure.as_dict()))
for path in sys.argv[2:]:
    Path(path).read_bytes()
"""


def require(*prefix: str) -> None:
    if shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"], check=False).returncode != 0:
        pytest.skip(f"this system has no {' '.join(prefix[:2])}")


def python_behind(folder: Path, prefix: list[str]) -> str:
    """Write a program that runs Python behind `prefix`, in the same process."""
    words = " ".join(f"'{word}'" for word in [*prefix, sys.executable])
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture(params=["as we are", "as a user"])
def private_python(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have ledgers started by a process that may make a network, with and without a user namespace."""
    if request.param == "as a user":
        require(*AS_USER)
        require(*AS_USER, "unshare", "--user", "--net")
        monkeypatch.setattr("sys.executable", python_behind(tmp_path_factory.mktemp("bin"), AS_USER))
    else:
        require("unshare", "--user", "--net")


def listening(table: str) -> dict[int, int]:
    """Ports in state LISTEN of a table of TCP sockets, by inode."""
    found = {}
    for name in (table, table + "6"):
        for line in Path(name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                found[int(fields[9])] = int(fields[1].rsplit(":", 1)[1], 16)
    return found


def sockets_of(pid: int) -> set[int]:
    links = (str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir())
    return {int(link[8:-1]) for link in links if link.startswith("socket:[")}


def reachable_ports(pid: int) -> list[int]:
    """Ports of this machine's common network that a process listens on."""
    return [port for inode, port in listening("/proc/self/net/tcp").items() if inode in sockets_of(pid)]


@pytest.mark.usefixtures("private_python")
def test_nothing_listens_beside_the_gate(tmp_path: Path) -> None:
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        engine = int(ledger.ready["anvil_pid"])
        assert ledger.ready["exposure"] is None
        assert ledger.status()["engine_private"] is True
        assert reachable_ports(ledger.pid) == [int(ledger.url.rsplit(":", 1)[1])]
        assert reachable_ports(engine) == []
        inside = listening(f"/proc/{engine}/net/tcp")
        ports = [port for inode, port in inside.items() if inode in sockets_of(engine)]
        assert len(ports) == 1
        assert len(inside) == 1
        if ports[0] not in listening("/proc/self/net/tcp").values():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", ports[0]), timeout=5)
        contract = sender.deploy(client, ledger.chain_id)
        assert write_blocks(client, sender, ledger.chain_id, contract, 2)[-1]["status"] == "0x1"
        with pytest.raises(RpcError) as caught:
            client.call("anvil_setStorageAt", contract, "0x" + "00" * 32, "0x" + "01" * 32)
        assert caught.value.code == -32601


@pytest.mark.usefixtures("private_python")
def test_private_ledger_replays_to_the_same_hashes_and_dies_whole(tmp_path: Path) -> None:
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        contract = sender.deploy(client, ledger.chain_id)
        write_blocks(client, sender, ledger.chain_id, contract, 5)
        ledger.snapshot()
        write_blocks(client, sender, ledger.chain_id, contract, 5)
        hashes = client.hashes()
        os.kill(ledger.pid, signal.SIGKILL)
        assert wait_until_gone(ledger.pid, ledger.ready["anvil_pid"])
    assert {path.stat().st_uid for path in tmp_path.iterdir()} == {os.getuid()}
    with start_ledger(tmp_path) as ledger, Client(ledger.url) as client:
        assert client.hashes() == hashes
        assert ledger.recovery["replayed_blocks"] == 5


def test_refused_network_is_told_once_and_the_ledger_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(*REFUSED)
    home = tmp_path / "home"
    monkeypatch.setattr("sys.executable", python_behind(tmp_path, REFUSED))
    events: list[LedgerEvent] = []
    sender = Sender()
    with (
        start_ledger(home, relayers=[sender.address], on_event=events.append) as ledger,
        Client(ledger.url) as client,
    ):
        assert [event.name for event in events] == ["warning"]
        exposure = ledger.ready["exposure"]
        assert {name: events[0].fields[name] for name in exposure} == exposure
        assert exposure["code"] == "engine-port-open"
        assert "unshare: No space left on device" in exposure["detail"]
        assert exposure["title"]["en"] == "The ledger's engine is open to this machine"
        assert "CAP_SYS_ADMIN" in exposure["remedy"]["en"]
        assert "네임스페이스" in exposure["remedy"]["ko"]
        assert client.call("ledger_status")["engine_private"] is False
        assert len(reachable_ports(int(ledger.ready["anvil_pid"]))) == 1
        contract = sender.deploy(client, ledger.chain_id)
        assert write_blocks(client, sender, ledger.chain_id, contract, 1)[0]["status"] == "0x1"
    log = (home / "ledger.log").read_text()
    assert log.count("The ledger's engine is open to this machine: every process on this machine") == 1
    assert exposure["remedy"]["en"] in log


def _isolate(prefix: list[str], threads: str, *needed: Path) -> object:
    command = [*prefix, sys.executable, "-c", ISOLATE, threads, *map(str, needed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_files_of_others_stay_within_reach(tmp_path: Path) -> None:
    """Root without the right to make a network would trade everybody's files for one: it keeps the files."""
    if os.getuid() != 0:
        pytest.skip("only root reads what others own")
    require(*NO_ADMIN)
    theirs = tmp_path / "theirs"
    theirs.write_text("kept")
    theirs.chmod(0o600)
    os.chown(theirs, 4242, 4242)
    found = _isolate(NO_ADMIN, "alone", theirs)
    assert isinstance(found, dict)
    assert f"{theirs} would be out of reach" in found["detail"] or "unshare: " in found["detail"]


def test_a_process_with_other_threads_is_told_why_not() -> None:
    require(*AS_USER)
    found = _isolate(AS_USER, "threads")
    assert isinstance(found, dict)
    assert "unshare: Invalid argument" in found["detail"]


CHECK = """
import os, sys
from pathlib import Path
from node.embedded import commands
code = commands.check(Path(sys.argv[1]), replay=True)
print(code, os.readlink("/proc/self/ns/net"))
"""


def test_check_replays_out_of_reach(tmp_path: Path) -> None:
    require("unshare", "--user", "--net")
    sender = Sender()
    with start_ledger(tmp_path, relayers=[sender.address]) as ledger, Client(ledger.url) as client:
        write_blocks(client, sender, ledger.chain_id, sender.deploy(client, ledger.chain_id), 2)
    command = [sys.executable, "-c", CHECK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    *report, last = done.stdout.splitlines()
    code, network = last.split()
    assert code == "0", report
    assert any(line.startswith("ok  replay") for line in report)
    assert network != str(Path("/proc/self/ns/net").readlink())
