"""Entity tags and If-None-Match, as RFC 9110 sections 8.8.3 and 13.1.2 read."""

import pytest

from node.api.caching import is_known, strong_tag, weak_tag

TAG = b'"abc"'


@pytest.mark.parametrize(
    "condition",
    [b'"abc"', b'W/"abc"', b'"x", "abc"', b'"x",W/"abc" , "y"', b'"a,b", "abc"', b" * ", b'"abc", "abc"'],
)
def test_names_the_tag(condition: bytes) -> None:
    assert is_known(condition, TAG)
    assert is_known(condition, b"W/" + TAG)


@pytest.mark.parametrize(
    "condition",
    [b"", b"abc", b'"ABC"', b'"ab"', b'"abcd"', b'"x", "y"', b'"*"', b"*, *", b'w/"xyz"', b'"x,abc"', b'"abc'],
)
def test_does_not_name_the_tag(condition: bytes) -> None:
    assert not is_known(condition, TAG)


def test_parts_do_not_run_into_one_another() -> None:
    assert strong_tag(b"ab", b"c") != strong_tag(b"a", b"bc")
    assert weak_tag(b"a") == b"W/" + strong_tag(b"a")
