"""Many credentials over several processes: the same reports, in the same order, whatever is among them."""

import pickle
from datetime import UTC, datetime

import pytest

from registry_client.batch import CHUNK, verify_many
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from registry_client.errors import InvalidInputError, NotAcceptedError
from registry_client.verifier import Verifier
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World

POLICY = Policy(possession="never")


def make_verifier():
    """The same simulated ledger in every process: its keys follow from labels."""
    return Verifier(World().ledger, NoTransport(), keep_s=1e9)


def mixture(world):
    sources = [world.issue_jwt(index=index) for index in range(2 * CHUNK)]
    sources += [world.issue_document(index=3), world.issue(index=4), "nonsense", b"\xff", "", '{"a":1,"a":2}']
    sources[5] = sources[5][:-4] + "AAAA"
    return sources


@pytest.mark.parametrize("processes", [1, 2])
def test_reports_come_in_order_and_are_the_verifiers_own(processes):
    world = World()
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    sources = mixture(world)
    reports = list(verify_many(sources, make_verifier=make_verifier, policy=POLICY, as_of=when, processes=processes))
    alone = make_verifier()
    expected = [alone.verify(source, policy=POLICY, as_of=when) for source in sources]
    assert [report.to_json() for report in reports] == [report.to_json() for report in expected]
    verdicts = [report.verdict for report in reports]
    assert verdicts.count(Verdict.ACCEPTED) == 2 * CHUNK + 1
    assert verdicts[5] is Verdict.REJECTED
    assert reports[0].require_accepted() == expected[0].require_accepted()


def test_a_report_survives_a_journey():
    world = World()
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    report = make_verifier().verify(world.issue(), policy=POLICY, as_of=when)
    arrived = pickle.loads(pickle.dumps(report))
    assert arrived == report
    assert arrived.to_json() == report.to_json()
    assert arrived.require_accepted() == report.require_accepted()
    assert pickle.loads(pickle.dumps(arrived)).require_accepted() == report.require_accepted()


def test_what_was_not_accepted_does_not_travel():
    world = World()
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    report = make_verifier().verify(
        world.issue(index=4), policy=Policy(possession="always"), as_of=when, service="GATE-01"
    )
    assert report.verdict is Verdict.REJECTED
    data = pickle.dumps(report)
    assert b"institutionName" not in data
    arrived = pickle.loads(data)
    assert arrived == report
    with pytest.raises(NotAcceptedError):
        arrived.require_accepted()


def test_mistakes_are_told_before_anything_starts():
    with pytest.raises(InvalidInputError, match="process"):
        verify_many([], make_verifier=make_verifier, policy=POLICY, as_of=datetime.now(UTC), processes=0)
    with pytest.raises(TypeError, match="time zone"):
        verify_many([], make_verifier=make_verifier, policy=POLICY, as_of=datetime(2026, 1, 1))  # noqa: DTZ001
