"""Show a report: the verdict first, then the nine steps; the exit code tells the three answers apart."""

from typing import TYPE_CHECKING, Any

from registry_client.cli.failures import OK, REJECTED, UNDETERMINED
from registry_client.cli.i18n import tr, word
from registry_client.cli.output import Screen, emit, moment
from registry_client.cli.step_texts import explain_step

if TYPE_CHECKING:
    from registry_client.core.presentation_report import PresentationReport
    from registry_client.core.report import Report, Step

_CODES = {"accepted": OK, "rejected": REJECTED, "undetermined": UNDETERMINED}


def show_report(report: "Report", *, claims: bool, note: str = "") -> int:
    """Show a report and return its exit code. `claims`: also what was disclosed, where it was accepted."""
    verdict = report.verdict.value
    said = dict(report.require_accepted().claims) if claims and verdict == "accepted" else {}
    document: dict[str, Any] = report.to_json()
    if said:
        document["claims"] = said
    if note:
        document["note"] = note

    def page(screen: Screen) -> None:
        _page(screen, report)
        screen.facts(list(said.items()))
        if note:
            screen.note(note)

    emit(document, page)
    return _CODES[verdict]


def show_presentation(report: "PresentationReport") -> int:
    """Show the verdict of the whole, then each credential's report; claims only where all are accepted."""
    verdict = report.verdict.value
    said = [dict(item.claims) for item in report.require_accepted()] if verdict == "accepted" else []
    document: dict[str, Any] = report.to_json() | ({"claims": said} if said else {})

    def page(screen: Screen) -> None:
        count = len(report.reports)
        screen.verdict(verdict, tr(f"the whole presentation, {count}", f"제시 전체, {count}건"))
        for place, item in enumerate(report.reports):
            screen.line()
            screen.title(f"{place + 1}/{count}")
            _page(screen, item)
            if said:
                screen.facts(list(said[place].items()))

    emit(document, page)
    return _CODES[verdict]


def _page(screen: Screen, report: "Report") -> None:
    screen.verdict(report.verdict.value)
    screen.facts(
        [
            (tr("issuer", "발급자"), report.issuer),
            (tr("type", "유형"), report.vct),
            (tr("as of", "기준 시각"), moment(report.as_of)),
            (tr("ledger", "원장"), f"{tr('block', '블록')} {report.head.number}" if report.head else None),
            (tr("known by", "근거"), word(report.assurance.value) if report.assurance else None),
        ]
    )
    screen.steps([(_mark(step), word(step.name), explain_step(step)) for step in report.steps])


def _mark(step: "Step") -> str:
    return "skipped" if step.is_passed_over else step.outcome.value
