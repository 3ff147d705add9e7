"""Facts read straight from a real ledger: values, versions, finality, cost; synchronous and asynchronous."""

import pytest

from registry_client import aopen_registry, open_registry
from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.assurance import Assurance
from registry_client.core.hashing import keccak256, sha256
from registry_client.errors import (
    AssuranceInsufficientError,
    InvalidDidDocumentError,
    InvalidOptionsError,
    WrongLedgerError,
)
from registry_client.flows import run, together
from registry_client.ports import BlockRef, EventFilter, LedgerReader
from tests.support.chain import YEAR_S, salt_of
from tests.support.keys import P256Key
from tests.support.rpc_world import TYPE_ID, VCT, make_holder, make_ministry, profile_of

pytestmark = pytest.mark.chain


class Reading:
    """A LedgerRpc on its transport; counts round trips and calls."""

    def __init__(self, registry, **changes):
        self.profile = profile_of(registry, **changes)
        self.ledger = LedgerRpc(self.profile)
        self.http = HttpTransport(Endpoints(rpc_url=self.profile.rpc_url))
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        return self.http.send(request)

    def __getattr__(self, name):
        return lambda *given, **options: run(getattr(self.ledger, name)(*given, **options), self)


@pytest.fixture
def reading(registry):
    found = Reading(registry)
    yield found
    found.http.close()


@pytest.fixture
def lagging(registry):
    """The same ledger, told that the last three blocks are not final."""
    found = Reading(registry, final_depth=3)
    yield found
    found.http.close()


def settle(registry):
    registry.ledger.rpc("anvil_mine", "0x5")


def test_it_is_a_ledger_reader(reading):
    assert isinstance(reading.ledger, LedgerReader)
    assert reading.ledger.assurance is Assurance.OWN_LEDGER


def test_an_organisations_first_version(registry, reading):
    ministry = make_ministry(registry)
    found = reading.did_version(ministry.id)
    assert (found.kind, found.version, found.state, found.latest, found.pending) == (1, 1, "active", True, "none")
    assert found.document == ministry.document(1)
    assert found.controller == ministry.controller.controller
    assert found.guardian is None
    assert found.created_at == found.block_time == registry.now()
    assert found.history_digest == registry.view("DidRegistry", "recordOf", ministry.id)["historyDigest"]
    assert found.head.number == found.head.final_number == found.block_number


def test_a_holder(registry, reading):
    ministry = make_ministry(registry)
    holder, phone = make_holder(registry, ministry)
    found = reading.did_version(holder)
    assert (found.kind, found.version, found.guardian) == (2, 1, ministry.id)
    assert (found.holder_x + found.holder_y, found.salt, found.document) == (phone.public_key, salt_of("phone"), None)
    registry.submit("DeactivateHolder", {"id": holder, "guardian": ministry.id}, ministry.controller)
    ended = reading.did_version(holder)
    assert (ended.state, ended.version, ended.guardian, ended.holder_x) == ("deactivated", 2, ministry.id, None)
    assert reading.did_version(holder, version=1).holder_x == phone.public_key[:32]


def test_nobody_is_none(registry, reading):
    assert reading.did_version(b"\1" * 20) is None
    ministry = make_ministry(registry)
    for version in (0, 2, 2**32):
        assert reading.did_version(ministry.id, version=version) is None
    assert reading.did_version(ministry.id, time=registry.now() - 10_000) is None


def test_every_version_of_a_life_in_order(registry, reading):
    ministry = make_ministry(registry)
    times = [registry.now()]
    for step in ("update", "transfer", "update", "deactivate"):
        registry.ledger.advance(10)
        if step == "transfer":
            ministry.transfer(P256Key("successor"))
        else:
            getattr(ministry, step)()
        times.append(registry.now())
    versions = [reading.did_version(ministry.id, version=number) for number in range(1, 6)]
    assert [version.version for version in versions] == [1, 2, 3, 4, 5]
    assert [version.block_time for version in versions] == times
    assert [version.next_version_at for version in versions] == [*times[1:], None]
    assert [version.latest for version in versions] == [False] * 4 + [True]
    assert [version.state for version in versions] == ["active"] * 4 + ["deactivated"]
    assert [version.document for version in versions] == [*(ministry.document(number) for number in range(1, 5)), None]
    assert versions[1].controller == P256Key("ministry controller").controller
    assert {version.controller for version in versions[2:]} == {P256Key("successor").controller}
    for number, at in enumerate(times, start=1):
        assert reading.did_version(ministry.id, time=at).version == number
        assert reading.did_version(ministry.id, time=at + 5).version == number
    assert reading.did_version(ministry.id) == versions[-1]


