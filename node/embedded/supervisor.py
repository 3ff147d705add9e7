"""The supervisor: mines, and keeps the gate of a recovered ledger. Crash-only.

- An idle ledger mines an empty block when its head grows old (`heartbeat`), once before anybody is let in.
- A stop in order takes a snapshot if the next start would be slow.
- Every failure shuts the turnstile for good, is told in one report, and ends the process; the start is the recovery.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from node.embedded.capacity import CapacityMeter
from node.embedded.control import emit, serve_control
from node.embedded.errors import EmbeddedLedgerError, EngineFailedError, PortTakenError
from node.embedded.gate import Gate
from node.embedded.genesis import identity_of
from node.embedded.guards import ClockGuard, DiskGuard, Guards, Halt, boot_clock
from node.embedded.heartbeat import LOOK_S, Heartbeat
from node.embedded.housekeeping import Housekeeping
from node.embedded.http import HttpLimits, HttpServer
from node.embedded.isolation import Exposure
from node.embedded.mining import InHand, Miner, Pace
from node.embedded.records import BlockRef
from node.embedded.recovery import Recovered
from node.embedded.relayers import KnownRelayers, parse_address
from node.embedded.turnstile import Turnstile
from node.embedded.upstream import Upstream

RECHECK_S: Final = 1.0
"""A halted ledger looks this often whether the cause is gone."""


@dataclass(frozen=True, slots=True)
class LedgerOptions:
    """What may be set. Times in seconds."""

    port: int = 0
    relayers: tuple[str, ...] = ()
    snapshot_after_s: float = 5.0
    """A snapshot is taken when replaying what came after the last one would take about this long."""
    snapshot_at_stop_s: float = 0.5
    """The same at a stop in order."""
    reserve_bytes: int | None = None
    """Free disk space that is kept; None: the default of `guards`."""
    http: HttpLimits = field(default_factory=HttpLimits)
    wall_clock: Callable[[], float] = time.time
    """Unix seconds: what blocks are dated by."""
    even_clock: Callable[[], float] = boot_clock
    """Seconds that nobody sets: what the wall clock is compared with."""
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    """When an idle ledger mines an empty block."""


def disk_guard(home: Path, options: LedgerOptions) -> DiskGuard:
    """Make the guard of the ledger's disk as the options say."""
    return DiskGuard(home) if options.reserve_bytes is None else DiskGuard(home, reserve_bytes=options.reserve_bytes)


