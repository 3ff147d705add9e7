"""Event decoding agrees with eth-abi on every event of every contract, and survives any bytes."""

import json
from typing import Any

import pytest
from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from node.domain.event import UNDECODABLE, RawLog
from node.domain.refusal import OUT_OF_GAS, UNKNOWN
from node.services.catalogue import CONTRACTS, error_codec, event_codec, load_abis
from registry_client.core.hashing import keccak256

EVENTS = [(contract, item) for contract in CONTRACTS for item in load_abis()[contract] if item["type"] == "event"]
ERRORS = [item for contract in CONTRACTS for item in load_abis()[contract] if item["type"] == "error"]


def values(kind: str) -> st.SearchStrategy[Any]:
    if kind.endswith("[]"):
        return st.lists(values(kind[:-2]), max_size=5)
    if kind == "bytes":
        return st.binary(max_size=100)
    if kind == "string":
        return st.text(max_size=40)
    if kind == "bool":
        return st.booleans()
    if kind == "address":
        return st.binary(min_size=20, max_size=20)
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def log_of(item: dict[str, Any], given: dict[str, Any]) -> RawLog:
    signature = f"{item['name']}({','.join(p['type'] for p in item['inputs'])})"
    indexed = [p for p in item["inputs"] if p["indexed"]]
    plain = [p for p in item["inputs"] if not p["indexed"]]
    topics = (keccak256(signature.encode()), *(encode([p["type"]], [given[p["name"]]]) for p in indexed))
    data = encode([p["type"] for p in plain], [given[p["name"]] for p in plain])
    return RawLog(b"\x01" * 20, topics, data, 7, b"\x02" * 32, 99, b"\x03" * 32, 4)


@pytest.mark.parametrize(("contract", "item"), EVENTS, ids=[f"{c}.{i['name']}" for c, i in EVENTS])
def test_every_event_decodes_to_what_was_encoded(contract: str, item: dict[str, Any]) -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.fixed_dictionaries({p["name"]: values(p["type"]) for p in item["inputs"]}))
    def check(fields: dict[str, Any]) -> None:
        codec = event_codec()
        event = codec.decode(log_of(item, fields), contract=contract, block_time=99, seen_block=7)
        assert event.type == item["name"]
        assert event.fields == fields
        written = codec.json_fields(event)
        json.dumps(written)
        assert written.keys() == fields.keys()

    check()


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(max_size=300), st.sampled_from(EVENTS))
def test_any_log_is_an_event(topics: list[bytes], data: bytes, which: tuple[str, dict[str, Any]]) -> None:
    contract, item = which
    signature = f"{item['name']}({','.join(p['type'] for p in item['inputs'])})"
    for first in (topics[:1], [keccak256(signature.encode())]):
        log = RawLog(b"\x01" * 20, (*first, *topics[1:]), data, 7, b"", 99, b"\x03" * 32, 4)
        event = event_codec().decode(log, contract=contract, block_time=99, seen_block=7)
        assert event.type in {item["name"], UNDECODABLE}
        json.dumps(event_codec().json_fields(event))


def test_numbers_above_48_bits_are_hex_in_json() -> None:
    contract, item = next((c, i) for c, i in EVENTS if i["name"] == "StatusChanged")
    fields = {
        "list": b"\x01" * 32,
        "op": 1,
        "by": b"\x02" * 21,
        "seq": 2**48 - 1,
        "startWord": 3,
        "masks": [2**255],
        "nonce": 5,
    }
    event = event_codec().decode(log_of(item, fields), contract=contract, block_time=1, seen_block=1)
    written = event_codec().json_fields(event)
    assert written["seq"] == 2**48 - 1
    assert written["nonce"] == "0x5"
    assert written["masks"] == [hex(2**255)]


@pytest.mark.parametrize("item", ERRORS, ids=[item["name"] for item in ERRORS])
def test_every_error_of_the_contracts_is_named_with_its_arguments(item: dict[str, Any]) -> None:
    @settings(max_examples=5, deadline=None)
    @given(st.tuples(*(values(p["type"]) for p in item["inputs"])))
    def check(arguments: tuple[Any, ...]) -> None:
        types = [p["type"] for p in item["inputs"]]
        selector = keccak256(f"{item['name']}({','.join(types)})".encode())[:4]
        refusal = error_codec().decode(selector + encode(types, arguments))
        assert refusal.name == item["name"]
        assert list(refusal.arguments) == [p["name"] for p in item["inputs"]]
        json.dumps(refusal.as_json())

    check()


@given(st.binary(min_size=1, max_size=200))
def test_any_revert_data_has_a_name_and_keeps_its_bytes(data: bytes) -> None:
    refusal = error_codec().decode(data)
    assert refusal.name == UNKNOWN or refusal.arguments is not None
    if refusal.name == UNKNOWN:
        assert refusal.arguments["data"] == "0x" + data.hex()


def test_silence_is_out_of_gas() -> None:
    assert error_codec().decode(b"").name == OUT_OF_GAS
