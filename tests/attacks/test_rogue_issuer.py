"""Issuers that nobody accredited, paths that do not join, and a reader that says "valid" where it is not."""

from dataclasses import replace

import pytest

from registry_client.core.accreditation import verify_path
from registry_client.core.facts import AccreditationPath
from registry_client.core.report import Verdict
from registry_client.core.status import StatusReference, token_status
from registry_client.errors import IssuerNotAccreditedError
from registry_client.flows import run
from tests.simulators.ledger import NoTransport, SimulatedLedger
from tests.simulators.world import HOST, World, outcome_of


@pytest.fixture
def world():
    return World()


def path_of(world):
    agency = world.ledger.id_of(world.agency)
    return run(world.ledger.accreditation(agency, world.type.type_id, at=world.ledger.now), NoTransport())


def judged(world, path):
    agency = world.ledger.id_of(world.agency)
    verify_path(path, agency=agency, type_id=world.type.type_id, at=world.ledger.now)


def test_the_honest_path_holds(world):
    path = path_of(world)
    judged(world, path)
    assert [link.grant.depth for link in path.links] == [2, 1]


def changed(path, place, **grant):
    links = list(path.links)
    links[place] = replace(links[place], grant=replace(links[place].grant, **grant))
    return replace(path, links=tuple(links))


@pytest.mark.parametrize(
    ("place", "grant"),
    [
        (0, {"may_issue": False}),
        (1, {"may_accredit": False}),
        (0, {"valid_from": 2**40}),
        (1, {"valid_until": 0}),
        (0, {"ended_at": 1}),
        (0, {"depth": 1}),
        (0, {"grantor": b"x" * 20}),
        (0, {"grantor_seq": 2}),
        (1, {"grantor": b"x" * 20}),
        (1, {"depth": 0}),
    ],
)
def test_a_path_with_one_wrong_link(world, place, grant):
    with pytest.raises(IssuerNotAccreditedError):
        judged(world, changed(path_of(world), place, **grant))


def test_paths_that_do_not_join(world):
    path = path_of(world)
    leaf, root = path.links
    for links in ((), (leaf,), (root,), (root, leaf), (leaf, root, root), (leaf,) * 5):
        with pytest.raises(IssuerNotAccreditedError):
            judged(world, replace(path, links=links))
    for other in ({"agency": bytes(20)}, {"type_id": bytes(32)}):
        with pytest.raises(IssuerNotAccreditedError):
            judged(world, replace(path, **other))


class Flattering(SimulatedLedger):
    """Says `valid` of everything."""

    def accreditation(self, agency, type_id, *, at, block=None):
        found = yield from super().accreditation(agency, type_id, at=at)
        return AccreditationPath(agency, type_id, at, True, found.links, found.head, found.assurance)


def test_the_readers_word_is_not_taken(world):
    stranger = world.ledger.organisation("stranger", world.methods(world.issue_key))
    list_id = world.ledger.open_list(stranger)
    world.ledger.__class__ = Flattering
    text = world.issue(method_id=f"{stranger}#issue-1", status=token_status(StatusReference(list_id, 1), host=HOST))
    report = world.verify(world.present(text))
    assert report.verdict is Verdict.REJECTED
    assert outcome_of(report, 5) == ("failed", "issuer-not-accredited")


def test_an_accreditation_for_another_type(world):
    agency = world.ledger.organisation("other", world.methods(world.issue_key))
    world.ledger.accredit(agency, world.organisation_type.type_id, grantor=world.ministry)
    text = world.issue(method_id=f"{agency}#issue-1")
    assert outcome_of(world.verify(world.present(text)), 5) == ("failed", "issuer-not-accredited")


def test_an_accreditation_only_to_accredit(world):
    agency = world.ledger.organisation("other", world.methods(world.issue_key))
    world.ledger.accredit(agency, world.type.type_id, grantor=world.ministry, may_issue=False, may_accredit=True)
    text = world.issue(method_id=f"{agency}#issue-1")
    assert outcome_of(world.verify(world.present(text)), 5) == ("failed", "issuer-not-accredited")


def test_a_phone_issues_nothing(world):
    """A holder's DID has a key, and it is not one to assert with."""
    text = world.issue(method_id=f"{world.officer}#key-1", signer=world.phone)
    assert outcome_of(world.verify(world.present(text)), 2) == ("failed", "wrong-relationship")
