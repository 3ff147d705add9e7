import pytest

from node.embedded.errors import HeartbeatError
from node.embedded.heartbeat import INTERVAL_MAX_S, INTERVAL_MIN_S, INTERVAL_S, Heartbeat
from registry_client.core.policy import Policy


@pytest.mark.parametrize(("age", "due"), [(-60, False), (0, False), (599, False), (600, True), (10**9, True)])
def test_beat_is_due_when_the_head_is_as_old_as_the_interval(age: int, due: bool) -> None:
    assert Heartbeat(600).is_due(now=2_000_000_000, head_timestamp=2_000_000_000 - age) is due


@pytest.mark.parametrize("age", [0, 600, 10**9])
def test_no_interval_no_beat(age: int) -> None:
    assert not Heartbeat(0).is_due(now=2_000_000_000, head_timestamp=2_000_000_000 - age)


@pytest.mark.parametrize("seconds", [-1, 1, INTERVAL_MIN_S - 1, INTERVAL_MAX_S + 1])
def test_interval_outside_its_bounds_is_refused_with_what_to_give(seconds: int) -> None:
    with pytest.raises(HeartbeatError, match=f"^{seconds} s is neither 0 nor between 10 and 86400 s") as refused:
        Heartbeat(seconds)
    assert "0 for no heartbeat" in refused.value.remedy.en


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("10", 10), ("86400", 86400)])
def test_interval_is_read_from_decimal_digits(text: str, seconds: int) -> None:
    assert Heartbeat.parse(text).interval_s == seconds


@pytest.mark.parametrize("text", ["", "-10", "10.5", "1e2", "600 ", "0x20", "١٢٣", "9", "864000", "6" * 5000])
def test_other_text_is_no_interval(text: str) -> None:
    with pytest.raises(HeartbeatError):
        Heartbeat.parse(text)


def test_default_keeps_the_head_young_enough_for_every_default_of_a_verifier() -> None:
    policy = Policy()
    assert min(policy.max_head_age_s, policy.status_max_age_s) >= 2 * INTERVAL_S
