"""Is this node fit to answer and to relay? Every no has a reason that says what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.domain.ledger import LedgerBehindError, LedgerUnfaithfulError
from node.ports import IndexFillingError, IndexReads, NotIndexedError, StoreUnavailableError
from registry_client.errors import LedgerUnavailableError

BEHIND_MAX: Final = 10
"""Blocks the index may lag before the node calls itself not ready."""
FREE_MIN: Final = 64 * 1024 * 1024  # bytes
"""Less room than this on the home's disk is said before it runs out."""
SILENT_MAX_S: Final = 60.0
"""Longest turn of the worker before it counts as stuck."""
_CODES: Final = (
    (LedgerUnfaithfulError, "ledger_unfaithful"),
    (LedgerBehindError, "ledger_behind"),
    (LedgerUnavailableError, "ledger_unreachable"),
    (StoreUnavailableError, "store_unavailable"),
    (OSError, "store_unavailable"),
)
"""First match names the trouble."""
TROUBLES: Final = frozenset({"trouble", *(code for _, code in _CODES)})
REASONS: Final = TROUBLES | {
    *("index_empty", "index_filling", "index_unreadable", "index_behind", "stopped", "ledger_not_reached"),
    *("worker_silent", "disk_full", "transactions_refused", "no_relayer"),
}
"""Every code that a reason may have."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the worker from its work. `since`: unix seconds of the first turn that failed, for any reason."""

    code: str
    detail: str
    since: int


@dataclass(frozen=True, slots=True)
class Place:
    """A block, as far as people are told of it: its number and its time (unix seconds)."""

    number: int
    time: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What the relayer has. `balance`: wei. `nonce`: the first that no block has used. `gap`: missing above it."""

    balance: int
    nonce: int
    gap: int


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What the worker says of itself; None in `blocks_behind`: it never reached the ledger."""

    blocks_behind: int | None
    trouble: Trouble | None
    stopped: str | None
    silent_s: float
    relays: bool
    refusal: str | None
    free_bytes: int
    leases: tuple[str, ...] | None = None
    """What this node holds of what only one may do; None where it is the only one."""
    ledger_head: Place | None = None
    is_held_back: bool = False
    """Whether calls to the ledger are held back for a while."""
    probes: int = 0
    """Calls that went out while they were."""
    purse: Purse | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the node is fit: `reasons` why not. `index`, `final`: how far its index is, None where it has nothing."""

    reasons: Sequence[Mapping[str, Any]]
    index: Place | None
    final: Place | None
    worker: WorkerReport | None
    is_filling: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the answer of /health/ready."""
        head = None
        if self.index is not None and self.final is not None:
            head = {"number": self.index.number, "final": self.final.number, "time": self.index.time}
        leases = self.worker.leases if self.worker else None
        status = "not_ready" if self.reasons else "ready"
        return {"status": status, "reasons": list(self.reasons), "head": head, "leases": leases}


def readiness(reads: IndexReads, worker: WorkerReport | None) -> Readiness:
    """Judge this node now; `worker` is None where this process only serves."""
    reasons: list[dict[str, Any]] = []
    index: Place | None = None
    final: Place | None = None
    is_filling = False
    try:
        with reads.view() as view:
            index = Place(view.head.block.number, view.head.block.time)
            final = Place(view.head.final.number, view.head.final.time)
    except IndexFillingError as filling:
        is_filling = True
        reasons.append(_reason("index_filling", f"{filling}: nothing is answered before it is whole"))
    except NotIndexedError:
        reasons.append(
            _reason("index_empty", "no block is indexed yet: the ledger was not reached since the index was made")
        )
    except Exception as error:
        reasons.append(
            _reason("index_unreadable", f"the index cannot be read ({_words(error)}): check the disk or the database")
        )
    if worker is not None:
        reasons += _worker_reasons(worker)
    return Readiness(reasons, index, final, worker, is_filling)


def _worker_reasons(worker: WorkerReport) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = []
    if worker.stopped:
        reasons.append(_reason("stopped", worker.stopped))
    if worker.trouble:
        reasons.append({**_reason(worker.trouble.code, _with_remedy(worker.trouble)), "since": worker.trouble.since})
    if worker.blocks_behind is None:
        reasons.append(_reason("ledger_not_reached", "the ledger was not reached yet"))
    elif worker.blocks_behind > BEHIND_MAX:
        reasons.append(
            _reason("index_behind", f"the index is {worker.blocks_behind} blocks behind the ledger and catching up")
        )
    if worker.silent_s > SILENT_MAX_S:
        reasons.append(_reason("worker_silent", f"the worker has been in one turn for {worker.silent_s:.0f} s"))
    if worker.free_bytes < FREE_MIN:
        detail = f"{worker.free_bytes // 1024} KiB are left on the home's disk: free some before writes fail"
        reasons.append(_reason("disk_full", detail))
    if worker.refusal:
        detail = f"the ledger does not take the relayer's transactions: {worker.refusal}"
        reasons.append(_reason("transactions_refused", detail + "; is it let in, is it funded?"))
    if not worker.relays:
        reasons.append(
            _reason("no_relayer", "there is no relayer key: operations queue; `mapae-node relayer new` makes one")
        )
    return reasons


def _with_remedy(trouble: Trouble) -> str:
    if trouble.code != "store_unavailable":
        return trouble.detail
    return (
        f"the index or the outbox cannot be written ({trouble.detail}): free some space and check the disk; nothing "
        "accepted is lost, and the node goes on by itself"
    )


def trouble_code(error: Exception) -> str:
    """Name what failed, for people and for alert rules."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return "trouble"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, StoreUnavailableError) else type(error).__name__


def _reason(code: str, detail: str) -> dict[str, Any]:
    return {"code": code, "detail": detail}
