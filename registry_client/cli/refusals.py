"""Why the contracts refused, for people: one sentence an error, with what to do, in English and Korean."""

from typing import Final

from registry_client.cli.i18n import tr

_CONTROLLER: Final = (
    "that key does not control the DID: sign with its controller's key (`mapae did resolve` and `mapae key list` tell)",
    "그 키는 이 DID의 제어 키가 아닙니다: 제어 키로 서명하세요 (`mapae did resolve`, `mapae key list` 참고)",
)
_STALE: Final = (
    "something else came first: look at the present state and run the command again",
    "다른 변경이 먼저 들어갔습니다: 지금 상태를 확인하고 다시 실행하세요",
)
_WINDOW: Final = (
    "the window does not fit: it ends after it begins, and lies inside the right that it comes from",
    "기간이 맞지 않습니다: 시작 뒤에 끝나야 하고, 근거가 되는 권한의 기간 안이어야 합니다",
)
_EARLIER: Final = ("an end only ever moves earlier", "종료 시각은 앞당길 수만 있습니다")
_SIZE: Final = (
    "the document is empty or too large (8,192 bytes at most)",
    "문서가 비었거나 너무 큽니다 (최대 8,192바이트)",
)
_OPERATOR: Final = (
    "that key has no such role for the agency now: `mapae agency show`, then `mapae agency grant-role`",
    "그 키에는 지금 이 기관의 해당 역할이 없습니다: `mapae agency show`, `mapae agency grant-role` 참고",
)
_COUNCIL_ONLY: Final = (
    "only the council may do this: `mapae council propose`",
    "협의회만 할 수 있습니다: `mapae council propose`",
)
_SIGNATURE: Final = ("the signature is not one of this operation", "이 작업에 대한 서명이 아닙니다")
_NODE: Final = ("the operation is malformed; report it", "작업의 형식이 잘못되었습니다; 알려 주세요")

