"""`mapae credential`: issue, find, suspend, revoke and reissue by the agency's book; verify anybody's."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from registry_client.cli import context, options
from registry_client.cli.app import command, noun
from registry_client.cli.credential_book import line_of, list_, show
from registry_client.cli.credential_life import lift, reissue, revoke, suspend
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, outcome
from registry_client.cli.progress import progress
from registry_client.cli.settings import UsageError

app = noun(
    "credential", help=tr("Issue, verify, suspend, revoke and reissue", "자격증명을 발급·검증·정지·폐기·재발급합니다")
)


@command(
    app,
    "issue",
    help=tr(
        "Issue a batch from a file; stop it anywhere, run it again to go on",
        "파일에서 일괄 발급 (중단해도 다시 실행하면 이어짐)",
    ),
    examples=(
        "mapae credential issue --claims officers.csv --type civil-servant --out issued/",
        "mapae credential issue --claims one.json --type gate-pass --until +90d --lang ko",
        "mapae credential issue --claims offices.json --type organisation --format vc+jwt",
        "mapae credential issue --claims one.json --type gate-pass --format gate-cwt",
    ),
)
def issue(
    claims: Annotated[
        Path, typer.Option("--claims", metavar="FILE", help=tr("FILE.json or FILE.csv", "FILE.json 또는 FILE.csv"))
    ],
    type_: options.TypeName,
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help=tr("signs the credentials", "자격증명 서명 키"))
    ] = "issue-1",
    operator: Annotated[
        str, typer.Option("--operator", metavar="KEY", help=tr("anchors the batch", "묶음을 고정하는 키"))
    ] = "issuance-operator",
    method: Annotated[
        str | None,
        typer.Option("--method", metavar="FRAGMENT", help=tr("of the key; its name if left out", "키의 문서 이름")),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="NAME", help=tr("follows from the file if left out", "생략하면 파일에서 정함")),
    ] = None,
    until: options.Until = "+365d",
    format_: options.FormatName = None,
    suite: options.SuiteName = None,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help=tr("one file a credential goes there", "자격증명 파일을 쓸 폴더")),
    ] = Path("issued"),
) -> None:
    from registry_client.actions import credential as credentials
    from registry_client.cli.claims import first_line, read_lines, request_of, require_holder
    from registry_client.cli.handed import write_private
    from registry_client.cli.same_batch import require_same_batch
    from registry_client.core.policy import SIGNED_BY_STATE
    from registry_client.issuer import delivery_of

    kind = context.issued_type(type_)
    form = options.format_of(format_, kind)
    lines, name = read_lines(claims)
    if format_ is not None:
        name = f"{name}-{form}"
    now = context.desk().now()
    end = options.time_of(until, now=now, default=now)
    signer, anchorer = context.signer(key), context.signer(operator)
    with context.book() as book, progress() as shown:
        known = book.entries(batch or name)
        if known:
            require_same_batch(
                batch or name,
                known,
                lines,
                kind=kind,
                form=form,
                until=until,
                method_id=f"{book.agency}#{method or signer.key_id}",
                key=signer.public_key,
                suite=suite,
            )
        numbered = [] if known else list(enumerate(lines, first_line(claims)))
        for number, line in numbered:
            require_holder(line, number, form=form)
        requests = [entry.request for entry in known] or [
            request_of(line, number, kind=kind, until=end, form=form, now=now) for number, line in numbered
        ]
        issuer = context.issuer(book, method=method or signer.key_id, signer=signer, suite=suite)
        stages = {
            "sign": tr("signing", "서명"),
            "anchor": tr("anchoring the batch", "묶음 고정"),
            "receipts": tr("making receipts", "영수증 작성"),
        }
        entries = credentials.issue(
            context.desk(),
            issuer,
            batch or name,
            requests,
            operator=anchorer,
            on_stage=lambda stage: shown.step(stages[stage]),
            on_count=shown.count,
        )
        files = [out / f"{entry.id}.json" for entry in entries]
        for entry, file in zip(entries, files, strict=True):
            write_private(file, delivery_of(entry))
    receipt = entries[0].receipt
    new = len(entries) - sum(entry.progress == "anchored" for entry in known)

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('ok')}  {tr('issued', '발급')}: {new}")
        if not new:
            screen.note(
                tr(
                    f"Nothing new: these {len(entries)} were issued before. To issue them again, give --batch NAME.",
                    f"새로 발급하지 않았습니다: 이 {len(entries)}건은 이미 발급했습니다. 또 하려면: --batch NAME",
                )
            )
        screen.facts(
            [
                (tr("batch", "묶음"), batch or name),
                (tr("anchored as", "고정 번호"), receipt.seq if receipt else None),
                (tr("at", "시각"), moment(receipt.time) if receipt else None),
                (tr("files", "파일"), f"{out}/"),
            ]
        )
        if signer.public_key.curve.algorithm not in SIGNED_BY_STATE:
            screen.note(
                tr(
                    f"{signer.public_key.curve.algorithm}: verified only where --algorithms or the policy allows it.",
                    f"{signer.public_key.curve.algorithm}: --algorithms나 이를 허용한 정책으로만 검증됩니다.",
                )
            )
        for entry in entries[:10]:
            screen.line(f"{entry.id}  {entry.request.reference or ''}", indent=2)

    emit(
        {
            "batch": batch or name,
            "new": new,
            "seq": receipt.seq if receipt else None,
            "credentials": [{**line_of(entry), "file": str(file)} for entry, file in zip(entries, files, strict=True)],
        },
        page,
    )


@command(
    app,
    "verify",
    help=tr(
        "Verify credentials themselves; who presents one is `mapae presentation verify`",
        "자격증명 자체를 검증 (제시자 확인은 `mapae presentation verify`)",
    ),
    examples=(
        "mapae credential verify issued/4db521b5.json",
        "mapae credential verify officer.sdjwt --lang ko --json",
        "mapae credential verify --from-dir archive --processes 4 --json",
    ),
)
def verify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help=tr("with or without receipts; - for stdin", "파일, -는 표준 입력")),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--from-dir", metavar="DIR", help=tr("every file in it", "폴더의 모든 파일"))
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help=tr("as of then; now if left out", "기준 시각"))
    ] = None,
    skew: options.Skew = 300,
    status: options.StatusFrom = None,
    lists: options.ListsFolder = None,
    algorithms: options.Algorithms = None,
    claims: Annotated[bool, typer.Option("--show-claims", help=tr("also show what it says", "내용도 표시"))] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes", metavar="N", min=1, max=256, help=tr("for many files", "여러 파일일 때 프로세스 수")
        ),
    ] = None,
) -> int:
    from registry_client.cli.credential_many import files_of, verify_files
    from registry_client.cli.handed import read_handed
    from registry_client.cli.verdicts import show_report
    from registry_client.core.policy import Policy

    chosen = files_of(files or [], folder)
    now = int(datetime.now(UTC).timestamp())
    as_of = datetime.fromtimestamp(options.time_of(at, now=now, default=now), UTC)
    policy = Policy(
        minimum_assurance=context.profile().minimum_assurance,
        algorithms=options.algorithms_of(algorithms),
        clock_skew_s=skew,
        possession="never",
    )
    if folder is not None or len(chosen) > 1:
        if claims:
            raise UsageError(tr("--show-claims is for one file", "--show-claims는 파일 하나일 때만 씁니다"))
        return verify_files(
            chosen, policy=policy, as_of=as_of, profile=context.checking(status, lists), processes=processes
        )
    given = read_handed(chosen[0])
    report = context.verifier(status, lists).verify(given.content, policy=policy, as_of=as_of, receipts=given.receipts)
    return show_report(
        report,
        claims=claims,
        note=tr("the holder was not asked to prove anything", "소지자 확인은 하지 않았습니다"),
    )


for _name, _function, _help, *_examples in (
    (
        "list",
        list_,
        tr("Find credentials in the book", "발급 대장에서 찾습니다"),
        "mapae credential list --standing suspended",
        "mapae credential list --reference HR-2026-0417 --json",
    ),
    (
        "show",
        show,
        tr("Show one credential of the book and its life", "발급 대장의 자격증명 하나와 그 이력을 봅니다"),
        "mapae credential show 4db521b5-...",
        "mapae credential show 4db521b5-... --out officer.json",
    ),
    (
        "suspend",
        suspend,
        tr("Suspend credentials of the book", "발급 대장의 자격증명 효력을 정지합니다"),
        "mapae credential suspend ID --reason leave",
    ),
    ("lift", lift, tr("Lift a suspension", "정지를 풉니다"), "mapae credential lift ID"),
    (
        "revoke",
        revoke,
        tr("Revoke credentials, for ever", "자격증명을 폐기합니다 (되돌릴 수 없음)"),
        "mapae credential revoke ID --reason lost --yes",
    ),
    (
        "reissue",
        reissue,
        tr(
            "Revoke one and issue it anew, to the same or another phone",
            "폐기하고 같은 또는 다른 휴대전화에 다시 발급합니다",
        ),
        "mapae credential reissue ID --holder did:mapae:dev-1a2b3c:8seQ...",
    ),
):
    command(app, _name, help=_help, examples=_examples)(_function)
