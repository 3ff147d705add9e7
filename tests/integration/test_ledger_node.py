"""A node's word beside the chain's own: the same world read through both must give the same facts."""

import time
from dataclasses import fields, replace

import pytest

from registry_client import aopen_registry, open_registry
from registry_client.adapters.ledger_node import LedgerNode
from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.assurance import Assurance
from registry_client.core.hashing import keccak256
from registry_client.errors import (
    FeatureNotSupportedError,
    InvalidOptionsError,
    LedgerUnavailableError,
    WrongLedgerError,
)
from registry_client.flows import run
from registry_client.ports import BlockRef, EventFilter, LedgerReader
from tests.integration.node_support import running_node
from tests.support.chain import YEAR_S, salt_of
from tests.support.keys import P256Key
from tests.support.rpc_world import TYPE_ID, VCT, make_holder, make_ministry, profile_of

pytestmark = pytest.mark.chain
CODE = "GATE-01"
MORE_AT_A_NODE = {"assurance", "head", "created_at", "root", "count", "time", "transaction_hash"}
"""What a node's index has at hand and a single read of the chain has not, or what must differ."""


class World:
    """One registry with something of everything in it, and both ways to read it."""

    def __init__(self, registry):
        self.registry = registry
        self.ministry = ministry = make_ministry(registry)
        self.holder, _ = make_holder(registry, ministry)
        self.times = [registry.now()]
        for step in range(2):
            registry.ledger.advance(10)
            ministry.update() if step == 0 else ministry.transfer(P256Key("successor"))
            self.times.append(registry.now())
        key = ministry.controller
        registry.decide("GrantRoot", ministry.id, TYPE_ID, registry.now(), registry.now() + YEAR_S, True, True)
        self.granted_at = registry.now()
        registry.submit(
            "RegisterSchema", {"owner": ministry.id, "vct": VCT, "expectedVersion": 1, "document": b'{"v":1}'}, key
        )
        service = {
            "typeId": TYPE_ID,
            "code": CODE.encode().ljust(32, b"\0"),
            "expectedVersion": 1,
            "verifier": ministry.id,
            "from": registry.now(),
            "until": registry.now() + YEAR_S,
            "document": b'{"claims":["name"]}',
        }
        registry.submit("SetService", service, key)
        registry.submit(
            "AnchorIssuance", {"agency": ministry.id, "expectedSeq": 1, "root": b"\7" * 32, "count": 3}, key
        )
        registry.submit("OpenList", {"owner": ministry.id, "salt": salt_of("list")}, key)
        address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
        self.list_id = keccak256(address.rjust(32, b"\0") + ministry.id.ljust(32, b"\0") + salt_of("list"))
        registry.submit("Revoke", {"list": self.list_id, "startWord": 3, "masks": (5,)}, key)
        self.thumbprint = ministry.issue_key(1).thumbprint()
        self.since = registry.now() - 50
        self.mark()

    def mark(self):
        message = {
            "id": self.ministry.id,
            "keyThumbprint": self.thumbprint,
            "since": self.since,
            "reporter": self.ministry.id,
            "typeId": bytes(32),
            "seq": 0,
        }
        self.registry.submit("MarkCompromised", message, self.ministry.controller)

    def questions(self):
        """Name -> (method, arguments, options) of every fact there is."""
        ministry, at = self.ministry.id, self.granted_at
        asked = {
            "latest": ("did_version", (ministry,), {}),
            "holder": ("did_version", (self.holder,), {}),
            "nobody": ("did_version", (b"\1" * 20,), {}),
            "version 9": ("did_version", (ministry,), {"version": 9}),
            "before all": ("did_version", (ministry,), {"time": self.times[0] - 1_000}),
            "marked key": ("compromise", (ministry, self.thumbprint), {}),
            "other key": ("compromise", (ministry, b"\1" * 32), {}),
            "path": ("accreditation", (ministry, TYPE_ID), {"at": at}),
            "path before": ("accreditation", (ministry, TYPE_ID), {"at": at - 1_000}),
            "no path": ("accreditation", (ministry, b"\1" * 32), {"at": at}),
            "batch": ("issuance", (ministry, 1), {}),
            "no batch": ("issuance", (ministry, 2), {}),
            "list": ("status_list", (self.list_id,), {}),
            "no list": ("status_list", (b"\1" * 32,), {}),
            "schema": ("schema", (TYPE_ID,), {}),
            "schema 1": ("schema", (TYPE_ID,), {"version": 1}),
            "no schema": ("schema", (b"\1" * 32,), {}),
            "service": ("service", (TYPE_ID, CODE), {}),
            "no service": ("service", (TYPE_ID, "OTHER"), {}),
        }
        for number, time_ in enumerate(self.times, start=1):
            asked[f"version {number}"] = ("did_version", (ministry,), {"version": number})
            asked[f"at {number}"] = ("did_version", (ministry,), {"time": time_ + 5})
        return asked


def comparable(fact):
    """A fact without what a node may know better."""
    if fact is None:
        return None
    return {entry.name: getattr(fact, entry.name) for entry in fields(fact) if entry.name not in MORE_AT_A_NODE}


def ask(profile, reader, question):
    method, given, options = question
    endpoints = (
        Endpoints(rpc_url=profile.rpc_url) if isinstance(reader, LedgerRpc) else Endpoints(node_url=profile.node_url)
    )
    with HttpTransport(endpoints) as transport:
        return run(getattr(reader, method)(*given, **options), transport)


