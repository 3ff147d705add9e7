from pathlib import Path

import pytest

from node.embedded.guards import CLOCK_TOLERANCE_S, ClockGuard, DiskGuard, Guards, boot_clock


class Clocks:
    """A wall clock and an even one, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.even = 1_000_000.0, 50.0
        self.guard = ClockGuard(wall=lambda: self.wall, even=lambda: self.even)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.even += seconds


@pytest.mark.parametrize("seconds", [0, 1, 3600, 86400 * 365])
def test_time_that_passes_evenly_is_believed(seconds: float) -> None:
    clocks = Clocks()
    clocks.pass_time(seconds)
    assert clocks.guard.check(head_timestamp=int(clocks.wall)) is None


@pytest.mark.parametrize(("jump", "believed"), [(60, True), (-60, True), (61, False), (-61, False), (10**9, False)])
def test_jump_beyond_the_tolerance_is_not_believed(jump: float, believed: bool) -> None:
    clocks = Clocks()
    clocks.pass_time(500)
    clocks.wall += jump
    halt = clocks.guard.check(head_timestamp=0)
    assert (halt is None) is believed
    if halt is not None:
        assert halt.code == "clock-jumped"
        assert f"{jump:+.0f} s" in halt.detail


def test_many_small_steps_add_up() -> None:
    clocks = Clocks()
    for _ in range(4):
        clocks.pass_time(100)
        clocks.wall += 20
    halt = clocks.guard.check(head_timestamp=0)
    assert halt is not None
    assert halt.code == "clock-jumped"


def test_jump_taken_back_is_forgotten() -> None:
    clocks = Clocks()
    clocks.wall += 4000
    assert clocks.guard.check(head_timestamp=0) is not None
    clocks.wall -= 4000
    assert clocks.guard.check(head_timestamp=0) is None


def test_block_in_the_future_halts() -> None:
    clocks = Clocks()
    assert clocks.guard.check(head_timestamp=int(clocks.wall + CLOCK_TOLERANCE_S)) is None
    halt = clocks.guard.check(head_timestamp=int(clocks.wall + CLOCK_TOLERANCE_S + 1))
    assert halt is not None
    assert (halt.code, "61 s in the future" in halt.detail) == ("clock-behind", True)


def test_boot_clock_moves_forward() -> None:
    first = boot_clock()
    assert 0 < first <= boot_clock()


def test_disk_must_keep_its_reserve_and_room_for_what_is_in_hand(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, reserve_bytes=1_000, free=lambda _: 5_000)
    assert guard.check(in_hand_bytes=4_000) is None
    halt = guard.check(in_hand_bytes=4_001)
    assert halt is not None
    assert halt.code == "disk-nearly-full"
    assert halt.remedy.en.startswith("Free some space")


def test_full_disk_is_told_in_one_sentence_with_figures_and_place(tmp_path: Path) -> None:
    halt = DiskGuard(tmp_path, free=lambda _: 12 << 20).check(in_hand_bytes=3 << 20)
    assert halt is not None
    assert halt.detail == f"12 MiB are free in {tmp_path}, 35 MiB are needed"


def test_disk_that_does_not_answer_halts(tmp_path: Path) -> None:
    halt = DiskGuard(tmp_path / "gone").check(in_hand_bytes=0)
    assert halt is not None
    assert halt.code == "disk-unreadable"


def test_clock_is_asked_before_the_disk(tmp_path: Path) -> None:
    clocks = Clocks()
    guards = Guards(clocks.guard, DiskGuard(tmp_path, reserve_bytes=1 << 62))
    found = guards.check(head_timestamp=0, in_hand_bytes=0)
    assert found is not None
    assert found.code == "disk-nearly-full"
    clocks.wall += 1000
    found = guards.check(head_timestamp=0, in_hand_bytes=0)
    assert found is not None
    assert found.code == "clock-jumped"
