import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from node.embedded.transactions import SIZE_MAX, TransactionMalformedError, parse_transaction

ACCOUNT = Account.from_key(b"\x11" * 32)
BASE = {"to": "0x" + "22" * 20, "value": 0, "gas": 100_000}
ACCESS = [{"address": "0x" + "33" * 20, "storageKeys": ["0x" + "00" * 32, "0x" + "01" * 32]}]

fees = st.sampled_from(
    [
        {"gasPrice": 0},
        {"gasPrice": 10**9},
        {"type": 1, "gasPrice": 0, "accessList": ACCESS},
        {"type": 2, "maxFeePerGas": 7, "maxPriorityFeePerGas": 1},
        {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "accessList": ACCESS},
    ]
)


@given(fees, st.integers(1, 2**31), st.integers(0, 2**63), st.binary(max_size=300))
def test_sender_hash_and_chain_are_those_of_eth_account(
    fee: dict[str, object], chain: int, nonce: int, data: bytes
) -> None:
    signed = ACCOUNT.sign_transaction({**BASE, **fee, "chainId": chain, "nonce": nonce, "data": data})
    found = parse_transaction(bytes(signed.raw_transaction))
    assert "0x" + found.sender.hex() == ACCOUNT.address.lower()
    assert found.hash == bytes(signed.hash)
    assert found.chain_id == chain


def test_creation_without_recipient_is_parsed() -> None:
    transaction = {"value": 0, "gas": 100_000, "gasPrice": 0, "chainId": 5, "nonce": 0, "data": b"\1" * 60_000}
    raw = bytes(ACCOUNT.sign_transaction(transaction).raw_transaction)
    assert parse_transaction(raw).chain_id == 5


def test_transaction_that_names_no_chain_is_refused() -> None:
    raw = bytes(ACCOUNT.sign_transaction({**BASE, "gasPrice": 0, "nonce": 0, "data": b""}).raw_transaction)
    with pytest.raises(TransactionMalformedError, match="EIP-155"):
        parse_transaction(raw)


@pytest.mark.parametrize("kind", [0, 3, 4, 5, 0x7F, 0x80, 0xBF])
def test_other_kinds_are_refused(kind: int) -> None:
    with pytest.raises(TransactionMalformedError, match="not accepted"):
        parse_transaction(bytes([kind, 0xC0]))


def test_size_is_bounded() -> None:
    for raw in (b"", b"\x02" * (SIZE_MAX + 1)):
        with pytest.raises(TransactionMalformedError, match="bytes"):
            parse_transaction(raw)


@given(st.binary(max_size=400))
def test_any_bytes_raise_this_error_only(raw: bytes) -> None:
    with pytest.raises(TransactionMalformedError):
        parse_transaction(raw)


@given(st.data())
def test_damaged_transaction_never_passes_for_the_sender(data: st.DataObject) -> None:
    fields = {**BASE, "type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "chainId": 5, "nonce": 0, "data": b"abc"}
    raw = bytearray(ACCOUNT.sign_transaction(fields).raw_transaction)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = parse_transaction(bytes(raw))
    except TransactionMalformedError:
        return
    assert "0x" + found.sender.hex() != ACCOUNT.address.lower()


def test_parity_of_a_typed_transaction_is_zero_or_one() -> None:
    from node.embedded.rlp import encode_integer, join_list, split_list

    fields = {**BASE, "type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "chainId": 5, "nonce": 0, "data": b""}
    raw = bytes(ACCOUNT.sign_transaction(fields).raw_transaction)
    items = [item.encoded for item in split_list(raw[1:])]
    items[-3] = encode_integer(27)
    with pytest.raises(TransactionMalformedError, match="parity"):
        parse_transaction(b"\x02" + join_list(items))
