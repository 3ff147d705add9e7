import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from node.embedded.rlp import RlpMalformedError, encode_integer, join_list, split_list

trees = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(st.lists(trees, max_size=6))
def test_items_are_those_of_the_reference_library(items: list[object]) -> None:
    found = split_list(rlp.encode(items))
    assert [item.encoded for item in found] == [rlp.encode(item) for item in items]
    assert [item.payload for item in found] == [item if isinstance(item, bytes) else None for item in items]
    assert join_list([item.encoded for item in found]) == rlp.encode(items)


@given(st.binary(max_size=120))
def test_what_the_reference_library_refuses_is_refused(data: bytes) -> None:
    try:
        top = split_list(data)
    except RlpMalformedError:
        return
    for item in top:  # inner lists stay uncut here, so each top item is compared on its own
        if item.payload is not None:
            assert rlp.decode(item.encoded) == item.payload
    assert join_list([item.encoded for item in top]) == data


@given(st.integers(0, 2**256))
def test_integers_are_encoded_as_the_reference_library_does(number: int) -> None:
    assert encode_integer(number) == rlp.encode(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "80",
        "05",
        "c1",
        "c0c0",
        "c28105",
        "f800",
        "f90001aa",
        "f7",
        "b8",
        "c2b801",
        "ff" + "ff" * 8,
        "c1c1",
        "c4b80161",
    ],
)
def test_malformed_list_is_refused(text: str) -> None:
    with pytest.raises(RlpMalformedError):
        split_list(bytes.fromhex(text))
