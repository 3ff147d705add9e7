from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.embedded.allowlist import READS, SEND, ParamsRefusedError, bound_params
from node.embedded.genesis import GAS_LIMIT

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_nothing_that_drives_the_engine_or_signs_is_allowed() -> None:
    assert all(method.startswith(("eth_", "net_version", "web3_clientVersion")) for method in READS)
    assert not {"eth_sendTransaction", "eth_sign", "eth_accounts", "eth_newFilter", SEND} & READS


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
@pytest.mark.parametrize(
    ("gas", "passed"),
    [
        (hex(21_000), 21_000),
        (50_000, 50_000),
        (hex(GAS_LIMIT), GAS_LIMIT),
        (hex(GAS_LIMIT + 1), GAS_LIMIT),
        ("0x" + "f" * 16, GAS_LIMIT),
    ],
)
def test_gas_of_a_call_is_capped_at_one_block(method: str, gas: object, passed: int) -> None:
    call = {"to": "0x" + "11" * 20, "data": "0x", "gas": gas}
    assert bound_params(method, [call, "latest"]) == [{**call, "gas": hex(passed)}, "latest"]


def test_call_without_gas_is_left_alone() -> None:
    params: list[Any] = [{"to": "0x" + "11" * 20, "data": "0x"}, "latest"]
    assert bound_params("eth_call", params) == params


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", []),
        ("eth_call", ["0x"]),
        ("eth_call", [{"gas": "lots"}]),
        ("eth_call", [{"gas": -1}]),
        ("eth_call", [{"gas": True}]),
        ("eth_call", [{"gasLimit": "0xffffffffff"}]),
        ("eth_call", [{}, "latest", {}]),
        ("eth_call", [{}, "latest", {}, {"gasLimit": "0xffffffffff"}]),
        ("eth_getProof", ["0x", ["0x0"] * 1_025, "latest"]),
        ("eth_feeHistory", ["0x401", "latest", []]),
        ("eth_feeHistory", [10**12, "latest", []]),
        ("eth_chainId", [1, 2, 3, 4, 5]),
    ],
)
def test_parameters_outside_their_bounds_are_refused(method: str, params: list[Any]) -> None:
    with pytest.raises(ParamsRefusedError):
        bound_params(method, params)


@given(st.sampled_from(sorted(READS)), st.lists(json_values, max_size=5))
def test_any_parameters_pass_or_raise_this_error_only(method: str, params: list[Any]) -> None:
    try:
        found = bound_params(method, params)
    except ParamsRefusedError:
        return
    assert len(found) == len(params)
