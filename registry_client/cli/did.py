"""`mapae did`: create, resolve, update, hand over, end; and mark a key as stolen."""

from typing import TYPE_CHECKING, Annotated

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.app import command, noun
from registry_client.cli.did_create import create, create_holder
from registry_client.cli.did_document import Document, Methods, Services, next_document
from registry_client.cli.failures import OK, REJECTED
from registry_client.cli.i18n import tr, word
from registry_client.cli.output import Screen, emit, moment, outcome
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.core.operation import SignedOperation

app = noun("did", help=tr("Create, resolve, change and end DIDs", "DID를 만들고 해석하고 바꾸고 끝냅니다"))


@command(
    app,
    "resolve",
    help=tr("Resolve a DID to its document", "DID를 해석해 문서를 봅니다"),
    examples=(
        "mapae did resolve did:mapae:dev-1a2b3c:2hPm...",
        "mapae did resolve DID --version 2",
        "mapae did resolve DID --time 2026-01-31T09:00:00Z --json",
    ),
)
def resolve(
    did: Annotated[str, typer.Argument(metavar="DID", help=tr("a DID of any supported method", "지원하는 방식의 DID"))],
    version: Annotated[int | None, typer.Option("--version", metavar="N", help=tr("that version", "그 판"))] = None,
    time: Annotated[str | None, typer.Option("--time", metavar="TIME", help=tr("as it was then", "그때의 판"))] = None,
) -> int:
    resolution = context.registry().resolve(
        did, version_id=None if version is None else str(version), version_time=time
    )
    document, metadata = resolution.document, resolution.metadata

    ended = bool(metadata.get("deactivated"))

    def page(screen: Screen) -> None:
        state = "deactivated" if ended else "active"
        screen.title(did)
        if ended:
            screen.verdict(
                state,
                tr(
                    "this DID has ended, for good; earlier versions can still be read with --version",
                    "이 DID는 끝났고 되돌릴 수 없습니다; 이전 판은 --version으로 볼 수 있습니다",
                ),
            )
        screen.facts(
            [
                (tr("state", "상태"), outcome(state)),
                (tr("version", "판"), metadata.get("versionId")),
                (tr("created", "생성"), metadata.get("created")),
                (tr("updated", "변경"), metadata.get("updated")),
            ]
        )
        for method in (document or {}).get("verificationMethod", []):
            uses = [name for name, ids in (document or {}).items() if isinstance(ids, list) and method["id"] in ids]
            jwk = method.get("publicKeyJwk", {})
            screen.facts(
                [("#" + method["id"].partition("#")[2], f"{jwk.get('crv', method['type'])}  {' '.join(uses)}")]
            )
        for service in (document or {}).get("service", []):
            screen.facts([("#" + service["id"].partition("#")[2], f"{service['type']}  {service['serviceEndpoint']}")])
        known_by = word(resolution.assurance.value)
        screen.note(tr(f"known by: {known_by}", f"근거: {known_by}"))

    emit(resolution.to_json(), page)
    return REJECTED if ended else OK


command(
    app,
    "create",
    help=tr("Create an organisation's DID", "기관 DID를 만듭니다"),
    examples=(
        (
            "mapae did create --key controller --endorser endorser --endorsing-agency DID "
            "--method issue-1=issue-1 --service web=LinkedDomains,https://agency.example"
        ),
    ),
)(create)

command(
    app,
    "create-holder",
    help=tr("Create the DID of a person's phone", "휴대전화(소지자) DID를 만듭니다"),
    examples=("mapae did create-holder --phone phone.p12 --endorser endorser --guardian DID",),
)(create_holder)


@command(
    app,
    "update",
    help=tr("Add or remove keys and services", "키와 서비스를 더하거나 뺍니다"),
    examples=(
        "mapae did update DID --key controller --method issue-2=issue-2 --remove issue-1",
        "mapae did update DID --key controller --document next.json",
    ),
)
def update(
    did: options.Did,
    key: options.Controller,
    method: Methods = None,
    service: Services = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="FRAGMENT", help=tr("take it out; repeatable", "뺄 것; 반복 가능")),
    ] = None,
    document: Document = None,
    registrar: options.Registrar = None,
) -> None:
    from registry_client.actions import did as dids

    standing = context.standing(did)
    following = next_document(did, standing, method=method, service=service, remove=remove, document=document)
    change = dids.update_document(
        context.desk(), did, document=following, version=standing.version, controller=context.signer(key)
    )
    _changed(did, standing.version + 1, change, registrar=registrar)


