"""The feed made true: idempotent, resumable wherever it stops, one epoch a day, and nothing of why on the ledger.

The ledger here is a list of words that operations really change; stopping is an exception thrown at each durable step.
"""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from registry_client.actions import hr
from registry_client.actions.hr import HrBook
from registry_client.adapters import book_hr
from registry_client.adapters.book import IssuerBook
from registry_client.core.book import IssuanceRequest
from registry_client.core.hr import day_begins, parse_feed, read_feed
from registry_client.core.status import PLANE_LENGTH, status_value
from registry_client.errors import HrFeedError
from tests.simulators.signer import memory_signer

AGENCY = "did:mapae:test-1:3VU965kGpMZS9MChY3wmbf1RA6WB"
LIST = b"L" * 32
NOON = 1_772_377_200 + 12 * 3600  # 2026-03-02 in Korea
DAY = 86_400
HEAD = "reference,event,effective\n"


class StoppedError(Exception):
    pass


class World:
    """A ledger's words, a desk that changes them, and a counter of durable steps at which everything may stop."""

    def __init__(self, path, people=6):
        self.book = IssuerBook.create(path, agency=AGENCY, secret=bytes(32))
        self.book.add_list(LIST, opened_at=1)
        key = memory_signer("phone").public_key
        requests = [
            IssuanceRequest(vct="v", claims={"name": f"{n}"}, holder_key=key, reference=f"HR-{n}")
            for n in range(people)
        ]
        self.entries = self.book.reserve("first", requests)
        self.words = bytearray(2 * PLANE_LENGTH)
        self.clock = NOON
        self.sent = []
        self.stop_at = None
        self.steps = 0

    def step(self):
        self.steps += 1
        if self.stop_at == self.steps:
            raise StoppedError

    # Desk and Registry, as far as they are used

    def now(self):
        return self.clock

    def sign(self, kind, message, *parties):
        return SimpleNamespace(kind=kind, message=message)

    def status(self, list_id):
        return SimpleNamespace(list_id=list_id, words=bytes(self.words))

    def send(self, *operations):
        for operation in operations:
            self.step()
            self.sent.append(operation)
            plane = 0 if operation.kind == "Revoke" else PLANE_LENGTH
            for offset, mask in enumerate(operation.message["masks"]):
                place = plane + (operation.message["startWord"] + offset) * 32
                word = int.from_bytes(self.words[place : place + 32])
                word = word & ~mask if operation.kind == "Lift" else word | mask
                self.words[place : place + 32] = word.to_bytes(32)
        self.step()
        return [SimpleNamespace(id=f"0x{number}") for number, _ in enumerate(operations)]

    def apply(self, text, **options):
        return hr.apply(self, self.book, self, read_feed((HEAD + text).encode()), operator=lambda: None, **options)

    def preview(self, text):
        return hr.preview(self.book, self, read_feed((HEAD + text).encode()), now=self.clock)

    def state(self):
        """What book and ledger say of everybody, and what waits."""
        book = [self.book.entry(entry.id).standing for entry in self.entries]
        ledger = [status_value(bytes(self.words), entry.status.index) for entry in self.entries]
        return book, ledger, [(event.credential, event.event) for event in HrBook(self.book).open()]


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "book.sqlite")
    yield world
    world.book.close()


FEED = (
    "HR-0,leave,2026-03-01\nHR-1,retirement,2026-03-02\nHR-2,loss,2026-02-25\n"
    "HR-3,leave,2026-04-01\nHR-4,leave,2026-02-01\nHR-4,return,2026-02-20\n"
)


def test_due_events_act_future_ones_wait_and_the_same_file_changes_nothing(world):
    first = world.apply(FEED)
    assert (first.entered, first.waiting, len(first.urgent), len(first.epoch)) == (6, 1, 1, 3)
    book, ledger, waiting = world.state()
    assert book == ["suspended", "revoked", "revoked", "valid", "valid", "valid"]
    assert ledger == [2, 1, 1, 0, 0, 0]
    assert [event for _, event in waiting] == ["leave"]
    sent = len(world.sent)
    again = world.apply(FEED)
    assert (again.entered, again.urgent, again.epoch, again.operations) == (0, (), (), ())
    assert len(world.sent) == sent
    assert hr.reconcile(world.book, world, now=world.clock) == ([], 6)


