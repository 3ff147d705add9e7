"""One check's answer, and how it is got within its time."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

CHECK_S: Final = 8.0
"""Longest that one check may take."""


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `figures`: what its line shows, by name; `why`: in place of them where there are none."""

    check: str
    state: State
    figures: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def graded(check: str, *, fails: bool = False, warns: bool = False, **figures: Any) -> Finding:
    """Return a finding whose state follows from two conditions."""
    return Finding(check, State.FAIL if fails else State.WARN if warns else State.OK, figures)


def unknown(check: str, why: object) -> Finding:
    """Return that something could not be found out."""
    return Finding(check, State.UNKNOWN, {}, " ".join(str(why).split())[:300])


def within(check: str, look: Callable[[], Finding], *, seconds: float = CHECK_S) -> Finding:
    """Run a check in a thread of its own; one that fails or takes too long is unknown and keeps nobody."""
    found: list[Finding] = []

    def run() -> None:
        try:
            found.append(look())
        except Exception as error:
            found.append(unknown(check, f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=run, name=f"doctor {check}", daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else unknown(check, f"no answer within {seconds:.0f} s")
