"""An officer's credential on a real ledger, read straight from it: every answer here is the contracts' own.

The story of the simulated ledger's tests once more, where nothing is simulated: accreditation, schema, status words,
issuance log, service, rotation, compromise; the issuer's book beside it.
"""

from collections import Counter
from datetime import UTC, datetime

import pytest

from registry_client.adapters.book import IssuerBook
from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.signer_local import LocalSigner
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.assurance import Assurance
from registry_client.core.book import IssuanceRequest
from registry_client.core.canonical import canonicalize
from registry_client.core.curves import Curve
from registry_client.core.did import format_did
from registry_client.core.formats.sd_jwt import bind_key, select_disclosures
from registry_client.core.keys import PublicKey
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge, audience_of
from registry_client.core.report import Verdict
from registry_client.data import shipped_type
from registry_client.flows import run
from registry_client.issuer import CredentialIssuer, delivery_of
from registry_client.verifier import Verifier
from tests.simulators.world import CLAIMS, outcome_of
from tests.support.chain import YEAR_S, salt_of
from tests.support.keys import P256Key
from tests.support.rpc_world import Organisation, make_holder, make_ministry, profile_of

pytestmark = pytest.mark.chain

KIND = shipped_type("civil-servant")
NONCE = "nonce-0123456789"


def signer_of(key: P256Key) -> LocalSigner:
    return LocalSigner(key.private, PublicKey(Curve.P256, key.public_key))


class Counting:
    """A transport that counts round trips."""

    def __init__(self, inner):
        self.inner, self.rounds = inner, 0

    def send(self, request):
        self.rounds += 1
        return self.inner.send(request)


