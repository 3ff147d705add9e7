"""Published lists served by somebody who wants a revoked credential to pass: old ones, mixed ones, endless ones.

The cases follow the attacks that update systems are built against: rollback, freeze, fast-forward, mix-and-match,
wrong keys, endless data.
"""

from dataclasses import replace

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.report import Verdict
from registry_client.core.status import StatusReference, bitstring_status, status_value, token_status
from registry_client.core.status_lists.bitstring import build_bitstring_list
from registry_client.core.status_lists.snapshot import PURPOSES, Snapshot, words_of_token
from registry_client.core.status_lists.token import build_token_list, parse_token_list
from registry_client.errors import (
    LedgerUnavailableError,
    StatusListMalformedError,
    StatusStaleError,
    StatusUnavailableError,
)
from registry_client.flows import HttpAnswer, run
from registry_client.published import RETRY_S, FolderPlace, NodePlace, PublishedLists
from registry_client.verifier import Verifier
from tests.simulators.ledger import NoTransport
from tests.simulators.world import HOST, World, outcome_of

INDEX, DAY = 7, 86_400


class Mirror:
    """A place that serves what it likes."""

    def __init__(self):
        self.bodies = None
        self.fetched = 0

    def fetch(self, list_id, form):
        yield from ()
        self.fetched += 1
        if self.bodies is None:
            raise StatusUnavailableError("the mirror is down")
        return self.bodies


class Scene:
    """The world, its agency's lists of one form on a mirror, and a verifier that checks both."""

    def __init__(self, form):
        self.form = form
        self.world = world = World()
        self.ledger = world.ledger
        self.mirror = Mirror()
        self.ticks = 0.0
        self.lists = self.reader()
        world.verifier = Verifier(self.lists, NoTransport(), keep_s=0)
        self.publish()

    def reader(self, place=None):
        return PublishedLists(self.ledger, place or self.mirror, now=lambda: self.ledger.now, clock=lambda: self.ticks)

    def sign(self, *, words=None, seq=None, **changes):
        """The lists as the agency would sign them now, as bytes."""
        owner, known = self.world.agency, bytes(self.ledger.final.lists[self.world.list_id][1])
        number = self.ledger.final.changes[self.world.list_id] if seq is None else seq
        snapshot = Snapshot(self.world.list_id, owner, number, known if words is None else words)
        options = {
            "host": HOST, "signer": self.world.status_key, "method_id": f"{owner}#status-1", "now": self.ledger.now,
        }  # fmt: skip
        return self.build(snapshot, options | changes)

    def build(self, snapshot, options):
        if self.form == "token":
            return (build_token_list(snapshot, **options).encode(),)
        return tuple(canonicalize(build_bitstring_list(snapshot, purpose, **options)) for purpose in PURPOSES)

    def serve(self, body):
        """Something else instead of every list."""
        self.mirror.bodies = (body,) * len(self.mirror.bodies)

    def publish(self, **changes):
        self.ledger.anchor_snapshot(self.world.list_id)
        self.mirror.bodies = self.sign(**changes)
        return self.mirror.bodies

    def revoke(self, index=INDEX):
        self.ledger.set_bit(self.world.list_id, index)

    def wait(self):
        """Long enough to be asked again after a refusal, not longer than a copy is kept."""
        self.ticks += RETRY_S

    def expire_copy(self):
        """The list's ttl is over: the next verdict fetches again."""
        self.ticks += 301

    def judge(self):
        world = self.world
        if self.form == "token":
            return world.verify(world.present(world.issue(index=INDEX)))
        return world.verify(world.issue_document(index=INDEX), challenge=None)

    def step(self):
        return outcome_of(self.judge(), 6)

    def read(self, lists=None):
        return run((lists or self.lists).published_list(self.world.list_id, form=self.form), NoTransport())


@pytest.fixture(params=["bitstring", "token"])
def scene(request):
    return Scene(request.param)


def test_a_good_list_costs_one_fetch(scene):
    for _ in range(5):
        assert scene.judge().verdict is Verdict.ACCEPTED
    assert scene.mirror.fetched == 1
    scene.expire_copy()
    assert scene.judge().verdict is Verdict.ACCEPTED
    assert scene.mirror.fetched == 2


def test_a_revocation_that_is_published(scene):
    scene.revoke()
    scene.publish()
    assert scene.step() == ("failed", "status-revoked")


def test_a_revocation_that_is_not_published_yet(scene):
    """The ledger's words count while they can be had."""
    assert scene.judge().verdict is Verdict.ACCEPTED
    scene.revoke()
    assert scene.step() == ("failed", "status-revoked")


# --- rollback


def test_rollback_to_an_older_list_of_the_agency(scene):
    old = scene.mirror.bodies
    scene.revoke()
    scene.publish()
    assert scene.step() == ("failed", "status-revoked")
    scene.mirror.bodies = old
    scene.expire_copy()
    assert scene.step() == ("undetermined", "status-stale")


