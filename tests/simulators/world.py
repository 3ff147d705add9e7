"""A small state: a council, a ministry, an agency, an officer with a phone, a gate; and credentials to judge."""

import itertools
from datetime import UTC, datetime

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.formats.data_integrity import issue_data_integrity, present_data_integrity
from registry_client.core.formats.sd_jwt import bind_key, issue_sd_jwt, select_disclosures
from registry_client.core.formats.vc_jwt import issue_vc_jwt, present_vc_jwt
from registry_client.core.issuance import Receipt, compute_leaf, compute_paths
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge, audience_of, parse_presentation, require_bounds
from registry_client.core.status import StatusReference, bitstring_status, token_status
from registry_client.core.times import format_time
from registry_client.data import shipped_type
from registry_client.verifier import Verifier
from tests.simulators.ledger import NoTransport, SimulatedLedger, method
from tests.simulators.signer import memory_signer

HOST = "https://agency.mapae.invalid"
NONCE = "n-1f0c9c2d7a"
CLAIMS = {
    "name": "김하늘",
    "nameLatin": "Kim Haneul",
    "institutionCode": "1741000",
    "institutionName": "행정안전부",
    "department": "디지털정부혁신실",
    "position": "행정사무관",
    "staffNumber": "MOIS-2026-00317",
    "photoDigest": "sha256-" + "A" * 43,
    "validFrom": "2026-01-01",
    "validUntil": "2030-12-31",
}


