"""Issuance trees against the definition in RFC 6962, written the other way round (from the top)."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.issuance import (
    Receipt,
    compute_anchor,
    compute_leaf,
    compute_paths,
    compute_root,
    parse_receipt,
    root_from_path,
    verify_receipt,
)
from registry_client.errors import MalformedValueError, ReceiptInvalidError

AGENCY = "did:mapae:test-1:agency"


def digests(count):
    return [sha256(b"credential %d" % place).digest() for place in range(count)]


def root_by_definition(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_by_definition(leaves[:split]) + root_by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100])
def test_root_and_every_path_follow_the_definition(count):
    leaves = [compute_leaf(digest) for digest in digests(count)]
    root, paths = compute_paths(leaves)
    assert root == compute_root(leaves) == root_by_definition(leaves)
    for index, path in enumerate(paths):
        assert root_from_path(leaves[index], index=index, count=count, path=path) == root


def receipt_of(count=11, index=6, time=1_790_000_000):
    all_digests = digests(count)
    root, paths = compute_paths([compute_leaf(digest) for digest in all_digests])
    receipt = Receipt(AGENCY, 3, index, count, root, time, paths[index])
    return all_digests[index], receipt, compute_anchor(root, count=count, time=time)


def test_receipt_leads_to_the_anchored_root():
    digest, receipt, anchored = receipt_of()
    assert verify_receipt(receipt, digest=digest, issuer=AGENCY, anchored=anchored) == receipt.time
    assert parse_receipt(json.loads(json.dumps(receipt.to_json()))) == receipt


@given(st.integers(1, 40), st.data())
def test_a_path_proves_no_other_place(count, data):
    leaves = [compute_leaf(digest) for digest in digests(count)]
    root, paths = compute_paths(leaves)
    index, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    try:
        reached = root_from_path(leaves[index], index=other, count=count, path=paths[index])
    except ReceiptInvalidError:
        reached = None
    assert (reached == root) is (index == other)


@pytest.mark.parametrize(
    "change",
    [
        {"time": 1_789_999_999},
        {"count": 12},
        {"index": 5},
        {"root": bytes(32)},
        {"agency": AGENCY + "x"},
        {"path": ()},
        {"path": (bytes(32),) * 12},
    ],
)
def test_a_changed_receipt_is_refused(change):
    digest, receipt, anchored = receipt_of()
    with pytest.raises(ReceiptInvalidError):
        verify_receipt(replace(receipt, **change), digest=digest, issuer=AGENCY, anchored=anchored)


def test_another_credential_or_an_empty_ledger_is_refused():
    digest, receipt, anchored = receipt_of()
    with pytest.raises(ReceiptInvalidError, match="not in the receipt's batch"):
        verify_receipt(receipt, digest=sha256(digest).digest(), issuer=AGENCY, anchored=anchored)
    with pytest.raises(ReceiptInvalidError, match="holds no such"):
        verify_receipt(receipt, digest=digest, issuer=AGENCY, anchored=None)


def test_an_inner_node_never_passes_for_a_leaf():
    leaves = [compute_leaf(digest) for digest in digests(4)]
    root, _ = compute_paths(leaves)
    inner = leaves[0] + leaves[1]
    assert compute_leaf(inner) != sha256(b"\x01" + inner).digest()
    right = sha256(b"\x01" + leaves[2] + leaves[3]).digest()
    assert root_from_path(compute_leaf(inner), index=0, count=2, path=[right]) != root


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("seq", 0),
        ("seq", "1"),
        ("seq", True),
        ("index", 11),
        ("count", -1),
        ("count", 2**63),
        ("root", "0x00"),
        ("root", 5),
        ("path", ["0x" + "AB" * 32]),
        ("path", ["0x" + "ab" * 32] * 64),
        ("agency", None),
    ],
)
def test_malformed_receipts_are_refused(member, value):
    _, receipt, _ = receipt_of()
    with pytest.raises(MalformedValueError):
        parse_receipt({**receipt.to_json(), member: value})


@pytest.mark.parametrize("value", [None, [], "receipt", {}, {"agency": AGENCY}])
def test_what_is_no_receipt_is_refused(value):
    with pytest.raises(MalformedValueError):
        parse_receipt(value)


def test_an_unknown_member_is_refused():
    _, receipt, _ = receipt_of()
    with pytest.raises(MalformedValueError):
        parse_receipt({**receipt.to_json(), "note": 1})


def test_an_empty_batch_has_no_root():
    with pytest.raises(MalformedValueError):
        compute_root([])
