"""The ledger's events in human words, Korean or English: one sentence an event.

- Names are given by the caller: `name_of` turns the 20-byte id (0x-hex) of a DID into what people call it.
- An event that is not known here is told by its name and fields, never left out.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from registry_client.cli.i18n import tr
from registry_client.cli.korean import Word
from registry_client.cli.output import moment

NameOf = Callable[[str], str]

_ZERO_ID: Final = "0x" + "00" * 20

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "OrganisationCreated": ("{id} was created, endorsed by {agency}", "{agency}의 보증으로 {id} 생성"),
    "HolderCreated": (
        "{id}, a holder's DID, was created; its guardian is {guardian}",
        "소지자 DID {id} 생성, 관리 기관 {guardian}",
    ),
    "DocumentUpdated": ("{id} changed its document: version {version}", "{id} 문서 변경: 판 {version}"),
    "ControlTransferred": ("{id} passed to a new controller: version {version}", "{id}의 제어권 이전: 판 {version}"),
    "DidDeactivated": ("{id} was deactivated by {actingFor}", "{actingFor:이/가} {id:을/를} 비활성화"),
    "KeyCompromised": (
        "a key of {id} was marked compromised since {since} by {reporter}",
        "{reporter:이/가} {id}의 키를 {since}부터 침해된 것으로 표시",
    ),
    "AgencyAdmitted": (
        "{sponsor} admitted {agency} until {until}",
        "{sponsor:이/가} {agency}의 가입을 {until}까지 승인",
    ),
    "AgencyDismissed": ("{agency} was dismissed", "{agency} 제명"),
    "RoleGranted": (
        "{agency} gave the role {role} to {grantee} until {until}",
        "{agency:이/가} {grantee}에게 {role} 역할을 {until}까지 부여",
    ),
    "RoleEnded": ("{agency} ended the role {role} of {grantee}", "{agency:이/가} {grantee}의 {role} 역할을 종료"),
    "Accredited": (
        "{grantor} accredited {agency} to {rights} {typeId} until {until}",
        "{grantor:이/가} {agency}에 {typeId} {rights} 권한을 {until}까지 부여",
    ),
    "GrantEnded": (
        "the accreditation of {agency} for {typeId} ended at {endedAt}",
        "{agency}의 {typeId} 권한이 {endedAt}에 종료",
    ),
    "IssuanceAnchored": (
        "{agency} anchored {count} issued credential(s) as batch {seq}",
        "{agency:이/가} 발급 {count}건을 {seq}번째 묶음으로 고정",
    ),
    "ListOpened": ("{owner} opened a status list", "{owner:이/가} 상태 목록을 엶"),
    "StatusChanged": ("{op}: {bits} credential(s), by {by}", "{op}: {bits}건, 처리 {by}"),
    "StatusUnchanged": (
        "a suspension or lifting changed nothing, by {by}",
        "정지 또는 해제가 아무것도 바꾸지 않음, 처리 {by}",
    ),
    "SnapshotAnchored": (
        "a snapshot of a status list was anchored at change {seq}",
        "상태 목록의 {seq}번째 변경 시점 사본을 고정",
    ),
    "SchemaRegistered": ("{owner} registered {typeId}, version {version}", "{owner:이/가} {typeId} {version}판을 등록"),
    "ServiceSet": (
        "{verifier} may ask under service code {code} for {typeId} until {until}",
        "{verifier:이/가} 서비스 코드 {code:으로/로} {typeId:을/를} {until}까지 요청 가능",
    ),
    "ServiceEnded": (
        "service code {code} for {typeId} ended at {endedAt}",
        "{typeId}의 서비스 코드 {code:이/가} {endedAt}에 종료",
    ),
    "CouncilSet": (
        "the council has {members} members, {threshold} decide",
        "협의회 위원 {members}명, {threshold}명이 의결",
    ),
    "ProposalOpened": ("a proposal was opened: {kind}", "안건 제출: {kind}"),
    "Voted": ("a council member voted to {choice}", "협의회 위원이 {choice} 투표"),
    "ProposalReady": (
        "a proposal has its votes; it may be executed from {readyAt}",
        "안건 가결: {readyAt}부터 집행 가능",
    ),
    "ProposalCancelled": ("a proposal was cancelled", "안건 철회"),
    "ProposalExecuted": ("a proposal was executed", "안건 집행"),
    "Paused": ("the council paused changes until {until}", "협의회가 {until}까지 변경을 일시 중지"),
    "EntryRegistered": (
        "the Directory lists {name}, generation {generation}",
        "디렉터리에 {name} {generation}세대 등록",
    ),
    "OperationSkipped": ("item {position} of a batch was skipped", "묶음의 {position}번째 항목을 건너뜀"),
}
"""Event -> (English, Korean) sentence over the words made by `_words`."""

_ROLES: Final = {1: ("Endorser", "보증자"), 2: ("StatusOperator", "상태 담당"), 3: ("IssuanceOperator", "발급 담당")}
_STATUS_OPS: Final = {1: ("revoked", "폐기"), 2: ("suspended", "효력 정지"), 3: ("lifted", "정지 해제")}
_CHOICES: Final = {1: ("approve", "찬성"), 2: ("cancel", "철회")}
PROPOSALS: Final = {
    1: ("set the council", "협의회 구성"),
    2: ("register a contract in the Directory", "디렉터리 등록"),
    3: ("admit an agency", "기관 가입"),
    4: ("dismiss an agency", "기관 제명"),
    5: ("accredit a root agency", "최상위 발급 권한 부여"),
    6: ("end an accreditation", "발급 권한 종료"),
    7: ("mark a key compromised", "키 침해 표시"),
}
"""Proposal kind -> (English, Korean)."""

_IDS: Final = frozenset(
    {"id", "agency", "owner", "guardian", "reporter", "sponsor", "grantor", "actingFor", "verifier"}
)
_COUNCIL_WHEN_ZERO: Final = frozenset({"sponsor", "grantor", "reporter"})
_CONTROLLERS: Final = frozenset({"by", "endorser", "grantee", "member", "controller", "previousController"})
_TIMES: Final = frozenset({"until", "since", "from", "endedAt", "readyAt"})


def describe(
    type_name: str, fields: Mapping[str, Any], *, name_of: NameOf, type_of: NameOf, key_of: NameOf | None = None
) -> str:
    """One sentence about one event. `type_of` names a credential type by its id, `key_of` a Controller (0x-hex)."""
    pair = _SENTENCES.get(type_name)
    if pair is None:
        return f"{type_name} " + ", ".join(f"{name} {value}" for name, value in fields.items())
    words = _words(fields, name_of=name_of, type_of=type_of, key_of=key_of or short_key)
    try:
        return tr(*pair).format_map({name: Word(text) for name, text in words.items()})
    except KeyError as missing:
        return f"{type_name} ({missing.args[0]}?)"


def short_key(controller: str) -> str:
    """A Controller as people read it: its curve and enough of its digest to tell it from its neighbours."""
    if set(controller.removeprefix("0x")) <= {"0"}:
        return tr("the council", "협의회")
    curve = {"01": "secp256k1", "02": "P-256"}.get(controller[2:4], "?")
    return f"{curve} {controller[4:14]}"


def _words(fields: Mapping[str, Any], *, name_of: NameOf, type_of: NameOf, key_of: NameOf) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, value in fields.items():
        if name in _IDS and isinstance(value, str):
            council = name in _COUNCIL_WHEN_ZERO and value == _ZERO_ID
            words[name] = tr("the council", "협의회") if council else name_of(value)
        elif name in _CONTROLLERS and isinstance(value, str):
            words[name] = key_of(value)
        elif name in _TIMES:
            words[name] = moment(_number(value))
        elif name == "typeId":
            words[name] = type_of(str(value))
        elif name in {"code", "name"}:
            words[name] = ascii_of(str(value))
        elif name == "masks":
            words["bits"] = str(sum(_number(mask).bit_count() for mask in value))
        elif name == "members":
            words[name] = str(len(value))
        elif name in _CODES:
            words[name] = tr(*_CODES[name].get(_number(value), (str(value), str(value))))
        else:
            words[name] = str(_number(value)) if name in {"count", "seq", "version", "position"} else str(value)
    words["rights"] = _rights(bool(fields.get("mayIssue")), bool(fields.get("mayAccredit")))
    return words


_CODES: Final[dict[str, dict[int, tuple[str, str]]]] = {
    "role": _ROLES,
    "op": _STATUS_OPS,
    "choice": _CHOICES,
    "kind": PROPOSALS,
}


def _rights(may_issue: bool, may_accredit: bool) -> str:
    if may_issue and may_accredit:
        return tr("issue and accredit for", "발급·재위임")
    return tr("accredit for", "재위임") if may_accredit else tr("issue", "발급")


def _number(value: object) -> int:
    """An integer as events carry it: a JSON number, or 0x-hex for the wide ones."""
    return int(value, 16) if isinstance(value, str) and value.startswith("0x") else int(str(value))


def ascii_of(value: str) -> str:
    """A right-padded ASCII bytes32 as text; anything else as it is."""
    if not value.startswith("0x"):
        return value
    raw = bytes.fromhex(value[2:]).rstrip(b"\0")
    return raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else value
