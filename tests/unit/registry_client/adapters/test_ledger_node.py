"""What a node may answer and what a reader makes of it: the flows are driven by hand, no network is needed."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry_client.adapters.ledger_node import LedgerNode
from registry_client.core.did import format_did
from registry_client.core.encoding import encode_hex
from registry_client.errors import (
    DidNotFoundError,
    InvalidOptionsError,
    LedgerError,
    LedgerInconsistentError,
    LedgerUnavailableError,
    NodeRefusedError,
    RegistryError,
    WrongLedgerError,
)
from registry_client.flows import HttpAnswer, run
from registry_client.ports import EventFilter
from registry_client.profile import Profile
from tests.support.hostile import check_escape

PROFILE = Profile(
    network="dev-1a2b3c",
    chain_id=31_337,
    genesis_hash=b"\1" * 32,
    directory=b"\2" * 20,
    code_hash=b"\3" * 32,
    node_url="http://127.0.0.1:8700",
)
DID_ID = b"\7" * 20
DID = format_did("dev-1a2b3c", DID_ID)
PLACE = {"block_number": 9, "block_hash": "0x" + "11" * 32, "block_time": 1_790_000_000, "final": 9}
LEDGER = {
    "network": "dev-1a2b3c",
    "chain_id": 31_337,
    "genesis_hash": encode_hex(b"\1" * 32),
    "directory": encode_hex(b"\2" * 20),
    "code_hash": encode_hex(b"\3" * 32),
    "head": {"number": 9, "hash": "0x" + "11" * 32, "time": 1_790_000_000},
    "final": {"number": 9, "hash": "0x" + "11" * 32, "time": 1_790_000_000},
}
QUESTIONS = {
    "did": lambda reader: reader.did_version(DID_ID),
    "mark": lambda reader: reader.compromise(DID_ID, b"\1" * 32),
    "path": lambda reader: reader.accreditation(DID_ID, b"\1" * 32, at=5),
    "batch": lambda reader: reader.issuance(DID_ID, 1),
    "list": lambda reader: reader.status_list(b"\1" * 32),
    "schema": lambda reader: reader.schema(b"\1" * 32),
    "service": lambda reader: reader.service(b"\1" * 32, "A"),
    "events": lambda reader: reader.events(EventFilter()),
    "head": lambda reader: reader.head(),
}


class Node:
    """Answers /v1/ledger well and everything else as it is told."""

    def __init__(self, body, status=200, ledger=LEDGER):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.ledger = ledger
        self.paths = []

    def send(self, request):
        self.paths += [item.path for item in request.requests]
        return [
            HttpAnswer(200, json.dumps(self.ledger).encode())
            if item.path == "/v1/ledger"
            else HttpAnswer(self.status, self.body)
            for item in request.requests
        ]


def ask(name, node):
    return run(QUESTIONS[name](LedgerNode(PROFILE)), node)


def problem(kind, detail="because"):
    return {"type": kind, "title": "t", "status": 400, "detail": detail}


OWN = "https://mapae.invalid/problems/"
NOT_FOUND = problem("https://www.w3.org/ns/did#NOT_FOUND")


@pytest.mark.parametrize("name", ["did", "list", "schema", "service"])
def test_what_the_ledger_has_not_is_none(name):
    assert ask(name, Node(NOT_FOUND, 404)) is None


def test_a_batch_that_is_not_there_has_no_digest():
    assert ask("batch", Node(NOT_FOUND, 404)).digest is None


@pytest.mark.parametrize("name", ["mark", "path", "events"])
def test_what_always_exists_cannot_be_missing(name):
    with pytest.raises(LedgerUnavailableError, match="is this the node"):
        ask(name, Node(NOT_FOUND, 404))


@pytest.mark.parametrize("body", [b"", b"<html>404</html>", b"[]", b"{}", b'{"a":1,"a":2}'])
@pytest.mark.parametrize("status", [200, 404, 500, 503])
@pytest.mark.parametrize("name", [name for name in QUESTIONS if name != "head"])
def test_what_is_no_nodes_answer_is_never_absence(name, status, body):
    with pytest.raises(LedgerError):
        ask(name, Node(body, status))


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "https://www.w3.org/ns/did#INVALID_OPTIONS", InvalidOptionsError),
        (400, OWN + "nothing-known", NodeRefusedError),
        (400, None, NodeRefusedError),
        (401, OWN + "token", NodeRefusedError),
        (410, "https://www.w3.org/ns/did#NOT_FOUND", DidNotFoundError),
        (503, OWN + "ledger-unavailable", LedgerUnavailableError),
        (500, "https://www.w3.org/ns/did#INTERNAL_ERROR", LedgerUnavailableError),
    ],
)
def test_problem_documents_become_errors(status, kind, error):
    with pytest.raises(error, match="because") as caught:
        ask("did", Node(problem(kind), status))
    assert caught.value.evidence.get("status", getattr(caught.value, "status", None)) == status


def test_the_ledger_is_checked_once_and_before_anything_else():
    node, reader = Node(NOT_FOUND, 404), LedgerNode(PROFILE)
    for _ in range(2):
        run(reader.did_version(DID_ID), node)
    assert node.paths == ["/v1/ledger", f"/v1/dids/{DID}", f"/v1/dids/{DID}"]


@pytest.mark.parametrize("field", ["network", "chain_id", "genesis_hash", "directory", "code_hash"])
def test_every_pin_counts(field):
    wrong = {**LEDGER, field: 5 if field == "chain_id" else "0x" + "99" * 32}
    with pytest.raises(WrongLedgerError) as caught:
        ask("did", Node(NOT_FOUND, 404, ledger=wrong))
    assert caught.value.evidence["field"] == field


RECORD = {
    "did": DID,
    "kind": "organisation",
    "version": 1,
    "state": "active",
    "controller": "0x" + "02" * 21,
    "guardian": None,
    "document": "e30",
    "salt": "0x" + "11" * 32,
    "created_at": 5,
    "updated_at": 5,
    "history_digest": "0x" + "11" * 32,
    "block_number": 3,
    "block_hash": "0x" + "33" * 32,
    "transaction_hash": "0x" + "11" * 32,
    "latest": True,
    "next_version_at": None,
    "pending": [],
    "ledger": PLACE,
}


def test_a_record_is_read():
    found = ask("did", Node(RECORD))
    assert (found.document, found.version, found.head.number, found.pending) == (b"{}", 1, 9, "none")


@pytest.mark.parametrize(
    ("change", "pending"),
    [
        ([{"type": "DidDeactivated", "fields": {"id": encode_hex(DID_ID)}}], "deactivation"),
        ([{"type": "DocumentUpdated", "fields": {"id": encode_hex(DID_ID)}}], "update"),
        ([{"type": "HolderCreated", "fields": {"guardian": encode_hex(DID_ID)}}], "none"),
        ([{"type": "DidDeactivated", "fields": {"id": "0x" + "08" * 20}}], "none"),
    ],
)
def test_only_what_happens_to_the_did_itself_is_pending(change, pending):
    assert ask("did", Node({**RECORD, "pending": change})).pending == pending


@pytest.mark.parametrize(
    "change",
    [
        {"did": format_did("dev-1a2b3c", b"\1" * 20)},
        {"did": format_did("other", DID_ID)},
        {"did": 1},
        {"kind": "x"},
        {"version": -1},
        {"version": "1"},
        {"version": True},
        {"controller": "0x00"},
        {"document": "e30="},
        {"document": None},
        {"history_digest": None},
        {"latest": 1},
        {"ledger": None},
        {"ledger": {}},
        {"pending": None},
        {"pending": [1]},
        {"next_version_at": "x"},
        {"salt": None},
        {"kind": "holder"},
    ],
)
def test_a_twisted_record_is_refused(change):
    with pytest.raises(LedgerUnavailableError):
        ask("did", Node({**RECORD, **change}))


SCHEMA = {
    "owner": DID,
    "version": 1,
    "count": 1,
    "document": "e30",
    "block_number": 3,
    "vct": "https://a.example/t",
    "ledger": PLACE,
    "digest": "0x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
}


def test_a_document_must_have_the_digest_it_is_listed_under():
    assert ask("schema", Node(SCHEMA)).document == b"{}"
    with pytest.raises(LedgerInconsistentError):
        ask("schema", Node({**SCHEMA, "document": "e30g"}))


def test_a_zip_bomb_is_not_inflated():
    import zlib

    from registry_client.core.encoding import encode_base64url

    body = {
        "list": "0x" + "01" * 32,
        "owner": DID,
        "seq": 0,
        "ops_head": "0x" + "11" * 32,
        "published_seq": 0,
        "published_digest": "0x" + "00" * 32,
        "pending": None,
        "ledger": PLACE,
    }
    good = encode_base64url(zlib.compress(bytes(32_768)))
    assert ask("list", Node({**body, "words": good})).words == bytes(32_768)
    for words in (bytes(50_000_000), bytes(32_767), b""):
        with pytest.raises(LedgerUnavailableError, match="32768"):
            ask("list", Node({**body, "words": encode_base64url(zlib.compress(words))}))
    with pytest.raises(LedgerUnavailableError, match="zlib"):
        ask("list", Node({**body, "words": "e30"}))


ANSWERS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**10)
    | st.text(max_size=8)
    | st.sampled_from([DID, "0x" + "01" * 32, "e30"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*RECORD, *SCHEMA, "path", "grants", "words", "events", "type", "detail"]),
            inner,
            max_size=8,
        )
    ),
    max_leaves=12,
)


@example("batch", {"detail": ""}, 404, False)
@given(st.sampled_from(sorted(QUESTIONS)), ANSWERS, st.sampled_from([200, 200, 404, 400, 500]), st.booleans())
@settings(max_examples=500)
def test_only_registry_errors_escape(name, body, status, whole):
    answer = {**RECORD, **SCHEMA, **body} if whole and isinstance(body, dict) else body
    ledger = answer if name == "head" and isinstance(answer, dict) else LEDGER
    check_escape(RegistryError, lambda: ask(name, Node(answer, status, ledger=ledger)))
