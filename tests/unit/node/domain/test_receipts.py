"""Proof arithmetic against independent implementations: RLP, the trie of receipts, bloom filters, header hashes."""

import random

import pytest
import rlp as reference_rlp
from trie import HexaryTrie

from node.domain import rlp
from node.domain.header import Header, fits_its_hash
from node.domain.ledger import Block
from node.domain.receipts import EMPTY_ROOT, trie_root
from registry_client.core.hashing import keccak256


@pytest.mark.parametrize(
    "value", [b"", b"\x00", b"\x7f", b"\x80", b"a" * 55, b"a" * 56, b"a" * 70_000, [], [b"", [b"x"]], [b"a" * 60] * 9]
)
def test_rlp_is_the_reference_implementations(value: rlp.Rlp) -> None:
    assert rlp.encode(value) == reference_rlp.encode(value)


@pytest.mark.parametrize("items", [[], [b"a"], [b"a" * 60, [b"b", [b"c" * 300]], b"", [], b"\x05"]])
def test_a_list_is_cut_into_what_it_was_made_of(items: list[rlp.Rlp]) -> None:
    assert rlp.split_list(rlp.encode(items)) == [rlp.encode(item) for item in items]


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xc1", b"\xc0\x00", b"\xf8", b"\xf9\x01\x00", b"\xc2\x82\x01"])
def test_what_is_not_one_list_is_not_cut(data: bytes) -> None:
    assert rlp.split_list(data) is None


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 127, 128, 129, 300])
def test_trie_root_is_the_reference_implementations(count: int) -> None:
    dice = random.Random(count)
    values = [dice.randbytes(dice.choice((1, 20, 31, 32, 33, 400))) for _ in range(count)]
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[reference_rlp.encode(index)] = value
    assert trie_root(values) == trie.root_hash
    assert count or trie_root(values) == EMPTY_ROOT


def test_bloom_admits_what_was_put_in_and_denies_most_else() -> None:
    inside, bloom = b"\x11" * 20, 0
    for at in (0, 2, 4):
        bloom |= 1 << (int.from_bytes(keccak256(inside)[at : at + 2]) % 2048)
    header = Header(Block(1, bytes(32), bytes(32), 1), bloom.to_bytes(256), EMPTY_ROOT)
    assert header.may_have_logs_of(inside)
    assert not any(header.may_have_logs_of(bytes([number]) * 20) for number in range(0x12, 0x60))


def header_of(**changed: str) -> dict[str, str]:
    root = "0x" + EMPTY_ROOT.hex()
    header = {"parentHash": root, "sha3Uncles": root, "miner": "0x" + "00" * 20, "stateRoot": root}
    header |= {"transactionsRoot": root, "receiptsRoot": root, "logsBloom": "0x" + "00" * 256, "difficulty": "0x1"}
    header |= {"number": "0x7", "gasLimit": "0x1c9c380", "gasUsed": "0x0", "timestamp": "0x6553f100"}
    return header | {"extraData": "0x", "mixHash": root, "nonce": "0x" + "00" * 8} | changed


def hash_of(header: dict[str, str], extra: bytes) -> bytes:
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
    values = [
        extra if name == "extraData" else int(text, 16) if name in numbers else bytes.fromhex(text[2:])
        for name, text in header.items()
    ]
    return keccak256(reference_rlp.encode(values))


@pytest.mark.parametrize("later", [{}, {"baseFeePerGas": "0x0"}])
def test_qbft_seals_and_round_are_no_part_of_the_hash(later: dict[str, str]) -> None:
    vanity, validators, vote = bytes(32), [b"\x01" * 20, b"\x02" * 20], []
    signed = reference_rlp.encode([vanity, validators, vote, 0, []])
    sealed = reference_rlp.encode([vanity, validators, vote, 3, [b"\x05" * 65, b"\x06" * 65]])
    header = header_of(**later)
    right = hash_of(header, signed)
    shown = header | {"extraData": "0x" + sealed.hex()}
    assert fits_its_hash(shown, right)
    other = reference_rlp.encode([vanity, validators[:1], vote, 3, [b"\x05" * 65, b"\x06" * 65]])
    assert not fits_its_hash(shown | {"extraData": "0x" + other.hex()}, right)
    assert not fits_its_hash(shown | {"timestamp": "0x6553f101"}, right)


@pytest.mark.parametrize("extra", [b"", b"geth", b"\xff" * 97, bytes(97)])
def test_any_other_engines_header_is_hashed_as_it_is(extra: bytes) -> None:
    header = header_of()
    right = hash_of(header, extra)
    assert fits_its_hash(header | {"extraData": "0x" + extra.hex()}, right)
    assert not fits_its_hash(header | {"extraData": "0x" + (extra + b"\0").hex()}, right)