class Supervisor:
    """A recovered ledger being served. One use, made inside the running loop."""

    def __init__(
        self,
        home: Path,
        options: LedgerOptions,
        relayers: KnownRelayers,
        recovered: Recovered,
        *,
        exposure: Exposure | None = None,
    ) -> None:
        """Everything is given; nothing is started here. `exposure`: what `isolation.isolate` said."""
        self.port = 0
        """Where the gate listens, once it does."""
        self.listening = asyncio.Event()
        self._home = home
        self._options = options
        self._relayers = relayers
        self._anvil = recovered.anvil
        self._writer = recovered.writer
        self._report = recovered.report
        self._exposure = exposure
        self._identity = identity_of(recovered.header)
        self._guards = Guards(ClockGuard(wall=options.wall_clock, even=options.even_clock), disk_guard(home, options))
        self._halt: Halt | None = None
        self._in_hand = InHand()
        self._turnstile = Turnstile()
        self._work = asyncio.Event()
        self._stop = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.Future()
        self._engine = asyncio.Lock()  # who mines, counts or dumps: one at a time, and a stop waits for it
        self._upstream = Upstream(self._anvil.port)
        self._miner = Miner(self._anvil.rpc, self._writer, self._in_hand)
        self._pace = Pace()
        self._meter = CapacityMeter(recovered.report.slot_count)
        self._house = Housekeeping(home, self._anvil.rpc, self._writer, self._meter, replay_s=recovered.replay_debt_s)
        gate = Gate(
            upstream=self._upstream,
            turnstile=self._turnstile,
            relayers=relayers,
            chain_id=self._identity.chain_id,
            in_hand=self._in_hand,
            halted=self._check_halt,
            taken=self._work.set,
            status=self.status,
        )
        self._http = HttpServer(gate.answer, options.http)

    async def serve(self, listener: socket.socket, *, controlled: bool) -> None:
        """Serve on a bound socket until told to stop. Raises what ended it otherwise."""
        loop = asyncio.get_running_loop()

        def on_death() -> None:  # called from the thread that reads anvil's output
            loop.call_soon_threadsafe(self._fail, EngineFailedError("anvil died"))

        self._anvil.watch(on_death)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        self._writer.acknowledge()
        await self._beat_at_start()
        try:
            self.port = await self._http.start(listener)
        except OSError as error:  # two can reserve a port, one can listen
            raise PortTakenError.of(self._options.port, error) from error
        self._house.count()
        self.listening.set()
        emit("ready", **self._ready())
        self._check_halt()  # a ledger that can only be read says so now, not at the first transaction
        mining = asyncio.create_task(self._mine_on())
        tasks: list[asyncio.Future[Any]] = [
            self._failed,
            self._http.failed,
            mining,
            asyncio.create_task(self._stop.wait()),
        ]
        if controlled:
            tasks.append(asyncio.create_task(serve_control(self._answer_control)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await self._stop_in_order(mining)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._http.close()
            self._upstream.close()

    def stop(self) -> None:
        """Ask for a stop in order; `serve` returns when it is done."""
        self._stop.set()

    def status(self) -> dict[str, object]:
        """Return what `ledger_status` answers."""
        halt = self._check_halt()
        return {
            "state": "halted" if halt else "open",
            "halt": None if halt is None else _halt_fields(halt),
            "engine_private": self._exposure is None,
            "network": self._identity.network,
            "chain_id": self._identity.chain_id,
            "genesis_hash": "0x" + self._identity.genesis_hash.hex(),
            "head": _head_fields(self._writer.head),
            "waiting_transactions": len(self._in_hand),
            "known_relayers": len(self._relayers),
            "heartbeat_s": self._options.heartbeat.interval_s,
            "journal_bytes": self._writer.size,
            "capacity": self._meter.current.as_dict(),
        }

    def _ready(self) -> dict[str, object]:
        return {
            "port": self.port,
            "chain_id": self._identity.chain_id,
            "genesis_hash": "0x" + self._identity.genesis_hash.hex(),
            "network": self._identity.network,
            "head": _head_fields(self._writer.head),
            "anvil_pid": self._anvil.pid,
            "exposure": self._exposure.as_dict() if self._exposure else None,
            "recovery": asdict(self._report),
            "capacity": self._meter.current.as_dict(),
        }

    def _check_halt(self) -> Halt | None:
        """Ask the guards, and tell the starter when the answer changes."""
        halt = self._guards.check(head_timestamp=self._writer.head.timestamp, in_hand_bytes=self._in_hand.size)
        if (halt and halt.code) != (self._halt and self._halt.code):
            if halt is None:
                emit("resumed")
            else:
                emit("halted", **_halt_fields(halt))
        self._halt = halt
        return halt

    async def _mine_on(self) -> None:
        """Mine when something is waiting or a beat is due. Never returns; an exception leaves the turnstile shut."""
        while True:
            if not self._work.is_set() and not self._is_beat_due():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._work.wait(), LOOK_S)
                continue
            await asyncio.sleep(self._pace.wait_s(time.monotonic()))
            if self._check_halt() is not None:
                await asyncio.sleep(RECHECK_S)
                continue
            async with self._engine:
                await self._mine_block()

    async def _beat_at_start(self) -> None:
        """Mine the beat that fell due while the ledger was down, unless a guard objects; clients come afterwards."""
        if self._is_beat_due() and not self._guards.check(head_timestamp=self._writer.head.timestamp, in_hand_bytes=0):
            await self._mine_block()

    def _is_beat_due(self) -> bool:
        now, head = self._guards.clock.now(), self._writer.head
        return self._options.heartbeat.is_due(now=now, head_timestamp=head.timestamp)

    async def _mine_block(self) -> None:
        await self._turnstile.shut()
        self._work.clear()
        started = time.monotonic()
        beat = self._is_beat_due()
        mined = await asyncio.to_thread(self._miner.mine, self._guards.clock.now(), even_empty=beat)
        if mined is not None:
            self._pace.note(started_at=started, ended_at=time.monotonic())
            after_s = self._options.snapshot_after_s
            await asyncio.to_thread(self._house.after_block, mined.took_s, snapshot_after_s=after_s)
            if mined.pending_count:
                self._work.set()
        self._turnstile.open()

    async def _stop_in_order(self, mining: "asyncio.Future[Any]") -> None:
        """Finish the block in hand, keep a snapshot if the next start would be slow, say goodbye."""
        async with self._engine:
            await self._turnstile.shut()
            mining.cancel()
            if self._house.replay_s > self._options.snapshot_at_stop_s:
                await asyncio.to_thread(self._house.take_snapshot)
        emit("stopped", head=_head_fields(self._writer.head))

    async def _snapshot(self) -> None:
        """Take a snapshot because somebody asked. What goes wrong with the engine or the journal ends the process."""
        async with self._engine:
            await self._turnstile.shut()
            try:
                await asyncio.to_thread(self._house.take_snapshot)
            except EmbeddedLedgerError as error:
                self._fail(error)
                raise
            self._turnstile.open()

    def _fail(self, error: EmbeddedLedgerError) -> None:
        """Have `serve` raise this."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def _answer_control(self, call: dict[str, Any]) -> object:
        match call.get("call"):
            case "add_relayer":
                self._relayers.add(parse_address(call.get("address")))
                return len(self._relayers)
            case "status":
                return self.status()
            case "snapshot":
                await self._snapshot()
                return self._writer.head.number
            case "stop":
                self._stop.set()
                return True
            case other:
                raise ValueError(f"no such call: {str(other)[:64]!r}")


def _head_fields(head: BlockRef) -> dict[str, object]:
    return {"number": head.number, "hash": "0x" + head.hash.hex(), "time": head.timestamp}


def _halt_fields(halt: Halt) -> dict[str, object]:
    return {"code": halt.code, "detail": halt.detail, "remedy": halt.remedy.as_dict()}
