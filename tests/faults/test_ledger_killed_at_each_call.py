"""The embedded ledger is killed at each system call that writes journal, mark or snapshot: never another history."""

from itertools import count
from pathlib import Path

import pytest

from tests.faults.ledger_world import START_S, LedgerWorld, Process, ledger_process
from tests.support.strace import KILL, injected, require_strace

pytestmark = [pytest.mark.chain, pytest.mark.slow, pytest.mark.timeout(1800)]

BLOCKS = 2
CALLS = ("write", "fdatasync", "pwrite64", "fsync", "rename", "openat", "unlink", "close")
SAMPLE = {"write": (1,), "fdatasync": (2,), "pwrite64": (1,), "fsync": (1,), "rename": (1,)}
"""Before and within a record, between it and its mark, within a snapshot, at a new segment."""


def paths(world: LedgerWorld) -> list[Path]:
    """Every file that the next blocks may touch, made already or not."""
    names = [path.name for path in world.home.glob("*-0*")]
    for number in range(max(world.shown), max(world.shown) + 4 * BLOCKS + 4):
        names += [f"journal-{number:012d}.log", f"snapshot-{number:012d}.bin", f"snapshot-{number:012d}.bin.tmp"]
    return [world.home, world.home / "acknowledged", *(world.home / name for name in names)]


def test_what_was_shown_stays_whatever_call_is_the_last(tmp_path: Path, *, long_form: bool) -> None:
    require_strace()
    world = LedgerWorld(tmp_path / "ledger")
    world.start()
    killed = 0
    for call in CALLS if long_form else SAMPLE:
        for number in count(1) if long_form else SAMPLE[call]:
            if not kill_at(world, call, number, tmp_path / f"{call}-{number}.strace"):
                break
            killed += 1
    assert killed >= 4


def mine_and_snapshot(world: LedgerWorld, process: Process) -> bool:
    """Mine, take a snapshot, mine again; False if the process did not live to the end of it."""
    if world.write(process, BLOCKS) < BLOCKS:
        return False
    process.ask_for_snapshot()
    return process.wait_for("reply") is not None and world.write(process, BLOCKS) == BLOCKS


def kill_at(world: LedgerWorld, call: str, number: int, log: Path) -> bool:
    """Mine, take a snapshot, mine again; the process dies at its n-th such call, if it comes to that."""
    with ledger_process(world.home, world.sender) as process:
        assert process.ready, process.seen
        with injected(process.child.pid, KILL, calls=[call], when=str(number), paths=paths(world), log=log):
            done = mine_and_snapshot(world, process)

        if not done:
            process.child.wait(START_S)

    world.check()
    return not done
