"""What an index of 1k, 10k, 100k and 1M DIDs costs: the time of a first resolution, its size, memory, start-up.

Writes docs/img/costs.svg beside the table.
"""

import random
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.bench.picture import Curve, picture
from tests.bench.recorded import LARGEST, ROOT, rebuilt, recording_of
from tests.bench.report import Table, figure
from tests.bench.served import paths_of, served
from tests.simulators.recording_server import serving

SIZES = tuple(size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= LARGEST)
ASKED = 1_000
PICTURE = ROOT / "docs" / "img" / "costs.svg"


def _point(dids: int) -> tuple[float, float, float, float, float]:
    """First and second resolution (µs), index (MiB), memory of a serving process (MiB), start-up (s)."""
    folder = recording_of(dids)
    with TemporaryDirectory(prefix="mapae-bench-") as place, serving(folder) as url:
        cost = rebuilt(folder, Path(place), proofs="off")
        with served(folder, Path(place), url, "node") as node, httpx.Client(trust_env=False) as http:
            paths = random.Random(1).sample(paths_of(folder).read_text().split("\n")[1:], min(ASKED, dids // 2))
            times = []
            for _ in range(2):
                figures = []
                for path in paths:
                    began = time.perf_counter()
                    http.get(f"http://127.0.0.1:{node.port}{path}").raise_for_status()
                    figures.append((time.perf_counter() - began) * 1e6)
                times.append(statistics.median(figures))
            return times[0], times[1], cost.index_mib, node.memory_mib(), node.started_s


def measure() -> Table:
    """Measure each size and draw the curves."""
    points = {size: _point(size) for size in SIZES}
    names = ("first resolution, µs", "asked again, µs", "index, MiB", "memory, MiB", "start-up, processor s")
    curves = [Curve(name, tuple(points[size][at] for size in SIZES)) for at, name in enumerate(names)]
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture("What more DIDs cost", SIZES, curves))
    return Table(
        title="What more DIDs cost",
        columns=("DIDs", *names),
        rows=tuple((f"{size:,}", *map(figure, points[size])) for size in SIZES),
        notes=(
            "![The same as curves](img/costs.svg)",
            f"Median of {ASKED:,} resolutions, one after the other over one connection: client and HTTP included.",
            "Memory and start-up are those of a process that only serves (`--role api`).",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