class Story:
    """The registry with an accredited agency, a phone, a gate, and a book."""

    def __init__(self, registry, folder):
        self.registry = registry
        submit, now = registry.submit, registry.now()
        self.ministry = make_ministry(registry)
        self.agency, self.gate = Organisation(registry, "agency"), Organisation(registry, "gate")
        for organisation in (self.agency, self.gate):
            organisation.admit()
            organisation.create()
        registry.decide("GrantRoot", self.ministry.id, KIND.type_id, now, now + YEAR_S, False, True)
        self.grant = {
            "grantor": self.ministry.id, "grantorSeq": 1, "agency": self.agency.id, "typeId": KIND.type_id,
            "expectedSeq": 1,
            "from": registry.now(), "until": now + YEAR_S // 2, "mayIssue": True, "mayAccredit": False,
        }  # fmt: skip
        submit("Accredit", self.grant, self.ministry.controller)
        schema = {"owner": self.ministry.id, "vct": KIND.vct, "expectedVersion": 1, "document": KIND.to_document()}
        submit("RegisterSchema", schema, self.ministry.controller)
        service = {"type": KIND.vct, "claims": ["name", "photoDigest"], "purpose": {"ko": "청사 출입", "en": "Entry"}}
        service = {
            "typeId": KIND.type_id, "code": b"GATE-01".ljust(32, b"\0"), "expectedVersion": 1, "verifier": self.gate.id,
            "from": registry.now(), "until": now + YEAR_S, "document": canonicalize(service),
        }  # fmt: skip
        submit("SetService", service, self.ministry.controller)
        opened = submit("OpenList", {"owner": self.agency.id, "salt": salt_of("list")}, self.agency.controller)
        self.list_id = opened.event("ListOpened").fields["list"]
        if isinstance(self.list_id, str):
            self.list_id = bytes.fromhex(self.list_id[2:])
        self.officer, self.phone = make_holder(registry, self.agency)
        self.book = IssuerBook.create(folder / "book", agency=self.agency.did, secret=b"k" * 32)
        self.book.add_list(self.list_id, opened_at=registry.now())
        profile = profile_of(registry)
        self.http = Counting(HttpTransport(Endpoints(rpc_url=profile.rpc_url)))
        self.ledger = LedgerRpc(profile)
        self.verifier = Verifier(self.ledger, self.http, keep_s=0)
        self.challenge = Challenge(NONCE, audience_of(self.gate.did))
        self.anchors = 0

    def close(self):
        self.book.close()
        self.http.inner.close()

    def issuer(self, number=1):
        return CredentialIssuer(
            self.book,
            method_id=f"{self.agency.did}#issue-{number}",
            signer=signer_of(P256Key(f"agency issue {number}")),
            status_host="https://agency.mapae.invalid",
            types={KIND.vct: KIND},
        )

    def issue(self, batch, *, count=1, number=1, at=None, anchor=True):
        """Issue a batch and anchor it; returns what the holders get."""
        issuer = self.issuer(number)
        request = IssuanceRequest(
            vct=KIND.vct,
            claims=CLAIMS,
            holder_key=PublicKey(Curve.P256, self.phone.public_key),
            subject=format_did(self.registry.deployment.network, self.officer),
            valid_until=self.registry.now() + YEAR_S,
        )
        entries = issuer.issue_batch(batch, [request] * count, now=lambda: at or self.registry.now())
        if not anchor:
            return entries
        plan = issuer.plan_anchor(batch, next_seq=self.anchors + 1)
        message = {"agency": self.agency.id, "expectedSeq": plan.seq, "root": plan.root, "count": plan.count}
        self.registry.submit("AnchorIssuance", message, self.agency.controller)
        self.anchors += 1
        kept = run(self.ledger.issuance(self.agency.id, plan.seq), self.http)
        entries = issuer.complete_anchor(batch, time=self.registry.now(), anchored=kept.digest)
        return [(entry, delivery_of(entry)) for entry in entries]

    def show(self, credential, signer=None):
        return bind_key(
            select_disclosures(credential, [("name",), ("photoDigest",)]),
            signer=signer_of(signer or self.phone),
            nonce=NONCE,
            audience=self.challenge.audience,
            created=self.registry.now(),
        )

    def judge(self, credential, *, receipts=(), signer=None):
        return self.verifier.verify(
            self.show(credential, signer),
            policy=Policy(minimum_assurance=Assurance.OWN_LEDGER),
            as_of=datetime.fromtimestamp(self.registry.now(), UTC),
            challenge=self.challenge,
            service="GATE-01",
            receipts=receipts,
        )

    def set_bits(self, kind, entry):
        word, bit = divmod(entry.status.index, 256)
        message = {"list": self.list_id, "startWord": word, "masks": [1 << (255 - bit)]}
        if kind != "Revoke":
            message["nonce"] = self.registry.nonce("StatusRegistry", self.agency.controller)
        self.registry.submit(kind, message, self.agency.controller)


@pytest.fixture
def story(registry, tmp_path):
    made = Story(registry, tmp_path)
    yield made
    made.close()


def test_an_officers_credential_from_book_to_gate(story):
    [(entry, handed), *_] = story.issue("first", count=3)
    report = story.judge(handed["credential"])
    assert report.verdict is Verdict.ACCEPTED, report.to_json()
    assert report.require_accepted().claims == {"name": CLAIMS["name"], "photoDigest": CLAIMS["photoDigest"]}
    assert report.assurance is Assurance.OWN_LEDGER
    assert Counter(step.assurance for step in report.steps)[Assurance.OWN_LEDGER] == 6
    assert outcome_of(story.judge(handed["credential"], signer=P256Key("thief")), 7) == ("failed", "holder-mismatch")
    story.set_bits("Suspend", entry)
    assert outcome_of(story.judge(handed["credential"]), 6) == ("failed", "status-suspended")
    story.set_bits("Lift", entry)
    assert story.judge(handed["credential"]).verdict is Verdict.ACCEPTED
    story.set_bits("Revoke", entry)
    assert outcome_of(story.judge(handed["credential"]), 6) == ("failed", "status-revoked")
    others = [item["credential"] for _, item in story.issue("second", count=2)]
    assert [story.judge(other).verdict for other in others] == [Verdict.ACCEPTED] * 2


