"""`verify_many`: credentials a second over one process and over two, wall time, whole verdicts.

- The clock starts when the first tenth has come back, so that starting processes and reading facts is not in it.
- One process and two take turns; a ratio is taken within its round. Two is what the smallest machine has.
"""

import os
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from time import perf_counter

from registry_client.batch import verify_many
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from registry_client.verifier import Verifier
from tests.bench.report import Table, spread
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World

CREDENTIALS, JUDGED, ROUNDS = 2_000, 24_000, 5
POLICY = Policy(possession="never")


def make_verifier() -> Verifier:
    """A verifier of the same simulated ledger in every process: its keys follow from labels."""
    return Verifier(World().ledger, NoTransport(), keep_s=1e9)


def _rate(sources: Iterator[str], processes: int, when: datetime) -> float:
    """Credentials a second, once the processes run."""
    reports = verify_many(sources, make_verifier=make_verifier, policy=POLICY, as_of=when, processes=processes)
    warm, started = JUDGED // 10, 0.0
    for place, report in enumerate(reports):
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)
        if place == warm:
            started = perf_counter()
    return (JUDGED - warm) / (perf_counter() - started)


def measure() -> Table:
    """Time one process and two, in turn."""
    world = World()
    when = datetime.fromtimestamp(world.ledger.now, UTC)
    jwts = [world.issue_jwt(index=number) for number in range(CREDENTIALS)]
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for processes, found in rates.items():
            found.append(_rate(islice(cycle(jwts), JUDGED), processes, when))
    rows = []
    for processes, found in rates.items():
        ratios = [mine / base for mine, base in zip(found, rates[1], strict=True)]
        rows.append((str(processes), f"{statistics.median(found):,.0f}", spread(ratios)))
    return Table(
        title="Many credentials over processes",
        columns=("processes", "vc+jwt a second, whole", "x one process (middle half)"),
        rows=tuple(rows),
        notes=(
            f"`verify_many`, {JUDGED:,} vc+jwt ES256 for each figure, wall time, {ROUNDS} rounds in turn.",
            f"Reports come back to one process, which is the part that does not scale; {os.cpu_count()} CPUs.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
