"""The one table of what `mapae operation make KIND` takes: NAME=VALUE, whether it must be there, what it means."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from registry_client.cli.drafts.given import Draft, Given
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError


@dataclass(frozen=True, slots=True)
class Argument:
    """One NAME=VALUE. `needed`: must be there, unless another of the kind stands in for it (then the text says so)."""

    name: str
    en: str
    ko: str
    needed: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a kind's message is made. `builder`: module and function below this package."""

    builder: str
    arguments: tuple[Argument, ...]

    def build(self, given: Given) -> Draft:
        module, _, function = self.builder.partition(".")
        make: Callable[[Given], Draft] = getattr(import_module(f"registry_client.cli.drafts.{module}"), function)
        return make(given)


_DID: Final = Argument("did", "the DID", "대상 DID", needed=True)
_SALT: Final = Argument("salt", "32 bytes; random if left out", "32바이트; 생략하면 무작위")
_EDITS: Final = (
    Argument("document", "FILE: a whole document as JSON, instead of the next", "FILE: 문서 전체 JSON (아래 대신)"),
    Argument("method", "FRAGMENT=KEY[:USE] to list", "넣을 키, FRAGMENT=KEY[:USE]", repeatable=True),
    Argument("service", "FRAGMENT=TYPE,URL to list", "넣을 서비스, FRAGMENT=TYPE,URL", repeatable=True),
)
_REMOVE: Final = Argument("remove", "FRAGMENT to take out", "뺄 FRAGMENT", repeatable=True)
_GUARDIAN: Final = Argument(
    "guardian", "DID; the profile's agency if left out", "관리 기관 DID; 생략하면 프로필의 기관"
)
_ROOT: Final = Argument("root", "DID; the profile's agency if left out", "최상위 기관 DID; 생략하면 프로필의 기관")
_OWN: Final = Argument("agency", "DID; the profile's agency if left out", "기관 DID; 생략하면 프로필의 기관")
_GRANTOR: Final = Argument("grantor", "DID; the profile's agency if left out", "부여 기관 DID; 생략하면 프로필의 기관")
_AGENCY: Final = Argument("agency", "the agency's DID", "대상 기관의 DID", needed=True)
_TYPE: Final = Argument("type", "short name or vct", "유형 이름 또는 vct", needed=True)
_FROM: Final = Argument("from", "TIME; now if left out", "시작 시각; 생략하면 지금")
_UNTIL: Final = Argument("until", "TIME: a date, or +365d", "기한: 날짜 또는 +365d")
_AT: Final = Argument("at", "TIME; now if left out", "종료 시각; 생략하면 지금")
_ROLE: Final = Argument(
    "role", "endorser, status-operator, issuance-operator", "endorser, status-operator, issuance-operator", needed=True
)
_TO: Final = Argument("to", "KEY or 0x..: who holds the role", "역할을 가진 키 이름 또는 0x..", needed=True)
_CODE: Final = Argument("code", "the service code", "서비스 코드", needed=True)
_LIST: Final = Argument("list", "the list's id, 0x..", "목록 id, 0x..", needed=True)
_PLACES: Final = Argument("places", "places in the list: 4711,4712", "목록의 자리: 4711,4712", needed=True)
_PROPOSAL: Final = Argument(
    "proposal", "FILE of `mapae council propose`", "`mapae council propose`의 안건 파일", needed=True
)
_CHANGE: Final = Recipe("lists.change", (_LIST, _PLACES))