def caught_up(registry, node):
    """Wait until the node has indexed the newest block."""
    newest = int(registry.ledger.rpc("eth_blockNumber"), 16)
    until = time.monotonic() + 20
    while node.get("/v1/ledger")["indexed"]["number"] < newest:
        assert time.monotonic() < until, "the node does not catch up"
        time.sleep(0.02)


@pytest.fixture
def world(registry):
    return World(registry)


@pytest.fixture
def node(registry, world, tmp_path):
    with running_node(registry, tmp_path) as running:
        caught_up(registry, running)
        yield running


@pytest.fixture
def profile(registry, node):
    return profile_of(registry, node_url=node.url)


def test_both_readers_tell_the_same_facts(world, profile):
    by_chain, by_node = LedgerRpc(profile), LedgerNode(profile)
    assert isinstance(by_node, LedgerReader)
    for name, question in world.questions().items():
        chain, node = ask(profile, by_chain, question), ask(profile, by_node, question)
        assert comparable(node) == comparable(chain), name
        if node is not None:
            assert (node.assurance, chain.assurance) == (Assurance.NODE, Assurance.OWN_LEDGER)
            assert node.head == chain.head, name


def test_a_node_knows_more_at_once(world, profile):
    reader = LedgerNode(profile)
    version = ask(profile, reader, ("did_version", (world.ministry.id,), {}))
    assert version.created_at == ask(profile, reader, ("did_version", (world.ministry.id,), {"version": 1})).block_time
    batch = ask(profile, reader, ("issuance", (world.ministry.id, 1), {}))
    assert (batch.root, batch.count) == (b"\7" * 32, 3)


def test_both_tell_the_same_story(world, profile):
    wanted = [EventFilter(limit=1_000), EventFilter(limit=5), EventFilter(types=("DocumentUpdated", "StatusChanged"))]
    for question in wanted:
        chain = ask(profile, LedgerRpc(profile), ("events", (question,), {}))
        node = ask(profile, LedgerNode(profile), ("events", (question,), {}))
        # Only an index knows whose list or type an event is about.
        assert [replace(event, subjects=()) for event in node.events] == [
            replace(event, subjects=()) for event in chain.events
        ]
        assert node.next_cursor == chain.next_cursor
        assert all(
            set(mine.subjects) <= set(theirs.subjects) for mine, theirs in zip(chain.events, node.events, strict=True)
        )
    with pytest.raises(InvalidOptionsError):
        ask(profile, LedgerNode(profile), ("events", (EventFilter(),), {"cursor": "x"}))


def test_both_tell_of_what_is_not_final_yet(registry, world, tmp_path):
    registry.ledger.rpc("anvil_mine", "0x5")
    key = world.ministry.controller
    registry.submit("Revoke", {"list": world.list_id, "startWord": 3, "masks": (2,)}, key)
    world.since -= 10
    world.mark()
    registry.decide("EndGrant", world.ministry.id, TYPE_ID, 1, registry.now())
    world.ministry.deactivate()
    with running_node(registry, tmp_path, confirmations=8) as node:
        caught_up(registry, node)
        profile = profile_of(registry, node_url=node.url, final_depth=8)
        for name, question in world.questions().items():
            chain, told = ask(profile, LedgerRpc(profile), question), ask(profile, LedgerNode(profile), question)
            assert comparable(told) == comparable(chain), name
        latest = ask(profile, LedgerNode(profile), world.questions()["latest"])
        marked = ask(profile, LedgerNode(profile), world.questions()["marked key"])
        path = ask(
            profile, LedgerNode(profile), ("accreditation", (world.ministry.id, TYPE_ID), {"at": registry.now()})
        )
        words = ask(profile, LedgerNode(profile), world.questions()["list"])
    assert latest.pending == "deactivation"
    assert (marked.since, marked.pending_since) == (world.since + 10, world.since)
    assert (path.valid, path.pending_valid) == (True, False)
    assert words.pending_words is not None
    assert words.bit("revocation", 3 * 256 + 254, pending=True)
    assert not words.bit("revocation", 3 * 256 + 254)


async def test_the_facades_read_a_node(world, profile):
    through_node = replace(profile, rpc_url=None)
    did = world.ministry.did
    with open_registry(through_node) as client:
        found = client.resolve(did)
        assert found.assurance is Assurance.NODE
        assert found.document_metadata["created"]
        assert found.document_metadata["versionId"] == "3"
    async with aopen_registry(through_node) as client:
        assert (await client.resolve(did)).document == found.document
    with open_registry(profile) as client:
        assert client.resolve(did).document == found.document


@pytest.mark.parametrize(
    "pin",
    [{"chain_id": 1}, {"genesis_hash": b"\1" * 32}, {"directory": b"\1" * 20}, {"code_hash": b"\1" * 32}],
    ids=lambda pin: next(iter(pin)),
)
def test_a_node_of_another_ledger_is_refused(profile, pin):
    other = replace(profile, **pin)
    with pytest.raises(WrongLedgerError, match="pins"):
        ask(other, LedgerNode(other), ("did_version", (b"\1" * 20,), {}))


def test_a_node_does_not_read_at_a_block(world, profile):
    for method, given in (
        ("did_version", (b"\1" * 20,)),
        ("compromise", (b"\1" * 20, b"\1" * 32)),
        ("status_list", (b"\1" * 32,)),
    ):
        with pytest.raises(FeatureNotSupportedError, match="rpc_url"):
            ask(profile, LedgerNode(profile), (method, given, {"block": BlockRef(1)}))


def test_the_ledger_itself_is_no_node(registry, world):
    profile = profile_of(registry, node_url=registry.ledger.url)
    with pytest.raises(LedgerUnavailableError):
        ask(profile, LedgerNode(profile), ("head", (), {}))