def test_two_versions_in_one_block(registry, reading):
    ministry = make_ministry(registry)
    operations = []
    for number in (1, 2):
        message = {"id": ministry.id, "expectedVersion": number, "document": ministry.document(number + 1)}
        operations.append(registry.sign("UpdateDocument", message, ministry.controller))
    registry.batch("DidRegistry", operations)
    second, third = (reading.did_version(ministry.id, version=number) for number in (2, 3))
    assert second.block_number == third.block_number
    assert second.document == ministry.document(2)
    assert reading.did_version(ministry.id, time=registry.now()).version == 3


def test_the_latest_version_takes_two_requests_whatever_the_history(registry, reading):
    ministry = make_ministry(registry)
    reading.did_version(ministry.id)  # the first read also finds the contracts
    counts = []
    for _ in range(3):
        reading.requests.clear()
        assert reading.did_version(ministry.id).version == ministry.version
        counts.append([len(request.calls) for request in reading.requests])
        for _ in range(7):
            ministry.update()
    assert counts == [[3, 2]] * 3


def test_reads_at_a_named_block_see_that_block(registry, reading):
    ministry = make_ministry(registry)
    before = reading.head().ref
    ministry.update()
    assert reading.did_version(ministry.id, block=before).version == 1
    assert reading.did_version(ministry.id, block=BlockRef(before.number)).version == 1
    assert reading.did_version(ministry.id).version == 2


def test_what_is_not_final_yet_is_pending(registry, lagging):
    ministry = make_ministry(registry)
    assert lagging.did_version(ministry.id) is None  # creation is good news: it waits
    settle(registry)
    assert lagging.did_version(ministry.id).pending == "none"
    ministry.update()
    found = lagging.did_version(ministry.id)
    assert (found.version, found.pending, found.latest, found.next_version_at) == (1, "update", True, None)
    assert lagging.did_version(ministry.id, version=2) is None
    ministry.deactivate()
    found = lagging.did_version(ministry.id)
    assert (found.version, found.state, found.pending) == (1, "active", "deactivation")
    settle(registry)
    assert (lagging.did_version(ministry.id).state, lagging.did_version(ministry.id, version=2).next_version_at) == (
        "deactivated", lagging.did_version(ministry.id).block_time,
    )  # fmt: skip


def test_compromise_marks(registry, reading, lagging):
    ministry = make_ministry(registry)
    thumbprint = ministry.issue_key(1).thumbprint()
    settle(registry)
    assert reading.compromise(ministry.id, thumbprint).since is None
    since = registry.now() - 100
    message = {"id": ministry.id, "keyThumbprint": thumbprint, "since": since, "reporter": ministry.id,
               "typeId": bytes(32), "seq": 0}  # fmt: skip
    registry.submit("MarkCompromised", message, ministry.controller)
    assert reading.compromise(ministry.id, thumbprint).since == since
    early = lagging.compromise(ministry.id, thumbprint)
    assert (early.since, early.pending_since) == (None, since)
    settle(registry)
    late = lagging.compromise(ministry.id, thumbprint)
    assert (late.since, late.pending_since) == (since, None)
    assert reading.compromise(ministry.id, b"\1" * 32).since is None


def test_accreditation(registry, reading, lagging):
    ministry = make_ministry(registry)
    nothing = reading.accreditation(ministry.id, TYPE_ID, at=registry.now())
    assert (nothing.valid, nothing.links) == (False, ())
    start = registry.now()
    registry.decide("GrantRoot", ministry.id, TYPE_ID, start, start + YEAR_S, True, True)
    found = reading.accreditation(ministry.id, TYPE_ID, at=registry.now())
    (link,) = found.links
    assert (found.valid, link.agency, link.seq, link.grant.grantor, link.grant.depth) == (
        True,
        ministry.id,
        1,
        bytes(20),
        1,
    )
    assert (link.grant.valid_from, link.grant.valid_until, link.grant.ended_at) == (start, start + YEAR_S, None)
    assert link.grant.covers(start)
    assert not link.grant.covers(start + YEAR_S)
    settle(registry)
    registry.decide("EndGrant", ministry.id, TYPE_ID, 1, registry.now())
    now = registry.now() + 1
    early = lagging.accreditation(ministry.id, TYPE_ID, at=now)
    assert (early.valid, early.pending_valid) == (True, False)
    settle(registry)
    late = lagging.accreditation(ministry.id, TYPE_ID, at=now)
    assert (late.valid, late.ended_at()) == (False, late.links[0].grant.ended_at)