def test_one_operation_a_kind_and_list_whatever_the_events(world):
    world.apply("HR-0,retirement,2026-03-01\nHR-1,transfer,2026-03-02\nHR-2,leave,2026-03-02\nHR-3,leave,2026-03-01\n")
    assert sorted(operation.kind for operation in world.sent) == ["Revoke", "Suspend"]
    text = repr([operation.message for operation in world.sent])
    assert not any(word in text for word in ("retirement", "transfer", "leave", "HR-"))


def test_there_is_one_epoch_a_day_and_what_is_urgent_does_not_wait_for_it(world):
    world.apply("HR-0,leave,2026-03-02\n")
    later = world.apply("HR-1,leave,2026-03-02\nHR-2,theft,2026-03-02\n")
    assert (later.held_back, later.waiting, len(later.urgent)) == (True, 1, 1)
    assert world.state()[0][:3] == ["suspended", "valid", "revoked"]
    world.clock += DAY
    assert len(world.apply("").epoch) == 1
    assert world.state()[0][1] == "suspended"
    assert len(world.apply("HR-3,leave,2026-03-02\n", again=True).epoch) == 1


def test_a_future_event_takes_effect_on_its_day_in_korea(world):
    world.apply("HR-0,leave,2026-03-10\n")
    world.clock = day_begins(parse_feed((HEAD + "HR-0,leave,2026-03-10\n").encode())[0].effective) - 1
    assert world.apply("").waiting == 1
    world.clock += 1
    assert len(world.apply("").epoch) == 1
    assert world.state()[1][0] == 2


def test_a_dismissal_in_the_future_waits_for_its_day_and_then_for_no_epoch(world):
    first = world.apply("HR-0,dismissal,2026-03-04\nHR-1,leave,2026-03-02\n")
    assert (first.urgent, first.waiting, [row.line for row in first.ahead]) == ((), 1, [2])
    assert world.state()[0][:2] == ["valid", "suspended"]
    world.clock = day_begins(date(2026, 3, 4)) - 1
    assert world.apply("HR-2,leave,2026-03-03\n").waiting == 1
    world.clock += 1
    assert [step.wanted for step in world.apply("").urgent] == ["revoked"]
    assert world.state()[1][0] == 1


@pytest.mark.parametrize("event", ["loss", "theft"])
def test_a_loss_or_theft_in_the_future_is_a_wrong_line(world, event):
    with pytest.raises(HrFeedError, match=f"{event} on 2026-03-03: today is 2026-03-02") as refused:
        world.preview(f"HR-0,leave,2026-03-01\nHR-1,{event},2026-03-03\n")
    assert [item["line"] for item in refused.value.evidence["lines"]] == [3]
    assert len(world.preview(f"HR-1,{event},2026-03-02\n").urgent) == 1


def test_dates_ahead_and_long_past_are_named_before_anything_acts(world):
    seen = world.preview("HR-0,leave,2026-03-03\nHR-1,retirement,2025-03-02\nHR-2,leave,2026-02-02\n")
    assert [row.line for row in seen.ahead] == [2]
    assert [row.line for row in seen.long_past] == [3]
    assert world.apply("HR-1,retirement,2025-03-02\n").long_past == tuple(
        replace(row, line=2) for row in seen.long_past
    )


def test_a_dry_run_writes_nothing_anywhere(world):
    before = world.state()
    seen = world.preview(FEED)
    assert (seen.entered, seen.waiting, len(seen.urgent), len(seen.epoch)) == (6, 1, 1, 3)
    assert world.state() == before
    assert world.sent == []
    assert world.book.parts[0].execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'hr%'").fetchone()[0] == 0
    assert world.apply(FEED).entered == 6


