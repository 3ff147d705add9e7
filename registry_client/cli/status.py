"""`mapae status`: the lists whose words on the ledger say revoked or suspended."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from registry_client.cli import context, options, sending, status_publish
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, moment, outcome

if TYPE_CHECKING:
    from registry_client.actions.status import Change

app = noun("status", help=tr("Status lists: open, change, show", "상태 목록을 열고 바꾸고 봅니다"))

ListId = Annotated[
    str, typer.Argument(metavar="LIST", help=tr("the list's id, 0x and 64 hex digits", "목록 id (0x와 16진수 64자)"))
]
Indices = Annotated[list[int], typer.Argument(metavar="INDEX...", help=tr("places in the list", "목록 안의 자리"))]
Operator = Annotated[str, typer.Option("--key", metavar="KEY", help=tr("a StatusOperator's key", "상태 담당자의 키"))]


@command(
    app,
    "open",
    help=tr("Open a list of 131,072 places", "자리 131,072개의 목록을 엽니다"),
    examples=("mapae status open --key status-operator",),
)
def open_(key: Operator, agency: options.Agency = None, salt: options.Salt = None) -> None:
    from registry_client.actions import status as lists

    desk, owner = context.desk(), context.agency(agency)
    chosen = options.salt_of(salt)
    list_id = lists.list_id(desk, owner=owner, salt=chosen)
    sending.change(
        lists.open_list(desk, owner=owner, salt=chosen, operator=context.signer(key)),
        what=tr("opening the list", "목록 열기"),
        result={"list": list_id, "owner": owner},
        facts=[(tr("list", "목록"), "0x" + list_id.hex()), (tr("owner", "소유 기관"), owner)],
    )


@command(
    app,
    "show",
    help=tr("Show a list, or one place in it", "목록 또는 한 자리를 봅니다"),
    examples=("mapae status show 0x5f..", "mapae status show 0x5f.. --index 4711 --json"),
)
def show(
    list_: ListId,
    index: Annotated[int | None, typer.Option("--index", metavar="N", help=tr("one place", "한 자리"))] = None,
) -> None:
    from registry_client.core.encoding import decode_hex
    from registry_client.core.status import LIST_SIZE, PLANE_LENGTH, REVOKED, SUSPENDED, status_value
    from registry_client.errors import StatusListMalformedError, ValueOutOfRangeError

    found = context.registry().status(decode_hex(list_.lower(), length=32))
    if found is None:
        raise StatusListMalformedError("the ledger has no such status list", list=list_)
    if index is not None and not 0 <= index < LIST_SIZE:
        raise ValueOutOfRangeError(f"an index lies in 0..{LIST_SIZE - 1}", index=index)
    counts = [int.from_bytes(plane).bit_count() for plane in (found.words[:PLANE_LENGTH], found.words[PLANE_LENGTH:])]
    document: dict[str, object] = {
        "list": list_,
        "owner": context.did_name("0x" + found.owner.hex()),
        "changes": found.seq,
        "revoked": counts[0],
        "suspended": counts[1],
        "assurance": str(found.assurance),
        "block_number": found.head.number,
        "block_time": found.head.time,
    }
    state = None
    if index is not None:
        state = {REVOKED: "revoked", SUSPENDED: "suspended"}.get(status_value(found.words, index), "active")
        document |= {"index": index, "state": state}

    def page(screen: Screen) -> None:
        screen.title(list_)
        screen.facts(
            [
                (tr("owner", "소유 기관"), document["owner"]),
                (tr("changes", "변경 수"), found.seq),
                (tr("revoked", "폐기"), counts[0]),
                (tr("suspended", "효력 정지"), counts[1]),
                (tr("as of", "기준"), f"{moment(found.head.time)}  {tr('block', '블록')} {found.head.number}"),
            ]
        )
        if state is not None:
            screen.line(f"{outcome(state)}  {tr('place', '자리')} {index}", indent=2)

    emit(document, page)


def _change(kind: "Change", list_: str, indices: list[int], key: str, agency: str | None) -> None:
    from registry_client.actions import status as lists
    from registry_client.core.encoding import decode_hex

    operations = lists.change(
        context.desk(),
        kind,
        list_id=decode_hex(list_.lower(), length=32),
        indices=indices,
        operator=context.signer(key),
        owner=context.agency(agency),
    )
    sending.change(
        *operations,
        what=tr(f"{kind.lower()}: {len(indices)}", f"{kind.lower()}: {len(indices)}건"),
        result={"list": list_, "change": kind.lower(), "indices": sorted(set(indices))},
        facts=[(tr("list", "목록"), list_), (tr("places", "자리"), " ".join(map(str, sorted(set(indices)))))],
    )


def _register(name: str, kind: Literal["Revoke", "Suspend", "Lift"], en: str, ko: str) -> None:
    def run(list_: ListId, indices: Indices, key: Operator, agency: options.Agency = None) -> None:
        _change(kind, list_, indices, key, agency)

    command(app, name, help=tr(en, ko), examples=(f"mapae status {name} 0x5f.. 4711 4712 --key status-operator",))(run)


_register("revoke", "Revoke", "Revoke places; for ever", "자리를 폐기합니다 (되돌릴 수 없음)")
_register("suspend", "Suspend", "Suspend places", "자리의 효력을 정지합니다")
_register("lift", "Lift", "Lift a suspension", "정지를 해제합니다")


command(
    app,
    "publish",
    help=tr("Sign a list for everybody, anchor it, hand it to the node", "목록에 서명하고 고정하여 노드에 게시합니다"),
    examples=("mapae status publish 0x5f..", "mapae status publish 0x5f.. --watch"),
)(status_publish.publish)