def test_rollback_while_the_ledger_is_unread(scene):
    """With the ledger away, what was seen once is still remembered."""
    old = scene.mirror.bodies
    scene.revoke()
    scene.publish()
    scene.judge()
    scene.ledger.unread = {"status_list"}
    scene.mirror.bodies = old
    scene.expire_copy()
    with pytest.raises(StatusStaleError) as caught:
        scene.read()
    assert caught.value.evidence["seen"] > caught.value.evidence["seq"]


def test_rollback_on_first_contact_is_seen_by_the_anchor(scene):
    old = scene.mirror.bodies
    scene.revoke(9)
    scene.publish()
    scene.mirror.bodies = old
    assert scene.step() == ("undetermined", "status-stale")


def test_a_refused_list_does_not_replace_a_good_one(scene):
    scene.judge()
    good = scene.mirror.bodies
    scene.serve(b"{}")
    scene.expire_copy()
    assert scene.step() == ("failed", "status-list-malformed")
    scene.mirror.bodies = good
    assert scene.step() == ("failed", "status-list-malformed")  # nobody is asked again at once
    scene.wait()
    assert scene.judge().verdict is Verdict.ACCEPTED


# --- freeze


def test_freeze_ends_when_the_list_expires(scene):
    scene.judge()
    scene.ledger.advance(DAY)
    assert scene.step() == ("undetermined", "status-stale")
    with pytest.raises(StatusStaleError) as caught:
        scene.read()
    assert caught.value.evidence["age_s"] == DAY


def test_freeze_of_a_mirror_while_the_agency_goes_on(scene):
    """The copy is within its ttl, the agency has anchored a newer snapshot: asked for once, the old one is not used."""
    scene.judge()
    old = scene.mirror.bodies
    scene.revoke(9)
    scene.publish()
    scene.mirror.bodies = old
    for _ in range(5):
        assert scene.step() == ("undetermined", "status-stale")
    assert scene.mirror.fetched == 2


def test_an_anchored_snapshot_is_fetched_at_once(scene):
    scene.judge()
    scene.revoke(9)
    scene.publish()
    assert scene.judge().verdict is Verdict.ACCEPTED
    assert scene.mirror.fetched == 2


def test_without_the_ledger_a_list_is_as_old_as_its_signature(scene):
    scene.judge()
    scene.ledger.unread = {"status_list"}
    signed_at = scene.ledger.now
    scene.ledger.advance(3_600)
    alone = scene.read()
    assert alone.head.time == signed_at
    assert scene.judge().verdict is Verdict.ACCEPTED
    step = scene.judge().steps[6]
    assert step.evidence["age_s"] == 3_600
    assert step.evidence["source"] == "published list"


def test_without_the_ledger_a_published_revocation_counts(scene):
    scene.revoke()
    scene.publish()
    scene.judge()
    scene.ledger.unread = {"status_list"}
    scene.expire_copy()
    assert scene.step() == ("failed", "status-revoked")


def test_neither_ledger_nor_list(scene):
    scene.ledger.unread = {"status_list"}
    with pytest.raises(StatusUnavailableError):
        scene.read(scene.reader())
    scene.ledger.unread = set()
    scene.mirror.bodies = None
    assert scene.step() == ("undetermined", "status-unavailable")


# --- fast-forward, mix and match, lies


def test_fast_forward_beyond_the_ledger_is_no_rollback_trap(scene):
    """A list with a sequence that the ledger has not reached must not lock honest lists out for ever."""
    scene.mirror.bodies = scene.sign(seq=1_000)
    assert scene.step() == ("undetermined", "status-stale")
    scene.publish()
    scene.wait()
    assert scene.judge().verdict is Verdict.ACCEPTED


def test_fast_forward_while_the_ledger_is_unread_ends_with_it(scene):
    scene.judge()
    scene.ledger.unread = {"status_list"}
    scene.mirror.bodies = scene.sign(seq=1_000)
    scene.expire_copy()
    scene.read()
    scene.ledger.unread = set()
    scene.publish()
    assert scene.judge().verdict is Verdict.ACCEPTED


def test_mix_and_match_of_two_snapshots():
    scene = Scene("bitstring")
    old = scene.mirror.bodies
    scene.revoke()
    new = scene.publish()
    for mixed in ((old[0], new[1]), (new[0], old[1]), (new[1], new[0])):
        scene.wait()
        scene.mirror.bodies = mixed
        assert scene.step() == ("failed", "status-list-malformed")


def test_bits_that_differ_from_the_words_at_their_sequence(scene):
    """The agency's own key signs an innocent list under the sequence of a guilty one."""
    scene.revoke()
    scene.publish(words=bytes(32_768))
    assert scene.step() == ("failed", "status-list-malformed")


def test_bits_that_differ_while_only_the_anchor_is_new(scene):
    scene.revoke()
    scene.publish(words=bytes(32_768))
    scene.revoke(9)  # the ledger has gone on: only the anchored digest tells
    assert scene.step() == ("failed", "status-list-malformed")


