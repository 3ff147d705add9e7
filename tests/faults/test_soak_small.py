"""A soak of half a minute: the whole machinery of `make soak`, small enough for every run of the tests."""

from pathlib import Path

import pytest

from tests.soak.plan import Plan
from tests.soak.report import summary, violations, write_report
from tests.soak.run import soak

pytestmark = [pytest.mark.chain, pytest.mark.slow]

FAULTS = (
    *("node killed", "ledger killed", "engine killed", "node killed while starting", "ledger restarted"),
    *("network fault", "network storm", "index deleted", "ledger's clock jumps"),
)


@pytest.mark.timeout(1_200)
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the deployment leaves a connection to the collector
def test_nothing_is_lost_doubled_or_shown_otherwise(tmp_path: Path) -> None:
    done = soak(Plan(0.4, tmp_path / "soak", rate=5.0, faults=FAULTS, gap_s=(0.5, 2.5)))
    assert violations(done) == [], summary(done)
    states = done.verdict.figures["operations"]["states"]
    assert states["final"] >= 16
    assert done.injector.struck
    assert not write_report(done, tmp_path / "soak.md")
    assert "nothing was lost" in (tmp_path / "soak.md").read_text().lower()
