"""Status entries and words: bit order, both planes, and every malformed entry."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.status import (
    LIST_SIZE,
    REVOKED,
    SUSPENDED,
    VALID,
    WORDS_LENGTH,
    StatusReference,
    bitstring_status,
    list_url,
    parse_bitstring_status,
    parse_token_status,
    status_value,
    token_status,
    verify_status,
)
from registry_client.errors import StatusListMalformedError, StatusRevokedError, StatusSuspendedError

HOST = "https://agency.mapae.invalid"
REFERENCE = StatusReference(bytes(range(32)), 94_567)
OWNER = b"o" * 20


def words(*, revoked=(), suspended=()):
    data = bytearray(WORDS_LENGTH)
    for plane, places in ((0, revoked), (1, suspended)):
        for index in places:
            word, bit = divmod(index, 256)
            value = 1 << (255 - bit)  # most significant first, as the contract counts
            start = (plane * 512 + word) * 32
            data[start : start + 32] = (int.from_bytes(data[start : start + 32], "big") | value).to_bytes(32, "big")
    return bytes(data)


@given(st.integers(0, LIST_SIZE - 1))
def test_only_the_named_place_is_set(index):
    data = words(revoked=[index])
    assert status_value(data, index) == REVOKED
    assert all(status_value(data, other) == VALID for other in {(index + step) % LIST_SIZE for step in (1, 7, 8, 256)})


def test_revoked_wins_over_suspended():
    assert status_value(words(suspended=[5]), 5) == SUSPENDED
    assert status_value(words(revoked=[5], suspended=[5]), 5) == REVOKED


def test_verify_status_names_what_is_wrong():
    verify_status(words(revoked=[1]), REFERENCE, owner=OWNER, issuer=OWNER)
    with pytest.raises(StatusRevokedError):
        verify_status(words(revoked=[REFERENCE.index]), REFERENCE, owner=OWNER, issuer=OWNER)
    with pytest.raises(StatusSuspendedError):
        verify_status(words(suspended=[REFERENCE.index]), REFERENCE, owner=OWNER, issuer=OWNER)
    with pytest.raises(StatusListMalformedError, match="another DID"):
        verify_status(words(), REFERENCE, owner=bytes(20), issuer=OWNER)
    with pytest.raises(StatusListMalformedError, match="32768"):
        verify_status(words()[:-1], REFERENCE, owner=OWNER, issuer=OWNER)


def test_both_entries_read_back():
    assert parse_token_status(token_status(REFERENCE, host=HOST)) == REFERENCE
    assert parse_bitstring_status(bitstring_status(REFERENCE, host=HOST + "/")) == REFERENCE
    assert parse_bitstring_status(bitstring_status(REFERENCE, host=HOST)[0]) == REFERENCE


def test_the_host_does_not_matter():
    elsewhere = {"status_list": {"idx": 7, "uri": list_url(REFERENCE.list_id, host="https://evil.invalid/a/b")}}
    assert parse_token_status(elsewhere) == StatusReference(REFERENCE.list_id, 7)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"status_list": []},
        {"status_list": {"idx": "7", "uri": list_url(bytes(32), host=HOST)}},
        {"status_list": {"idx": True, "uri": list_url(bytes(32), host=HOST)}},
        {"status_list": {"idx": -1, "uri": list_url(bytes(32), host=HOST)}},
        {"status_list": {"idx": LIST_SIZE, "uri": list_url(bytes(32), host=HOST)}},
        {"status_list": {"idx": 7.0, "uri": list_url(bytes(32), host=HOST)}},
        {"status_list": {"idx": 7, "uri": 5}},
        {"status_list": {"idx": 7, "uri": HOST}},
        {"status_list": {"idx": 7, "uri": HOST + "/status/0x" + "AA" * 32}},
        {"status_list": {"idx": 7, "uri": HOST + "/lists/0x" + "aa" * 32}},
        {"status_list": {"idx": 7, "uri": "x" * 3000 + list_url(bytes(32), host=HOST)}},
    ],
)
def test_malformed_token_entries_are_refused(value):
    with pytest.raises(StatusListMalformedError):
        parse_token_status(value)


def changed(place, **members):
    entries = deepcopy(bitstring_status(REFERENCE, host=HOST))
    entries[place].update(members)
    return entries


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        changed(1, statusListIndex="7"),
        changed(1, statusListCredential=list_url(bytes(32), host=HOST, purpose="suspension")),
        changed(1, statusListCredential=list_url(REFERENCE.list_id, host=HOST, purpose="revocation")),
        changed(1, statusListCredential=list_url(REFERENCE.list_id, host=HOST)),
        changed(1, statusPurpose="revocation"),
        changed(0, statusPurpose="message"),
        changed(0, type="StatusList2021Entry"),
        changed(0, statusListIndex=94_567),
        changed(0, statusListIndex="0x10"),
        changed(0, statusListIndex="-1"),
        changed(0, statusListIndex="131072"),
        changed(0, statusListIndex="٧"),
        changed(0, statusSize=2),
        changed(0, id=list_url(REFERENCE.list_id, host=HOST, purpose="revocation")),
        bitstring_status(REFERENCE, host=HOST)[1:],
        bitstring_status(REFERENCE, host=HOST) + bitstring_status(REFERENCE, host=HOST),
        ["entry", "entry"],
    ],
)
def test_malformed_bitstring_entries_are_refused(value):
    with pytest.raises(StatusListMalformedError):
        parse_bitstring_status(value)
