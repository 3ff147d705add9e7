"""The node is killed at each system call that writes its index or its outbox: nothing is lost, doubled or misstated."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.faults.node_world import CALLS, NodeWorld, node_world
from tests.support.chain import Registry
from tests.support.strace import KILL, injected, require_strace

pytestmark = [pytest.mark.chain, pytest.mark.slow, pytest.mark.timeout(1800)]

SAMPLE_OF_WORKER = {"pwrite64": (3, 9), "fdatasync": (2,)}
SAMPLE_OF_SERVER = {"pwrite64": (2,)}
"""Which calls are tried in the short form: before a record, in the middle of a commit, between two commits."""
SETTLE_S = 120.0


@pytest.fixture
def world(registry: Registry, tmp_path: Path) -> Iterator[NodeWorld]:
    require_strace()
    with node_world(registry, tmp_path) as made:
        yield made


def points(sample: dict[str, tuple[int, ...]], *, long_form: bool) -> Iterator[tuple[str, Iterator[int]]]:
    """For each call, the numbers at which it is tried: chosen ones, or from 1 until nothing is left to interrupt."""
    for call in CALLS if long_form else sample:
        yield call, count(1) if long_form else iter(sample[call])


def test_worker_killed_while_it_relays_and_indexes(world: NodeWorld, tmp_path: Path, *, long_form: bool) -> None:
    killed = 0
    with world.serving():
        for call, numbers in points(SAMPLE_OF_WORKER, long_form=long_form):
            for number in numbers:
                if not kill_worker_at(world, call, number, tmp_path / f"{call}-{number}"):
                    break  # this operation needs fewer such calls
                killed += 1
        with world.worker():
            world.check_all()
    assert killed


def kill_worker_at(world: NodeWorld, call: str, number: int, place: Path) -> bool:
    """Have the worker carry an operation and kill it at its n-th such call; False if it did not come to that."""
    log = place.with_suffix(".strace")
    with world.worker() as worker:
        with injected(worker.pid, KILL, calls=[call], when=str(number), paths=world.paths, log=log):
            operation_id = world.submit(world.next_operation())
            until = time.monotonic() + SETTLE_S
            while worker.poll() is None and not (
                world.client.outcome(operation_id)["state"] == "final" and world.is_caught_up()
            ):
                assert time.monotonic() < until, world.log.read_text()[-2000:]
                time.sleep(0.02)
        died = worker.poll() is not None
    if died:
        world.check_what_is_left(place)
    return died


def test_server_killed_while_it_takes_an_operation(world: NodeWorld, tmp_path: Path, *, long_form: bool) -> None:
    killed = 0
    with world.worker():
        for call, numbers in points(SAMPLE_OF_SERVER, long_form=long_form):
            for number in numbers:
                if not kill_server_at(world, call, number, tmp_path / f"{call}-{number}"):
                    break
                killed += 1
        with world.serving():
            world.check_all()
    assert killed


def kill_server_at(world: NodeWorld, call: str, number: int, place: Path) -> bool:
    """Post an operation to a server that dies at its n-th such call, then post it again to the next one."""
    operation = world.next_operation()
    with world.serving() as server:
        with injected(
            server.pid, KILL, calls=[call], when=str(number), paths=world.paths, log=place.with_suffix(".strace")
        ):
            try:
                world.submit(operation)
            except httpx.TransportError:
                server.wait(SETTLE_S)
        died = server.poll() is not None
    with world.serving():
        world.client.wait([world.submit(operation)])
    return died
