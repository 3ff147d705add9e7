"""Deterministic CBOR: one encoding a value, and nothing else is taken; cbor2 agrees."""

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core.cbor import MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, decode, decode_at, encode
from registry_client.errors import ParsingError

INTEGERS = st.integers(-(2**64), 2**64 - 1)
VALUES = st.recursive(
    INTEGERS | st.booleans() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(INTEGERS | st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
MANY = settings(max_examples=500, deadline=None)


def depth_of(value):
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 1 + max(map(depth_of, value.values()), default=0) if isinstance(value, dict) else 0


@MANY
@given(VALUES)
def test_a_value_comes_back_and_cbor2_reads_the_same(value):
    data = encode(value)
    assert cbor2.loads(data) == value
    if depth_of(value) <= MAX_DEPTH and len(data) <= MAX_LENGTH:
        assert decode(data) == value


@MANY
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_are_the_one_encoding(data):
    try:
        value = decode(data)
    except ParsingError:
        return
    assert encode(value) == data
    assert cbor2.loads(data) == value


@MANY
@given(VALUES, st.data())
def test_a_changed_byte_is_refused_or_is_another_value(value, choose):
    data = bytearray(encode(value))
    place = choose.draw(st.integers(0, len(data) - 1))
    data[place] = choose.draw(st.integers(0, 255))
    try:
        read = decode(bytes(data))
    except ParsingError:
        return
    assert encode(read) == data


@pytest.mark.parametrize(
    ("hex_", "why"),
    [
        ("1800", "a number in more bytes than it needs"),
        ("1817", "the largest such number"),
        ("190018", "two bytes for one"),
        ("1a0000ffff", "four bytes for two"),
        ("1b00000000ffffffff", "eight bytes for four"),
        ("3800", "a negative number in more bytes than it needs"),
        ("580161", "a length in more bytes than it needs"),
        ("f90000", "a float"),
        ("fb3ff8000000000000", "a double"),
        ("f6", "null"),
        ("f7", "undefined"),
        ("f820", "a simple value"),
        ("f8f5", "true in two bytes"),
        ("e0", "an unassigned simple value"),
        ("c11a5f5e1000", "a tag: a time"),
        ("d28441a0a0414041", "a tag: COSE_Sign1"),
        ("d9d9f700", "a tag: self-described CBOR"),
        ("c24101", "a tag: a bignum"),
        ("d81c80", "a tag: a shared value"),
        ("5f4100ff", "bytes of indefinite length"),
        ("7f6161ff", "text of indefinite length"),
        ("9f00ff", "an array of indefinite length"),
        ("bf0000ff", "a map of indefinite length"),
        ("ff", "a break"),
        ("1c", "a reserved length"),
        ("a200000001", "a key twice"),
        ("a201000000", "keys in another order"),
        ("a2616100616100", "a text key twice"),
        ("a141000000", "a byte string as a key"),
        ("a1f500", "a boolean as a key"),
        ("a18000", "an array as a key"),
        ("a1a000", "a map as a key"),
        ("61ff", "text that is no UTF-8"),
        ("62eda0", "half a surrogate"),
        ("0000", "bytes after the value"),
        ("", "nothing"),
        ("18", "a number that ends too early"),
        ("19ff", "a number that ends in the middle"),
        ("4200", "bytes that end too early"),
        ("8200", "an array that ends too early"),
        ("a100", "a map that ends too early"),
        ("5bffffffffffffffff", "a length beyond all memory"),
        ("9bffffffffffffffff", "an array beyond all memory"),
        ("bbffffffffffffffff", "a map beyond all memory"),
    ],
    ids=lambda value: value if " " in value else None,
)
def test_refused(hex_, why):
    with pytest.raises(ParsingError):
        decode(bytes.fromhex(hex_))


def test_bounds():
    assert decode(b"\x81" * MAX_DEPTH + b"\x00")
    for data in (b"\x81" * (MAX_DEPTH + 1) + b"\x00", b"\x81" * MAX_LENGTH, bytes(MAX_LENGTH + 1)):
        with pytest.raises(ParsingError):
            decode(data)
    assert len(decode(encode([0] * MAX_ITEMS))) == MAX_ITEMS
    with pytest.raises(ParsingError, match=str(MAX_ITEMS)):
        decode(encode([0] * (MAX_ITEMS + 1)))


def test_an_item_inside_others_is_found_by_its_place():
    data = encode([[1, "a"], 2])
    assert decode_at(data, 1) == ([1, "a"], 5)


@pytest.mark.parametrize("value", [1.5, None, {1, 2}, 2**64, -(2**64) - 1, [object()]])
def test_what_has_no_encoding_here_is_a_programmers_mistake(value):
    with pytest.raises(TypeError):
        encode(value)
