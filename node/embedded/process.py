"""The ledger as a process: lock, port, a network of its own, recovery, then the supervisor until it ends."""

import asyncio
import socket
import sys
from dataclasses import asdict
from pathlib import Path

from node.embedded.binary import Engine, find_engine
from node.embedded.control import emit
from node.embedded.disk import storage
from node.embedded.errors import PortTakenError, StorageFullError
from node.embedded.http import bind_loopback
from node.embedded.isolation import HEADING, Exposure, isolate
from node.embedded.journal import segment_path
from node.embedded.lock import HomeLock
from node.embedded.recovery import Progress, recover
from node.embedded.relayers import KnownRelayers, parse_address
from node.embedded.snapshot import snapshot_paths
from node.embedded.supervisor import LedgerOptions, Supervisor, disk_guard


def run_ledger(home: Path, options: LedgerOptions, *, controlled: bool) -> None:
    """Run until stopped. `controlled`: stdin carries calls, and its end is the order to stop.

    For a process of its own, from its main thread: it is moved into a network of its own, for good.
    Raises the errors of `node.embedded.errors`; the caller reports and exits.
    """
    lock = HomeLock(home)
    try:
        relayers = KnownRelayers(home)
        relayers.add(*(parse_address(address) for address in options.relayers))
        engine = find_engine()
        _require_room(home, options)
        with bind_gate(options.port) as listener:  # before the move: clients come over the common network
            exposure = _close_off(home, engine)
            recovered = recover(home, engine, on_progress_event)
            try:

                async def serve() -> None:  # a supervisor is made inside the running loop
                    supervisor = Supervisor(home, options, relayers, recovered, exposure=exposure)
                    await supervisor.serve(listener, controlled=controlled)

                asyncio.run(serve())
            finally:
                recovered.anvil.stop()
                recovered.writer.close()
    finally:
        lock.release()


def bind_gate(port: int) -> socket.socket:
    """Reserve the gate's port, 0 for a free one. Raises PortTakenError."""
    try:
        return bind_loopback(port)
    except OSError as error:
        raise PortTakenError.of(port, error) from error


def on_progress_event(progress: Progress) -> None:
    """Tell the starter how far the start has come."""
    emit("progress", **asdict(progress))


def _require_room(home: Path, options: LedgerOptions) -> None:
    """Refuse to create a ledger that could mine nothing. One that exists starts all the same: it can be read."""
    if snapshot_paths(home) or segment_path(home, 1).exists():
        return
    halt = disk_guard(home, options).check(in_hand_bytes=0)
    if halt is not None:
        raise StorageFullError(halt.detail)


def _close_off(home: Path, engine: Engine) -> Exposure | None:
    """Leave the common network; warn once where that is refused. Raises StorageError, EngineFailedError."""
    with storage(f"reading {home}"):
        needed = [home, *home.iterdir(), engine.path]
    exposure = isolate(*needed)
    if exposure is not None:
        emit("warning", **exposure.as_dict())
        sys.stderr.write(f"{HEADING.en}: {exposure.detail}.\n{exposure.remedy.en}\n")
        sys.stderr.flush()
    return exposure
