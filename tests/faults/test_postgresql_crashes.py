"""PostgreSQL crashes under load, and comes back: nothing acknowledged is lost, reasons are said, no password is."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from node.cli.index import app as index_commands
from node.config import Config
from node.stores import INDEXER, SENDER
from tests.integration.node_support import Agency, admitted, eventually
from tests.integration.replica_support import Replica, homes, replica
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import Registry
from tests.support.keys import P256Key
from tests.support.postgresql import PASSWORD, Cluster, cluster

pytestmark = [pytest.mark.chain, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server of this module's own: it is crashed."""
    with cluster() as running:
        yield running


class Load(threading.Thread):
    """Posts operations one after the other until told to stop; keeps what was acknowledged."""

    def __init__(self, node: Replica, agency: Agency) -> None:
        super().__init__(name="load")
        self.node, self.agency = node, agency
        self.acknowledged: list[str] = []
        self.refused: set[int] = set()
        self.stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            operation = self.agency.holder(P256Key(f"phone {number}"), f"holder {number}")
            while not self.stopping.is_set():
                try:
                    answer = self.node.post(operation)
                except httpx.TransportError:
                    continue
                if answer.status_code == 202:
                    self.acknowledged += [item["id"] for item in answer.json()["operations"]]
                    break
                self.refused.add(answer.status_code)
                self.stopping.wait(0.1)
            number += 1


def test_node_recovers_from_a_crashed_database_and_says_why_it_waited(
    registry: Registry, tmp_path: Path, server: Cluster, *, long_form: bool
) -> None:
    configs, token = homes(registry, tmp_path, 1, database=server.create())
    agency = admitted(registry, "ministry")
    with replica(configs[0].home, token) as node:
        eventually(node.is_ready, what="a node that is ready")
        node.relay_one(agency.create())
        assert node.resolve(agency.did)[0] == 200
        load = Load(node, agency)
        load.start()
        try:
            for _ in range(3 if long_form else 1):
                had = len(load.acknowledged)
                eventually(lambda had=had: len(load.acknowledged) > had + 5, what="operations before the crash")
                server.stop()
                eventually(lambda: node.status("/health/ready") == 503, what="a node that is not ready")
                assert node.status("/health/live") == 200
                reasons = node.http.get("/health/ready").json()["reasons"]
                assert {"index_unreadable", "store_unavailable"} & {reason["code"] for reason in reasons}
                assert node.resolve(agency.did)[0] == 500  # INTERNAL_ERROR: DID Resolution's table knows no 503
                assert node.status("/v1/ledger") == 503
                server.start()
                eventually(node.is_ready, what="a node that is ready again", timeout_s=60)
        finally:
            load.stopping.set()
            load.join()
        assert load.refused <= {503}
        outcomes = node.wait(load.acknowledged)
        assert {outcome["state"] for outcome in outcomes} == {"final"}
        assert len(node.events(type="HolderCreated")) >= len(load.acknowledged)
    assert_equal_to_rebuilt(configs[0])
    assert_no_password(configs[0], tmp_path)


def assert_no_password(config: Config, folder: Path) -> None:
    """The password is in the settings and nowhere else."""
    keeps = config.home / "node" / "config.toml"
    assert PASSWORD in keeps.read_text()
    for file in folder.rglob("*"):
        if file.is_file() and file != keeps:
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_index_is_rebuilt_beside_readers_and_not_beside_a_writer(
    registry: Registry, tmp_path: Path, server: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    configs, token = homes(registry, tmp_path, 2, database=server.create())
    agency = admitted(registry, "ministry")
    with replica(configs[0].home, token) as writer:
        eventually(lambda: writer.leases() == {INDEXER, SENDER}, what="a writer")
        writer.relay_one(agency.create())
        with pytest.raises(Exception, match="a node is indexing"):
            index_commands(["rebuild", "--home", str(configs[1].home)], standalone_mode=False)
    with replica(configs[1].home, token, "--role", "api") as reader:
        stop, answers = threading.Event(), []

        def read() -> None:
            while not stop.is_set():
                answers.append(reader.resolve(agency.did)[0])

        thread = threading.Thread(target=read)
        thread.start()
        try:
            eventually(lambda: len(answers) > 20, what="reads before")
            capsys.readouterr()
            index_commands(["digest", "--home", str(configs[0].home)], standalone_mode=False)
            before = capsys.readouterr().out
            eventually(lambda: rebuilt(configs[0], capsys), what="a rebuild after the writer's lease has ended")
            index_commands(["digest", "--home", str(configs[0].home)], standalone_mode=False)
            assert capsys.readouterr().out == before
            had = len(answers)
            eventually(lambda: len(answers) > had + 20, what="reads after")
        finally:
            stop.set()
            thread.join()
        assert set(answers) == {200}


def rebuilt(config: Config, capsys: pytest.CaptureFixture[str]) -> bool:
    try:
        index_commands(["rebuild", "--home", str(config.home), "--json"], standalone_mode=False)
    except Exception as error:
        if "a node is indexing" in str(error):
            return False
        raise
    capsys.readouterr()
    return True
