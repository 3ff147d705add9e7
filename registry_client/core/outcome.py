"""What became of an operation that was handed to a node: its states, and the contract's refusal by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from registry_client.core.encoding import decode_hex
from registry_client.errors import LedgerRevertedError, LedgerUnavailableError, MalformedValueError

State = Literal["queued", "sent", "mined", "final", "failed", "expired", "superseded"]
STATES: Final = frozenset(get_args(State))
SETTLED: Final = frozenset({"final", "failed", "expired", "superseded"})
"""States that an operation never leaves."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation so far."""

    id: str
    kind: str
    state: State
    error_name: str | None = None
    error_arguments: Mapping[str, Any] | None = None
    detail: str | None = None
    transaction_hash: str | None = None
    block_number: int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in SETTLED

    def to_json(self) -> dict[str, object]:
        """Return the outcome as the command line shows it."""
        shown = {name: getattr(self, name) for name in ("id", "kind", "state", "transaction_hash", "block_number")}
        if self.error_name:
            shown["error"] = {"name": self.error_name, "arguments": dict(self.error_arguments or {})}
        return shown


def require_effect(outcome: Outcome) -> Outcome:
    """Return an outcome that took effect. Raises LedgerRevertedError for one that did not."""
    if outcome.state in {"failed", "expired", "superseded"}:
        name = outcome.error_name
        said = f"{outcome.kind} was refused: {name or outcome.state}"
        arguments = dict(outcome.error_arguments or {})
        shown = ", ".join(f"{key} {value}" for key, value in arguments.items())
        reason = (
            shown
            or outcome.detail
            or {
                "expired": "its deadline passed before it was in a block; sign it again",
                "superseded": "another change came first; look at the present state and sign again",
            }.get(outcome.state, "")
        )
        raise LedgerRevertedError(
            f"{said} ({reason})" if reason else said,
            error_name=name,
            arguments=arguments,
            operation=outcome.id,
            state=outcome.state,
        )
    return outcome


def outcome_from_json(entry: Mapping[str, Any]) -> Outcome:
    """Read a node's answer about one operation. Raises LedgerUnavailableError for anything that is none."""
    state = entry.get("state")
    if state not in STATES:
        raise LedgerUnavailableError(
            "the node answered an operation in a state that is not known here", state=str(state)[:40]
        )
    error = entry.get("error") or {}
    error = error if isinstance(error, Mapping) else {"detail": str(error)}
    try:
        decode_hex(str(entry.get("id")), length=32)
    except MalformedValueError:
        raise LedgerUnavailableError("the node answered an operation without an id") from None
    return Outcome(
        id=str(entry["id"]),
        kind=str(entry.get("kind", "")),
        state=cast("State", state),
        error_name=error.get("name"),
        error_arguments=error.get("arguments"),
        detail=error.get("detail"),
        transaction_hash=entry.get("transaction_hash"),
        block_number=entry.get("block_number"),
    )
