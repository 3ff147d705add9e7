"""A registry in which everything has happened once: every kind of fact, endings, a replacement of two contracts."""

from node.config import Config
from tests.faults.node_world import digest_after_catching_up
from tests.integration.node_support import make_home
from tests.support.chain import DAY_S, Registry, salt_of
from tests.support.keys import P256Key, keccak256
from tests.support.story import ENDORSER, TYPE, Story, document_of, tell


def tell_everything(registry: Registry) -> Story:
    """Play the standing cast's story to the end of its possibilities."""
    story = tell(registry)
    agency, ministry, now = story.agency_id, story.ministry_id, registry.now()
    update = {"id": agency, "expectedVersion": 1, "document": document_of("second")}
    registry.submit("UpdateDocument", update, story.agency)
    heir = P256Key("heir of the agency")
    moved = {"id": agency, "expectedVersion": 2, "newController": heir.controller, "document": document_of("third")}
    registry.submit("TransferControl", moved, story.agency, heir)
    story.agency = heir
    for label in ("lost phone", "kept phone"):
        story.create_holder(P256Key(label))
    lost = story.registry.logs()[-2]["id"]
    registry.submit("DeactivateHolder", {"id": lost, "guardian": agency}, heir)
    mark = {"id": agency, "keyThumbprint": keccak256(b"thumbprint"), "since": now - 60, "reporter": agency}
    registry.submit("MarkCompromised", {**mark, "typeId": bytes(32), "seq": 0}, heir)
    registry.submit("MarkCompromised", {**mark, "since": now - 600, "typeId": bytes(32), "seq": 0}, heir)
    role = {"agency": agency, "role": ENDORSER, "grantee": P256Key("second endorser").controller}
    registry.submit("GrantRole", {**role, "until": now + DAY_S, "nonce": registry.nonce("Roles", heir)}, heir)
    registry.submit("EndRole", {**role, "nonce": registry.nonce("Roles", heir)}, heir)
    registry.submit("Accredit", story.accreditation(expectedSeq=2, mayAccredit=False), story.ministry)
    end = {"grantor": ministry, "agency": agency, "typeId": TYPE, "seq": 1, "endedAt": now + 3600}
    nonce = registry.nonce("AccreditationRegistry", story.ministry)
    registry.submit("EndGrant", {**end, "nonce": nonce}, story.ministry)
    for seq in (1, 2, 3):
        batch = {"agency": agency, "expectedSeq": seq, "root": keccak256(bytes([seq])), "count": 10 * seq}
        registry.submit("AnchorIssuance", batch, heir)
    registry.submit("Revoke", {"list": story.list_id, "startWord": 3, "masks": (7, 1 << 255)}, story.desk)
    for kind, bits in (("Suspend", 6), ("Lift", 2)):
        nonce = registry.nonce("StatusRegistry", story.desk)
        message = {"list": story.list_id, "startWord": 511, "masks": (bits,), "nonce": nonce}
        registry.submit(kind, message, story.desk)
    snapshot = {"list": story.list_id, "seq": 2, "digest": keccak256(b"words")}
    registry.submit("AnchorSnapshot", snapshot, story.desk)
    _services(story, now)
    registry.succeed("DidRegistry")
    registry.succeed("StatusRegistry")
    second = registry.submit("OpenList", {"owner": agency, "salt": salt_of("second list")}, heir).event("ListOpened")
    nonce = registry.nonce("StatusRegistry", story.desk)  # the new contract counts from zero again
    registry.submit("Suspend", {"list": second["list"], "startWord": 1, "masks": (6,), "nonce": nonce}, story.desk)
    update = {"id": agency, "expectedVersion": 3, "document": document_of("fourth")}
    registry.submit("UpdateDocument", update, heir)
    registry.submit("DismissAgency", {**_root(story), "nonce": registry.nonce("Roles", story.ministry)}, story.ministry)
    return story


def _services(story: Story, now: int) -> None:
    registry, code = story.registry, b"GATE-1".ljust(32, b"\0")
    service = {"typeId": TYPE, "code": code, "verifier": story.agency_id, "from": now, "until": now + 9 * DAY_S}
    for version in (1, 2):
        message = {**service, "expectedVersion": version, "document": document_of(f"service {version}")}
        registry.submit("SetService", message, story.ministry)
    ended = {"typeId": TYPE, "code": code, "expectedVersion": 2, "endedAt": now + DAY_S}
    registry.submit("EndService", ended, story.ministry)


def _root(story: Story) -> dict[str, bytes]:
    return {"root": story.ministry_id, "agency": story.agency_id}


def indexed(registry: Registry, home: object) -> Config:
    """Make a node's home whose index stands at the ledger's head."""
    config = make_home(registry, home)  # type: ignore[arg-type]
    digest_after_catching_up(config)
    return config