def test_a_first_verdict_costs_few_round_trips(story):
    [(_, handed)] = story.issue("first")
    story.judge(handed["credential"])
    story.http.rounds = 0
    assert story.judge(handed["credential"]).verdict is Verdict.ACCEPTED
    assert story.http.rounds <= 8


def test_a_lost_phone(story):
    [(_, handed)] = story.issue("first")
    story.registry.submit(
        "DeactivateHolder", {"id": story.officer, "guardian": story.agency.id}, story.agency.controller
    )
    assert outcome_of(story.judge(handed["credential"]), 7) == ("failed", "holder-mismatch")


def test_rotation_and_theft(story):
    [(_, before)] = story.issue("yesterday")
    story.registry.ledger.advance(86_400)
    story.agency.update()
    story.registry.ledger.advance(3_600)
    assert story.judge(before["credential"]).verdict is Verdict.ACCEPTED
    [entry] = story.issue("old key today", anchor=False)
    assert outcome_of(story.judge(entry.credential), 2) == ("failed", "invalid-verification-method")
    [(_, fresh)] = story.issue("new key", number=2)
    assert story.judge(fresh["credential"]).verdict is Verdict.ACCEPTED
    stolen = PublicKey(Curve.P256, P256Key("agency issue 1").public_key)
    message = {
        "id": story.agency.id, "keyThumbprint": stolen.thumbprint(), "since": story.registry.now() - 3_600,
        "reporter": story.agency.id, "typeId": bytes(32), "seq": 0,
    }  # fmt: skip
    story.registry.submit("MarkCompromised", message, story.agency.controller)
    [forged] = story.issue("forged", at=story.registry.now() - 90_000, anchor=False)
    assert outcome_of(story.judge(forged.credential), 2) == ("failed", "key-compromised")
    assert outcome_of(story.judge(before["credential"]), 2) == ("failed", "key-compromised")
    report = story.judge(before["credential"], receipts=[before["receipt"]])
    assert report.verdict is Verdict.ACCEPTED
    assert outcome_of(report, 2) == ("ok", "receipted")
    borrowed = story.judge(forged.credential, receipts=[before["receipt"]])
    assert outcome_of(borrowed, 2) == ("failed", "key-compromised")


def test_the_end_of_an_accreditation(story):
    [(_, before)] = story.issue("before")
    story.registry.ledger.advance(3_600)
    message = {
        "grantor": story.ministry.id, "agency": story.agency.id, "typeId": KIND.type_id, "seq": 1,
        "endedAt": story.registry.now(),
        "nonce": story.registry.nonce("AccreditationRegistry", story.ministry.controller),
    }  # fmt: skip
    story.registry.submit("EndGrant", message, story.ministry.controller)
    story.registry.ledger.advance(60)
    assert outcome_of(story.judge(before["credential"]), 5) == ("failed", "issuer-not-accredited")
    report = story.judge(before["credential"], receipts=[before["receipt"]])
    assert report.verdict is Verdict.ACCEPTED, report.to_json()
    [forged] = story.issue("after", at=story.registry.now() - 1_800, anchor=False)
    assert outcome_of(story.judge(forged.credential), 5) == ("failed", "issuer-not-accredited")
    renewed = {**story.grant, "expectedSeq": 2, "from": story.registry.now()}
    story.registry.submit("Accredit", renewed, story.ministry.controller)
    assert story.judge(before["credential"]).verdict is Verdict.ACCEPTED


def test_a_dark_ledger_is_no_answer(story):
    [(_, handed)] = story.issue("first")
    shown = story.show(handed["credential"])
    when = datetime.fromtimestamp(story.registry.now(), UTC)
    dark = HttpTransport(Endpoints(rpc_url="http://127.0.0.1:9"))
    try:
        report = Verifier(story.ledger, dark).verify(shown, policy=Policy(), as_of=when, challenge=story.challenge)
    finally:
        dark.close()
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, 2) == ("undetermined", "ledger-unavailable")
