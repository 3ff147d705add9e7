import pytest

from node.embedded import mining
from node.embedded.mining import PAUSE_FACTOR, PAUSE_MAX_S, PAUSE_MIN_S, InHand, Pace


def test_first_block_waits_the_shortest_pause() -> None:
    assert Pace().wait_s(1000.0) == PAUSE_MIN_S


@pytest.mark.parametrize("took", [0.004, 0.02, 0.1])
def test_pause_follows_what_the_last_block_cost(took: float) -> None:
    pace = Pace()
    pace.note(started_at=10.0, ended_at=10.0 + took)
    assert pace.wait_s(10.0 + took) == pytest.approx(PAUSE_FACTOR * took)
    assert 3 <= PAUSE_FACTOR <= 4


def test_pause_has_an_upper_bound() -> None:
    pace = Pace()
    pace.note(started_at=10.0, ended_at=15.0)
    assert pace.wait_s(15.0) == PAUSE_MAX_S


def test_lone_transaction_after_a_quiet_moment_waits_the_shortest_pause() -> None:
    pace = Pace()
    pace.note(started_at=10.0, ended_at=10.1)
    assert pace.wait_s(20.0) == PAUSE_MIN_S


def test_what_is_in_hand_is_given_up_once() -> None:
    held = InHand()
    held.put(b"a", b"12345")
    held.put(b"a", b"12345")
    assert (len(held), held.size) == (1, 5)
    assert held.take(b"a") == b"12345"
    assert held.take(b"a") is None
    assert (len(held), held.size) == (0, 0)


def test_what_is_in_hand_is_bounded_by_count_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "IN_HAND_MAX", 2)
    held = InHand()
    held.put(b"a", b"1")
    assert not held.is_full
    held.put(b"b", b"1")
    assert held.is_full
    held.clear()
    assert (held.is_full, held.size) == (False, 0)
    monkeypatch.setattr(mining, "IN_HAND_BYTES_MAX", 10)
    held.put(b"c", b"1" * 10)
    assert held.is_full
