"""Resolving through the node with a large index, against the same server answering fixed bytes; one worker.

- Ratio of answers a second, and of processor time an answer: the second stays true where others use the machine too.
- Load comes from tests/bench/load.py, an own asyncio client in another process.
"""

import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.load import put_on
from tests.bench.recorded import LARGEST, rebuilt, recording_of
from tests.bench.report import Table, figure
from tests.bench.served import paths_of, served
from tests.simulators.recording_server import serving

ROUNDS, SECONDS, CONNECTIONS = 5, 2.0, 32
ASKED = 2_000
"""DIDs asked for: all are in the node's memory after the first round, which does not count."""


def measure() -> Table:
    """Serve both side by side and load them in turn."""
    folder = recording_of(LARGEST)
    with TemporaryDirectory(prefix="mapae-bench-") as place, serving(folder) as url:
        home, paths = Path(place), paths_of(folder, most=ASKED)
        rebuilt(folder, home, proofs="off")
        rates: dict[str, list[float]] = {"fixed": [], "node": []}
        costs: dict[str, list[float]] = {"fixed": [], "node": []}
        with served(folder, home, url, "fixed") as fixed, served(folder, home, url, "node") as node:
            put_on(node.port, paths, seconds=3 * SECONDS, connections=CONNECTIONS)
            for _ in range(ROUNDS):
                for name, server in (("fixed", fixed), ("node", node)):
                    before = server.cpu_s()
                    load = put_on(server.port, paths, seconds=SECONDS, connections=CONNECTIONS)
                    rates[name].append(load.rate)
                    costs[name].append((server.cpu_s() - before) / load.answers * 1e6)
            half = statistics.median(rates["node"]) / 2
            paced = [
                put_on(node.port, paths, seconds=SECONDS, connections=CONNECTIONS, rate=half) for _ in range(ROUNDS)
            ]
    ratio = statistics.median(mine / base for mine, base in zip(rates["node"], rates["fixed"], strict=True))
    cheap = min(costs["fixed"]) / min(costs["node"])
    latest = min(load.p99 for load in paced)
    rows = (
        ("fixed bytes", f"{statistics.median(rates['fixed']):,.0f}", "1.00", figure(min(costs["fixed"])), "1.00", "-"),
        (
            "the node",
            f"{statistics.median(rates['node']):,.0f}",
            figure(ratio),
            figure(min(costs["node"])),
            figure(cheap),
            figure(latest),
        ),
    )
    return Table(
        title="Resolving through the node",
        columns=(
            "answers from",
            "a second",
            "x fixed bytes",
            "processor µs an answer",
            "x fixed bytes by processor",
            "p99 at half load, ms",
        ),
        rows=rows,
        notes=(
            f"{LARGEST:,} DIDs indexed, {ASKED:,} of them asked for at random, all asked before.",
            f"One worker, {CONNECTIONS} connections of an own asyncio client in another process.",
            f"{ROUNDS} rounds of {SECONDS:.0f} s in turn; processor time and p99 are the best round's.",
            "Half load: half of the answers a second above, at a steady rate; times count from when a request was due.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
