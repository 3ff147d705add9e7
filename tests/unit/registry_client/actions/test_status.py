"""Grouping status indices into operations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.actions.status import WORDS_MAX, runs
from registry_client.core.status import LIST_SIZE
from registry_client.errors import ValueOutOfRangeError


def unpack(pieces):
    found = set()
    for start, masks in pieces:
        for position, mask in enumerate(masks):
            found |= {(start + position) * 256 + bit for bit in range(256) if mask >> (255 - bit) & 1}
    return found


@given(st.sets(st.integers(0, LIST_SIZE - 1), max_size=300))
def test_runs_carry_exactly_the_indices_within_bounds(indices):
    pieces = list(runs(indices))
    assert unpack(pieces) == indices
    for start, masks in pieces:
        assert len(masks) <= WORDS_MAX
        assert masks[0]
        assert masks[-1]
        assert start >= 0
        assert start + len(masks) <= 512
        assert all(0 <= mask < 2**256 for mask in masks)


def test_the_first_place_is_the_most_significant_bit():
    assert list(runs([0])) == [(0, (1 << 255,))]
    assert list(runs([256 * 3 + 255])) == [(3, (1,))]


def test_near_words_share_an_operation_and_far_words_do_not():
    assert [(start, len(masks)) for start, masks in runs([0, 256 * 3])] == [(0, 4)]
    assert [start for start, _ in runs([0, 256 * 100])] == [0, 100]


def test_a_full_plane_takes_two_operations():
    assert [(start, len(masks)) for start, masks in runs(range(0, LIST_SIZE, 256))] == [(0, 256), (256, 256)]


@pytest.mark.parametrize("index", [-1, LIST_SIZE])
def test_an_index_outside_the_list_is_refused(index):
    with pytest.raises(ValueOutOfRangeError):
        list(runs([index]))


def test_no_index_is_no_operation():
    assert list(runs([])) == []
