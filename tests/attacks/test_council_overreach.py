"""One member, a removed member, an old vote, a pause without end: a council acts whole or not at all."""

import pytest

from registry_client.core.operation import encode_call
from tests.attacks.conftest import Refused
from tests.support.chain import APPROVE, CANCEL, DAY_S, salt_of
from tests.support.keys import P256Key
from tests.support.story import Story, document_of

pytestmark = pytest.mark.chain

STRANGER = P256Key("stranger to the council")
HOUR_S = 3_600


def test_one_vote_below_the_threshold_decides_nothing(story: Story, refused: Refused) -> None:
    registry = story.registry
    proposal = registry.propose("Dismiss", story.ministry_id, voters=registry.council[:1])
    assert registry.view("Roles", "isAdmitted", story.ministry_id) is True
    registry.ledger.advance(DAY_S)
    with refused.by("CouncilWrongState"):
        registry.submit("ExecuteProposal", proposal)


def test_one_member_voting_again_is_still_one_vote(story: Story, refused: Refused) -> None:
    registry = story.registry
    proposal = registry.propose("Dismiss", story.ministry_id, voters=registry.council[:1])
    with refused.by("CouncilAlreadyVoted"):
        registry.submit("Vote", {**proposal, "choice": APPROVE}, registry.council[0])
    assert registry.view("Roles", "isAdmitted", story.ministry_id) is True


def test_a_stranger_has_no_vote(story: Story, refused: Refused) -> None:
    registry = story.registry
    proposal = registry.propose("Dismiss", story.ministry_id, voters=registry.council[:1])
    for choice in (APPROVE, CANCEL):
        with refused.by("CouncilNotMember"):
            registry.submit("Vote", {**proposal, "choice": choice}, STRANGER)


def test_votes_of_the_council_before_count_for_nothing(story: Story, refused: Refused) -> None:
    """A member votes, is removed, and its vote goes with it; a vote it kept in its pocket too."""
    registry = story.registry
    removed, *staying = registry.council
    open_ = registry.propose("Dismiss", story.ministry_id, voters=[removed])
    pocket = registry.sign("Vote", {**open_, "choice": APPROVE}, removed)
    members = [member.controller for member in (*staying, P256Key("new member"))]
    registry.council = tuple(staying)
    registry.decide("SetCouncil", members, 2)
    with refused.by("CouncilStaleEpoch"):
        registry.submit("Vote", {**open_, "choice": APPROVE}, staying[0])
    with refused.by("CouncilStaleEpoch"):
        registry.send(encode_call(pocket), to=registry.contracts["Council"])
    with refused.by("CouncilNotMember"):
        message = {**open_, "epoch": registry.view("Council", "epoch"), "choice": APPROVE}
        registry.submit("Vote", message, removed)
    assert registry.view("Roles", "isAdmitted", story.ministry_id) is True


def test_a_decision_cannot_be_carried_out_early_or_after_its_window(story: Story, refused: Refused) -> None:
    registry = story.registry
    proposal = registry.propose("Admit", salt_of("agency")[:20], story.endorser.controller, story.until)
    registry.ledger.advance(15 * DAY_S)
    with refused.by("CouncilTooLate"):
        registry.submit("ExecuteProposal", proposal)


def test_what_is_carried_out_is_what_was_voted(story: Story, refused: Refused) -> None:
    registry = story.registry
    proposal = registry.propose("Admit", salt_of("agency")[:20], story.endorser.controller, story.until)
    registry.ledger.advance(2)
    changed = proposal["arguments"].replace(story.endorser.controller, STRANGER.controller)
    assert changed != proposal["arguments"]
    with refused.by("CouncilWrongState"):
        registry.submit("ExecuteProposal", {**proposal, "arguments": changed})


def test_a_pause_is_short_and_does_not_follow_itself(story: Story, refused: Refused) -> None:
    registry = story.registry
    member = registry.council[0]
    epoch = registry.view("Council", "epoch")

    def pause(hours: int, key: P256Key) -> None:
        until = registry.now() + hours * HOUR_S
        registry.submit("Pause", {"epoch": epoch, "until": until, "deadline": registry.now() + HOUR_S}, key)

    with refused.by("CouncilInvalidPause"):
        pause(73, member)
    with refused.by("CouncilNotMember"):
        pause(1, STRANGER)
    pause(71, member)
    registry.ledger.advance(71 * HOUR_S)
    for key in registry.council:
        with refused.by("CouncilCoolingDown"):
            pause(1, key)


def test_a_pause_stops_no_bad_news(story: Story, refused: Refused) -> None:
    """Who pauses the registry must not be able to keep a lost phone alive."""
    registry = story.registry
    until = registry.now() + HOUR_S
    message = {"epoch": registry.view("Council", "epoch"), "until": until, "deadline": until}
    registry.submit("Pause", message, registry.council[0])
    phone = P256Key("phone during a pause")
    with refused.by("SuccessionPaused"):
        registry.submit("CreateHolder", story.holder_message(phone), phone, story.endorser)
    with refused.by("SuccessionPaused"):
        registry.submit("Accredit", story.accreditation(expectedSeq=2), story.ministry)
    registry.submit("Revoke", {"list": story.list_id, "startWord": 0, "masks": [1 << 255]}, story.desk)
    registry.submit("DeactivateHolder", {"id": story.holder_id, "guardian": story.agency_id}, story.desk)
    registry.submit(
        "UpdateDocument",
        {"id": story.agency_id, "expectedVersion": 1, "document": document_of("keys out")},
        story.agency,
    )
