"""A ministry, its agency and a phone on a real ledger, and a profile of that ledger: what reading tests start from."""

from dataclasses import dataclass, field

from registry_client.core.did import format_did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.hashing import keccak_text
from registry_client.core.keys import Curve, PublicKey
from registry_client.profile import Profile
from tests.support.chain import YEAR_S, Registry, did_id, salt_of
from tests.support.keys import P256Key

VCT = "https://mapae.invalid/vct/civil-servant/v1"
TYPE_ID = keccak_text(VCT)


def profile_of(registry: Registry, **changes: object) -> Profile:
    """The profile that pins this registry, its JSON-RPC endpoint declared our own."""
    deployment = registry.deployment
    genesis = registry.ledger.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
    values = {
        "network": deployment.network,
        "chain_id": deployment.chain_id,
        "genesis_hash": bytes.fromhex(genesis[2:]),
        "directory": bytes.fromhex(deployment.directory[2:]),
        "code_hash": bytes.fromhex(deployment.code_hash.removeprefix("0x")),
        "rpc_url": registry.ledger.url,
    }
    return Profile(**{**values, **changes})


@dataclass
class Organisation:
    """An organisation whose controller key we hold; `version` follows its changes."""

    registry: Registry
    name: str
    version: int = 0
    keys: list = field(default_factory=list)

    def __post_init__(self):
        self.controller = P256Key(f"{self.name} controller")
        self.endorser = P256Key(f"{self.name} endorser")
        self.salt = salt_of(self.name)
        self.id = did_id(1, self.controller.controller, self.salt)
        self.did = format_did(self.registry.deployment.network, self.id)

    def document(self, number: int = 1) -> bytes:
        """A document with one key, `#issue-<number>`."""
        return build_organisation(self.did, methods=[MethodEntry(f"issue-{number}", self.issue_key(number))])

    def issue_key(self, number: int) -> PublicKey:
        return PublicKey(Curve.P256, P256Key(f"{self.name} issue {number}").public_key)

    def admit(self) -> None:
        self.registry.decide("Admit", self.id, self.endorser.controller, self.registry.now() + YEAR_S)

    def create(self):
        message = {
            "controller": self.controller.controller,
            "salt": self.salt,
            "agency": self.id,
            "document": self.document(1),
        }
        receipt = self.registry.submit("CreateOrganisation", message, self.controller, self.endorser)
        self.version = 1
        return receipt

    def update(self, document: bytes | None = None):
        message = {
            "id": self.id,
            "expectedVersion": self.version,
            "document": document or self.document(self.version + 1),
        }
        receipt = self.registry.submit("UpdateDocument", message, self.controller)
        self.version += 1
        return receipt

    def transfer(self, successor: P256Key):
        message = {
            "id": self.id,
            "expectedVersion": self.version,
            "newController": successor.controller,
            "document": self.document(self.version + 1),
        }
        receipt = self.registry.submit("TransferControl", message, self.controller, successor)
        self.controller, self.version = successor, self.version + 1
        return receipt

    def deactivate(self):
        receipt = self.registry.submit(
            "DeactivateDid", {"id": self.id, "expectedVersion": self.version}, self.controller
        )
        self.version += 1
        return receipt


def make_ministry(registry: Registry) -> Organisation:
    """Admit a ministry and create its DID."""
    ministry = Organisation(registry, "ministry")
    ministry.admit()
    ministry.create()
    return ministry


def make_holder(registry: Registry, guardian: Organisation, label: str = "phone"):
    """Create a holder DID under the guardian; returns its id and key."""
    phone = P256Key(label)
    salt = salt_of(label)
    message = {"x": phone.public_key[:32], "y": phone.public_key[32:], "salt": salt, "guardian": guardian.id}
    registry.submit("CreateHolder", message, phone, guardian.endorser)
    return did_id(2, phone.controller, salt), phone
