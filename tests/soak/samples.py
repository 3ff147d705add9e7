"""Memory and files of the system, sampled while it runs, and the bounds that they have to stay in."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.system import System

EVERY_S = 5.0
SETTLED_S = 15.0
"""A process that is younger is still starting: its memory says nothing."""
NODE_MIB_MAX = 400.0
GROWTH_MAX = 1.35
"""Most that the node's and the supervisor's memory may grow from the first third of a soak to the last."""
GROWTH_ROOM_MIB = 24.0
ENGINE_MIB_BASE, ENGINE_KIB_A_BLOCK = 220.0, 48.0
"""The engine keeps every block: what it may take is this much and this much a block more."""
FILES = {
    "index": "node/index.sqlite",
    "index WAL": "node/index.sqlite-wal",
    "outbox": "node/outbox.sqlite",
    "outbox WAL": "node/outbox.sqlite-wal",
    "log": "log/node.log",
}
WAL_MIB_MAX = 64.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. MiB, seconds; `ages`: of the processes."""

    at_s: float
    memory: dict[str, float]
    ages: dict[str, float]
    files: dict[str, float]
    block: int
    """0: the ledger could not be asked."""


@dataclass(eq=False)
class Sampler(threading.Thread):
    """Looks every EVERY_S seconds."""

    system: System
    over: threading.Event
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(name="samples", daemon=True)
        self._began = time.monotonic()

    def run(self) -> None:
        while True:
            self.look()
            if self.over.wait(EVERY_S):
                return

    def look(self) -> None:
        system, now = self.system, time.monotonic()
        pids = {"node": system.node.pid, "supervisor": system.ledger.pid, "engine": system.anvil_pid()}
        memory = {name: mib for name, pid in pids.items() if (mib := _resident_mib(pid)) is not None}
        ledger_age = now - system.ledger.started_at
        ages = {"node": now - system.node.started_at, "supervisor": ledger_age, "engine": ledger_age}
        files = {name: _mib(system.home / path) for name, path in FILES.items()}
        files["journal"] = sum(_mib(path) for path in (system.home / "ledger").glob("**/*") if path.is_file())
        self.samples.append(Sample(now - self._began, memory, ages, files, _block(system)))

    def series(self, name: str) -> list[tuple[float, float]]:
        """(time, MiB) of a process, once it has settled."""
        found = ((s.at_s, s.memory[name], s.ages[name]) for s in self.samples if name in s.memory)
        return [(at, mib) for at, mib, age in found if age >= SETTLED_S]

    def judge(self) -> list[str]:
        """What is out of bounds."""
        found = []
        for name in ("node", "supervisor"):
            values = [mib for _, mib in self.series(name)]
            if values and max(values) > NODE_MIB_MAX:
                found.append(f"the {name} took {max(values):.0f} MiB, more than {NODE_MIB_MAX:.0f}")
            third = len(values) // 3
            if third >= 10:
                first, last = _median(values[:third]), _median(values[-third:])
                if last > first * GROWTH_MAX + GROWTH_ROOM_MIB:
                    found.append(f"the {name} grew from {first:.0f} to {last:.0f} MiB")
        height = 0
        for sample in self.samples:
            height = max(height, sample.block)  # a ledger that cannot be asked just now has not become shorter
            bound = ENGINE_MIB_BASE + height * ENGINE_KIB_A_BLOCK / 1024
            if sample.memory.get("engine", 0) > bound:
                found.append(f"the engine took {sample.memory['engine']:.0f} MiB at block {height}")
                break
        for name in ("index WAL", "outbox WAL"):
            worst = max((sample.files[name] for sample in self.samples), default=0.0)
            if worst > WAL_MIB_MAX:
                found.append(f"the {name} took {worst:.0f} MiB, more than {WAL_MIB_MAX:.0f}")
        return found


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _resident_mib(pid: int | None) -> float | None:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return None


def _mib(path: Path) -> float:
    try:
        return path.stat().st_size / 2**20
    except OSError:
        return 0.0


def _block(system: System) -> int:
    try:
        return int(system.calls.rpc("eth_blockNumber"), 16)
    except Exception:
        return 0
