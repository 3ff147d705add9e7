"""`mapae hr`: what the personnel system says happened, made true in book and ledger, and held against both."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.failures import OK, REJECTED
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, outcome
from registry_client.cli.progress import progress

if TYPE_CHECKING:
    from registry_client.actions.hr import Result, Step
    from registry_client.core.hr import FeedRow

app = noun(
    "hr", help=tr("Apply the HR feed; compare feed, book, ledger", "인사 자료를 반영하고 대장·원장과 맞춰 봅니다")
)

Key = Annotated[str, typer.Option("--key", metavar="KEY", help=tr("a StatusOperator's key", "상태 담당자의 키"))]


@command(
    app,
    "apply",
    help=tr(
        "Enter a feed, send what is due: again does nothing twice",
        "인사 자료를 넣고 때가 된 것을 반영 (다시 해도 같음)",
    ),
    examples=("mapae hr apply today.csv --dry-run", "mapae hr apply today.csv --yes", "mapae hr apply --yes"),
)
def apply(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.csv", help=tr("left out: only what waits in the book", "생략하면 대장에 대기 중인 것만")
        ),
    ] = None,
    key: Key = "status-operator",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=tr("only say what would be done", "할 일을 보기만 함"))
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help=tr("a second epoch on the same day", "같은 날 두 번째 일괄 반영"))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=tr("do not ask", "묻지 않음"))] = False,
) -> None:
    from registry_client.actions import hr
    from registry_client.core.hr import Feed, read_feed

    feed = Feed() if file is None else read_feed(_read(file))
    desk, registry = context.desk(), context.registry()
    with context.book() as book:
        ahead = hr.preview(book, registry, feed, now=desk.now(), again=again)
        if dry_run:
            _show(ahead, dry_run=True)
            return
        ending = sum(step.kind == "Revoke" for step in (*ahead.urgent, *ahead.epoch))
        if ending:
            _name_dates(ahead, Screen(stderr=True))
            options.confirm(
                tr(f"{ending} credential(s) will end for ever.", f"{ending}건을 영구히 폐기합니다."), yes=yes
            )
        with progress() as shown:
            result = hr.apply(
                desk,
                book,
                registry,
                feed,
                operator=lambda: context.signer(key),
                again=again,
                on_stage=lambda stage: shown.step(_stage(stage)),
            )
    _show(result, dry_run=False)


@command(
    app,
    "reconcile",
    help=tr("Say where feed, book and ledger differ", "인사 자료·발급 대장·원장이 다른 곳을 봅니다"),
    examples=("mapae hr reconcile", "mapae hr reconcile today.csv --json"),
)
def reconcile(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE.csv", help=tr("also: lines that were never entered", "들어가지 않은 줄도 봄")),
    ] = None,
) -> int:
    from registry_client.actions import hr
    from registry_client.adapters.book_hr import HrBook
    from registry_client.cli.i18n import word
    from registry_client.core.hr import parse_feed

    rows = [] if file is None else parse_feed(_read(file))
    with context.book() as book:
        found, count = hr.reconcile(book, context.registry(), now=context.desk().now())
        known = HrBook(book)
        missing = [row.line for row in rows if not known.is_known(row)]

    def page(screen: Screen) -> None:
        if not found and not missing:
            screen.line(f"{outcome('ok')}  {tr(f'{count} credentials agree', f'{count}건이 모두 일치')}")
            return
        if found:
            names = (("ID", ""), ("feed", "인사 자료"), ("book", "대장"), ("ledger", "원장"))
            screen.table(
                [tr(en, ko or en) for en, ko in names],
                [
                    (
                        item.credential,
                        (word(item.feed) if item.feed else "-")
                        + (tr(" (overdue)", " (미반영)") if item.overdue else ""),
                        word(item.book),
                        word(item.ledger),
                    )
                    for item in found
                ],
            )
        if missing:
            lines = ", ".join(map(str, missing))
            screen.line(tr(f"not entered: line {lines}", f"들어가지 않은 줄: {lines}"))
        screen.next("mapae hr apply" + (f" {file}" if file and missing else ""))

    document = {
        "compared": count,
        "differences": [
            {
                "credential": item.credential,
                "reference": item.reference,
                "feed": item.feed,
                "book": item.book,
                "ledger": item.ledger,
                "overdue": item.overdue,
            }
            for item in found
        ],
        "not_entered": missing,
    }
    emit(document, page)
    return REJECTED if found or missing else OK


def _read(file: Path) -> bytes:
    from registry_client.core.hr import FEED_MAX_BYTES

    with file.open("rb") as stream:
        return stream.read(FEED_MAX_BYTES + 1)


def _stage(stage: str) -> str:
    return {
        "enter": tr("entering the feed", "인사 자료 입력"),
        "urgent": tr("urgent changes", "긴급 반영"),
        "epoch": tr("the day's epoch", "오늘의 일괄 반영"),
    }[stage]


def _show(result: "Result", *, dry_run: bool) -> None:
    def page(screen: Screen) -> None:
        if dry_run:
            screen.line(tr("Nothing is written; this would be done:", "아무것도 바꾸지 않았습니다. 할 일:"))
        screen.facts(
            [
                (tr("new events", "새 사건"), str(result.entered)),
                (tr("at once", "즉시"), _counts(result.urgent)),
                (tr("in the day's epoch", "오늘의 일괄 반영"), _counts(result.epoch)),
                (tr("waiting for their day", "대기 중"), str(result.waiting)),
                (tr("operations", "작업 수"), str(len(result.operations)) if not dry_run else None),
            ],
            indent=0,
        )
        if result.held_back:
            screen.note(
                tr(
                    "Today's epoch was sent before: what is due waits for tomorrow's (--again sends it now).",
                    "오늘의 일괄 반영은 이미 끝났습니다: 나머지는 내일 반영합니다 (--again이면 지금).",
                )
            )

        _name_dates(result, screen)

    emit(
        {
            "dry_run": dry_run,
            "entered": result.entered,
            "urgent": [_step(step) for step in result.urgent],
            "epoch": [_step(step) for step in result.epoch],
            "waiting": result.waiting,
            "held_back": result.held_back,
            "operations": list(result.operations),
            "ahead": [_line(row) for row in result.ahead],
            "long_past": [_line(row) for row in result.long_past],
        },
        page,
    )


def _name_dates(result: "Result", screen: Screen) -> None:
    """Name every new line whose date is ahead or long past: a wrong year is seen before it acts."""
    for rows, words in (
        (result.ahead, tr("the day has not come; the line waits for it:", "아직 오지 않은 날짜 (그날까지 대기):")),
        (result.long_past, tr("the day is long past; is the year right?", "오래 지난 날짜 (연도가 맞습니까?):")),
    ):
        if rows:
            screen.line(words)
        for row in rows:
            whom = row.reference or row.credential
            screen.line("  " + tr(f"line {row.line}", f"{row.line}행") + f": {whom}, {row.event}, {row.effective}")


def _line(row: "FeedRow") -> dict[str, Any]:
    named = {"reference": row.reference, "credential": row.credential}
    return {"line": row.line, **named, "event": row.event, "effective": row.effective.isoformat()}


def _step(step: "Step") -> dict[str, Any]:
    return {
        "credential": step.entry.id,
        "reference": step.entry.request.reference,
        "events": [event.event for event in step.events],
        "standing": step.wanted,
        "change": None if step.kind is None else step.kind.lower(),
    }


def _counts(steps: "tuple[Step, ...]") -> str:
    """`3 revoked, 1 suspended`, or a dash."""
    names = {
        "Revoke": tr("revoked", "폐기"),
        "Suspend": tr("suspended", "효력 정지"),
        "Lift": tr("lifted", "정지 해제"),
        None: tr("as they are", "그대로"),
    }
    counts = {name: sum(step.kind == kind for step in steps) for kind, name in names.items()}
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "-"
