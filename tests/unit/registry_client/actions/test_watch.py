"""What a watch tells: every final event once, conditions while they begin, across restarts and failed hand-overs."""

import json
from types import SimpleNamespace

import pytest

from registry_client.actions import watch
from registry_client.actions.watch import Watched, hand_over, heartbeat, look
from registry_client.adapters.watch_state import load_state
from registry_client.cli.alert_texts import SENTENCES, sentence
from registry_client.core.alerts import KINDS, Alert, alert_of
from registry_client.core.facts import LedgerEvent
from registry_client.errors import InvalidProfileError, LedgerUnavailableError

MINE, OTHER = "did:mapae:test:1", "did:mapae:test:2"
OWN, FOREIGN = "0x02" + "11" * 20, "0x02" + "22" * 20
LIST = "0x" + "33" * 32


def event(block, type_, /, *, subjects=(), final=True, log_index=0, **fields):
    return LedgerEvent(block, log_index, 1_000 + block, bytes(32), "C", type_, fields, tuple(subjects), final)


class World:
    """A registry and a node whose answers the test decides."""

    url = "http://127.0.0.1:8700"

    def __init__(self):
        self.story, self.grants, self.trouble, self.gone = [], [], None, False
        self.final, self.time = 10, 10_000
        self.list = None
        self.proposals = []

    def head(self):
        self._answer()
        return SimpleNamespace(number=self.final, final_number=self.final, time=self.time)

    def events(self, wanted, *, cursor=None):
        self._answer()
        found = [
            item
            for item in self.story
            if item.block_number >= (wanted.from_block or 0)
            and (not wanted.types or item.type in wanted.types)
            and (wanted.did is None or wanted.did in item.subjects)
        ]
        start = int(cursor or 0)
        more = str(start + 2) if len(found) > start + 2 else None  # pages of two
        return SimpleNamespace(events=tuple(found[start : start + 2]), next_cursor=more)

    def status(self, list_id):
        return self.list

    def get(self, path):
        self._answer()
        if self.trouble and path == "/health/ready":
            raise LedgerUnavailableError(self.trouble, status=503)
        return {"proposals": self.proposals}

    def find(self, path):
        return {"grants": self.grants}

    def _answer(self):
        if self.gone:
            raise LedgerUnavailableError("nobody there")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def desk(world, tmp_path):
    """One watch that can be restarted: `look()` loads the state anew each time."""
    told, sent = [], []

    class Desk:
        refuse = False

        def look(self, *, first_block=None):
            state = load_state(tmp_path / "state.json", network="test:7")
            beat = heartbeat(world, state, first_block=first_block) if not world.gone else None
            told.clear()
            sent.clear()
            self.why = look(
                world, world, Watched(dids=(MINE,), own_keys={OWN}), state, show=told.append, send=self.send
            )
            return beat, [item["alert"] for item in told]

        @property
        def sent(self):
            return [item["alert"] for item in sent]

        def send(self, document):
            if self.refuse:
                raise LedgerUnavailableError("HTTP 502")
            sent.append(document)

    return Desk()


def test_nothing_is_told_of_the_past_and_everything_after_it_once(world, desk):
    world.story = [event(5, "AgencyAdmitted", by=FOREIGN)]
    beat, told = desk.look()
    assert (beat.facts["since_block"], told) == (10, [])
    world.story += [event(11, "AgencyAdmitted", by=FOREIGN), event(11, "RoleGranted", log_index=1, by=FOREIGN)]
    world.story += [event(12, "EntryRegistered"), event(13, "DocumentUpdated", subjects=[MINE], controller=FOREIGN)]
    world.final = 13
    beat, told = desk.look()
    assert told == ["agency-admitted", "role-granted", "directory-changed", "foreign-operation"]
    beat, told = desk.look()
    assert (beat.facts["since_block"], told) == (13, [])
    _, told = desk.look(first_block=1)
    assert told == [], "--from counts only for a new watch"


def test_a_new_watch_may_begin_earlier(world, desk):
    world.story = [event(5, "AgencyAdmitted", by=FOREIGN)]
    assert desk.look(first_block=1)[1] == ["agency-admitted"]


def test_what_is_not_final_waits_and_is_not_missed(world, desk):
    desk.look()
    world.story = [event(11, "AgencyAdmitted", by=FOREIGN, final=False), event(12, "EntryRegistered", final=False)]
    assert desk.look()[1] == []
    world.story = [event(11, "AgencyAdmitted", by=FOREIGN), event(12, "EntryRegistered")]
    assert desk.look()[1] == ["agency-admitted", "directory-changed"]


def test_an_alert_that_the_webhook_refuses_is_shown_once_at_once_and_sent_later_in_order(world, desk, tmp_path):
    desk.look()
    world.story = [event(11, "EntryRegistered"), event(12, "AgencyAdmitted", by=FOREIGN)]
    desk.refuse = True
    assert desk.look()[1] == ["directory-changed", "agency-admitted"]
    assert (desk.sent, desk.why) == ([], "HTTP 502")
    kept = load_state(tmp_path / "state.json", network="test:7")
    assert ([item["alert"] for item in kept.pending], kept.shown) == (["directory-changed", "agency-admitted"], 2)
    world.story.append(event(13, "RoleGranted", by=FOREIGN))
    assert desk.look()[1] == ["role-granted"], "what was shown is not shown again"
    desk.refuse = False
    assert desk.look()[1] == []
    assert (desk.sent, desk.why) == (["directory-changed", "agency-admitted", "role-granted"], "")
    desk.look()
    assert desk.sent == []


