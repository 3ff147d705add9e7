"""The worker: one thread that keeps the index at the ledger's head and carries operations to it.

- Each turn: index until the head, then relay. What fails for now (ledger away, disk full) is said, and tried again.
- What must not go on (a final block contradicted, an index that does not fit its ledger) ends the worker with its
  evidence in a file, and the node with it.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from node.measures import WorkerMeasures
from node.ports import Lease, LeaseLostError, NotIndexedError, RevertedError, StoreUnavailableError
from node.services.execution import Executor
from node.services.health import Trouble, trouble_code
from node.services.indexing import Indexer, Progress, require_not_behind
from node.services.purse import PurseWatch
from node.services.relay import Relay
from node.tracing import tracer
from registry_client.errors import LedgerInconsistentError, LedgerUnavailableError

log = structlog.get_logger("node.worker")

PAUSE_MIN_S: Final = 0.01
"""Between turns while operations are under way."""
TROUBLE_PAUSE_S: Final = 1.0
_WORKING_FOR_S: Final = 2.0
"""How long the worker stays quick after something happened."""


@dataclass(slots=True)
class WorkerStatus:
    """What /health and the API may say of the worker; written by its thread only."""

    progress: Progress | None = None
    trouble: Trouble | None = None
    stopped: str | None = None
    relays: bool = True
    indexes: bool = True
    sends: bool = True
    refusal: str | None = None
    turned_at: float = field(default_factory=time.monotonic)

    @property
    def is_behind(self) -> bool:
        """Whether the index is known not to stand at the ledger's head."""
        return self.progress is None or not self.progress.is_done


class Worker:
    """Runs turns until stopped. `evidence_dir`: where a contradiction is written down."""

    def __init__(
        self,
        indexer: Indexer,
        relay: Relay | None,
        executor: Executor | None,
        *,
        poll_interval_s: float,
        evidence_dir: Path,
        on_stop: Callable[[], None],
        indexing: Lease | None = None,
        sending: Lease | None = None,
        purse: PurseWatch | None = None,
    ) -> None:
        """`indexing`, `sending`: what this node must hold to do so; None where it is the only one anyway."""
        self._indexer, self._relay, self._executor = indexer, relay, executor
        self._poll_s, self._evidence_dir, self._on_stop = poll_interval_s, evidence_dir, on_stop
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._indexing, self._sending = indexing, sending
        self._indexing_as: int | None = None
        self._busy_until, self._purse = 0.0, purse
        self.status, self.measures = WorkerStatus(relays=relay is not None), WorkerMeasures()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the worker that there is something to do."""
        self._wake.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask the thread to end and wait for it."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def turn(self) -> None:
        """Index up to the head, then relay. Raises what the loop treats as trouble, and LeaseLostError."""
        self._index()
        self._send()

    def _index(self) -> None:
        if not self._may_index():
            self.status.progress = self._indexer.look() or self.status.progress
            return
        while not self._stopping.is_set():
            with tracer.span("index step") as describe:
                progress = self._indexer.step()
                describe({"events": progress.events, "undone": progress.undone})
            self.status.progress = progress
            self.status.turned_at = time.monotonic()
            self._tell(progress)
            if progress.is_done:
                require_not_behind(progress)
                break

    def _may_index(self) -> bool:
        if self._indexing is None:
            return True
        token = self._indexing.begin()
        self.status.indexes = token is not None
        if token is not None and token != self._indexing_as:
            self._indexer.resume()  # somebody else may have written since
        self._indexing_as = token
        return token is not None

    def _send(self) -> None:
        if self._relay is None:
            return
        if self._sending is not None:
            self.status.sends = self._sending.begin() is not None
            if not self.status.sends or self.status.progress is None:  # or no block is indexed yet, by anybody
                return
        if self._executor is not None:
            self._executor.step()
        step = self._relay.step()
        self.status.refusal = self._relay.refusal if step.open else None
        if step.open or step.sent or step.judged:
            self._busy_until = time.monotonic() + _WORKING_FOR_S
        if step.sent:
            log.info("operations sent", operations=step.sent, open=step.open)
        if self._purse is not None:
            self._purse.look()

    def _tell(self, progress: Progress) -> None:
        if progress.events:
            self.measures.events.add(count=progress.events)
            self._busy_until = time.monotonic() + _WORKING_FOR_S
            log.info("indexed", block=progress.head.block.number, events=progress.events)
        if progress.undone or progress.head.block.number > progress.ledger_head.number:
            self.measures.reorgs.add()
            self.measures.undone.add(count=progress.undone)
            log.warning("ledger reorganised", back_to=progress.head.block.number, events_undone=progress.undone)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = self._poll_s
            try:
                self.turn()
                self.status.trouble = None
                if time.monotonic() < self._busy_until:
                    pause = min(pause, PAUSE_MIN_S)
            except NotIndexedError:
                pass  # another node fills the index; there is nothing to judge by
            except LeaseLostError as error:
                log.info("another node took over", reason=str(error))
            except LedgerInconsistentError as error:
                self._end(error)
                return
            except (LedgerUnavailableError, RevertedError, StoreUnavailableError, OSError) as error:
                pause = self._pause_in_trouble()
                self._trouble(error, str(error))
            except Exception as error:
                log.exception("worker failed; trying again")
                pause = self._pause_in_trouble()
                self._trouble(error, f"{type(error).__name__}: {error}")
            self.status.turned_at = time.monotonic()
            self._wake.wait(pause)
            self._wake.clear()

    def _pause_in_trouble(self) -> float:
        """Short the first time (a block may have been replaced between two answers), then long and uneven."""
        return TROUBLE_PAUSE_S * random.uniform(0.5, 1.5) if self.status.trouble else PAUSE_MIN_S  # noqa: S311 - a pause

    def _trouble(self, error: Exception, text: str) -> None:
        code, before = trouble_code(error), self.status.trouble
        self.measures.failed.add(code)
        if before is None or before.code != code:
            log.warning("worker in trouble", code=code, reason=text[:500])
        self.status.trouble = Trouble(code, text[:500], before.since if before else int(time.time()))

    def _end(self, error: LedgerInconsistentError) -> None:
        """Write the evidence down and stop the node."""
        evidence = {"detail": error.detail, "at": int(time.time()), **error.evidence}
        path = self._evidence_dir / f"contradiction-{evidence['at']}.json"
        try:
            path.write_text(json.dumps(evidence, indent=2, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError:
            log.exception("the evidence could not be written", path=str(path))
        self.status.stopped = error.detail
        log.error("node stops: the ledger contradicts what was final", evidence=str(path), **error.evidence)
        self._on_stop()
