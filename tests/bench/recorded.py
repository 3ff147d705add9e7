"""A recorded history, the index that the node makes of it, and what both cost: used by `rebuild`, `serve` and `curves`.

Each rebuild is a process of its own, so that its memory and its processor time are its alone:
`python -m tests.bench.recorded FOLDER HOME all|off` prints them as JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.adapters.store_sql.digest import index_digest
from node.cli.index import rebuild_from
from node.config import Config
from node.rebuilding import fresh_index
from node.stores import open_index
from registry_client.core.hashing import keccak256
from tests.simulators.history import record
from tests.simulators.recording import DIFFERENT_CODE, about
from tests.simulators.recording_server import CHAIN_ID, serving

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "build" / "recordings"
FULL = bool(os.environ.get("FULL"))
LARGEST = int(os.environ.get("MAPAE_BENCH_DIDS") or (1_000_000 if FULL else 100_000))
"""DIDs of the largest history: a million takes minutes to make."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One rebuild."""

    events: int
    seconds: float
    cpu_s: float
    memory_mib: float
    index_mib: float
    digest: str


def recording_of(dids: int) -> Path:
    """The folder of a recording, made where it is not there; kept between runs."""
    folder = RECORDINGS / str(dids)
    print(f"bench: a history of {dids:,} DIDs ...", file=sys.stderr, flush=True)
    record(folder, dids)
    return folder


def config_of(folder: Path, home: Path, *, url: str, proofs: str) -> Config:
    """A node's settings for a recording."""
    known = about(folder)
    return Config(
        home=home,
        rpc_url=url,
        network=known["network"],
        chain_id=CHAIN_ID,
        genesis_hash=known["genesis"],
        directory=known["directory"],
        code_hash="0x" + keccak256(DIFFERENT_CODE).hex(),
        log_proofs=proofs,
    )


def rebuilt(folder: Path, home: Path, *, proofs: str) -> Cost:
    """Rebuild the index of a recording in `home`, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.recorded", str(folder), str(home), proofs]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, cwd=ROOT)
    return Cost(**json.loads(done.stdout))


def _rebuild(folder: Path, home: Path, proofs: str) -> dict[str, Any]:
    (home / "node").mkdir(parents=True, exist_ok=True)
    with serving(folder) as url:
        config = config_of(folder, home, url=url, proofs=proofs)
        began, used = time.perf_counter(), time.process_time()
        with fresh_index(config) as fresh:
            _, events = rebuild_from(config, fresh.store)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    engine = open_index(config)
    digest = str(index_digest(engine)["digest"])
    engine.dispose()
    if events != about(folder)["logs"]:
        raise RuntimeError(f"{events} events of {about(folder)['logs']} were indexed")
    size = config.index_path.stat().st_size / 2**20
    return {
        "events": events,
        "seconds": seconds,
        "cpu_s": cpu,
        "memory_mib": memory,
        "index_mib": size,
        "digest": digest,
    }


if __name__ == "__main__":
    print(json.dumps(_rebuild(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
