"""What happens to the system while clients work: one fault after another, in random order, each healed before the next.

A fault is a method of `Injector` named in FAULTS. After each the system must be healthy again within `READY_S`.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from node.adapters.chain import TIMEOUT_S
from tests.soak.hand import Score
from tests.soak.journal import Journal
from tests.soak.processes import Child
from tests.soak.system import System
from tests.support.fault_proxy import Kind, fault, storm

DAY_S = 86_400
NETWORK = (Kind.RESET, Kind.LOST_ANSWER, Kind.UNAVAILABLE, Kind.TRUNCATED, Kind.GARBAGE, Kind.WRONG_ID)
STORM_SHARE = 0.06


@dataclass(slots=True)
class Struck:
    """One fault that happened. `healed_s`: until everything was ready again."""

    name: str
    began_at: float
    lasted_s: float
    healed_s: float


@dataclass
class Injector:
    """Breaks things, in the thread that calls `run`: what it starts dies with that thread (Linux)."""

    system: System
    journal: Journal
    score: Score
    struck: list[Struck] = field(default_factory=list)
    present: str = ""
    _old: Path | None = None

    def __post_init__(self) -> None:
        plan = self.system.plan
        self._until = time.monotonic()
        self._dice = random.Random(plan.seed)
        self._gap = plan.gap_s
        names = plan.faults or tuple(FAULTS)
        self._names = [name for name in names if name not in NEEDS_STRACE or shutil.which("strace")]

    @property
    def counts(self) -> Counter[str]:
        return Counter(item.name for item in self.struck)

    def run(self, seconds: float) -> None:
        """Go on for so long; the last fault is healed."""
        self._until = time.monotonic() + seconds
        round_: list[str] = []
        while True:
            self._while(*self._gap)
            if time.monotonic() >= self._until:
                return
            if not round_:  # every fault once before any comes again
                round_ = self._dice.sample(self._names, len(self._names))
            name = round_.pop()
            try:
                self._strike(name)
            except Exception as error:
                text = f"after {name}: {type(error).__name__}: {error}"
                self.journal.violation(text)
                with self.score.lock:
                    self.score.violations.append(text)

    def _strike(self, name: str) -> None:
        self.present = name
        began = time.monotonic()
        self.journal.fault(name)
        with self.system.operating:
            try:
                FAULTS[name](self)
            finally:
                lasted = time.monotonic() - began
                healed = self.system.heal()
        self.struck.append(Struck(name, began, lasted, healed))
        self.present = ""

    def _while(self, low: float, high: float) -> None:
        """Let things be as they are for a while, but not beyond the end."""
        time.sleep(max(0.0, min(self._dice.uniform(low, high), self._until - time.monotonic())))

    # processes

    def kill_node(self) -> None:
        self.system.node.kill()
        self._while(0, 2)

    def kill_ledger(self) -> None:
        """The supervisor dies; its engine dies with it."""
        self.system.ledger.kill()
        self._while(0, 2)

    def kill_engine(self) -> None:
        """anvil dies alone: the supervisor has to notice, and end."""
        pid = self.system.anvil_pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.system.ledger.wait()

    def kill_both(self) -> None:
        self.system.ledger.kill()
        self.system.node.kill()
        self._while(0, 1)

    def restart_node(self) -> None:
        self.system.node.stop()

    def restart_ledger(self) -> None:
        self.system.ledger.stop()
        self._while(0, 3)

    def kill_node_while_starting(self) -> None:
        for _ in range(3):
            self.system.node.kill()
            self.system.node.start()
            self._while(0.3, 2.0)
        self.system.node.kill()

    def freeze_node(self) -> None:
        self._freeze(self.system.node.signal)

    def freeze_ledger(self) -> None:
        self._freeze(self.system.ledger.signal)

    def _freeze(self, send: Callable[[int], None]) -> None:
        send(signal.SIGSTOP)
        try:
            self._while(2, 6)
        finally:
            send(signal.SIGCONT)

    # network

    def network_fault(self) -> None:
        """One kind of trouble on every request."""
        self.system.proxy.play(fault(self._dice.choice(NETWORK)))
        self._while(2, 7)

    def network_storm(self) -> None:
        """Every kind of trouble at once, on some of the requests."""
        self.system.proxy.play(*storm(STORM_SHARE))
        self._while(10, 25)

    def network_hang(self) -> None:
        """No answer at all, at times for longer than the node waits."""
        self.system.proxy.play(fault(Kind.HANG))
        self._while(2, TIMEOUT_S + 5)

    def network_slow(self) -> None:
        self.system.proxy.play(fault(Kind.SLOW, delay_s=1.5))
        self._while(6, 12)

    def restart_in_storm(self) -> None:
        self.system.proxy.play(*storm(STORM_SHARE))
        self.system.node.kill()
        self.system.node.start()
        self._while(4, 8)
        self.system.ledger.kill()
        self.system.ledger.start()
        self._while(2, 5)

    # disk

    def disk_full_under_node(self) -> None:
        """Some writes of the node's files say ENOSPC, then the node is killed."""
        self._traced(self.system.node, "pwrite64", "ENOSPC")

    def disk_error_under_node(self) -> None:
        self._traced(self.system.node, "fdatasync,fsync", "EIO")

    def disk_error_under_ledger(self) -> None:
        """The journal's next syncs fail: the ledger has to stop rather than to go on."""
        self._traced(self.system.ledger, "fdatasync,fsync", "EIO")

    def _traced(self, child: Child, calls: str, error: str) -> None:
        child.stop()
        first = self._dice.randint(5, 60)
        inject = f"inject={calls}:error={error}:when={first}..{first + 15}"
        child.start(
            ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
        )
        self._while(6, 10)
        child.kill()

    def index_lost(self) -> None:
        self.system.node.kill()
        self._remove_index()

    def index_of_yesterday(self) -> None:
        """An older copy is put in the index's place."""
        self.system.node.stop()
        index = self.system.config.index_path
        older = self.system.plan.folder / "index.older.sqlite"
        if older.exists():
            fresh = older.with_suffix(".new")
            shutil.copyfile(index, fresh)
            self._remove_index()
            shutil.copyfile(older, index)
            fresh.replace(older)
        else:
            shutil.copyfile(index, older)

    def _remove_index(self) -> None:
        index = self.system.config.index_path
        for suffix in ("", "-wal", "-shm"):
            index.with_name(index.name + suffix).unlink(missing_ok=True)

    # clock

    def clock_jumps(self) -> None:
        """The ledger's wall clock is a day off: it must mine nothing, and go on when the clock is right again."""
        self.system.offset_file.write_text(str(self._dice.choice((-DAY_S, DAY_S, 3_600, -3_600))))
        self._while(3, 7)
        self.system.offset_file.write_text("0")


FAULTS: dict[str, Callable[[Injector], None]] = {
    "node killed": Injector.kill_node,
    "ledger killed": Injector.kill_ledger,
    "engine killed": Injector.kill_engine,
    "both killed": Injector.kill_both,
    "node killed while starting": Injector.kill_node_while_starting,
    "node restarted": Injector.restart_node,
    "ledger restarted": Injector.restart_ledger,
    "node frozen": Injector.freeze_node,
    "ledger frozen": Injector.freeze_ledger,
    "network fault": Injector.network_fault,
    "network storm": Injector.network_storm,
    "network silent": Injector.network_hang,
    "network slow": Injector.network_slow,
    "both killed in a network storm": Injector.restart_in_storm,
    "disk full under the node": Injector.disk_full_under_node,
    "disk error under the node": Injector.disk_error_under_node,
    "disk error under the ledger": Injector.disk_error_under_ledger,
    "index deleted": Injector.index_lost,
    "older index restored": Injector.index_of_yesterday,
    "ledger's clock jumps": Injector.clock_jumps,
}
NEEDS_STRACE = frozenset(name for name in FAULTS if name.startswith("disk "))
