"""Reading the issuer's book: `mapae credential list` and `show`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from registry_client.cli import context, options
from registry_client.cli.i18n import tr, word
from registry_client.cli.output import Screen, emit, moment, outcome
from registry_client.cli.typed import again

if TYPE_CHECKING:
    from registry_client.core.book import BookEntry

Standing = Literal["valid", "suspended", "revoked"]
_STANDING_WORD = {"valid": "active", "suspended": "suspended", "revoked": "revoked"}


def list_(
    standing: Annotated[
        Standing | None, typer.Option("--standing", help=tr("valid, suspended or revoked", "상태"))
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="TEXT", help=tr("HR reference", "인사 참조"))
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="DID", help=tr("the holder's DID", "소지자 DID"))
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help=tr("one type", "유형 하나"))] = None,
    batch: Annotated[str | None, typer.Option("--batch", metavar="NAME", help=tr("one batch", "묶음 하나"))] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help=tr("at most", "최대"))] = 50,
    cursor: Annotated[
        str | None, typer.Option("--cursor", metavar="ID", help=tr("go on after this one", "이것 다음부터"))
    ] = None,
) -> None:
    vct = None if type_ is None else options.vct_of(type_, base=context.profile().base)
    with context.book() as book:
        found, more = book.find(
            reference=reference, subject=subject, vct=vct, standing=standing, batch=batch, limit=limit, after=cursor
        )
    following = found[-1].id if more else None

    def page(screen: Screen) -> None:
        if not found:
            screen.line(tr("the book has no such credential", "발급 대장에 없습니다"))
            return
        columns = ["id", tr("standing", "상태"), tr("type", "유형"), tr("reference", "참조")]
        rows = [
            (
                entry.id,
                outcome(_STANDING_WORD[entry.standing]),
                options.type_name(entry.request.vct),
                entry.request.reference or "",
            )
            for entry in found
        ]
        screen.table(columns, rows)
        if following is not None:
            screen.note(tr(f"{more} more", f"{more}건 더 있습니다"))
            given = {
                "--standing": standing,
                "--reference": reference,
                "--subject": subject,
                "--type": type_,
                "--batch": batch,
                "--limit": str(limit),
                "--cursor": following,
            }
            words = [word for name, value in given.items() if value is not None for word in (name, value)]
            screen.next(again("credential", "list", *words))

    emit({"credentials": [line_of(entry) for entry in found], "more": more, "next_cursor": following}, page)


def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help=tr("its id in the book", "대장의 id"))],
    out: options.Output = None,
) -> None:
    from registry_client.cli.handed import write_private
    from registry_client.issuer import delivery_of

    with context.book() as book:
        entry = book.entry(id_)
        changes = book.changes(id_)
    if out is not None:
        write_private(out, delivery_of(entry))
    document = {
        **line_of(entry),
        "claims": dict(entry.request.claims),
        "list": entry.status.list_id,
        "index": entry.status.index,
        "changes": [{"at": at, "standing": standing, "reason": reason} for at, standing, reason in changes],
    }

    def page(screen: Screen) -> None:
        screen.line(f"{outcome(_STANDING_WORD[entry.standing])}  {entry.id}")
        screen.facts(
            [
                (tr("type", "유형"), options.type_name(entry.request.vct)),
                (tr("progress", "진행"), word(entry.progress)),
                (tr("signed", "서명"), moment(entry.signed_at)),
                (tr("valid until", "만료"), moment(entry.request.valid_until)),
                (tr("holder", "소지자"), entry.request.subject),
                (tr("reference", "참조"), entry.request.reference),
                (tr("list", "목록"), f"0x{entry.status.list_id.hex()} #{entry.status.index}"),
                (tr("replaces", "대신한 것"), entry.request.replaces),
                (tr("replaced by", "대신하는 것"), entry.replaced_by),
            ]
        )
        screen.facts([(name, str(value)) for name, value in entry.request.claims.items()], indent=4)
        for at, standing, reason in changes:
            screen.line(f"{moment(at)}  {outcome(_STANDING_WORD[standing])}  {reason or ''}", indent=2)

    emit(document, page)


def line_of(entry: "BookEntry") -> dict[str, object]:
    """What one line of the book says, without its claims."""
    return {
        "id": entry.id,
        "batch": entry.batch,
        "line": entry.line,
        "vct": entry.request.vct,
        "format": entry.request.format.value,
        "progress": entry.progress,
        "standing": entry.standing,
        "signed_at": entry.signed_at,
        "valid_until": entry.request.valid_until,
        "subject": entry.request.subject,
        "reference": entry.request.reference,
        "replaces": entry.request.replaces,
        "replaced_by": entry.replaced_by,
    }
