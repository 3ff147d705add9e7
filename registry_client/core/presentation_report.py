"""The answer about a presentation of several credentials: a report for each, and one verdict for the whole.

- Accepted only if every credential is: what was presented together was asked for together.
- As a report it is no boolean, carries no claims, and hands them out only through `require_accepted()`.
"""

from dataclasses import dataclass

from registry_client.core.report import Report, Step, Verdict, VerifiedCredential
from registry_client.core.times import format_time
from registry_client.errors import NotAcceptedError


@dataclass(frozen=True, slots=True)
class PresentationReport:
    """The reports in the order of the credentials; one alone where the presentation itself was refused."""

    reports: tuple[Report, ...]
    as_of: int
    """Unix seconds for which validity was asked."""

    def __bool__(self) -> bool:
        raise TypeError("a report has three answers: ask report.verdict, or call report.require_accepted()")

    @property
    def verdict(self) -> Verdict:
        """Rejected if any credential is, else undetermined if any is, else accepted."""
        verdicts = {report.verdict for report in self.reports}
        for verdict in (Verdict.REJECTED, Verdict.UNDETERMINED):
            if verdict in verdicts:
                return verdict
        return Verdict.ACCEPTED if self.reports else Verdict.UNDETERMINED

    @property
    def reason(self) -> Step | None:
        """The step that decided, of the first credential with the verdict of the whole; None where all are accepted."""
        return next((report.reason for report in self.reports if report.verdict is self.verdict), None)

    def require_accepted(self) -> tuple[VerifiedCredential, ...]:
        """Return what every credential says if all are accepted. Raises NotAcceptedError otherwise."""
        if self.verdict is not Verdict.ACCEPTED:
            reason = self.reason
            text = reason.explain("en") if reason else "nothing was judged"
            raise NotAcceptedError(f"{self.verdict.value}: {text}", code=reason.code if reason else "incomplete")
        return tuple(report.require_accepted() for report in self.reports)

    def to_json(self) -> dict[str, object]:
        """Return the reports as JSON values, without a single claim."""
        return {
            "verdict": self.verdict.value,
            "as_of": format_time(self.as_of),
            "reason": None if self.reason is None else self.reason.code,
            "credentials": [report.to_json() for report in self.reports],
        }