class World:
    """Everything that a verdict on `CivilServantCredential` and `OrganisationCredential` can depend on."""

    def __init__(self, *, keep_s=0.0, **options):
        self.ledger = ledger = SimulatedLedger(**options)
        self.type = shipped_type("civil-servant")
        self.organisation_type = shipped_type("organisation")
        self.council_key, self.ministry_key = memory_signer("council"), memory_signer("ministry")
        self.issue_key, self.next_key = memory_signer("issue-1"), memory_signer("issue-2")
        self.status_key, self.phone, self.thief = (
            memory_signer("status-1"),
            memory_signer("phone"),
            memory_signer("thief"),
        )
        self.ministry = ledger.organisation("ministry", [method("issue-1", self.ministry_key)])
        self.agency = ledger.organisation("agency", self.methods(self.issue_key))
        self.gate = ledger.organisation("gate", [method("auth-1", memory_signer("gate"), "authentication")])
        self.officer = ledger.holder(self.phone.public_key)
        for kind in (self.type, self.organisation_type):
            ledger.accredit(self.ministry, kind.type_id, may_accredit=True)
            ledger.accredit(self.agency, kind.type_id, grantor=self.ministry)
            ledger.register(self.ministry, kind)
        self.list_id = ledger.open_list(self.agency)
        service = {"type": self.type.vct, "claims": ["name", "institutionName", "photoDigest"],
                   "purpose": {"ko": "청사 출입", "en": "Entry to the building"}}  # fmt: skip
        ledger.set_service(self.type.type_id, "GATE-01", self.gate, canonicalize(service))
        self.challenge = Challenge(NONCE, audience_of(self.gate))
        self.verifier = Verifier(ledger, NoTransport(), keep_s=keep_s)
        self._salts = itertools.count()
        ledger.advance(60)

    def methods(self, issue_key, fragment="issue-1"):
        return [method(fragment, issue_key), method("status-1", self.status_key, "authentication", "assertionMethod")]

    @property
    def method_id(self):
        return f"{self.agency}#issue-1"

    def salt(self):
        return f"{next(self._salts):022d}"

    def issue(self, *, index=7, signer=None, signed_at=None, claims=None, **changes):
        """An SD-JWT VC for the officer's phone, all claims selectively disclosable."""
        claims = CLAIMS if claims is None else claims
        options = {
            "method_id": self.method_id,
            "signer": signer or self.issue_key,
            "vct": self.type.vct,
            "signed_at": self.ledger.now if signed_at is None else signed_at,
            "disclosable": [(name,) for name in claims],
            "salt": self.salt,
            "holder": self.phone.public_key,
            "subject": self.officer,
            "valid_from": self.ledger.now - 10**6,
            "valid_until": self.ledger.now + 10**8,
            "status": token_status(StatusReference(self.list_id, index), host=HOST),
            "integrity": self.type.metadata_integrity,
            "decoys": 2,
        }
        return issue_sd_jwt(claims, **(options | changes))

    def present(
        self, credential, *, show=("name", "photoDigest"), signer=None, created=None, nonce=NONCE, audience=None
    ):
        """The officer's answer to the gate."""
        return bind_key(
            select_disclosures(credential, [(name,) for name in show]),
            signer=signer or self.phone,
            nonce=nonce,
            audience=audience or self.challenge.audience,
            created=self.ledger.now if created is None else created,
        )

    def document(self, *, index=9, **changes):
        """An unsigned VCDM credential of the agency about the gate."""
        kind = self.organisation_type
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2", kind.context_url],
            "id": "urn:uuid:0b1f4c6e-5d61-4a3e-9f5e-4b2f5f3e7a11",
            "type": ["VerifiableCredential", kind.name],
            "issuer": self.agency,
            "validFrom": format_time(self.ledger.now - 10**6),
            "validUntil": format_time(self.ledger.now + 10**8),
            "credentialSchema": {"id": kind.schema_url, "type": "JsonSchema", "digestSRI": kind.schema_integrity},
            "credentialStatus": bitstring_status(StatusReference(self.list_id, index), host=HOST),
            "credentialSubject": {"id": self.gate, "name": "정부세종청사관리본부", "institutionCode": "1741100"},
        }
        document.update(changes)
        return {name: value for name, value in document.items() if value is not None}

    def issue_document(self, *, signer=None, signed_at=None, method_id=None, **changes):
        return issue_data_integrity(
            self.document(**changes),
            signer=signer or self.issue_key,
            method_id=method_id or self.method_id,
            signed_at=self.ledger.now if signed_at is None else signed_at,
        )

    def present_document(self, credential, *, signer=None, method_id=None, challenge=NONCE, domain=None, created=None):
        return present_data_integrity(
            credential,
            signer=signer or memory_signer("gate"),
            method_id=method_id or f"{self.gate}#auth-1",
            challenge=challenge,
            domain=domain or self.challenge.audience,
            created=self.ledger.now if created is None else created,
        )

    def issue_jwt(self, *, signer=None, signed_at=None, method_id=None, holder=None, **changes):
        """The same document as a vc+jwt."""
        return issue_vc_jwt(
            self.document(**changes),
            signer=signer or self.issue_key,
            method_id=method_id or self.method_id,
            signed_at=self.ledger.now if signed_at is None else signed_at,
            holder=holder,
        )

    def present_jwt(self, token, *, signer=None, method_id=None, nonce=NONCE, audience=None, created=None):
        return present_vc_jwt(
            token,
            signer=signer or memory_signer("gate"),
            method_id=method_id or f"{self.gate}#auth-1",
            nonce=nonce,
            audience=audience or self.challenge.audience,
            created=self.ledger.now if created is None else created,
        )

    def receipt_for(self, credential, *, others=3):
        """Anchor a batch with this credential and some others; return its receipt."""
        digest = parse_presentation(require_bounds(credential), formats=frozenset(Format)).credential.digest
        leaves = [compute_leaf(bytes([place]) * 32) for place in range(others)] + [compute_leaf(digest)]
        root, paths = compute_paths(leaves)
        seq, time = self.ledger.anchor(self.agency, root, len(leaves))
        return Receipt(self.agency, seq, others, len(leaves), root, time, paths[others])

    def verify(self, source, *, policy=None, at=None, challenge="default", **options):
        """Judge now, with the gate's challenge where a proof of possession came along."""
        if challenge == "default":
            challenge = self.challenge
        when = datetime.fromtimestamp(self.ledger.now if at is None else at, UTC)
        return self.verifier.verify(source, policy=policy or Policy(), as_of=when, challenge=challenge, **options)


def outcome_of(report, number):
    """(outcome, code) of one step."""
    step = report.steps[number]
    return step.outcome.value, step.code