def test_another_agencys_list_under_this_name(scene):
    world = scene.world
    foreign = scene.ledger.open_list(world.agency, "other")
    snapshot = Snapshot(foreign, world.agency, 0, bytes(32_768))
    options = {
        "host": HOST,
        "signer": world.status_key,
        "method_id": f"{world.agency}#status-1",
        "now": scene.ledger.now,
    }
    scene.mirror.bodies = scene.build(snapshot, options)
    assert scene.step() == ("failed", "status-list-malformed")


# --- keys


def test_a_thief_signs(scene):
    scene.mirror.bodies = scene.sign(signer=scene.world.thief)
    assert scene.step() == ("failed", "proof-invalid")


def test_a_status_key_that_is_compromised(scene):
    world = scene.world
    scene.ledger.compromise_key(world.agency, world.status_key.public_key, scene.ledger.now)
    assert scene.step() == ("failed", "key-compromised")


def test_a_status_key_that_was_removed(scene):
    world = scene.world
    scene.ledger.update(world.agency, [replace(item) for item in world.methods(world.issue_key)[:1]])
    assert scene.step() == ("failed", "invalid-verification-method")


def test_a_status_key_signs_no_credential():
    """The other way round: the key for lists is under assertionMethod, and signs nothing else."""
    world = World()
    for text in (
        world.present(world.issue(signer=world.status_key, method_id=f"{world.agency}#status-1")),
        world.issue_document(signer=world.status_key, method_id=f"{world.agency}#status-1"),
    ):
        report = world.verify(text, challenge=world.challenge if isinstance(text, str) else None)
        assert outcome_of(report, 2) == ("failed", "wrong-relationship")


# --- endless and broken data


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"a":1,"a":2}', b"{}" + b" " * 200_000])
def test_bytes_that_are_no_list(scene, body):
    scene.serve(body)
    assert scene.step() == ("failed", "status-list-malformed")


def test_a_folder_of_files(scene, tmp_path):
    lists = scene.reader(FolderPlace(tmp_path))
    with pytest.raises(StatusUnavailableError):
        scene.read(lists)
    ends = [".jwt"] if scene.form == "token" else [f"-{purpose}.json" for purpose in PURPOSES]
    files = [tmp_path / f"0x{scene.world.list_id.hex()}{end}" for end in ends]
    for file, body in zip(files, scene.mirror.bodies, strict=True):
        file.write_bytes(body)
    scene.wait()
    assert scene.read(lists).words == bytes(32_768)
    with files[0].open("wb") as endless:
        endless.truncate(1 << 30)
    with pytest.raises(StatusListMalformedError):
        scene.read(scene.reader(FolderPlace(tmp_path)))


def test_a_server_that_is_away_or_has_no_such_list(scene):
    class Away:
        def __init__(self, status):
            self.status = status

        def send(self, request):
            if self.status is None:
                raise LedgerUnavailableError("away")
            ends = [item.path.rsplit("/", 1)[1] for item in request.requests]
            assert ends == ([f"0x{scene.world.list_id.hex()}"] if scene.form == "token" else list(PURPOSES))
            return [HttpAnswer(self.status, b"{}") for _ in request.requests]

    for status in (None, 404, 503, 302):
        with pytest.raises(StatusUnavailableError):
            run(scene.reader(NodePlace()).published_list(scene.world.list_id, form=scene.form), Away(status))


def test_an_entry_for_another_purpose_than_its_list(scene):
    """Both entries of a credential point at the suspension list: refused before anything is asked."""
    world = scene.world
    entries = bitstring_status(StatusReference(world.list_id, 9), host=HOST)
    entries[0]["statusListCredential"] = entries[1]["statusListCredential"]
    assert world.verify(world.issue_document(credentialStatus=entries), challenge=None).reason.number == 1
    status = token_status(StatusReference(world.list_id, 9), host=HOST)
    status["status_list"]["uri"] += "/suspension"
    assert world.verify(world.present(world.issue(status=status))).reason.number == 1


def test_a_token_list_says_what_the_words_say():
    """Every place of both planes, and what a verdict would be: revoked wins over suspended."""
    words = bytearray(32_768)
    for plane, index in ((0, 0), (0, 70_000), (1, 70_000), (1, 1), (1, 131_071), (0, 5)):
        words[16_384 * plane + index // 8] |= 0x80 >> index % 8
    scene = Scene("token")
    made = words_of_token(parse_token_list(scene.sign(words=bytes(words))[0].decode()))
    assert [status_value(made, index) for index in (0, 1, 2, 5, 70_000, 131_071)] == [1, 2, 0, 1, 1, 2]
    assert sum(byte.bit_count() for byte in made) == 5  # 70,000 is revoked, and no longer told to be suspended


def test_the_report_says_where_the_status_comes_from(scene):
    assert scene.judge().steps[6].evidence["source"] == "ledger and published list"
    alone = World()
    assert alone.verify(alone.issue_document(), challenge=None).steps[6].evidence["source"] == "ledger"
