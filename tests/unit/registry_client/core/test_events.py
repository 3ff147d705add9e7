import json

import pytest
from eth_abi.abi import encode as eth_encode
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.events import CONTRACTS, EVENTS, event_named, subject_ids
from registry_client.errors import AbiError
from tests.support.hostile import check_escape
from tests.support.paths import ROOT

ABI = ROOT / "registry_client" / "abi"


def test_the_table_is_what_the_contracts_declare():
    declared = {}
    for path in sorted(ABI.glob("*.json")):
        for item in json.loads(path.read_text("utf-8")):
            # ERC-5267 declares a change of domain; our contracts' domains are fixed and never emit it.
            if item["type"] == "event" and item["name"] != "EIP712DomainChanged":
                fields = tuple((entry["type"], entry["name"]) for entry in item["inputs"])
                indexed = [entry["indexed"] for entry in item["inputs"]]
                assert indexed == sorted(indexed, reverse=True), "indexed fields stand first"
                declared[path.stem, item["name"]] = (fields, sum(indexed))
    ours = {(event.contract, event.name): (event.fields, event.indexed) for event in EVENTS.values()}
    assert ours == declared
    assert set(CONTRACTS) == {contract for contract, _ in declared}


VALUES = {
    "uint8": 7,
    "uint16": 8,
    "uint32": 9,
    "uint48": 10,
    "uint64": 11,
    "uint256": 12,
    "bool": True,
    "bytes20": b"\1" * 20,
    "bytes21": b"\2" * 21,
    "bytes32": b"\3" * 32,
    "bytes": b"\4" * 50,
    "string": "한글",
    "address": b"\5" * 20,
    "uint256[]": (1, 2),
    "bytes21[]": (b"\2" * 21,),
}


def log_of(event):
    values = {name: VALUES[kind] for kind, name in event.fields}
    topics = [event.topic, *(eth_encode([kind], [values[name]]) for kind, name in event.fields[: event.indexed])]
    rest = event.fields[event.indexed :]
    data = [values[name] for _, name in rest]
    wire = ["0x" + value.hex() if kind == "address" else value for (kind, _), value in zip(rest, data, strict=True)]
    return values, topics, eth_encode([kind for kind, _ in rest], wire)


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: f"{event.contract}.{event.name}")
def test_logs_decode(event):
    values, topics, data = log_of(event)
    assert event.decode(topics, data) == values
    json.dumps(event.to_json(values))


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: f"{event.contract}.{event.name}")
def test_other_topics_or_data_are_refused(event):
    _, topics, data = log_of(event)
    for wrong_topics, wrong_data in (
        (topics[:-1], data),
        ([*topics, bytes(32)], data),
        ([bytes(32), *topics[1:]], data),
        (topics, data + bytes(32)),
    ):
        with pytest.raises(AbiError):
            event.decode(wrong_topics, wrong_data)


@given(
    st.sampled_from(list(EVENTS.values())),
    st.lists(st.binary(min_size=32, max_size=32), max_size=3),
    st.binary(max_size=300),
)
def test_only_abi_errors_escape(event, topics, data):
    check_escape(AbiError, lambda: event.decode([event.topic, *topics], data))


def test_json_of_numbers_beyond_48_bits_is_hex():
    event = event_named("IssuanceLog", "IssuanceAnchored")
    values = {"agency": b"\1" * 20, "seq": 2, "root": b"\0" * 32, "count": 3, "by": b"\2" * 21}
    assert event.to_json(values)["seq"] == "0x2"


def test_subjects_are_named_dids_without_the_council():
    values = {
        "agency": b"\1" * 20,
        "grantor": b"\0" * 20,
        "guardian": b"\1" * 20,
        "verifier": b"\2" * 20,
        "by": b"\3" * 21,
    }
    assert subject_ids(values) == (b"\1" * 20, b"\2" * 20)
