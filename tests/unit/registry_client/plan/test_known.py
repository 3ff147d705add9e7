"""Facts kept between verdicts: asked once, forgotten together, never invented."""

from datetime import UTC, datetime

import pytest

from registry_client.core.changes import Change
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from registry_client.errors import LedgerUnavailableError
from registry_client.flows import done, run
from registry_client.plan.known import FACTS_MAX, KnownFacts
from registry_client.verifier import Verifier
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World

DAY = 86_400


@pytest.fixture
def world():
    return World()


def facts_of(world, **options):
    return KnownFacts(world.ledger, **options)


def ask(flow):
    return run(flow, NoTransport())


def test_a_fact_is_asked_once_and_absence_is_a_fact(world):
    facts = facts_of(world)
    agency = world.ledger.id_of(world.agency)
    facts.begin()
    for _ in range(3):
        assert ask(facts.did_version(agency)).version == 1
        assert ask(facts.did_version(bytes(20))) is None
        assert ask(facts.status_list(bytes(32))) is None
        assert ask(facts.service(world.type.type_id, "NONE")) is None
        assert ask(facts.schema(bytes(32))) is None
        assert ask(facts.issuance(agency, 1)).digest is None
    assert world.ledger.reads == {"did_version": 2, "status_list": 1, "service": 1, "schema": 1, "issuance": 1}


def test_facts_are_forgotten_together(world):
    now = [100.0]
    facts = facts_of(world, keep_s=1.0, clock=lambda: now[0])
    agency = world.ledger.id_of(world.agency)
    facts.begin()
    ask(facts.did_version(agency))
    now[0] = 100.99
    facts.begin()
    ask(facts.did_version(agency))
    assert world.ledger.reads["did_version"] == 1
    now[0] = 101.0
    facts.begin()
    assert not facts.holds_any
    ask(facts.did_version(agency))
    assert world.ledger.reads["did_version"] == 2


def test_nothing_is_kept_where_nothing_shall_be(world):
    facts = facts_of(world, keep_s=0)
    for _ in range(2):
        facts.begin()
        ask(facts.did_version(world.ledger.id_of(world.agency)))
    assert world.ledger.reads["did_version"] == 2


def test_the_store_is_bounded(world):
    facts = facts_of(world, keep_s=1e9)
    facts.begin()
    for number in range(FACTS_MAX + 1):
        ask(facts.did_version(number.to_bytes(20, "big")))
    facts.begin()
    assert not facts.holds_any


def test_errors_are_not_facts(world):
    facts = facts_of(world, keep_s=1e9)
    facts.begin()
    world.ledger.dark = True
    with pytest.raises(LedgerUnavailableError):
        ask(facts.did_version(world.ledger.id_of(world.agency)))
    assert not facts.holds_any
    world.ledger.dark = False
    assert ask(facts.did_version(world.ledger.id_of(world.agency))) is not None


def test_the_credentials_of_a_rotated_key_share_one_version(world):
    """Each has its own signing time; the version in force is read once, and not for times outside it."""
    old = [world.issue_document(index=index, signed_at=world.ledger.now + index * 60) for index in range(6)]
    world.ledger.advance(10 * DAY)
    world.ledger.update(world.agency, world.methods(world.next_key, "issue-2"))
    turn = world.ledger.now
    world.ledger.advance(DAY)
    verifier = Verifier(world.ledger, NoTransport(), keep_s=1e9)
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    for document in old:
        assert verifier.verify(document, policy=Policy(), as_of=when).verdict is Verdict.ACCEPTED
    assert world.ledger.reads["did_version"] == 2  # the latest, and the one before
    late = world.issue_document(signed_at=turn + 301)
    assert verifier.verify(late, policy=Policy(), as_of=when).verdict is Verdict.REJECTED
    edge = world.issue_document(signed_at=turn - 301)
    assert verifier.verify(edge, policy=Policy(), as_of=when).verdict is Verdict.ACCEPTED


def test_a_version_already_read_answers_only_for_its_own_time(world):
    agency = world.ledger.id_of(world.agency)
    first = world.ledger.now
    turns = []
    for number in (2, 3):
        world.ledger.advance(DAY)
        world.ledger.update(world.agency, world.methods(world.next_key, f"issue-{number}"))
        turns.append(world.ledger.now)
    facts = facts_of(world, keep_s=1e9)
    facts.begin()
    for time, version in (
        (first, 1),
        (turns[0] - 1, 1),
        (turns[0], 2),
        (turns[1] - 1, 2),
        (turns[1], 3),
        (turns[1] + DAY, 3),
        (first, 1),
    ):
        assert ask(facts.did_version(agency, time=time)).version == version
    assert world.ledger.reads["did_version"] == 4


class TestChanges:
    """What a node's stream says is dropped, and nothing else."""

    IDS = (b"\1" * 20, b"\2" * 20)
    LISTS = (b"\3" * 32, b"\4" * 32)
    TYPES = (b"\5" * 32, b"\6" * 32)

    def known(self):
        facts = KnownFacts(None, keep_s=100, clock=lambda: 0.0)
        facts.begin()
        flows = [
            *((("did", one, None, None), "did") for one in self.IDS),
            *((("compromise", one, b"t"), "mark") for one in self.IDS),
            *((("status", one, "bitstring"), "list") for one in self.LISTS),
            *((("schema", one, None), "schema") for one in self.TYPES),
            *((("service", one, "GATE-01"), "service") for one in self.TYPES),
            (("accreditation", self.IDS[0], self.TYPES[0]), "path"),
        ]
        for key, fact in flows:
            run(facts._read(key, done(fact)), None)
        return facts

    @staticmethod
    def change(**what):
        return Change("1-1-aa", 1, 2, 2, **what)

    def test_an_empty_change_drops_nothing(self):
        facts = self.known()
        count = len(facts._facts)
        facts.drop(self.change())
        assert len(facts._facts) == count

    def test_a_did_takes_its_facts_along_and_every_path(self):
        facts = self.known()
        facts.drop(self.change(dids=frozenset({self.IDS[0]})))
        left = {key[:2] for key in facts._facts}
        assert ("did", self.IDS[0]) not in left
        assert ("compromise", self.IDS[0]) not in left
        assert ("accreditation", self.IDS[0]) not in left
        assert {("did", self.IDS[1]), ("status", self.LISTS[0]), ("schema", self.TYPES[0])} <= left

    def test_lists_and_types_take_theirs(self):
        facts = self.known()
        facts.drop(self.change(lists=frozenset({self.LISTS[0]}), types=frozenset({self.TYPES[1]})))
        left = {key[:2] for key in facts._facts}
        assert ("status", self.LISTS[0]) not in left
        assert not {("schema", self.TYPES[1]), ("service", self.TYPES[1])} & left
        assert {("status", self.LISTS[1]), ("schema", self.TYPES[0]), ("did", self.IDS[0])} <= left

    def test_a_reset_takes_everything(self):
        facts = self.known()
        facts.drop(self.change(is_reset=True))
        assert not facts.holds_any

    def test_an_answer_under_way_while_something_changed_is_not_remembered(self):
        facts = self.known()

        def reading():
            facts.drop(self.change(lists=frozenset({self.LISTS[1]})))
            yield from ()
            return "old"

        key = ("did", b"\7" * 20, None, None)
        assert run(facts._read(key, reading()), None) == "old"
        assert key not in facts._facts
