"""RFC 8785 against its own vectors and an independent implementation, with and without the fast path."""

import json
import math

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core import canonical
from registry_client.core.canonical import canonicalize, format_number, is_canonical
from registry_client.core.strict_json import parse_json
from registry_client.errors import MalformedValueError
from tests.support.paths import VECTORS

NAMES = sorted(path.name for path in (VECTORS / "jcs" / "input").iterdir())
SAFE = 2**53 - 1
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not SAFE < abs(value) < 1e21)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(params=["fast", "pure"])
def both_paths(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.setattr(canonical, "orjson", None)


def test_there_are_six_vectors():
    assert len(NAMES) == 6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("both_paths")
def test_rfc_8785_vectors(name):
    value = parse_json((VECTORS / "jcs" / "input" / name).read_bytes())
    assert canonicalize(value) == (VECTORS / "jcs" / "output" / name).read_bytes()


@given(JSON)
@settings(max_examples=300)
def test_agrees_with_an_independent_implementation(value):
    expected = rfc8785.dumps(value)
    assert canonicalize(value) == expected
    pieces = []
    canonical._write(value, pieces, 32)
    assert "".join(pieces).encode() == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=1_000)
def test_numbers_are_written_as_ecmascript_does(value):
    assert format_number(value).encode() == rfc8785.dumps(value)


@given(st.integers(-30, 30), st.integers(-(10**15), 10**15))
def test_numbers_around_the_exponent_boundaries(exponent, digits):
    value = float(f"{digits}e{exponent}")
    assert format_number(value).encode() == rfc8785.dumps(value)


@given(JSON)
def test_canonical_bytes_parse_back_to_themselves(value):
    data = canonicalize(value)
    assert canonicalize(parse_json(data)) == data
    assert is_canonical(data, parse_json(data))


@pytest.mark.parametrize(
    "value",
    [
        float(2**53),
        -1e20,
        math.nan,
        math.inf,
        -math.inf,
        SAFE + 1,
        -SAFE - 1,
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        {None: 1},
        object(),
        b"x",
        {1, 2},
    ],
)
@pytest.mark.usefixtures("both_paths")
def test_what_has_no_canonical_form_is_refused(value):
    for wrapped in (value, [value], {"a": [value]}):
        with pytest.raises(MalformedValueError):
            canonicalize(wrapped)


@pytest.mark.usefixtures("both_paths")
def test_depth_is_bounded():
    value = []
    for _ in range(40):
        value = [value]
    with pytest.raises(MalformedValueError, match="deeply"):
        canonicalize(value)


@pytest.mark.usefixtures("both_paths")
def test_names_sort_by_utf_16_where_code_points_would_not():
    value = {"\ue000": 1, "\U00010000": 2}
    assert list(json.loads(canonicalize(value))) == ["\U00010000", "\ue000"]


def test_other_bytes_of_the_same_value_are_not_canonical():
    assert not is_canonical(b'{"a": 1}', {"a": 1})
    assert not is_canonical(b"x", math.nan)
