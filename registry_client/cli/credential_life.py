"""What happens to a credential after its issue: suspended, lifted, revoked, reissued. Ledger first, then the book."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.failures import OK, REFUSED
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, outcome

if TYPE_CHECKING:
    from registry_client.actions.status import Change
    from registry_client.adapters.book import IssuerBook
    from registry_client.core.outcome import Outcome

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help=tr("ids in the book", "대장의 id"))]
Operator = Annotated[str, typer.Option("--key", metavar="KEY", help=tr("a StatusOperator's key", "상태 담당자의 키"))]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help=tr("kept in the book only", "발급 대장에만 남음"))
]
Yes = Annotated[bool, typer.Option("--yes", help=tr("do not ask", "묻지 않음"))]


def suspend(ids: Ids, key: Operator = "status-operator", reason: Reason = None) -> int:
    return _change("Suspend", ids, key, reason)


def lift(ids: Ids, key: Operator = "status-operator", reason: Reason = None) -> int:
    return _change("Lift", ids, key, reason)


def revoke(ids: Ids, key: Operator = "status-operator", reason: Reason = None, yes: Yes = False) -> int:
    options.confirm(tr(f"{len(ids)} credential(s) will end for ever.", f"{len(ids)}건을 영구히 폐기합니다."), yes=yes)
    return _change("Revoke", ids, key, reason)


def reissue(
    id_: Annotated[str, typer.Argument(metavar="ID", help=tr("its id in the book", "대장의 id"))],
    holder: Annotated[
        str | None,
        typer.Option("--holder", metavar="DID|JWK", help=tr("the new phone; the same if left out", "새 휴대전화")),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help=tr("signs the credential", "자격증명 서명 키"))
    ] = "issue-1",
    method: Annotated[
        str | None,
        typer.Option("--method", metavar="FRAGMENT", help=tr("of the key; its name if left out", "키의 문서 이름")),
    ] = None,
    operator: Annotated[
        str, typer.Option("--operator", metavar="KEY", help=tr("anchors the batch", "묶음을 고정하는 키"))
    ] = "issuance-operator",
    status_key: Annotated[
        str, typer.Option("--status-key", metavar="KEY", help=tr("revokes the old one", "옛 것을 폐기하는 키"))
    ] = "status-operator",
    reason: Reason = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=tr("where the file goes", "파일을 쓸 폴더"))] = Path(
        "issued"
    ),
) -> None:
    from registry_client.actions import credential as credentials
    from registry_client.cli.claims import holder_of
    from registry_client.cli.handed import write_private
    from registry_client.issuer import delivery_of

    signer = context.signer(key)
    with context.book() as book:
        old = book.entry(id_)
        if old.standing != "revoked":
            _send("Revoke", [id_], status_key, reason)
        batch = f"reissue-{id_}"
        known = book.entries(batch)
        request = known[0].request if known else replace(old.request, replaces=old.id, valid_from=context.desk().now())
        if holder is not None and not known:
            bound, subject = holder_of(holder, 1)
            request = replace(request, holder_key=bound, subject=subject)
        entries = credentials.issue(
            context.desk(),
            context.issuer(book, method=method or signer.key_id, signer=signer),
            batch,
            [request],
            operator=context.signer(operator),
        )
        file = out / f"{entries[0].id}.json"
        write_private(file, delivery_of(entries[0]))

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('revoked')}  {old.id}")
        screen.line(f"{outcome('active')}  {entries[0].id}")
        screen.facts([(tr("file", "파일"), file)])

    emit({"revoked": old.id, "issued": entries[0].id, "file": str(file)}, page)


def _change(kind: "Change", ids: list[str], key: str, reason: str | None) -> int:
    """Change these credentials and show how each stands now; REFUSED if one was revoked before, for it stays so."""
    ids = list(dict.fromkeys(ids))
    with context.book() as book:
        if kind != "Revoke":
            _note_revoked(book, ids)
        final = [] if kind == "Revoke" else [id_ for id_ in ids if book.entry(id_).standing == "revoked"]
        outcomes = _send(kind, ids, key, reason)
        standings = [(id_, book.entry(id_).standing) for id_ in ids]
    sending.show(
        outcomes,
        result={
            "credentials": [{"id": id_, "standing": standing} for id_, standing in standings],
            "refused": final,
        },
        facts=[
            (
                outcome("active" if standing == "valid" else standing),
                f"{id_}  {tr('stays revoked: that is for ever', '폐기는 되돌릴 수 없어 그대로입니다')}"
                if id_ in final
                else id_,
            )
            for id_, standing in standings
        ],
    )
    return REFUSED if final else OK


def _note_revoked(book: "IssuerBook", ids: list[str]) -> None:
    """Write into the book what the ledger has revoked without it: such a credential is neither suspended nor lifted."""
    from registry_client.actions import credential as credentials

    gone = credentials.revoked_meanwhile(context.registry(), [book.entry(id_) for id_ in ids])
    note = tr("found revoked on the ledger", "원장에서 이미 폐기됨")
    credentials.note_standing(book, "Revoke", gone, at=context.desk().now(), reason=note)


def _send(kind: "Change", ids: list[str], key: str, reason: str | None) -> "list[Outcome]":
    """Change the ledger, then note it in the book; what was revoked before is left as it is."""
    from registry_client.actions import credential as credentials

    desk = context.desk()
    with context.book() as book:
        entries = [book.entry(id_) for id_ in dict.fromkeys(ids)]
        open_ones = [entry for entry in entries if entry.standing != "revoked" or kind == "Revoke"]
        operations = credentials.change_standing(
            desk, kind, open_ones, agency=book.agency, operator=context.signer(key)
        )
        outcomes = sending.send(operations, what=tr(f"{kind.lower()}: {len(entries)}", f"{len(entries)}건 처리"))
        credentials.note_standing(book, kind, open_ones, at=desk.now(), reason=reason)
    return outcomes
