"""`mapae events --last N`: the newest, in order, whatever lies between them."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from registry_client.cli.events import newest_events
from registry_client.core.facts import EventFilter

PAGE = 3


def ledger(blocks, *, head):
    """A reader over events that stand in `blocks` (sorted, several may share one), in pages of three."""
    asked = []

    def read(wanted, *, cursor=None):
        asked.append((wanted.from_block, wanted.to_block))
        first, last = wanted.from_block or 0, head if wanted.to_block is None else wanted.to_block
        inside = [(n, block) for n, block in enumerate(blocks) if first <= block <= last]
        rest = [event for event in inside if cursor is None or event[0] > int(cursor)]
        page = rest[:PAGE]
        following = str(page[-1][0]) if len(rest) > PAGE else None
        return SimpleNamespace(events=tuple(page), next_cursor=following, head=SimpleNamespace(number=head))

    return read, asked


@pytest.mark.parametrize("count", [1, 4, 7, 100])
@pytest.mark.parametrize("blocks", [[1, 1, 1, 1, 5, 5, 9, 300], [], [0], list(range(200, 300))])
def test_the_newest_come_in_order(blocks, count):
    read, _ = ledger(blocks, head=500)
    assert newest_events(EventFilter(), count, read=read, span=2) == list(enumerate(blocks))[-count:]


def test_bounds_hold_and_no_block_is_read_twice():
    read, asked = ledger(list(range(1000)), head=999)
    found = newest_events(EventFilter(from_block=100, to_block=200), 150, read=read, span=8)
    assert [block for _, block in found] == list(range(100, 201))
    ranges = sorted(set(asked[1:]))
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))
    assert (ranges[0][0], ranges[-1][1]) == (100, 200)


def test_a_busy_ledger_is_read_near_its_head_only():
    read, asked = ledger(list(range(10_000)), head=9_999)
    assert [block for _, block in newest_events(EventFilter(), 5, read=read, span=8)] == list(range(9_995, 10_000))
    assert min(first for first, _ in asked[1:]) == 9_992
