import pytest
from eth_abi.abi import encode as eth_encode
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core import abi_codec
from registry_client.errors import AbiError
from tests.support.hostile import check_escape

SCALARS = {
    "uint8": st.integers(0, 2**8 - 1),
    "uint48": st.integers(0, 2**48 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "bool": st.booleans(),
    "bytes20": st.binary(min_size=20, max_size=20),
    "bytes21": st.binary(min_size=21, max_size=21),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=100),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
}


def typed(draw, depth):
    """One random type with a value of it."""
    choice = draw(st.integers(0, 9))
    if depth and choice == 0:
        kind = draw(st.sampled_from([name for name in SCALARS if name not in {"bytes", "string"}]))
        return f"{kind}[]", tuple(draw(st.lists(SCALARS[kind], max_size=5)))
    if depth and choice == 1:
        parts = [typed(draw, depth - 1) for _ in range(draw(st.integers(1, 3)))]
        return f"({','.join(kind for kind, _ in parts)})", tuple(value for _, value in parts)
    kind = draw(st.sampled_from(list(SCALARS)))
    return kind, draw(SCALARS[kind])


@st.composite
def tuples(draw):
    parts = [typed(draw, 2) for _ in range(draw(st.integers(0, 5)))]
    return [kind for kind, _ in parts], tuple(value for _, value in parts)


@given(tuples())
@settings(max_examples=400)
def test_encodes_as_eth_abi_and_decodes_back(drawn):
    types, values = drawn
    data = abi_codec.encode(types, values)
    assert data == eth_encode(types, values)
    assert abi_codec.decode(types, data) == values


def test_arrays_of_tuples_as_views_return_them():
    types, values = ["bool", "(bytes20,uint32)[]"], (True, ((b"\1" * 20, 7), (b"\2" * 20, 8)))
    assert abi_codec.decode(types, eth_encode(types, values)) == values


@given(tuples(), st.data())
@settings(max_examples=300)
def test_any_other_bytes_are_refused_or_mean_something_else(drawn, data):
    types, values = drawn
    good = bytearray(abi_codec.encode(types, values))
    if not good:
        return
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] ^= data.draw(st.integers(1, 255))
    try:
        found = abi_codec.decode(types, bytes(good))
    except AbiError:
        return
    assert found != values
    assert abi_codec.encode(types, found) == bytes(good)


@given(
    st.sampled_from([["bytes"], ["uint256[]"], ["(bytes20,uint32)[]"], ["string", "bool"], ["bytes20"]]),
    st.binary(max_size=300),
)
def test_only_abi_errors_escape(types, data):
    found = check_escape(AbiError, lambda: abi_codec.decode(types, data))
    assert found is None or abi_codec.encode(types, found) == data


def test_a_huge_count_allocates_nothing():
    with pytest.raises(AbiError, match="longer than its data"):
        abi_codec.decode(["uint256[]"], (32).to_bytes(32, "big") + b"\xff" * 32)
    with pytest.raises(AbiError, match="longer than its data"):
        abi_codec.decode(["bytes"], (32).to_bytes(32, "big") + b"\xff" * 32)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", True),
        ("uint8", "1"),
        ("bool", 1),
        ("bytes20", b"\0" * 21),
        ("bytes", "x"),
        ("string", b"x"),
        ("string", "\ud800"),
        ("uint8[]", 1),
        ("uint8[]", [256]),
        ("(uint8,bool)", (1,)),
        ("address", b"\0"),
    ],
)
def test_values_must_fit_their_type(kind, value):
    with pytest.raises(AbiError):
        abi_codec.encode([kind], [value])


@pytest.mark.parametrize("kind", ["uint", "uint7", "uint264", "bytes0", "bytes33", "int8", "tuple", "uint8[2]", ""])
def test_unknown_types_are_the_programmers_mistake(kind):
    with pytest.raises(TypeError):
        abi_codec.encode([kind], [0])


def test_selector_of_a_known_function():
    assert abi_codec.selector("transfer(address,uint256)").hex() == "a9059cbb"