def test_a_state_of_before_there_were_two_cursors_shows_what_it_kept(world, desk, tmp_path):
    desk.look()
    path = tmp_path / "state.json"
    state = json.loads(path.read_text())
    del state["shown"]
    alert = {"id": "00" * 16, "alert": "role-granted"}
    path.write_text(json.dumps({**state, "pending": [alert]}))
    assert (desk.look()[1], desk.sent) == (["role-granted"], ["role-granted"])


def test_own_operations_are_not_told_and_those_of_others_on_my_did_are(world):
    def kind(item):
        found = alert_of(item, watched=[MINE], own_keys={OWN})
        return None if found is None else found.kind

    assert kind(event(1, "DocumentUpdated", subjects=[MINE], controller=OWN)) is None
    assert kind(event(1, "DocumentUpdated", subjects=[MINE], controller=FOREIGN)) == "foreign-operation"
    assert kind(event(1, "DocumentUpdated", subjects=[OTHER], controller=FOREIGN)) is None
    assert kind(event(1, "StatusChanged", subjects=[MINE], by=FOREIGN)) == "foreign-operation"
    assert kind(event(1, "GrantEnded", subjects=[MINE], by="0x" + "00" * 21)) == "foreign-operation"
    assert kind(event(1, "RoleGranted", subjects=[MINE], by=OWN)) is None
    assert kind(event(1, "RoleGranted", subjects=[OTHER], by=FOREIGN)) == "role-granted"
    assert kind(event(1, "ProposalOpened", kind=2)) == "directory-proposed"
    assert kind(event(1, "ProposalOpened", kind=3)) is None
    assert kind(event(1, "Paused", member=FOREIGN)) == "council-changed"


def test_conditions_are_told_when_they_begin_and_again_when_they_come_back(world, desk):
    desk.look()
    world.grants = [{"type_id": "0x01", "seq": 1, "until": world.time + 86_400, "ended_at": None}]
    world.trouble = "the index is behind"
    assert desk.look()[1] == ["node-trouble", "accreditation-ending"]
    world.trouble = "the index is still behind"
    assert desk.look()[1] == []
    world.grants.append({"type_id": "0x01", "seq": 2, "until": world.time + 400 * 86_400, "ended_at": None})
    world.trouble = None
    assert desk.look()[1] == []
    world.trouble = "behind again"
    assert desk.look()[1] == ["node-trouble"]


def test_a_replacement_that_the_council_decided_is_told_before_it_happens(world, desk):
    desk.look()
    row = {"proposal": "0x01", "kind": 2, "state": "open", "ready_at": None, "arguments": "0x"}
    world.proposals = [row, {**row, "proposal": "0x02", "kind": 3, "state": "ready", "ready_at": 5}]
    assert desk.look()[1] == []
    world.proposals = [{**row, "state": "ready", "ready_at": 1_800_000_000}]
    assert desk.look()[1] == ["directory-scheduled"]
    assert desk.look()[1] == []


def test_a_list_whose_snapshot_lacks_changes_for_a_day_is_stale(world, desk):
    desk.look()
    world.story = [
        event(3, "ListOpened", subjects=[MINE], list=LIST, by=OWN),
        event(4, "StatusChanged", subjects=[MINE], list=LIST, seq=1, by=OWN),
        event(5, "StatusChanged", subjects=[MINE], list=LIST, seq=2, by=OWN),
    ]
    world.list = SimpleNamespace(published_digest=b"\1", published_seq=1, seq=2)
    world.time = 1_005 + watch.STALE_S - 1
    assert desk.look()[1] == []
    world.time += 1
    assert desk.look()[1] == ["list-stale"]
    world.list = SimpleNamespace(published_digest=b"\1", published_seq=2, seq=2)
    assert desk.look()[1] == []
    world.list = SimpleNamespace(published_digest=b"\0", published_seq=0, seq=2)
    assert desk.look()[1] == [], "a list that is not published at all is no published list"


def test_a_node_that_is_gone_is_told_once_and_nothing_is_missed(world, desk):
    world.grants = [{"type_id": "0x01", "seq": 1, "until": world.time + 5, "ended_at": None}]
    assert desk.look()[1] == ["accreditation-ending"]
    world.gone = True
    assert desk.look()[1] == ["node-unreachable"]
    assert desk.look()[1] == []
    world.gone = False
    world.story = [event(11, "EntryRegistered")]
    assert desk.look()[1] == ["directory-changed"], "what held before the outage is not told again"


def test_an_alert_keeps_its_id_and_is_told_in_both_languages():
    assert Alert("node-trouble", {"a": 1}).id == Alert("node-trouble", {"a": 1}).id
    assert Alert("role-granted", {"a": 1}, "5:1").id == Alert("role-granted", {"a": 2}, "5:1").id
    assert Alert("role-granted", {}, "5:1").id != Alert("role-granted", {}, "5:2").id
    assert set(SENTENCES) == set(KINDS)
    for en, ko in SENTENCES.values():
        assert any("가" <= letter <= "힣" for letter in ko)
        assert not any("가" <= letter <= "힣" for letter in en)
    assert "block -" in sentence({"alert": "role-granted"})


def test_the_state_is_private_whole_and_of_one_ledger(tmp_path):
    path = tmp_path / "watch" / "state.json"
    state = load_state(path, network="test:7")
    assert state.is_new
    state.block, state.pending = 5, [{"id": "x", "alert": "heartbeat"}]
    state.save()
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_state(path, network="test:7") == state
    with pytest.raises(InvalidProfileError, match="not over test:8"):
        load_state(path, network="test:8")
    path.write_text("{}")
    with pytest.raises(InvalidProfileError, match="not the state"):
        load_state(path, network="test:7")
    assert hand_over(load_state(tmp_path / "new.json", network="test:7"), show=print) == ""
