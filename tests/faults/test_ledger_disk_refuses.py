"""The disk refuses the ledger's writes: it ends with what to do before anybody saw the block, or does without."""

from itertools import count
from pathlib import Path

import pytest

from tests.faults.ledger_world import START_S, LedgerWorld, ledger_process
from tests.faults.test_ledger_killed_at_each_call import BLOCKS, mine_and_snapshot, paths
from tests.support.strace import EIO, ENOSPC, injected, require_strace

pytestmark = [pytest.mark.chain, pytest.mark.slow, pytest.mark.timeout(1800)]

CODES = {EIO: "storage-failed", ENOSPC: "storage-full"}
STORAGE = 74
SAMPLE = {EIO: {"fdatasync": (2,)}, ENOSPC: {"write": (1,), "fsync": (1,)}}
CALLS = ("write", "fdatasync", "pwrite64", "fsync", "rename", "openat")


@pytest.mark.parametrize("fault", [EIO, ENOSPC])
def test_refused_write_ends_the_ledger_or_costs_a_snapshot(tmp_path: Path, fault: str, *, long_form: bool) -> None:
    require_strace()
    world = LedgerWorld(tmp_path / "ledger")
    world.start()
    seen = set()
    for call in CALLS if long_form else SAMPLE[fault]:
        for number in count(1) if long_form else SAMPLE[fault][call]:
            said = refuse_at(world, fault, call, number, tmp_path / f"{call}-{number}.strace")
            if said is None:
                break
            seen.add(said)
    assert CODES[fault] in seen


def refuse_at(world: LedgerWorld, fault: str, call: str, number: int, log: Path) -> str | None:
    """Let the n-th such call fail; the code that the ledger gave, None if nothing was left to refuse."""
    with ledger_process(world.home, world.sender) as process:
        assert process.ready, process.seen
        before = len(world.shown)
        with injected(process.child.pid, fault, calls=[call], when=str(number), paths=paths(world), log=log):
            done = mine_and_snapshot(world, process)
        hit = "(INJECTED)" in log.read_text(errors="replace")
        if not done:
            assert hit
            assert process.child.wait(START_S) == STORAGE
            while process.wait_for("failed", "warning") is not None:
                pass
        said = [event for event in process.seen if event["event"] in {"failed", "warning"} and "code" in event]
        codes = {event["code"] for event in said} & set(CODES.values())
        assert not hit or (codes == {CODES[fault]} and all(event["remedy"]["ko"] for event in said))
        if done:
            assert len(world.shown) == before + 2 * BLOCKS
    world.check()
    return codes.pop() if codes else None