def test_issuance_roots(registry, reading, lagging):
    ministry = make_ministry(registry)
    message = {"agency": ministry.id, "expectedSeq": 1, "root": b"\7" * 32, "count": 3}
    registry.submit("AnchorIssuance", message, ministry.controller)
    found = reading.issuance(ministry.id, 1)
    assert found.digest == sha256(b"\7" * 32 + (3).to_bytes(8, "big") + registry.now().to_bytes(8, "big"))
    assert reading.issuance(ministry.id, 2).digest is None
    assert lagging.issuance(ministry.id, 1).digest is None
    settle(registry)
    assert lagging.issuance(ministry.id, 1).digest == found.digest


def opened(registry, ministry):
    registry.submit("OpenList", {"owner": ministry.id, "salt": salt_of("list")}, ministry.controller)
    address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
    return keccak256(address.rjust(32, b"\0") + ministry.id.ljust(32, b"\0") + salt_of("list"))


def test_status_lists(registry, reading, lagging):
    ministry = make_ministry(registry)
    assert reading.status_list(b"\1" * 32) is None
    list_id = opened(registry, ministry)
    settle(registry)
    registry.submit("Revoke", {"list": list_id, "startWord": 1, "masks": (1 << 255, 1)}, ministry.controller)
    found = reading.status_list(list_id)
    assert (found.owner, found.seq, len(found.words), found.pending_words) == (ministry.id, 1, 32_768, None)
    assert [index for index in range(131_072) if found.bit("revocation", index)] == [256, 767]
    early = lagging.status_list(list_id)
    assert not early.bit("revocation", 256)
    assert early.bit("revocation", 256, pending=True)
    registry.submit(
        "Suspend",
        {
            "list": list_id,
            "startWord": 0,
            "masks": (1 << 254,),
            "nonce": registry.nonce("StatusRegistry", ministry.controller),
        },
        ministry.controller,
    )
    found = reading.status_list(list_id)
    assert found.bit("suspension", 1)
    assert not found.bit("revocation", 1)
    with pytest.raises(IndexError):
        found.bit("revocation", 131_072)


def test_schemas_and_services(registry, reading):
    ministry = make_ministry(registry)
    registry.decide("GrantRoot", ministry.id, TYPE_ID, registry.now(), registry.now() + YEAR_S, True, True)
    for version in (1, 2):
        message = {"owner": ministry.id, "vct": VCT, "expectedVersion": version, "document": b'{"v":%d}' % version}
        registry.submit("RegisterSchema", message, ministry.controller)
    latest, first = reading.schema(TYPE_ID), reading.schema(TYPE_ID, version=1)
    assert (latest.version, latest.count, latest.document, latest.vct, latest.owner) == (
        2,
        2,
        b'{"v":2}',
        VCT,
        ministry.id,
    )
    assert (first.version, first.document, first.digest) == (1, b'{"v":1}', sha256(b'{"v":1}'))
    assert reading.schema(TYPE_ID, version=3) is None
    now, code = registry.now(), "GATE-01"
    message = {"typeId": TYPE_ID, "code": code.encode().ljust(32, b"\0"), "expectedVersion": 1, "verifier": ministry.id,
               "from": now, "until": now + YEAR_S, "document": b'{"claims":["name"]}'}  # fmt: skip
    assert reading.service(TYPE_ID, code) is None
    registry.submit("SetService", message, ministry.controller)
    service = reading.service(TYPE_ID, code)
    assert (service.verifier, service.document, service.ended_at, service.version) == (
        ministry.id,
        message["document"],
        None,
        1,
    )
    assert service.covers(now)
    end = {"typeId": TYPE_ID, "code": message["code"], "expectedVersion": 1, "endedAt": now + 5}
    registry.submit("EndService", end, ministry.controller)
    ended = reading.service(TYPE_ID, code)
    assert (ended.ended_at, ended.document) == (now + 5, message["document"])
    assert not ended.covers(now + 5)


