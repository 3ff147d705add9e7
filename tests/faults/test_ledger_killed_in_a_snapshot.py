"""SIGKILL at random moments while snapshots are taken and blocks are mined: the history stays what it was."""

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.faults.ledger_world import LedgerWorld, ledger_process

pytestmark = [pytest.mark.chain, pytest.mark.slow, pytest.mark.timeout(1800)]


def test_killed_at_a_random_moment_of_a_snapshot(tmp_path: Path, *, long_form: bool) -> None:
    chance = random.Random(11)
    world = LedgerWorld(tmp_path / "ledger")
    world.start()
    for _ in range(60 if long_form else 3):
        with ledger_process(world.home, world.sender) as process:
            world.write(process, 2)
            wait_s = chance.uniform(0, 0.06)

            def kill(pid: int = process.child.pid, wait_s: float = wait_s) -> None:
                time.sleep(wait_s)
                os.kill(pid, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            for _ in range(3):
                process.ask_for_snapshot()
                world.write(process, 1)
            killer.join()
        world.check()
