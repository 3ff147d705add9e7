"""What `agency init` says that it waits for: the root that admitted the agency, or the council where that was it."""

from types import SimpleNamespace

import pytest

from registry_client.cli import agency, context
from registry_client.errors import InvalidProfileError

DID = "did:mapae:dev-1a2b3c:2hPm"
ROOT = "did:mapae:dev-1a2b3c:8seQ"
VCT = "https://mapae.invalid/vct/gate-pass/v1"


@pytest.fixture
def following(monkeypatch, tmp_path):
    """The lines of an admitted agency that holds no right yet, by who sponsors it."""

    def lines(sponsor, *, held=False):
        node = SimpleNamespace(get=lambda _: {"admission": {"sponsor": sponsor}})
        monkeypatch.setattr(context, "node", lambda: node)
        asked = SimpleNamespace(did=DID)
        return agency._following(asked, True, rights={VCT: held}, request=tmp_path)

    return lines


def test_a_root_that_admitted_is_the_one_that_gives(following):
    (line,) = following(ROOT)
    assert line == f"mapae accreditation give {DID} --type gate-pass --grantor {ROOT} --key KEY"
    assert "root agency" in agency._waiting_for([line])


def test_who_was_admitted_by_the_council_asks_the_council(following):
    (line,) = following(None)
    assert line.startswith(f"mapae council propose grant-root agency={DID} type=gate-pass ")
    assert "the council" in agency._waiting_for([line])


def test_who_holds_its_rights_waits_for_nobody(following):
    assert following(ROOT, held=True) == []


def test_a_profile_without_a_book_is_said_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(context, "profile", lambda: SimpleNamespace(book=None))
    with pytest.raises(InvalidProfileError, match="the profile names no book"):
        agency.init("gate-pass")
