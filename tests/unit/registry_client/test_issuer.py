"""Issuing: nothing unchecked is signed, batches resume anywhere, receipts lead to what was anchored."""

from dataclasses import replace

import pytest

from registry_client.adapters.book import IssuerBook
from registry_client.core.book import IssuanceRequest
from registry_client.core.credential import Format
from registry_client.core.issuance import compute_anchor
from registry_client.core.report import Verdict
from registry_client.core.status import StatusReference
from registry_client.errors import BookError, InvalidInputError, LedgerInconsistentError, SchemaMismatchError
from registry_client.issuer import GROUP, CredentialIssuer, delivery_of
from tests.simulators.signer import memory_signer
from tests.simulators.world import CLAIMS, HOST, World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def book(world, tmp_path):
    with IssuerBook.create(tmp_path / "book", agency=world.agency, secret=b"k" * 32) as made:
        made.add_list(world.list_id, opened_at=1)
        yield made


def issuer_of(world, book, **changes):
    options = {
        "method_id": world.method_id,
        "signer": world.issue_key,
        "status_host": HOST,
        "types": {kind.vct: kind for kind in (world.type, world.organisation_type)},
    }
    return CredentialIssuer(book, **(options | changes))


def requests_of(world, count=3):
    return [
        IssuanceRequest(
            vct=world.type.vct,
            claims=CLAIMS | {"staffNumber": f"MOIS-{number}"},
            holder_key=world.phone.public_key,
            subject=world.officer,
            valid_from=world.ledger.now - 10,
            valid_until=world.ledger.now + 10**7,
            reference=f"HR-{number}",
        )
        for number in range(count)
    ]


def anchored(world, issuer, batch):
    plan = issuer.plan_anchor(batch, next_seq=1)
    seq, time = world.ledger.anchor(world.agency, plan.root, plan.count)
    assert seq == plan.seq
    return issuer.complete_anchor(batch, time=time, anchored=compute_anchor(plan.root, count=plan.count, time=time))


def test_a_batch_from_claims_to_verdicts(world, book):
    issuer = issuer_of(world, book)
    seen = []
    requests = [*requests_of(world), IssuanceRequest(
        vct=world.organisation_type.vct,
        format=Format.DATA_INTEGRITY,
        claims={"name": "정부세종청사관리본부", "institutionCode": "1741100"},
        subject=world.gate,
        valid_until=world.ledger.now + 10**7,
    )]  # fmt: skip
    requests.append(replace(requests[-1], format=Format.VC_JWT))
    issuer.issue_batch("b", requests, now=lambda: world.ledger.now, progress=lambda *step: seen.append(step))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    entries = anchored(world, issuer, "b")
    world.ledger.advance(60)
    world.ledger.compromise_key(world.agency, world.issue_key.public_key, world.ledger.now)
    for entry in entries:
        handed = delivery_of(entry)
        assert handed["format"] == entry.request.format
        source = handed["credential"]
        present = {Format.SD_JWT_VC: world.present, Format.VC_JWT: world.present_jwt}
        shown = present.get(entry.request.format, world.present_document)(source)
        assert world.verify(shown, receipts=[handed["receipt"]]).verdict is Verdict.ACCEPTED
        assert world.verify(shown).verdict is Verdict.REJECTED


def test_what_the_schema_refuses_is_never_signed_or_entered(world, book):
    issuer = issuer_of(world, book)
    good = requests_of(world)
    for claims in (
        CLAIMS | {"name": "900101-1234567"},
        CLAIMS | {"department": "주민번호 9001011234567 참고"},
        CLAIMS | {"institutionCode": "12345"},
        CLAIMS | {"rrn": "x"},
        {"name": "김"},
    ):
        with pytest.raises(SchemaMismatchError, match="line 3"):
            issuer.issue_batch("b", [*good[:2], replace(good[2], claims=claims)], now=lambda: 1)
    assert book.entries("b") == []


def test_requests_that_make_no_sense(world, book):
    issuer = issuer_of(world, book)
    good = requests_of(world, 1)[0]
    for bad in (
        replace(good, vct="https://mapae.invalid/vct/other/v1"),
        replace(good, holder_key=None),
        replace(good, valid_until=good.valid_from),
        replace(good, format=Format.DATA_INTEGRITY),
    ):
        with pytest.raises(InvalidInputError):
            issuer.issue_batch("b", [bad], now=lambda: 1)


class FailingSigner:
    """Signs a few times, then fails, as a token that was pulled out."""

    def __init__(self, signer, good):
        self.signer, self.left = signer, good
        self.public_key = signer.public_key

    def sign(self, message):
        if self.left == 0:
            raise ConnectionError("the token was pulled out")
        self.left -= 1
        return self.signer.sign(message)


