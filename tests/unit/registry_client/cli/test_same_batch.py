"""A batch of the book is handed out again only for what it was issued with."""

import pytest

from registry_client.adapters.book import IssuerBook
from registry_client.cli.claims import request_of
from registry_client.cli.same_batch import require_same_batch
from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.errors import BookError
from registry_client.issuer import CredentialIssuer
from tests.simulators.signer import memory_signer
from tests.simulators.world import HOST, World

LINE = {"claims": {"name": "정부세종청사관리본부", "institutionCode": "1741100"}, "reference": "R-1"}


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def asked(world, tmp_path_factory):
    """A function that compares a batch of one organisation, entered with +365d, with what is asked for now."""
    kind, key = world.organisation_type, world.issue_key
    line = {**LINE, "subject": world.gate}
    entered_at = world.ledger.now - 5_000_000
    request = request_of(
        line, 1, kind=kind, until=entered_at + 365 * 86_400, form=Format.DATA_INTEGRITY, now=entered_at
    )
    with IssuerBook.create(tmp_path_factory.mktemp("b") / "book", agency=world.agency, secret=b"k" * 32) as book:
        book.add_list(world.list_id, opened_at=1)
        issuer = CredentialIssuer(book, method_id=world.method_id, signer=key, status_host=HOST, types={kind.vct: kind})
        known = issuer.issue_batch("b", [request], now=lambda: world.ledger.now)

    def compare(*, lines=None, entries=known, **changes):
        options = {
            "kind": kind,
            "form": Format.DATA_INTEGRITY,
            "until": "+365d",
            "method_id": world.method_id,
            "key": key.public_key,
            "suite": None,
        }
        require_same_batch("b", entries, [line] if lines is None else lines, **(options | changes))

    compare.line = line
    return compare


def test_the_same_command_is_the_same_batch_whenever_it_is_run(asked):
    asked()
    asked(suite="ecdsa-jcs-2019")


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"until": "+30d"}, "--until"),
        ({"until": "2030-01-31"}, "--until"),
        ({"until": None}, "--until"),
        ({"suite": "ecdsa-rdfc-2019"}, "--suite"),
        ({"form": Format.VC_JWT}, "--format"),
        ({"method_id": "did:mapae:dev-1:other#issue-2"}, "--key"),
        ({"key": memory_signer("elsewhere", Curve.ED25519).public_key}, "--key"),
        ({"lines": []}, "--claims"),
    ],
)
def test_another_option_is_named_and_refused(asked, changes, option):
    with pytest.raises(BookError, match=rf"with other options: {option}; give --batch NAME"):
        asked(**changes)


def test_another_type_is_named(asked, world):
    with pytest.raises(BookError, match="other options: --type"):
        asked(kind=world.type)


@pytest.mark.parametrize(
    "changes",
    [{"claims": {**LINE["claims"], "name": "다른 기관"}}, {"reference": "R-2"}, {"subject": "did:web:other.example"}],
)
def test_other_claims_under_one_name_are_refused(asked, changes):
    with pytest.raises(BookError, match="other options: --claims"):
        asked(lines=[{**asked.line, **changes}])


def test_several_options_are_named_at_once(asked):
    with pytest.raises(BookError, match="--until, --suite; give"):
        asked(until="+1d", suite="ecdsa-rdfc-2019")
