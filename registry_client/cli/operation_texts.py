"""What a signature will do, in plain words, Korean and English: a title, a sentence and a caution for every kind.

- `{name}` is a field of the message as `operation_words.py` says it; Korean particles follow it (`{agency:이/가}`).
- A caution is said where the effect is for ever, or reaches further than it looks.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """One kind in both languages: (English, Korean) each; an empty caution is none."""

    title: tuple[str, str]
    effect: tuple[str, str]
    caution: tuple[str, str] = ("", "")


_FOR_EVER: Final = ("This cannot be undone.", "되돌릴 수 없습니다.")

TEXTS: Final[dict[str, Text]] = {
    "CreateOrganisation": Text(
        ("Create an organisation's DID", "기관 DID 생성"),
        (
            "The key {controller} will control the new {did}. An endorser of {agency} vouches for it.",
            "키 {controller:이/가} 새 {did:을/를} 제어하게 됩니다. {agency}의 보증자가 이를 보증합니다.",
        ),
        (
            "Whoever holds that key can change and end this DID.",
            "그 키를 가진 사람이 이 DID를 바꾸고 끝낼 수 있습니다.",
        ),
    ),
    "CreateHolder": Text(
        ("Create the DID of a person's phone", "휴대전화(소지자) DID 생성"),
        (
            "The phone's key gets {did}. An endorser of {guardian} vouches for it; {guardian} may end it.",
            "휴대전화의 키로 {did:을/를} 만듭니다. {guardian}의 보증자가 보증하고, {guardian:이/가} 끝낼 수 있습니다.",
        ),
        (
            "The public key, the guardian and the date stay on the ledger for ever.",
            "공개 키, 관리 기관, 날짜는 원장에 영구히 남습니다.",
        ),
    ),
    "UpdateDocument": Text(
        ("Replace a DID's document", "DID 문서 교체"),
        (
            "The document of {id} becomes the one below: version {expectedVersion} is followed by the next.",
            "{id}의 문서가 아래의 것으로 바뀝니다. 지금 판은 {expectedVersion}이며 그 다음 판이 됩니다.",
        ),
        (
            "A key that is not listed below signs nothing new from then on.",
            "아래에 없는 키는 그때부터 새로 서명할 수 없습니다.",
        ),
    ),
    "TransferControl": Text(
        ("Hand a DID over to another key", "DID 제어권 이전"),
        (
            "{newController} takes over {id}, with the document below.",
            "{newController:이/가} 아래 문서와 함께 {id:을/를} 넘겨받습니다.",
        ),
        (
            "The present key loses every power over the DID. Both keys have to sign.",
            "지금 키는 이 DID에 대한 권한을 모두 잃습니다. 두 키가 모두 서명해야 합니다.",
        ),
    ),
    "DeactivateDid": Text(
        ("End a DID", "DID 비활성화"),
        ("{id} ends, for good.", "{id:을/를} 영구히 끝냅니다."),
        (
            "This cannot be undone. What it issued stands only with an earlier receipt.",
            "되돌릴 수 없습니다. 이 DID가 발급한 것은 그 전의 영수증이 있어야만 유효합니다.",
        ),
    ),
    "DeactivateHolder": Text(
        ("End the DID of a person's phone", "휴대전화(소지자) DID 비활성화"),
        ("{guardian} ends {id}, as its guardian.", "{guardian:이/가} 관리 기관으로서 {id:을/를} 끝냅니다."),
        _FOR_EVER,
    ),
    "MarkCompromised": Text(
        ("Mark a key as stolen", "키 침해 표시"),
        (
            "The key {keyThumbprint} of {id} counts as stolen since {since}, reported by {reporter}.",
            "{id}의 키 {keyThumbprint:을/를} {since}부터 침해된 것으로 표시합니다. 신고: {reporter}.",
        ),
        (
            "This cannot be undone. Credentials signed by the key stand only with a receipt anchored before that time.",
            "되돌릴 수 없습니다. 이 키로 서명한 자격증명은 그 전에 고정된 영수증이 있어야만 유효합니다.",
        ),
    ),
    "AdmitAgency": Text(
        ("Admit an agency", "기관 가입 승인"),
        (
            "{root} admits {agency} until {until}, with {endorser} as its first endorser.",
            "{root:이/가} {agency}의 가입을 {until}까지 승인합니다. 첫 보증자: {endorser}.",
        ),
        (
            "The endorser can vouch for new DIDs in the agency's name.",
            "보증자는 기관의 이름으로 새 DID를 보증할 수 있습니다.",
        ),
    ),
    "DismissAgency": Text(
        ("End an agency's admission", "기관 가입 종료"),
        ("{root} ends the admission of {agency}.", "{root:이/가} {agency}의 가입을 끝냅니다."),
        (
            "Its endorsers and operators can do nothing more in its name.",
            "그 기관의 보증자와 담당자는 더 이상 아무것도 할 수 없습니다.",
        ),
    ),
    "GrantRole": Text(
        ("Give a key a role", "키에 역할 부여"),
        (
            "{agency} makes {grantee} its {role} until {until}.",
            "{agency:이/가} {grantee}에 {role} 역할을 {until}까지 줍니다.",
        ),
    ),
    "EndRole": Text(
        ("End a key's role", "키의 역할 종료"),
        ("{grantee} is no longer {role} of {agency}.", "{grantee:은/는} 더 이상 {agency}의 {role:이/가} 아닙니다."),
    ),
    "Accredit": Text(
        ("Give a right to issue", "발급 권한 부여"),
        (
            "{grantor} lets {agency} {rights} credentials of {typeId}, from {from} until {until}.",
            "{grantor:이/가} {agency}에 {typeId} {rights} 권한을 {from}부터 {until}까지 줍니다.",
        ),
    ),
    "EndGrant": Text(
        ("End a right to issue", "발급 권한 종료"),
        (
            "{grantor} ends right {seq} of {agency} for {typeId} as of {endedAt}.",
            "{grantor:이/가} {agency}의 {typeId} {seq}번 권한을 {endedAt}에 끝냅니다.",
        ),
        (
            "The end only ever moves earlier. Credentials signed later, or without a receipt, no longer stand.",
            "종료는 앞당길 수만 있습니다. 그 뒤에 서명되었거나 영수증이 없는 자격증명은 유효하지 않습니다.",
        ),
    ),
    "AnchorIssuance": Text(
        ("Anchor a batch of credentials", "발급 묶음 고정"),
        (
            "{agency} anchors {count} credential(s) as batch {expectedSeq}.",
            "{agency:이/가} 자격증명 {count}건을 {expectedSeq}번째 묶음으로 고정합니다.",
        ),
    ),
    "OpenList": Text(
        ("Open a status list", "상태 목록 열기"),
        ("{owner} opens a status list of 131,072 places.", "{owner:이/가} 자리 131,072개의 상태 목록을 엽니다."),
    ),
    "Revoke": Text(
        ("Revoke credentials", "자격증명 폐기"),
        ("{places} credential(s) of the list are revoked.", "이 목록의 자격증명 {places}건을 폐기합니다."),
        _FOR_EVER,
    ),
    "Suspend": Text(
        ("Suspend credentials", "자격증명 효력 정지"),
        (
            "{places} credential(s) of the list are suspended, until the suspension is lifted.",
            "이 목록의 자격증명 {places}건의 효력을 정지합니다. 정지를 풀 때까지 유효하지 않습니다.",
        ),
    ),
    "Lift": Text(
        ("Lift a suspension", "효력 정지 해제"),
        (
            "{places} credential(s) of the list are valid again, unless they were revoked.",
            "이 목록의 자격증명 {places}건의 정지를 풉니다. 폐기된 것은 그대로입니다.",
        ),
    ),
    "AnchorSnapshot": Text(
        ("Anchor a snapshot of a status list", "상태 목록 사본 고정"),
        (
            "The digest below is the list's state after change {seq}.",
            "아래 지문은 {seq}번째 변경 뒤의 목록 상태입니다.",
        ),
    ),
    "RegisterSchema": Text(
        ("Register a credential type", "자격증명 유형 등록"),
        (
            "{owner} registers version {expectedVersion} of {vct}, as below.",
            "{owner:이/가} {vct}의 {expectedVersion}판을 아래 내용으로 등록합니다.",
        ),
        ("A registered version never changes.", "등록된 판은 바뀌지 않습니다."),
    ),
    "SetService": Text(
        ("Let a verifier ask for claims", "검증자의 요청 허용"),
        (
            "{verifier} may ask under the code {code} for the claims of {typeId} below, from {from} until {until}.",
            "{verifier:이/가} 코드 {code:으로/로} {typeId}의 아래 항목을 {from}부터 {until}까지 요청할 수 있습니다.",
        ),
    ),
    "EndService": Text(
        ("End a service", "서비스 종료"),
        (
            "The code {code} for {typeId} ends at {endedAt}: nobody may ask under it after that.",
            "{typeId}의 서비스 코드 {code:을/를} {endedAt}에 끝냅니다. 그 뒤로는 이 코드로 요청할 수 없습니다.",
        ),
        ("The end only ever moves earlier.", "종료는 앞당길 수만 있습니다."),
    ),
    "Vote": Text(
        ("Vote in the council", "협의회 투표"),
        (
            "A member of the council votes to {choice} in epoch {epoch}: {proposal}.",
            "협의회 위원이 {epoch}기에 {choice} 투표합니다: {proposal}.",
        ),
        (
            "A vote is not taken back. Who has voted to cancel cannot approve again.",
            "투표는 취소할 수 없습니다. 철회에 투표한 위원은 다시 찬성할 수 없습니다.",
        ),
    ),
    "Pause": Text(
        ("Pause changes", "변경 일시 중지"),
        (
            "Creating, accrediting, granting, lifting, transferring and replacing stop until {until}.",
            "{until}까지 생성, 권한과 역할 부여, 정지 해제, 이전, 교체가 멈춥니다.",
        ),
        (
            "This cannot be undone, and no other pause can follow for 14 days. Revoking never stops.",
            "되돌릴 수 없고, 그 뒤 14일은 다시 멈출 수 없습니다. 폐기는 멈추지 않습니다.",
        ),
    ),
    "ExecuteProposal": Text(
        ("Carry out a proposal", "안건 집행"),
        ("What the council decided is carried out: {proposal}.", "협의회가 의결한 것을 집행합니다: {proposal}."),
        ("Nobody signs this: anyone may submit it.", "서명이 필요 없습니다. 누구나 제출할 수 있습니다."),
    ),
}
"""Kind -> its texts; as many as there are kinds of operations."""

PROPOSAL_TEXTS: Final[dict[int, tuple[str, str]]] = {
    1: (
        "the council becomes {members} with {threshold} deciding",
        "협의회 위원을 {members}, 의결 수를 {threshold:으로/로} 바꿈",
    ),
    2: (
        "the contract {name} becomes {target}, code {codeHash}, layout {layoutId}",
        "계약 {name:을/를} {target:으로/로} 교체, 코드 {codeHash}, 배치 {layoutId}",
    ),
    3: (
        "{agency} is admitted as a root until {until}, first endorser {endorser}",
        "{agency}의 가입을 최상위 기관으로 {until}까지 승인, 첫 보증자 {endorser}",
    ),
    4: ("{agency} is dismissed at once", "{agency:을/를} 즉시 제명"),
    5: (
        "{agency} may {rights} {typeId} from {from} until {until}",
        "{agency}에 {typeId} {rights} 권한을 {from}부터 {until}까지 부여",
    ),
    6: (
        "right {seq} of {agency} for {typeId} ends at {endedAt}",
        "{agency}의 {typeId} {seq}번 권한을 {endedAt}에 종료",
    ),
    7: (
        "the key {keyThumbprint} of {id} counts as stolen since {since}",
        "{id}의 키 {keyThumbprint:을/를} {since}부터 침해된 것으로 표시",
    ),
}
"""Proposal kind -> what it does."""

PROPOSAL_FIELDS: Final[dict[int, tuple[str, ...]]] = {
    1: ("members", "threshold"),
    2: ("name", "target", "codeHash", "layoutId"),
    3: ("agency", "endorser", "until"),
    4: ("agency",),
    5: ("agency", "typeId", "from", "until", "mayIssue", "mayAccredit"),
    6: ("agency", "typeId", "seq", "endedAt"),
    7: ("id", "keyThumbprint", "since"),
}
"""Proposal kind -> names of its arguments, in the contract's order."""