REASONS: Final[dict[str, tuple[str, str]]] = {
    "AccreditationEmptyGrant": ("a right to do nothing is not given", "아무것도 허용하지 않는 권한은 줄 수 없습니다"),
    "AccreditationInvalidType": ("the type is empty", "유형이 비어 있습니다"),
    "AccreditationInvalidWindow": _WINDOW,
    "AccreditationMayNotAccredit": (
        "the grantor's own right does not let it accredit others",
        "부여 기관의 권한에는 재위임이 없습니다",
    ),
    "AccreditationNotController": _CONTROLLER,
    "AccreditationNotEarlier": _EARLIER,
    "AccreditationNotGrantor": (
        "another agency gave this right, and only it may end it",
        "이 권한은 준 기관만 끝낼 수 있습니다",
    ),
    "AccreditationParentNotLive": (
        "the grantor's own right has ended or not begun: `mapae accreditation show`",
        "부여 기관의 권한이 끝났거나 아직 시작되지 않았습니다: `mapae accreditation show`",
    ),
    "AccreditationSelfGrant": ("nobody accredits itself", "자기 자신에게는 권한을 줄 수 없습니다"),
    "AccreditationStaleSeq": _STALE,
    "AccreditationTooDeep": ("a path of rights has four links at most", "권한 경로는 네 단계까지입니다"),
    "AccreditationUnfitAgency": (
        "the agency's DID does not exist or is not active",
        "그 기관의 DID가 없거나 유효하지 않습니다",
    ),
    "AccreditationUnknownGrant": (
        "there is no such right: `mapae accreditation show`",
        "그런 권한이 없습니다: `mapae accreditation show`",
    ),
    "CouncilAlreadyVoted": ("this member's vote is counted already", "이 위원의 표는 이미 반영되었습니다"),
    "CouncilArgumentsSize": ("the proposal is too large", "안건이 너무 큽니다"),
    "CouncilCoolingDown": ("the last pause is too recent", "마지막 일시 중지가 너무 최근입니다"),
    "CouncilDelayTooShort": (
        "the council's delay is too short for a real network",
        "실제 네트워크에는 유예가 너무 짧습니다",
    ),
    "CouncilInvalidMember": ("a member is listed twice or cannot sign", "위원이 중복되었거나 서명할 수 없는 값입니다"),
    "CouncilInvalidPause": ("a pause lasts 72 hours at most", "일시 중지는 최대 72시간입니다"),
    "CouncilInvalidSize": (
        "a council has three members or more, and more than half but not all decide",
        "협의회는 3명 이상이고, 과반이되 전원은 아닌 수가 의결합니다",
    ),
    "CouncilNotMember": (
        "that key is no member's: `mapae council status`",
        "그 키는 위원의 키가 아닙니다: `mapae council status`",
    ),
    "CouncilStaleEpoch": ("the council has changed since: propose it again", "협의회가 바뀌었습니다: 다시 제안하세요"),
    "CouncilTooEarly": ("the delay still runs: execute it later", "유예가 남았습니다: 나중에 집행하세요"),
    "CouncilTooLate": (
        "the 14 days for executing have passed: propose it again",
        "집행 기간 14일이 지났습니다: 다시 제안하세요",
    ),
    "CouncilUnknownChoice": _NODE,
    "CouncilUnknownKind": _NODE,
    "CouncilWrongState": (
        "the proposal is not in a state that allows this: `mapae council status`",
        "안건이 지금은 그럴 수 없는 상태입니다: `mapae council status`",
    ),
    "DidRegistryDeactivated": ("the DID has ended, for good", "그 DID는 이미 끝났고 되돌릴 수 없습니다"),
    "DidRegistryDocumentSize": _SIZE,
    "DidRegistryExists": ("the DID exists already", "그 DID는 이미 있습니다"),
    "DidRegistryInvalidSince": ("the time is 0 or in the future", "시각이 0이거나 미래입니다"),
    "DidRegistryInvalidThumbprint": ("the thumbprint is empty", "지문이 비어 있습니다"),
    "DidRegistryNotController": _CONTROLLER,
    "DidRegistryNotEndorser": (
        "that key may not endorse for the agency now: `mapae agency show` lists who may",
        "그 키는 지금 이 기관의 보증자가 아닙니다: `mapae agency show` 참고",
    ),
    "DidRegistryNotGrantor": (
        "the reporter never gave the DID that grant: `mapae accreditation show`",
        "신고 기관이 준 적 없는 권한입니다: `mapae accreditation show`",
    ),
    "DidRegistryNotGuardian": ("the DID is not a holder of this guardian", "이 관리 기관의 소지자 DID가 아닙니다"),
    "DidRegistryNotNewController": (
        "the second signature is not by the key that takes over",
        "두 번째 서명이 넘겨받는 키의 것이 아닙니다",
    ),
    "DidRegistryNotOrganisation": (
        "a holder's DID is never updated or handed over: a new phone is a new DID",
        "소지자 DID는 바꾸거나 넘길 수 없습니다: 새 휴대전화는 새 DID입니다",
    ),
    "DidRegistryNotStatusOperator": _OPERATOR,
    "DidRegistryStaleVersion": _STALE,
    "DidRegistryUnknown": ("there is no such DID", "그런 DID가 없습니다"),
    "DirectoryCodeMismatch": (
        "the contract's code is not the one that was decided",
        "의결한 것과 다른 계약 코드입니다",
    ),
    "DirectoryNotCouncil": _COUNCIL_ONLY,
    "DirectoryUnfitTarget": ("the contract cannot take that place", "그 자리에 올 수 없는 계약입니다"),
    "DirectoryUnknownGeneration": ("there is no such generation", "그런 세대가 없습니다"),
    "DirectoryUnknownName": ("Directory has no such name", "디렉터리에 없는 이름입니다"),
    "InvalidAccountNonce": _STALE,
    "InvalidShortString": _NODE,
    "IssuanceLogEmptyBatch": ("an empty batch is not anchored", "빈 묶음은 고정할 수 없습니다"),
    "IssuanceLogNotOperator": _OPERATOR,
    "IssuanceLogStaleSeq": _STALE,
    "OperationExpired": ("its deadline passed: sign it again", "기한이 지났습니다: 다시 서명하세요"),
    "RolesEndorserNotSeedable": (
        "only a first admission names an Endorser; this agency names its own",
        "보증자는 첫 승인에서만 지정합니다; 이 기관은 스스로 정합니다",
    ),
    "RolesInvalidTerm": ("a term ends in the future, five years away at most", "기한은 미래여야 하고 최대 5년입니다"),
    "RolesNoTerm": ("the key does not hold that role", "그 키에는 그 역할이 없습니다"),
    "RolesNotAdmitted": ("the agency is not admitted", "승인되지 않은 기관입니다"),
    "RolesNotController": _CONTROLLER,
    "RolesNotRoot": (
        "only a root, admitted by the council, admits agencies",
        "협의회가 승인한 최상위 기관만 승인할 수 있습니다",
    ),
    "RolesOtherSponsor": ("another sponsor admitted this agency", "다른 기관이 승인한 기관입니다"),
    "RolesUnknownRole": _NODE,
    "RolesUnusableController": ("the value is no key that can sign", "서명할 수 있는 키가 아닙니다"),
    "SchemaRegistryDocumentSize": _SIZE,
    "SchemaRegistryNameSize": ("the vct is empty or too long", "vct가 비었거나 너무 깁니다"),
    "SchemaRegistryNoRootGrant": (
        "opening a type needs a right to it from the council itself: `mapae council propose grant-root`",
        "유형을 열려면 협의회가 직접 준 권한이 필요합니다: `mapae council propose grant-root`",
    ),
    "SchemaRegistryNotController": _CONTROLLER,
    "SchemaRegistryNotOwner": (
        "another agency owns the type: `mapae schema show`",
        "다른 기관의 유형입니다: `mapae schema show`",
    ),
    "SchemaRegistryStaleVersion": _STALE,
    "ServiceRegistryDocumentSize": _SIZE,
    "ServiceRegistryInvalidCode": (
        "a service code has 1 to 32 of A-Z, 0-9 and -",
        "서비스 코드는 A-Z, 0-9, - 1~32자입니다",
    ),
    "ServiceRegistryInvalidWindow": _WINDOW,
    "ServiceRegistryNotController": (
        "only the owner of the type decides about its services: `mapae schema show`",
        "유형의 소유 기관만 서비스를 정합니다: `mapae schema show`",
    ),
    "ServiceRegistryNotEarlier": _EARLIER,
    "ServiceRegistryStaleVersion": _STALE,
    "ServiceRegistryUnfitVerifier": (
        "the verifier's DID does not exist or is not active",
        "검증자의 DID가 없거나 유효하지 않습니다",
    ),
    "ServiceRegistryUnknownService": ("there is no such service", "그런 서비스가 없습니다"),
    "ServiceRegistryUnknownType": (
        "the type is not registered: `mapae schema register`",
        "등록되지 않은 유형입니다: `mapae schema register`",
    ),
    "SignatureInvalid": _SIGNATURE,
    "SignatureMalformed": _SIGNATURE,
    "StatusRegistryExists": ("the list is open already", "이미 열린 목록입니다"),
    "StatusRegistryInvalidDigest": ("the digest is empty", "지문이 비어 있습니다"),
    "StatusRegistryNotOperator": _OPERATOR,
    "StatusRegistryOutOfRange": ("the places lie outside the list", "목록 밖의 자리입니다"),
    "StatusRegistryStaleSnapshot": ("a newer snapshot is anchored already", "더 새로운 사본이 이미 고정되었습니다"),
    "StatusRegistryUnknownList": (
        "there is no such list: `mapae status open`",
        "그런 목록이 없습니다: `mapae status open`",
    ),
    "StringTooLong": _NODE,
    "SuccessionNotCouncil": _COUNCIL_ONLY,
    "SuccessionNotCurrent": (
        "the contract was replaced: ask the node again, it knows the present one",
        "교체된 계약입니다: 다시 실행하면 노드가 지금 계약을 알려 줍니다",
    ),
    "SuccessionPaused": (
        "the council paused this: `mapae council status` says until when",
        "협의회가 일시 중지했습니다: `mapae council status` 참고",
    ),
}
"""Contract error -> (English, Korean)."""


def reason(error_name: str | None) -> str:
    """Why, and what to do; empty for an error that is not known here."""
    pair = REASONS.get(error_name or "")
    return "" if pair is None else tr(*pair)
