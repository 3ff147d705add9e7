"""A thief with one desk's key has that desk and nothing else, and only until the role ends."""

import pytest

from tests.attacks.conftest import Refused
from tests.support.chain import DAY_S, did_id, salt_of
from tests.support.keys import P256Key
from tests.support.story import ENDORSER, ISSUANCE_OPERATOR, STATUS_OPERATOR, TYPE, Story, document_of

pytestmark = pytest.mark.chain

BIT = 1 << 255


def revoke(story: Story, key: P256Key) -> None:
    story.registry.submit("Revoke", {"list": story.list_id, "startWord": 0, "masks": [BIT]}, key)


def end_role(story: Story, role: int, key: P256Key) -> None:
    nonce = story.registry.nonce("Roles", story.agency)
    message = {"agency": story.agency_id, "role": role, "grantee": key.controller, "nonce": nonce}
    story.registry.submit("EndRole", message, story.agency)


def test_a_status_desk_cannot_endorse_issue_accredit_or_change_the_agency(story: Story, refused: Refused) -> None:
    submit, thief = story.registry.submit, story.desk
    with refused.by("DidRegistryNotEndorser"):
        submit("CreateHolder", story.holder_message(P256Key("accomplice")), P256Key("accomplice"), thief)
    with refused.by("IssuanceLogNotOperator"):
        submit("AnchorIssuance", {"agency": story.agency_id, "expectedSeq": 1, "root": b"\1" * 32, "count": 1}, thief)
    with refused.by("AccreditationNotController"):
        submit("Accredit", story.accreditation(grantor=story.agency_id, expectedSeq=2), thief)
    with refused.by("DidRegistryNotController"):
        submit("UpdateDocument", {"id": story.agency_id, "expectedVersion": 1, "document": document_of("x")}, thief)
    with refused.by("DidRegistryNotController"):
        submit("DeactivateDid", {"id": story.agency_id, "expectedVersion": 1}, thief)


def test_a_desk_cannot_give_its_role_away_or_prolong_it(story: Story, refused: Refused) -> None:
    for role in (ENDORSER, STATUS_OPERATOR, ISSUANCE_OPERATOR):
        message = {"agency": story.agency_id, "role": role, "grantee": story.desk.controller, "until": story.until}
        with refused.by("RolesNotController"):
            story.registry.submit("GrantRole", {**message, "nonce": 0}, story.desk)


def test_the_desk_of_one_agency_is_nobody_at_another(story: Story, refused: Refused) -> None:
    other = P256Key("other agency")
    admission = {"root": story.ministry_id, "endorser": story.endorser.controller, "until": story.until}
    other_id = did_id(1, other.controller, salt_of("other"))
    story.registry.submit("AdmitAgency", {**admission, "agency": other_id, "nonce": 1}, story.ministry)
    story.create_organisation("other", other)
    opened = story.registry.submit("OpenList", {"owner": other_id, "salt": salt_of("list")}, other)
    with refused.by("StatusRegistryNotOperator"):
        message = {"list": opened.event("ListOpened")["list"], "startWord": 0, "masks": [BIT]}
        story.registry.submit("Revoke", message, story.desk)


def test_an_ended_role_is_over_in_the_block_that_ends_it(story: Story, refused: Refused) -> None:
    revoke(story, story.desk)
    end_role(story, STATUS_OPERATOR, story.desk)
    with refused.by("StatusRegistryNotOperator"):
        message = {"list": story.list_id, "startWord": 1, "masks": [BIT]}
        story.registry.submit("Revoke", message, story.desk)


def test_a_role_ends_by_itself(story: Story, refused: Refused) -> None:
    registry, desk = story.registry, P256Key("desk for a day")
    message = {"agency": story.agency_id, "role": STATUS_OPERATOR, "grantee": desk.controller}
    message |= {"until": registry.now() + DAY_S, "nonce": registry.nonce("Roles", story.agency)}
    registry.submit("GrantRole", message, story.agency)
    registry.ledger.advance(DAY_S + 1)
    with refused.by("StatusRegistryNotOperator"):
        registry.submit("Revoke", {"list": story.list_id, "startWord": 0, "masks": [BIT]}, desk)


def test_an_endorser_of_a_dismissed_agency_endorses_nobody(story: Story, refused: Refused) -> None:
    registry = story.registry
    dismissal = {"root": story.ministry_id, "agency": story.agency_id, "nonce": registry.nonce("Roles", story.ministry)}
    registry.submit("DismissAgency", dismissal, story.ministry)
    phone = P256Key("late phone")
    with refused.by("DidRegistryNotEndorser"):
        registry.submit("CreateHolder", story.holder_message(phone), phone, story.endorser)


def test_an_endorser_of_another_agency_endorses_no_phone_here(story: Story, refused: Refused) -> None:
    phone = P256Key("phone of a stranger")
    with refused.by("DidRegistryNotEndorser"):
        story.registry.submit("CreateHolder", story.holder_message(phone), phone, P256Key("endorser of nobody"))


def test_a_guardian_ends_a_phone_and_can_do_nothing_else_to_it(story: Story, refused: Refused) -> None:
    submit = story.registry.submit
    with refused.by("DidRegistryNotController"):
        submit("DeactivateDid", {"id": story.holder_id, "expectedVersion": 1}, story.agency)
    takeover = {"id": story.holder_id, "expectedVersion": 1, "newController": story.agency.controller}
    with refused.by("DidRegistryNotController"):
        submit("TransferControl", {**takeover, "document": document_of("mine")}, story.agency, story.agency)
    with refused.by("DidRegistryNotController"):
        message = {"id": story.holder_id, "expectedVersion": 1, "document": document_of("mine")}
        submit("UpdateDocument", message, story.agency)
    mark = {"id": story.holder_id, "keyThumbprint": b"\1" * 32, "since": 1, "typeId": TYPE, "seq": 1}
    with refused.by("DidRegistryNotGrantor"):
        submit("MarkCompromised", {**mark, "reporter": story.agency_id}, story.agency)
    submit("DeactivateHolder", {"id": story.holder_id, "guardian": story.agency_id}, story.desk)
    assert story.registry.view("DidRegistry", "recordOf", story.holder_id)["status"] & 0x0F == 2


def test_no_agency_but_the_guardian_ends_a_phone(story: Story, refused: Refused) -> None:
    with refused.by("DidRegistryNotGuardian"):
        message = {"id": story.holder_id, "guardian": story.ministry_id}
        story.registry.submit("DeactivateHolder", message, story.ministry)
    with refused.by("DidRegistryNotStatusOperator"):
        message = {"id": story.holder_id, "guardian": story.agency_id}
        story.registry.submit("DeactivateHolder", message, story.endorser)
