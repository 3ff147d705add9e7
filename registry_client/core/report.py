"""The answer of a verification: nine steps, each with what was seen, and one of three verdicts.

- Any step that failed: rejected. Else any that could not be decided: undetermined. Else accepted.
- A report is no boolean: `bool(report)` raises, because "not rejected" is not "accepted".
- Only `require_accepted()` hands out claims. A report itself carries none, so it may be logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from registry_client.core.assurance import Assurance
from registry_client.core.credential import Credential, Format
from registry_client.core.facts import LedgerHead
from registry_client.core.report_texts import code_of, explain, step_name
from registry_client.core.times import format_time
from registry_client.errors import LedgerError, NotAcceptedError, RegistryError, UndeterminedError

STEP_COUNT: Final = 9
PASSED_OVER: Final = frozenset({"not-asked", "not-bound", "no-status"})
"""Codes of steps that passed without a check."""


class Verdict(StrEnum):
    """Three answers, never two."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNDETERMINED = "undetermined"


class Outcome(StrEnum):
    """What one step came to."""

    OK = "ok"
    FAILED = "failed"
    UNDETERMINED = "undetermined"


_OK, _FAILED, _UNDETERMINED = Outcome.OK, Outcome.FAILED, Outcome.UNDETERMINED
_ACCEPTED: Final = Verdict.ACCEPTED
"""Members by names of their own: Python 3.11 looks for `Outcome.OK` anew at each use, which takes 0.1 µs."""


class Step(NamedTuple):
    """One step of the plan. `code` is stable and machine-readable; texts are derived from it."""

    number: int
    outcome: Outcome
    code: str
    assurance: Assurance | None
    """How the ledger facts of this step are known; None where it needed none."""
    evidence: Mapping[str, Any]
    detail: str | None = None
    """What exactly went wrong, in English."""
    type_uri: str | None = None
    """RFC 9457 `type` of the error."""

    @property
    def is_passed_over(self) -> bool:
        """Whether the step passed because there was nothing to look at: the policy or the credential asks for none."""
        return self.code in PASSED_OVER

    @property
    def name(self) -> str:
        """Short English name of the step, as a JSON key."""
        return step_name(self.number)

    def explain(self, language: str) -> str:
        """Return one line for people, in `ko` or `en`."""
        if language == "en" and self.detail is not None:
            return self.detail
        return explain(self.number, self.code, language)

    def to_json(self) -> dict[str, object]:
        """Return the step as JSON values."""
        return {
            "step": self.number,
            "name": self.name,
            "outcome": self.outcome.value,
            "code": self.code,
            "type": self.type_uri,
            "assurance": None if self.assurance is None else self.assurance.value,
            "evidence": {name: _printable(value) for name, value in self.evidence.items()},
            "explanation": {"ko": self.explain("ko"), "en": self.explain("en")},
        }


class VerifiedCredential(NamedTuple):
    """What an accepted credential says. `claims`: disclosed, and within the service's purpose where one was named."""

    format: Format
    issuer: str
    vct: str | None
    subject: str | None
    claims: Mapping[str, Any]
    signed_at: int | None
    valid_from: int | None
    valid_until: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """A verdict with everything it rests on."""

    steps: tuple[Step, ...]
    as_of: int
    """Unix seconds for which validity was asked."""
    head: LedgerHead | None
    """The oldest ledger head that a fact was read at; None where no fact was needed or had."""
    issuer: str | None = None
    vct: str | None = None
    _content: VerifiedCredential | tuple[Credential, Sequence[str]] | None = field(
        default=None, repr=False, compare=False
    )
    """What was judged, and the claims in it that the service does not allow; `require_accepted` alone hands it out.
    A report that travelled between processes brings what was accepted, and nothing of what was not."""

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        content = self._verified if self.verdict is _ACCEPTED else None
        return type(self), (self.steps, self.as_of, self.head, self.issuer, self.vct, content)

    def __bool__(self) -> bool:
        raise TypeError("a report has three answers: ask report.verdict, or call report.require_accepted()")

    @property
    def verdict(self) -> Verdict:
        """Rejected if any step failed, else undetermined if any could not be decided, else accepted."""
        complete = len(self.steps) == STEP_COUNT
        for step in self.steps:
            if step.outcome is not _OK:
                if step.outcome is _FAILED:
                    return Verdict.REJECTED
                complete = False
        return _ACCEPTED if complete else Verdict.UNDETERMINED

    @property
    def assurance(self) -> Assurance | None:
        """The weakest assurance over the steps."""
        known = [step.assurance for step in self.steps if step.assurance is not None]
        return min(known, key=lambda assurance: assurance.rank) if known else None

    @property
    def reason(self) -> Step | None:
        """The step that decided: the first that failed, else the first that could not be decided, else None."""
        for outcome in (_FAILED, _UNDETERMINED):
            for step in self.steps:
                if step.outcome is outcome:
                    return step
        return None

    def require_accepted(self) -> VerifiedCredential:
        """Return the credential's content if the verdict is accepted. Raises NotAcceptedError otherwise."""
        verified = self._verified
        if self.verdict is not _ACCEPTED or verified is None:
            reason = self.reason
            text = reason.explain("en") if reason else "the plan was not completed"
            raise NotAcceptedError(f"{self.verdict.value}: {text}", code=reason.code if reason else "incomplete")
        return verified

    @property
    def _verified(self) -> VerifiedCredential | None:
        content = self._content
        if content is None or isinstance(content, VerifiedCredential):
            return content
        credential, surplus = content
        return VerifiedCredential(
            format=credential.format,
            issuer=credential.issuer,
            vct=credential.vct,
            subject=credential.subject,
            claims={name: value for name, value in credential.claims.items() if name not in surplus},
            signed_at=credential.signed_at,
            valid_from=credential.valid_from,
            valid_until=credential.valid_until,
        )

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON values, without a single claim."""
        return {
            "verdict": self.verdict.value,
            "as_of": format_time(self.as_of),
            "issuer": self.issuer,
            "type": self.vct,
            "assurance": None if self.assurance is None else self.assurance.value,
            "ledger": None
            if self.head is None
            else {
                "block_number": self.head.number,
                "block_hash": "0x" + self.head.hash.hex(),
                "block_time": format_time(self.head.time),
                "final": self.head.final_number,
            },
            "reason": None if self.reason is None else self.reason.code,
            "steps": [step.to_json() for step in self.steps],
        }


def ok_step(number: int, code: str = "ok", assurance: Assurance | None = None, **evidence: Any) -> Step:
    """Record a step that passed."""
    return Step(number, _OK, code, assurance, evidence)


def bad_step(number: int, error: RegistryError, assurance: Assurance | None = None) -> Step:
    """Record a step that an error ended: "cannot tell" for UndeterminedError and the ledger's errors, else "no"."""
    undecided = isinstance(error, UndeterminedError | LedgerError)
    return Step(
        number,
        _UNDETERMINED if undecided else _FAILED,
        code_of(type(error)),
        assurance,
        error.evidence,
        error.detail,
        error.type_uri,
    )


def skipped_step(number: int) -> Step:
    """Record a step that was not reached, because an earlier one left nothing to stand on."""
    return Step(number, _UNDETERMINED, "not-reached", None, {})


def _printable(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list | set | frozenset):
        return [_printable(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