RECIPES: Final[dict[str, Recipe]] = {
    "CreateOrganisation": Recipe(
        "dids.create_organisation",
        (
            Argument("controller", "KEY or 0x..: who will control it", "제어 키 이름 또는 0x..", needed=True),
            Argument("endorsing-agency", "DID; itself if left out", "보증 기관 DID; 생략하면 자신"),
            *_EDITS,
            _SALT,
        ),
    ),
    "CreateHolder": Recipe(
        "dids.create_holder",
        (Argument("phone", "KEY of the phone (P-256)", "휴대전화의 키 (P-256)", needed=True), _GUARDIAN, _SALT),
    ),
    "UpdateDocument": Recipe("dids.update_document", (_DID, *_EDITS, _REMOVE)),
    "TransferControl": Recipe(
        "dids.transfer_control",
        (
            _DID,
            Argument("new-controller", "KEY or 0x..: who takes over", "넘겨받는 키 이름 또는 0x..", needed=True),
            *_EDITS,
            _REMOVE,
        ),
    ),
    "DeactivateDid": Recipe("dids.deactivate_did", (_DID,)),
    "DeactivateHolder": Recipe("dids.deactivate_holder", (_DID, _GUARDIAN)),
    "MarkCompromised": Recipe(
        "dids.mark_compromised",
        (
            _DID,
            Argument("method", "FRAGMENT of the key", "키의 FRAGMENT"),
            Argument("thumbprint", "of the key, instead of method", "method 대신 키의 지문"),
            Argument("since", "TIME; now if left out", "시점; 생략하면 지금"),
            Argument("reporter", "DID of a grantor; itself if left out", "신고하는 부여 기관 DID; 생략하면 자신"),
            Argument("type", "the reporter's grant: type", "신고 기관이 준 권한의 유형"),
            Argument("grant", "the reporter's grant: number", "그 권한의 번호"),
        ),
    ),
    "AdmitAgency": Recipe(
        "rights.admit_agency",
        (
            Argument("request", "FILE of `mapae agency init`, instead of the next two", "신청 파일 (아래 둘 대신)"),
            Argument("agency", "the agency's DID", "대상 기관의 DID"),
            Argument("endorser", "KEY or 0x..: its first endorser", "첫 보증자의 키 이름 또는 0x.."),
            _ROOT,
            _UNTIL,
        ),
    ),
    "DismissAgency": Recipe("rights.dismiss_agency", (_AGENCY, _ROOT)),
    "GrantRole": Recipe("rights.grant_role", (_ROLE, _TO, _OWN, _UNTIL)),
    "EndRole": Recipe("rights.end_role", (_ROLE, _TO, _OWN)),
    "Accredit": Recipe(
        "rights.accredit",
        (
            _AGENCY,
            _TYPE,
            _GRANTOR,
            _FROM,
            _UNTIL,
            Argument("issue", "may issue: yes (default) or no", "발급 가능: yes(기본) 또는 no"),
            Argument("accredit", "may accredit others: yes or no (default)", "재위임 가능: yes 또는 no(기본)"),
        ),
    ),
    "EndGrant": Recipe(
        "rights.end_grant", (_AGENCY, _TYPE, Argument("grant", "its number", "권한 번호", needed=True), _AT, _GRANTOR)
    ),
    "AnchorIssuance": Recipe(
        "lists.anchor_issuance",
        (
            Argument("root", "of the batch's tree, 32 bytes", "묶음 트리의 루트, 32바이트", needed=True),
            Argument("count", "credentials in the batch", "묶음의 자격증명 수", needed=True),
            _OWN,
        ),
    ),
    "OpenList": Recipe("lists.open_list", (_OWN, _SALT)),
    "Revoke": _CHANGE,
    "Suspend": _CHANGE,
    "Lift": _CHANGE,
    "AnchorSnapshot": Recipe("lists.anchor_snapshot", (_LIST,)),
    "RegisterSchema": Recipe(
        "types.register_schema",
        (
            Argument("type", "one of ours", "기본 제공 유형"),
            Argument("file", "FILE: a type document, instead of type", "FILE: 유형 문서 (type 대신)"),
            _OWN,
        ),
    ),
    "SetService": Recipe(
        "types.set_service",
        (
            _CODE,
            _TYPE,
            Argument("verifier", "DID: who may ask", "요청할 검증자의 DID", needed=True),
            Argument("claims", "what may be asked for: A,B", "요청할 수 있는 항목: A,B", needed=True),
            Argument("purpose", "why, in English", "목적 (영어)", needed=True),
            Argument("purpose-ko", "why, in Korean", "목적 (한국어)", needed=True),
            _FROM,
            _UNTIL,
        ),
    ),
    "EndService": Recipe("types.end_service", (_CODE, _TYPE, _AT)),
    "Vote": Recipe(
        "council.vote", (_PROPOSAL, Argument("choice", "approve (default) or cancel", "approve(기본) 또는 cancel"))
    ),
    "Pause": Recipe("council.pause", (Argument("until", "TIME, +72h at most", "기한, 최대 +72h", needed=True),)),
    "ExecuteProposal": Recipe("council.execute_proposal", (_PROPOSAL,)),
}
"""Kind -> how it is made; as many as there are kinds of operations."""


def kind_of(text: str) -> str:
    """`update-document` or `UpdateDocument` -> the kind. Raises UsageError that names the nearest."""
    from difflib import get_close_matches

    wanted = text.replace("-", "").lower()
    for kind in RECIPES:
        if kind.lower() == wanted:
            return kind
    near = get_close_matches(wanted, [kind.lower() for kind in RECIPES], n=1)
    hint = next((dashed(kind) for kind in RECIPES if near and kind.lower() == near[0]), "update-document")
    raise UsageError(
        tr(
            f"{text}: no such kind; did you mean {hint}? `mapae operation kinds` lists all",
            f"{text}: 그런 종류가 없습니다; 혹시 {hint}? 목록은 `mapae operation kinds`",
        )
    )


def dashed(kind: str) -> str:
    """`UpdateDocument` -> `update-document`, as it is typed."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).removeprefix("-")


def read_values(kind: str, texts: Iterable[str]) -> Mapping[str, list[str]]:
    """Sort NAME=VALUE texts by name; every name one of the kind's. Raises UsageError."""
    known = {argument.name: argument for argument in RECIPES[kind].arguments}
    values: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            names = ", ".join(known)
            raise UsageError(
                tr(
                    f"{text}: write NAME=VALUE; {dashed(kind)} takes {names}",
                    f"{text}: NAME=VALUE처럼 씁니다; {dashed(kind)}의 항목: {names}",
                )
            )
        values.setdefault(name, []).append(value)
    missing = [argument.name for argument in known.values() if argument.needed and argument.name not in values]
    if missing:
        raise UsageError(
            tr(
                f"{dashed(kind)} needs {missing[0]}=...; `mapae operation kinds {dashed(kind)}` lists all",
                f"{dashed(kind)}에는 {missing[0]}=... 이(가) 필요합니다; `mapae operation kinds {dashed(kind)}` 참고",
            )
        )
    return values


def build(kind: str, texts: Iterable[str]) -> tuple[dict[str, Any], Mapping[str, bytes]]:
    """The message (without deadline and nonce) and the expected signers of a line."""
    draft = RECIPES[kind].build(Given(dashed(kind), read_values(kind, texts)))
    return draft.message, draft.expected