@command(
    app,
    "transfer",
    help=tr("Hand an organisation's DID over to another controller", "기관 DID의 제어권을 넘깁니다"),
    examples=("mapae did transfer DID --key controller --new-key controller-2",),
)
def transfer(
    did: options.Did,
    key: options.Controller,
    new_key: Annotated[str, typer.Option("--new-key", metavar="KEY", help=tr("who takes over", "넘겨받는 키"))],
    document: Document = None,
) -> None:
    from registry_client.actions import did as dids

    standing = context.standing(did)
    following = next_document(did, standing, method=None, service=None, remove=None, document=document)
    change = dids.transfer_control(
        context.desk(),
        did,
        document=following,
        version=standing.version,
        controller=context.signer(key),
        new_controller=context.signer(new_key),
    )
    _changed(did, standing.version + 1, change)


@command(
    app,
    "deactivate",
    help=tr("End a DID for good", "DID를 영구히 끝냅니다"),
    examples=(
        "mapae did deactivate DID --key controller --yes",
        "mapae did deactivate DID --key status-operator --guardian AGENCY --yes",
    ),
)
def deactivate(
    did: options.Did,
    key: options.Key,
    guardian: Annotated[
        str | None,
        typer.Option(
            "--guardian", metavar="DID", help=tr("a holder's guardian, acting for it", "소지자의 관리 기관으로서")
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=tr("do not ask", "묻지 않음"))] = False,
    registrar: options.Registrar = None,
) -> None:
    from registry_client.actions import did as dids

    _confirm(did, yes=yes)
    desk, signer = context.desk(), context.signer(key)
    if guardian is not None:
        change = dids.deactivate_holder(desk, did, guardian=guardian, operator=signer)
    else:
        change = dids.deactivate(desk, did, version=context.standing(did).version, controller=signer)
    sending.change(
        change,
        what=tr("deactivating the DID", "DID 비활성화"),
        result={"did": did, "deactivated": True},
        facts=[("DID", did), (tr("state", "상태"), outcome("deactivated"))],
        registrar=registrar,
    )


@command(
    app,
    "compromised",
    help=tr(
        "Mark a key as stolen since a time; never undone", "키를 어느 시각부터 침해된 것으로 표시 (되돌릴 수 없음)"
    ),
    examples=(
        "mapae did compromised DID --method issue-1 --key controller --since 2026-01-31T09:00:00Z",
        (
            "mapae did compromised DID --thumbprint 0xc71d... --key ministry --reporter MINISTRY "
            "--type civil-servant --grant 1"
        ),
    ),
)
def compromised(
    did: options.Did,
    key: options.Key,
    method: Annotated[
        str | None, typer.Option("--method", metavar="FRAGMENT", help=tr("which key of the document", "문서의 어느 키"))
    ] = None,
    thumbprint: Annotated[
        str | None, typer.Option("--thumbprint", metavar="HEX", help=tr("RFC 7638, 32 bytes", "RFC 7638, 32바이트"))
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help=tr("since when", "언제부터"))] = "now",
    reporter: Annotated[
        str | None,
        typer.Option("--reporter", metavar="DID", help=tr("a grantor that reports it", "신고하는 권한 부여 기관")),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help=tr("the reporter's grant: type", "신고 기관이 준 권한의 유형")),
    ] = None,
    grant: Annotated[
        int, typer.Option("--grant", metavar="N", help=tr("the reporter's grant: number", "그 권한의 번호"))
    ] = 0,
) -> None:
    from registry_client.actions import did as dids
    from registry_client.core.credential_types import type_id_of
    from registry_client.core.encoding import decode_hex

    desk = context.desk()
    if (method is None) == (thumbprint is None):
        raise UsageError(
            tr("name the key by --method or by --thumbprint", "--method 또는 --thumbprint로 키를 지정하세요")
        )
    if thumbprint is not None:
        digest = decode_hex(thumbprint.lower(), length=32)
    else:
        digest = context.document_of(did).method(f"{did}#{method}").public_key.thumbprint()
    when = options.time_of(since, now=desk.network.head_time, default=desk.network.head_time)
    type_id = dids.NO_TYPE if type_ is None else type_id_of(options.vct_of(type_, base=context.profile().base))
    mark = dids.mark_compromised(
        desk,
        did,
        thumbprint=digest,
        since=when,
        controller=context.signer(key),
        reporter=reporter,
        type_id=type_id,
        seq=grant,
    )
    sending.change(
        mark,
        what=tr("marking the key", "키 표시"),
        result={"did": did, "thumbprint": digest, "since": when},
        facts=[("DID", did), (tr("thumbprint", "지문"), "0x" + digest.hex()), (tr("since", "시점"), moment(when))],
    )


def _changed(did: str, version: int, change: "SignedOperation", *, registrar: str | None = None) -> None:
    sending.change(
        change,
        what=tr("changing the DID", "DID 변경"),
        result={"did": did, "version": version},
        facts=[("DID", did), (tr("version", "판"), version)],
        registrar=registrar,
    )


def _confirm(did: str, *, yes: bool) -> None:
    options.confirm(tr(f"{did} will end, for good.", f"{did}을(를) 영구히 끝냅니다."), yes=yes)
