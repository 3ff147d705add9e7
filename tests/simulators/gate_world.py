"""A building with gates: the agency issues gate passes, officers show codes, one memory for each gate group."""

from datetime import UTC, datetime

from registry_client.core.canonical import canonicalize
from registry_client.core.formats.gate_cwt import make_gate_code, sign_pass, write_pass
from registry_client.core.policy import Policy
from registry_client.core.status import StatusReference
from registry_client.data import shipped_type
from registry_client.gate import Gate, GateMemory
from tests.simulators.world import World

GROUP, OTHER_GROUP, SERVICE = "SEJONG-1", "GWACHEON-2", "GATE-SEJONG-1"
GATE_CLAIMS = {"name": "김하늘", "institutionCode": "1741000", "institutionName": "행정안전부"}
PHOTO = "sha256-" + "Ab0_" * 10 + "Ab0"
NUMBER = bytes(range(8))


class GateWorld(World):
    """A World whose agency issues gate passes for the phone."""

    def __init__(self, **options):
        super().__init__(**options)
        ledger = self.ledger
        self.pass_type = kind = shipped_type("gate-pass")
        ledger.accredit(self.ministry, kind.type_id, may_accredit=True)
        ledger.accredit(self.agency, kind.type_id, grantor=self.ministry)
        ledger.register(self.ministry, kind)
        service = {"type": kind.vct, "claims": ["name", "institutionCode", "institutionName"],
                   "purpose": {"ko": "청사 출입", "en": "Entry to the building"}}  # fmt: skip
        ledger.set_service(kind.type_id, SERVICE, self.gate, canonicalize(service))
        ledger.advance(60)
        self.policy = Policy(types=frozenset({kind.vct}))
        self.memory = GateMemory()
        self.lane = self.make_gate(memory=self.memory)

    def make_gate(self, *, group=GROUP, memory=None, **options):
        options = {"owner": self.gate, "policy": self.policy, "service": SERVICE} | options
        return Gate(self.verifier, group=group, memory=GateMemory() if memory is None else memory, **options)

    def issue_pass(self, *, index=11, signer=None, claims=None, method_id=None, **changes):
        options = {
            "issuer": self.agency,
            "vct": self.pass_type.vct,
            "signed_at": self.ledger.now,
            "valid_until": self.ledger.now + 90 * 86_400,
            "holder": self.phone.public_key,
            "subject": self.officer,
            "status": StatusReference(self.list_id, index),
        }
        payload = write_pass(GATE_CLAIMS if claims is None else claims, **(options | changes))
        return sign_pass(payload, method_id=method_id or self.method_id, signer=signer or self.issue_key)

    def code(self, text, *, signer=None, group=GROUP, nonce=NUMBER, created=None):
        return make_gate_code(
            text,
            signer=signer or self.phone,
            group=group,
            nonce=nonce,
            created=self.ledger.now if created is None else created,
        )

    def when(self, offset=0):
        return datetime.fromtimestamp(self.ledger.now + offset, UTC)

    def scan(self, code, *, gate=None, at=0, challenge=None):
        """Judge a code `at` seconds from now."""
        return (gate or self.lane).scan(code, as_of=self.when(at), challenge=challenge)
