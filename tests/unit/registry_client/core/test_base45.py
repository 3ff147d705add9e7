"""Base45: the examples of RFC 9285, every bound of it, and the way back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core.base45 import ALPHABET, decode_base45, encode_base45
from registry_client.errors import ParsingError


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_examples_of_the_rfc(data, text):
    assert encode_base45(data) == text
    assert decode_base45(text) == data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=700))
def test_the_way_back(data):
    text = encode_base45(data)
    assert decode_base45(text) == data
    assert set(text) <= set(ALPHABET)
    assert not text.endswith(" ")  # so that a text may be stripped of the blanks around it


@settings(max_examples=500, deadline=None)
@given(st.text(ALPHABET, max_size=40))
def test_any_text_of_the_alphabet_is_refused_or_is_the_one_text(text):
    try:
        data = decode_base45(text)
    except ParsingError:
        return
    assert encode_base45(data) == text


@pytest.mark.parametrize(
    "text", ["A", "BB8A", "GGX", ":::", "000GGX", "GGX000", "::", "V5", "ab8", "BB8\n", "BB8é", "B_8", "\x00\x00\x00"]
)
def test_refused(text):
    with pytest.raises(ParsingError):
        decode_base45(text)


def test_the_largest_group():
    assert decode_base45("FGW") == b"\xff\xff"


def test_the_largest_last_pair():
    assert decode_base45(encode_base45(b"\xff")) == b"\xff"
    low, high = divmod(256, 45)[1], divmod(256, 45)[0]
    with pytest.raises(ParsingError):
        decode_base45(ALPHABET[low] + ALPHABET[high])
