"""`mapae-node index rebuild` from a recorded, hash-linked history over loopback JSON-RPC, proofs on and off.

- The server is a child process that sends slices of files; wall time and the processor time of the node are both shown.
- Memory at the largest history against a tenth of it: flat means that an index of any size can be rebuilt.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.recorded import LARGEST, Cost, rebuilt, recording_of
from tests.bench.report import Table, figure

ROUNDS = 2


def best(dids: int, proofs: str) -> Cost:
    """The quickest of a few rebuilds, by processor time: what another process took away is not ours."""
    folder = recording_of(dids)
    found = []
    for _ in range(ROUNDS if dids <= 100_000 else 1):
        with TemporaryDirectory(prefix="mapae-bench-") as home:
            found.append(rebuilt(folder, Path(home), proofs=proofs))
    return min(found, key=lambda cost: cost.cpu_s)


def measure() -> Table:
    """Rebuild a tenth of the largest history and all of it."""
    rows, memory, digests = [], {}, {}
    for dids in (LARGEST // 10, LARGEST):
        for proofs in ("all", "off"):
            cost = best(dids, proofs)
            memory.setdefault(proofs, cost.memory_mib)
            if digests.setdefault(dids, cost.digest) != cost.digest:
                raise RuntimeError("two rebuilds of one history gave two indexes")
            rows.append(
                (
                    f"{dids:,} DIDs, {'every log proved' if proofs == 'all' else 'the RPC believed'}",
                    f"{cost.events:,}",
                    f"{cost.events / cost.seconds:,.0f}",
                    f"{cost.events / cost.cpu_s:,.0f}",
                    figure(cost.memory_mib),
                    figure(cost.memory_mib / memory[proofs]),
                )
            )
    return Table(
        title="Rebuilding the index",
        columns=(
            "history",
            "events",
            "events a second, wall",
            "events a second of processor",
            "peak memory, MiB",
            "x memory at a tenth",
        ),
        rows=tuple(rows),
        notes=(
            "A generated stream (tests/simulators): 100 events a block, 25 a transaction, served from files.",
            "Start of the process and making the index's tables included; the quickest of a few runs.",
            "Every rebuild of one history has the same digest, with proofs and without.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