def test_a_run_that_is_stopped_anywhere_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    def counted(world):
        real = book_hr.change

        def change(connection):
            world.step()
            return real(connection)

        monkeypatch.setattr(book_hr, "change", change)
        note = world.book.set_standing

        def set_standing(*words, **named):
            world.step()
            return note(*words, **named)

        monkeypatch.setattr(world.book, "set_standing", set_standing, raising=False)
        return real

    untouched = World(tmp_path / "whole.sqlite")
    real = counted(untouched)
    untouched.apply(FEED)
    expected, total = untouched.state(), untouched.steps
    untouched.book.close()
    monkeypatch.setattr(book_hr, "change", real)
    assert total > 8
    for step in range(1, total + 1):
        world = World(tmp_path / f"stopped-{step}.sqlite")
        real = counted(world)
        world.stop_at = step
        with pytest.raises(StoppedError):
            world.apply(FEED)
        world.apply(FEED)
        found = world.state()
        assert (found[0], found[1], [event for _, event in found[2]]) == (
            expected[0],
            expected[1],
            [event for _, event in expected[2]],
        ), step
        assert hr.reconcile(world.book, world, now=world.clock)[0] == [], step
        world.book.close()
        monkeypatch.setattr(book_hr, "change", real)


def test_lines_that_mean_nobody_are_all_told_and_nothing_is_entered(world):
    with pytest.raises(HrFeedError) as refused:
        world.apply("HR-0,leave,2026-03-01\nHR-77,leave,2026-03-01\nHR-78,loss,2026-03-01\n")
    assert [item["line"] for item in refused.value.evidence["lines"]] == [3, 4]
    with pytest.raises(HrFeedError) as refused:  # in one round: unreadable, unknown, both, and a loss to come
        world.preview("HR-0,leave,soon\nHR-77,leave,2026-03-01\nHR-78,holiday,2026-03-01\nHR-79,loss,2027-03-01\n")
    assert [item["line"] for item in refused.value.evidence["lines"]] == [2, 3, 4, 4, 5, 5]
    assert world.state()[2] == []
    assert world.sent == []


def test_an_old_line_does_not_touch_what_was_reissued_since(world):
    world.apply("HR-0,loss,2026-03-01\n")
    fresh = world.book.reserve(
        "second",
        [
            IssuanceRequest(
                vct="v",
                claims={"name": "0"},
                holder_key=memory_signer("new phone").public_key,
                reference="HR-0",
                replaces=world.entries[0].id,
            )
        ],
    )[0]
    assert world.apply("HR-0,loss,2026-03-01\n").entered == 0
    assert world.book.entry(fresh.id).standing == "valid"
    world.apply("HR-0,theft,2026-03-02\n")
    assert world.book.entry(fresh.id).standing == "revoked"


def test_a_credential_that_is_revoked_stays_so_whatever_the_feed_says(world):
    world.apply("HR-0,retirement,2026-03-01\n")
    world.clock += DAY
    result = world.apply("HR-0,leave,2026-03-02\n")
    assert [step.kind for step in result.epoch] == [None]
    assert world.state()[0][0] == "revoked"


def test_reconcile_finds_what_feed_book_and_ledger_say_differently(world):
    world.apply("HR-0,leave,2026-03-01\n")
    world.book.set_standing(world.entries[0].id, "valid", at=world.clock)
    world.book.set_standing(world.entries[1].id, "suspended", at=world.clock)
    world.apply("HR-2,leave,2026-03-05\n")
    world.clock += 4 * DAY
    found, count = hr.reconcile(world.book, world, now=world.clock)
    assert count == 6
    assert {item.reference: (item.feed, item.book, item.ledger, item.overdue) for item in found} == {
        "HR-0": ("suspended", "valid", "suspended", False),
        "HR-1": (None, "suspended", "valid", False),
        "HR-2": (None, "valid", "valid", True),
    }


def test_nothing_of_an_event_stands_in_the_clear(world, tmp_path):
    world.apply("HR-0,dismissal,2026-03-01\nHR-1,leave,2027-03-01\n")
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(word in raw for word in (b"dismissal", b"leave", b"HR-0", b"2027-03"))
