import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core import strict_json
from registry_client.core.strict_json import parse_json, parse_object
from registry_client.errors import ParsingError
from tests.support.hostile import check_escape


@pytest.fixture(params=["fast", "pure"], autouse=True)
def both_paths(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.setattr(strict_json, "orjson", None)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' {"a" : [1, 2.5, null, true] } ', {"a": [1, 2.5, None, True]}),
        ('"한글"', "한글"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"9007199254740991", 2**53 - 1),
        (b"-9007199254740991", -(2**53) + 1),
        (b"1e30", 1e30),
        (b'{"[[[[":"{{{{"}', {"[[[[": "{{{{"}),
        (b'{"a":{"b":1},"c":{"b":1}}', {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_i_json_parses(data, value):
    assert parse_json(data) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":1,"\\u0061":1}', "twice"),
        (b'{"x":{"a":1,"b":2,"a":3}}', "twice"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"-Infinity", "-Infinity"),
        (b"1e999", "overflows"),
        (b"-1e999", "overflows"),
        (b"9007199254740992", "2\\^53"),
        (b"18446744073709551616", "2\\^53"),
        (b"1" * 5_000, "2\\^53"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\udc00\\ud800"', "surrogate"),
        (b'{"\\ud800":1}', "surrogate"),
        ("\ud800", "surrogate"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\xc0\x80"', "UTF-8"),
        (b"", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b"[1]x", "not JSON"),
        (b"01", "not JSON"),
        (b'"\t"', "not JSON"),
        (b'"\\x41"', "not JSON"),
        (b"[" * 33 + b"]" * 33, "deeper"),
        (b'{"a":' * 100_000, "deeper"),
        (b"[" * 100_000, "deeper"),
        (b'"' + b"a" * 2_000_000 + b'"', "exceeds"),
    ],
)
def test_what_two_parsers_could_read_differently_is_refused(data, reason):
    with pytest.raises(ParsingError, match=reason):
        parse_json(data)


def test_bounds_are_the_callers():
    assert parse_json(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(ParsingError, match="deeper"):
        parse_json(b"[[1]]", max_depth=1)
    with pytest.raises(ParsingError, match="exceeds"):
        parse_json(b"[[1]]", max_bytes=4)


def test_many_flat_brackets_are_not_depth():
    assert len(parse_json(b"[" + b"[]," * 1_000 + b"[]]")) == 1_001


@pytest.mark.parametrize("data", [b"[]", b'"a"', b"1", b"null"])
def test_parse_object_wants_an_object(data):
    with pytest.raises(ParsingError, match="object"):
        parse_object(data)


@given(st.binary(max_size=200) | st.text(max_size=100))
@settings(max_examples=500)
def test_only_parsing_errors_escape(data):
    check_escape(ParsingError, lambda: parse_json(data))


def test_both_paths_accept_the_same(monkeypatch):
    samples = [b'{"a":1.0}', b'{"a":1e2}', b'{"b":-0}', b'{"a":"\\u00e9"}', b"[1,2]", b'{"z":1,"a":2}', b'"\x7f"']
    fast = [parse_json(sample) for sample in samples]
    monkeypatch.setattr(strict_json, "orjson", None)
    assert [parse_json(sample) for sample in samples] == fast == [json.loads(sample) for sample in samples]