def test_the_story_page_by_page(registry, reading):
    ministry = make_ministry(registry)
    make_holder(registry, ministry)
    ministry.update()
    whole = reading.events(EventFilter(limit=1_000))
    assert whole.next_cursor is None
    assert [event.position for event in whole.events] == sorted(
        (event.position for event in whole.events), key=lambda text: tuple(map(int, text.split(":")))
    )
    assert whole.events[0].type == "CouncilSet"
    pages, cursor = [], None
    while True:
        page = reading.events(EventFilter(limit=3), cursor=cursor)
        pages += page.events
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(pages) == whole.events
    own = reading.events(
        EventFilter(did=ministry.did, types=("OrganisationCreated", "DocumentUpdated", "HolderCreated"))
    )
    assert [event.type for event in own.events] == ["OrganisationCreated", "HolderCreated", "DocumentUpdated"]
    assert all(ministry.did in event.subjects for event in own.events)
    last = own.events[-1]
    assert (last.block_time, last.final) == (registry.now(), True)
    assert [e.type for e in reading.events(EventFilter(from_block=last.block_number)).events] == ["DocumentUpdated"]
    assert reading.events(EventFilter(to_block=0)).events == ()


@pytest.mark.parametrize("wanted", [EventFilter(types=("Nothing",)), EventFilter(limit=0), EventFilter(limit=10_000)])
def test_filters_that_make_no_sense_are_refused(reading, wanted):
    with pytest.raises(InvalidOptionsError):
        reading.events(wanted)


@pytest.mark.parametrize("cursor", ["", "1", "1:", ":1", "-1:2", "1:2:3", "１:2", "9" * 50 + ":1"])
def test_cursors_that_no_page_gave_are_refused(reading, cursor):
    with pytest.raises(InvalidOptionsError):
        reading.events(EventFilter(), cursor=cursor)


def test_facts_read_together_share_their_requests(registry, reading):
    ministry = make_ministry(registry)
    reading.head()
    reading.requests.clear()
    ledger = reading.ledger
    found = run(
        together(
            ledger.did_version(ministry.id),
            ledger.compromise(ministry.id, b"\1" * 32),
            ledger.accreditation(ministry.id, TYPE_ID, at=registry.now()),
            ledger.status_list(b"\1" * 32),
        ),
        reading,
    )
    assert len(reading.requests) == 2
    assert found[0].head == found[1].head == found[2].head


@pytest.mark.parametrize(
    "pin",
    [{"chain_id": 1}, {"genesis_hash": b"\1" * 32}, {"code_hash": b"\1" * 32}, {"directory": b"\1" * 20}],
    ids=lambda pin: next(iter(pin)),
)
def test_another_ledger_than_the_profile_pins_is_refused(registry, pin):
    other = Reading(registry, **pin)
    with pytest.raises(WrongLedgerError, match="pins"):
        other.head()
    with pytest.raises(WrongLedgerError):
        other.did_version(b"\1" * 20)
    other.http.close()


async def test_both_facades_answer_the_same(registry):
    ministry = make_ministry(registry)
    profile = profile_of(registry)
    with open_registry(profile) as client:
        resolved = client.resolve(ministry.did)
        result, head = client.resolution_result(ministry.did), client.head()
        path = client.accreditation(ministry.did, VCT, at=registry.now())
    async with aopen_registry(profile) as client:
        assert await client.resolve(ministry.did) == resolved
        assert await client.resolution_result(ministry.did) == result == resolved.to_json()
        assert await client.head() == head
        assert await client.accreditation(ministry.did, VCT, at=registry.now()) == path
        assert (await client.dereference(f"{ministry.did}#issue-1")).content["type"] == "JsonWebKey"
        assert await client.status(b"\1" * 32) is None
        assert (await client.events()).events
        assert (await client.did_version(ministry.did, at=registry.now())).version == 1


def test_answers_below_the_profiles_minimum_are_not_given(registry):
    with open_registry(profile_of(registry, minimum_assurance=Assurance.PROVEN)) as client:
        with pytest.raises(AssuranceInsufficientError, match="own_ledger"):
            client.head()
        with pytest.raises(AssuranceInsufficientError):
            client.resolve("did:mapae:x:y")


def test_garbage_anchored_past_a_node_resolves_as_an_invalid_document(registry):
    ministry = make_ministry(registry)
    ministry.update(b"not a document at all")
    with open_registry(profile_of(registry)) as client:
        with pytest.raises(InvalidDidDocumentError):
            client.resolve(ministry.did)
        assert client.resolve(ministry.did, version_id="1").document["id"] == ministry.did
