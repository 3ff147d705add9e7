"""Council proposals: ids and arguments as the contract has them (eth_abi and eth_utils as oracles)."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from registry_client.actions import council
from registry_client.errors import InvalidInputError


def test_proposal_id_is_the_contracts_formula():
    item = council.proposal("admit", (b"\x11" * 20, b"\x02" + b"\x22" * 20, 1_800_000_000), salt=b"\x33" * 32)
    arguments = encode(["bytes20", "bytes21", "uint48"], [b"\x11" * 20, b"\x02" + b"\x22" * 20, 1_800_000_000])
    assert item.arguments == arguments
    assert item.id == keccak(encode(["uint8", "bytes32", "bytes32"], [3, keccak(arguments), b"\x33" * 32]))
    assert item.values() == (b"\x11" * 20, b"\x02" + b"\x22" * 20, 1_800_000_000)
    assert item.name == "admit"
    assert not item.is_immediate


@pytest.mark.parametrize(
    ("kind", "values"), [("dismiss", (b"\x11" * 20,)), ("compromise", (b"\x11" * 20, bytes(32), 5))]
)
def test_removals_act_inside_the_deciding_vote(kind, values):
    assert council.proposal(kind, values, salt=bytes(32)).is_immediate


def test_a_set_of_members_is_an_array():
    members = (b"\x02" + b"\x01" * 20, b"\x02" + b"\x02" * 20)
    item = council.proposal("set-council", (members, 2), salt=bytes(32))
    assert item.arguments == encode(["bytes21[]", "uint8"], [members, 2])


def test_an_unknown_kind_is_refused():
    with pytest.raises(InvalidInputError, match="grant-root"):
        council.proposal("upgrade", (), salt=bytes(32))
