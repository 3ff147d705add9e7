"""A held-back operation dies at its deadline, and who relays decides no order."""

import pytest

from registry_client.core.operation import encode_call
from tests.attacks.conftest import Refused
from tests.support.story import Story, document_of

pytestmark = pytest.mark.chain


def update(story: Story, version: int, **more) -> dict:
    return {"id": story.agency_id, "expectedVersion": version, "document": document_of(f"v{version}"), **more}


def test_a_held_operation_is_worth_nothing_after_its_deadline(story: Story, refused: Refused) -> None:
    registry = story.registry
    held = registry.sign("UpdateDocument", update(story, 1, deadline=registry.now() + 60), story.agency)
    registry.ledger.advance(61)
    with refused.by("OperationExpired"):
        registry.send(encode_call(held), to=registry.contracts["DidRegistry"])


def test_the_deadline_cannot_be_moved(story: Story, refused: Refused) -> None:
    registry = story.registry
    held = registry.sign("UpdateDocument", update(story, 1, deadline=registry.now() + 60), story.agency)
    held.message["deadline"] += 3_600
    with refused.by("SignatureInvalid"):
        registry.send(encode_call(held), to=registry.contracts["DidRegistry"])


def test_operations_sent_in_another_order_wait_or_fail_and_never_swap(story: Story, refused: Refused) -> None:
    registry = story.registry
    first, second = (registry.sign("UpdateDocument", update(story, version), story.agency) for version in (1, 2))
    with refused.by("DidRegistryStaleVersion"):
        registry.send(encode_call(second), to=registry.contracts["DidRegistry"])
    registry.batch("DidRegistry", [first, second])
    assert registry.view("DidRegistry", "recordOf", story.agency_id)["version"] == 3


def test_an_old_suspension_does_not_come_back_after_its_lift(story: Story, refused: Refused) -> None:
    """Suspending and lifting change nothing of their own numbering: their nonces do."""
    registry = story.registry
    change = {"list": story.list_id, "startWord": 0, "masks": [1 << 255]}
    suspended = registry.sign("Suspend", {**change, "nonce": 0}, story.desk)
    registry.send(encode_call(suspended), to=registry.contracts["StatusRegistry"])
    registry.submit("Lift", {**change, "nonce": 1}, story.desk)
    with refused.by("InvalidAccountNonce"):
        registry.send(encode_call(suspended), to=registry.contracts["StatusRegistry"])
    assert registry.view("StatusRegistry", "words", story.list_id, 512, 1) == (0,)


def test_a_replayed_grant_makes_no_second_grant(story: Story, refused: Refused) -> None:
    registry = story.registry
    grant = registry.sign("Accredit", story.accreditation(expectedSeq=2), story.ministry)
    registry.send(encode_call(grant), to=registry.contracts["AccreditationRegistry"])
    with refused.by("AccreditationStaleSeq"):
        registry.send(encode_call(grant), to=registry.contracts["AccreditationRegistry"])
