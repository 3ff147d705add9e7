"""Is this node fit to answer and to relay? Every no has a reason that says what to do."""

from dataclasses import dataclass
from typing import Any, Final

from node.domain.ledger import LedgerBehindError, LedgerUnfaithfulError
from node.ports import IndexReads, NotIndexedError, StoreUnavailableError
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


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the worker from its work. `since`: unix seconds of the first turn that failed, for any reason."""

    code: str
    detail: str
    since: int


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


def readiness(reads: IndexReads, worker: WorkerReport | None) -> dict[str, Any]:
    """Return {status, reasons: [{code, detail}], ...}; `worker` is None where this process only serves."""
    reasons: list[dict[str, Any]] = []
    head: dict[str, int] | None = None
    try:
        with reads.view() as view:
            head = {"number": view.head.block.number, "final": view.head.final.number, "time": view.head.block.time}
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
    leases = worker.leases if worker else None
    return {"status": "not_ready" if reasons else "ready", "reasons": reasons, "head": head, "leases": leases}


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
