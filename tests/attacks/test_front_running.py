"""Whoever sees an operation before it is mined can carry it or lose gas; it cannot take, bend or block it."""

from dataclasses import replace

import pytest

from registry_client.core.operation import encode_call
from tests.attacks.conftest import Refused
from tests.support.chain import did_id, salt_of
from tests.support.keys import P256Key, Secp256k1Key
from tests.support.story import Story

pytestmark = pytest.mark.chain

THIEF = P256Key("front-runner")
SENDER = Secp256k1Key("front-runner's sender")


def creation(story: Story, victim: P256Key):
    return story.registry.sign(
        "CreateOrganisation", story.organisation_message("victim", victim), victim, story.endorser
    )


def test_a_copied_creation_creates_the_victims_did_for_the_victim(story: Story, refused: Refused) -> None:
    registry, victim = story.registry, P256Key("victim")
    seen = creation(story, victim)
    registry.send(encode_call(seen), to=registry.contracts["DidRegistry"], key=SENDER)
    record = registry.view("DidRegistry", "recordOf", did_id(1, victim.controller, salt_of("victim")))
    assert record["controller"] == victim.controller
    with refused.by("DidRegistryExists"):  # the victim's own copy says that it is there; nothing is lost
        registry.send(encode_call(seen), to=registry.contracts["DidRegistry"])


@pytest.mark.parametrize("field", ["controller", "salt", "agency", "document", "deadline"])
def test_no_field_of_a_seen_operation_can_be_bent(story: Story, refused: Refused, field: str) -> None:
    registry, victim = story.registry, P256Key("victim")
    seen = creation(story, victim)
    other = {
        "controller": THIEF.controller,
        "salt": salt_of("thief"),
        "agency": story.agency_id,
        "document": b'{"mine":true}',
        "deadline": seen.message["deadline"] + 1,
    }
    bent = replace(seen, message={**seen.message, field: other[field]})
    with refused.by("SignatureInvalid"):
        registry.send(encode_call(bent), to=registry.contracts["DidRegistry"], key=SENDER)


def test_an_endorsement_cannot_be_lifted_off_and_used_for_another_did(story: Story, refused: Refused) -> None:
    registry, victim = story.registry, P256Key("victim")
    endorsement = creation(story, victim).signatures[1]
    mine = registry.sign("CreateOrganisation", story.organisation_message("thief", THIEF), THIEF, THIEF)
    with refused.by("SignatureInvalid"):
        lifted = replace(mine, signatures=(mine.signatures[0], endorsement))
        registry.send(encode_call(lifted), to=registry.contracts["DidRegistry"], key=SENDER)


def test_an_id_cannot_be_taken_before_its_owner_comes(story: Story, refused: Refused) -> None:
    """An id follows from controller and salt: to squat on it is to hold its key."""
    registry, victim = story.registry, P256Key("victim")
    message = story.organisation_message("victim", victim)
    with refused.by("DidRegistryNotController"):
        registry.submit("CreateOrganisation", message, THIEF, story.endorser)
    phone = P256Key("phone of a victim")
    with refused.by("DidRegistryNotController"):
        registry.submit("CreateHolder", story.holder_message(phone), THIEF, story.endorser)


def test_a_type_name_cannot_be_taken_before_its_accreditation(story: Story, refused: Refused) -> None:
    with refused.by("SchemaRegistryNoRootGrant"):
        schema = {"vct": "https://mapae.invalid/vct/retiree/v1", "expectedVersion": 1, "document": b"{}"}
        story.registry.submit("RegisterSchema", {"owner": story.agency_id, **schema}, story.agency)


def test_bringing_one_signers_nonce_forward_blocks_nobody_else(story: Story) -> None:
    """Nonces belong to a signing key and a lane: a stranger's writes never make a desk's signature stale."""
    registry = story.registry
    change = {"list": story.list_id, "startWord": 2, "masks": [1 << 255]}
    held = registry.sign("Suspend", {**change, "nonce": 0}, story.desk)
    registry.submit("Suspend", {**change, "startWord": 3, "nonce": 0}, story.agency)
    registry.send(encode_call(held), to=registry.contracts["StatusRegistry"])
    assert registry.view("StatusRegistry", "words", story.list_id, 514, 2) == (1 << 255, 1 << 255)
