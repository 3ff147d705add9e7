"""What the clients sent and what they were answered: JSON lines, each on the disk before the client goes on."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry_client.core.operation import SignedOperation, operation_from_json, operation_to_json

MUST, MAY, NEVER = "must", "may", "never"
"""Whether an operation has to take effect, is allowed to, or must not."""


@dataclass(slots=True)
class Entry:
    """One operation's story, as the journal has it."""

    id: str
    signed: SignedOperation
    wanted: str
    allowed: tuple[str, ...]
    """Errors with which a `must` operation may fail all the same: a pause, say."""
    accepted_at: float | None = None
    settled_at: float | None = None
    state: str | None = None
    """final, failed, expired or superseded; refused where the node did not take it; None: never answered."""
    error: str | None = None
    by_others: int = 0
    """How often another relayer was given it."""


class Journal:
    """Appends from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def signed(self, id_: str, signed: SignedOperation, *, wanted: str, allowed: tuple[str, ...]) -> None:
        self._write("signed", id=id_, wanted=wanted, allowed=allowed, operation=operation_to_json(signed))

    def accepted(self, id_: str, state: str) -> None:
        self._write("accepted", id=id_, state=state)

    def refused(self, id_: str, problem: str) -> None:
        self._write("refused", id=id_, problem=problem)

    def settled(self, id_: str, state: str, error: str | None, block: int | None) -> None:
        self._write("settled", id=id_, state=state, error=error, block=block)

    def elsewhere(self, id_: str) -> None:
        self._write("elsewhere", id=id_)

    def fault(self, name: str, **what: Any) -> None:
        self._write("fault", name=name, **what)

    def violation(self, text: str) -> None:
        self._write("violation", text=text)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, event: str, **fields: Any) -> None:
        line = json.dumps({"at": round(time.time(), 3), "event": event, **fields}, default=str) + "\n"
        with self._lock:
            os.write(self._file, line.encode())
            os.fdatasync(self._file)


@dataclass(slots=True)
class Told:
    """The journal read back."""

    operations: dict[str, Entry] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def final(self) -> list[Entry]:
        return [entry for entry in self.operations.values() if entry.state == "final"]


def read_journal(path: Path) -> Told:
    """Read a journal back from the disk; what counts is what it says, not what a client remembers."""
    told = Told()
    for line in path.read_text(encoding="utf-8").splitlines():
        _take(told, json.loads(line))
    return told


def _take(told: Told, line: Mapping[str, Any]) -> None:
    if line["event"] == "fault":
        told.faults.append(dict(line))
        return
    if line["event"] == "signed":
        signed = operation_from_json(line["operation"])
        told.operations[line["id"]] = Entry(line["id"], signed, line["wanted"], tuple(line["allowed"]))
        return
    entry = told.operations.get(line.get("id", ""))
    if entry is None:
        return
    match line["event"]:
        case "accepted":
            entry.accepted_at = entry.accepted_at or line["at"]
        case "refused":
            entry.state, entry.error = "refused", line["problem"]
        case "settled":
            entry.state, entry.error, entry.settled_at = line["state"], line["error"], line["at"]
        case "elsewhere":
            entry.by_others += 1