@pytest.mark.parametrize("good", range(5))
def test_a_batch_goes_on_where_it_stopped(world, book, good):
    requests = requests_of(world, 4)
    failing = issuer_of(world, book, signer=FailingSigner(world.issue_key, good))
    if good < 4:
        with pytest.raises(ConnectionError):
            failing.issue_batch("b", requests, now=lambda: world.ledger.now)
        with pytest.raises(InvalidInputError, match="every line is signed"):
            failing.plan_anchor("b", next_seq=1)
    before = {entry.id: entry for entry in book.entries("b")}
    entries = issuer_of(world, book).issue_batch("b", requests, now=lambda: world.ledger.now)
    assert len(entries) == 4
    for entry in entries:
        known = before.get(entry.id)
        assert known is None or known.status == entry.status
        if known is not None and known.progress == "signed":
            assert known == entry
    assert all(entry.receipt for entry in anchored(world, issuer_of(world, book), "b"))


def test_a_plan_is_made_once(world, book):
    issuer = issuer_of(world, book)
    issuer.issue_batch("b", requests_of(world), now=lambda: world.ledger.now)
    plan = issuer.plan_anchor("b", next_seq=5)
    assert issuer.plan_anchor("b", next_seq=9) == plan
    assert issuer.replan_anchor("b", next_seq=9).seq == 9
    assert issuer.plan_anchor("b", next_seq=1).seq == 9


def test_another_batch_under_the_number_gives_no_receipts(world, book):
    issuer = issuer_of(world, book)
    issuer.issue_batch("b", requests_of(world), now=lambda: world.ledger.now)
    plan = issuer.plan_anchor("b", next_seq=1)
    time = world.ledger.now
    right = compute_anchor(plan.root, count=plan.count, time=time)
    for wrong in (
        {"time": time, "anchored": bytes(32)},
        {"time": time + 1, "anchored": right},
        {"time": time, "anchored": compute_anchor(plan.root, count=plan.count + 1, time=time)},
    ):
        with pytest.raises(LedgerInconsistentError):
            issuer.complete_anchor("b", **wrong)
    assert book.entries("b")[0].receipt is None
    with pytest.raises(InvalidInputError, match="handed over"):
        delivery_of(book.entries("b")[0])


def test_nothing_is_anchored_for_an_unknown_batch(world, book):
    with pytest.raises(InvalidInputError):
        issuer_of(world, book).plan_anchor("nothing", next_seq=1)


def test_no_list_no_credential(world, tmp_path):
    with IssuerBook.create(tmp_path / "other", agency=world.agency, secret=b"k" * 32) as book, pytest.raises(BookError):
        issuer_of(world, book).issue_batch("b", requests_of(world), now=lambda: 1)


def test_credentials_of_one_batch_share_nothing_that_identifies(world, book):
    """Same claims twice: other salts, other digests, other places."""
    request = requests_of(world, 1)[0]
    first, second = issuer_of(world, book).issue_batch("b", [request, request], now=lambda: world.ledger.now)
    assert not set(first.credential.split("~")[:-1]) & set(second.credential.split("~")[:-1])
    assert first.status != second.status
    assert isinstance(first.status, StatusReference)
    assert memory_signer("x").public_key != world.phone.public_key


def test_a_large_batch_is_kept_in_groups_and_resumes_after_any_stop(world, book, monkeypatch):
    issuer = issuer_of(world, book)
    requests = requests_of(world, 1) * (2 * GROUP + 6)
    keep, kept, left = book.record_signed, [], [GROUP + 10]

    def record(lines):
        kept.append(len(lines))
        keep(lines)

    def clock():
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return world.ledger.now

    monkeypatch.setattr(book, "record_signed", record)
    with pytest.raises(KeyboardInterrupt):
        issuer.issue_batch("b", requests, now=clock)
    assert kept == [GROUP, 9]
    before = [entry.credential for entry in book.entries("b")]
    monkeypatch.setattr(book, "record_signed", lambda _: (_ for _ in ()).throw(BookError("the disk is full")))
    with pytest.raises(BookError, match="full"):
        issuer.issue_batch("b", requests, now=lambda: world.ledger.now)
    assert [entry.credential for entry in book.entries("b")] == before
    monkeypatch.setattr(book, "record_signed", record)
    done = issuer.issue_batch("b", requests, now=lambda: world.ledger.now)
    assert {entry.progress for entry in done} == {"signed"}
    assert [entry.credential for entry in done][: GROUP + 9] == before[: GROUP + 9]
    assert sum(kept) == len(requests)
    assert max(kept) == GROUP


def test_a_batch_by_an_rdf_suite(world, book):
    issuer = issuer_of(world, book, suite="ecdsa-rdfc-2019")
    request = IssuanceRequest(
        vct=world.organisation_type.vct,
        format=Format.DATA_INTEGRITY,
        claims={"name": "정부세종청사관리본부", "institutionCode": "1741100"},
        subject=world.gate,
        valid_until=world.ledger.now + 10**7,
    )
    issuer.issue_batch("rdf", [request], now=lambda: world.ledger.now)
    (entry,) = anchored(world, issuer, "rdf")
    document = delivery_of(entry)["credential"]
    assert document["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"
    report = world.verify(document, challenge=None)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    with pytest.raises(InvalidInputError, match="cryptosuite"):
        issuer.issue_batch("other", [replace(request, format=Format.VC_JWT)], now=lambda: world.ledger.now)
