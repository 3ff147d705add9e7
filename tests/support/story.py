"""A registry with a standing cast: council -> ministry -> agency, its desks, a type, a status list, a phone.

What other suites start from when they are about something later in the story.
"""

from dataclasses import dataclass, field

from tests.support.chain import YEAR_S, Registry, did_id, salt_of
from tests.support.keys import Key, P256Key, keccak256

VCT = "https://mapae.invalid/vct/civil-servant/v1"
TYPE = keccak256(VCT.encode())
ENDORSER, STATUS_OPERATOR, ISSUANCE_OPERATOR = 1, 2, 3
NOBODY = bytes(21)


def document_of(label: str, size: int = 600) -> bytes:
    """A document of `size` bytes: the ledger takes bytes, their meaning is the resolvers' business."""
    head = f'{{"label":"{label}","filling":"'.encode()
    return head + b"x" * (size - len(head) - 2) + b'"}'


@dataclass(slots=True)
class Story:
    """Ids and keys of the cast. `list_id`: the agency's status list; `holder_id`: a phone whose guardian it is."""

    registry: Registry
    ministry: Key = field(default_factory=lambda: P256Key("ministry"))
    agency: Key = field(default_factory=lambda: P256Key("agency"))
    endorser: Key = field(default_factory=lambda: P256Key("endorser"))
    desk: Key = field(default_factory=lambda: P256Key("desk"))
    issuer: Key = field(default_factory=lambda: P256Key("issuer"))
    phone: P256Key = field(default_factory=lambda: P256Key("phone"))
    ministry_id: bytes = b""
    agency_id: bytes = b""
    holder_id: bytes = b""
    list_id: bytes = b""
    until: int = 0

    def create_organisation(self, label: str, key: Key, *, agency: bytes | None = None, size: int = 600):
        """Create an organisation, endorsed in the ministry's name unless `agency` is given; returns the receipt."""
        message = self.organisation_message(label, key, size=size)
        if agency is not None:
            message["agency"] = agency
        return self.registry.submit("CreateOrganisation", message, key, self.endorser)

    def organisation_message(self, label: str, key: Key, *, size: int = 600) -> dict:
        message = {"controller": key.controller, "salt": salt_of(label), "document": document_of(label, size)}
        return {**message, "agency": self.ministry_id}

    def holder_message(self, phone: P256Key) -> dict:
        x, y = phone.public_key[:32], phone.public_key[32:]
        return {"x": x, "y": y, "salt": salt_of(phone.label), "guardian": self.agency_id}

    def create_holder(self, phone: P256Key):
        return self.registry.submit("CreateHolder", self.holder_message(phone), phone, self.endorser)

    def grant_role(self, role: int, key: Key):
        nonce = self.registry.nonce("Roles", self.agency)
        message = {"agency": self.agency_id, "role": role, "grantee": key.controller, "until": self.until}
        return self.registry.submit("GrantRole", {**message, "nonce": nonce}, self.agency)

    def accreditation(self, **changed) -> dict:
        message = {"grantor": self.ministry_id, "grantorSeq": 1, "agency": self.agency_id, "typeId": TYPE}
        message |= {"expectedSeq": 1, "from": self.registry.now(), "until": self.until}
        return {**message, "mayIssue": True, "mayAccredit": True, **changed}


def tell(registry: Registry, **cast: Key) -> Story:
    """Play the story up to an agency that is ready to issue. `cast`: other keys than the development ones."""
    story = Story(registry, **cast)
    story.until = registry.now() + 2 * YEAR_S
    story.ministry_id = did_id(1, story.ministry.controller, salt_of("ministry"))
    story.agency_id = did_id(1, story.agency.controller, salt_of("agency"))
    registry.decide("Admit", story.ministry_id, story.endorser.controller, story.until)
    story.create_organisation("ministry", story.ministry)
    registry.decide("GrantRoot", story.ministry_id, TYPE, registry.now(), story.until, True, True)
    admission = {"root": story.ministry_id, "agency": story.agency_id, "endorser": story.endorser.controller}
    registry.submit("AdmitAgency", {**admission, "until": story.until, "nonce": 0}, story.ministry)
    story.create_organisation("agency", story.agency)
    registry.submit("Accredit", story.accreditation(), story.ministry)
    story.grant_role(STATUS_OPERATOR, story.desk)
    story.grant_role(ISSUANCE_OPERATOR, story.issuer)
    opened = registry.submit("OpenList", {"owner": story.agency_id, "salt": salt_of("list")}, story.desk)
    story.list_id = opened.event("ListOpened")["list"]
    schema = {"owner": story.ministry_id, "vct": VCT, "expectedVersion": 1, "document": document_of("schema")}
    registry.submit("RegisterSchema", schema, story.ministry)
    story.create_holder(story.phone)
    story.holder_id = did_id(2, story.phone.controller, salt_of(story.phone.label))
    return story
