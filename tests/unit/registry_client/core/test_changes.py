"""The stream's bytes, from a node that may say anything."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.changes import EVENT_MAX, EventReader
from registry_client.core.did import format_did
from registry_client.errors import LedgerUnavailableError

NETWORK = "dev-1a2b3c"
DID_ID = b"\1" * 20
LIST = b"\2" * 32
DATA = {
    "ledger": {"block_number": 9, "block_hash": "0x" + "00" * 32, "block_time": 1, "final": 8},
    "before": {"block_number": 7, "final": 6},
    "events": 1,
    "dids": [str(format_did(NETWORK, DID_ID))],
    "lists": ["0x" + LIST.hex()],
    "types": [],
    "reorg": False,
    "reset": False,
}


def message(**changes):
    data = {**DATA, **changes}
    return b"id: 9-8-aa\nevent: head\ndata: " + json.dumps(data).encode() + b"\n\n"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_changes_come_whole_however_the_bytes_are_cut(size):
    stream = b"retry: 1000\n\n: here\n\n" + message() + message(reset=True).replace(b"\n", b"\r\n")
    reader = EventReader(NETWORK)
    found = [change for at in range(0, len(stream), size) for change in reader.feed(stream[at : at + size])]
    assert [(change.id, change.before, change.block_number, change.final) for change in found] == [
        ("9-8-aa", 7, 9, 8)
    ] * 2
    assert (found[0].dids, found[0].lists, found[0].types) == ({DID_ID}, {LIST}, frozenset())
    assert [change.is_reset for change in found] == [False, True]
    assert reader.last_id == "9-8-aa"


def test_other_events_and_half_events_are_passed_over():
    reader = EventReader(NETWORK)
    assert list(reader.feed(b"event: other\ndata: {}\n\n" + message()[:40])) == []
    reader.restart()
    assert len(list(reader.feed(message()))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"dids": "all"},
        {"dids": [1]},
        {"dids": [str(format_did("other", DID_ID))]},
        {"dids": ["did:web:example.org"]},
        {"lists": ["0x00"]},
        {"ledger": None},
        {"before": {"block_number": -1}},
        {"before": {"block_number": True}},
        {"lists": ["0x" + LIST.hex()] * 5_000},
    ],
)
def test_what_is_no_change_is_an_unavailable_ledger(changes):
    with pytest.raises(LedgerUnavailableError):
        list(EventReader(NETWORK).feed(message(**changes)))


def test_a_stream_without_end_of_event_is_bounded():
    reader = EventReader(NETWORK)
    line = b"data: " + b"x" * (EVENT_MAX // 32) + b"\n"
    with pytest.raises(LedgerUnavailableError):
        [list(reader.feed(line)) for _ in range(64)]
    with pytest.raises(LedgerUnavailableError):
        list(EventReader(NETWORK).feed(b"x" * (EVENT_MAX + 1)))


@given(st.binary(max_size=300) | st.text(max_size=60).map(lambda text: f"event: head\ndata: {text}\n\n".encode()))
def test_any_bytes_end_in_changes_or_in_our_error(data):
    with contextlib.suppress(LedgerUnavailableError):
        list(EventReader(NETWORK).feed(data))
