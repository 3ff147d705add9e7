"""One line for people about every outcome of every step, in Korean and English.

Codes are the error classes' names in kebab case: no error goes without a code, and a test demands a line for each.
"""

import re
from functools import lru_cache
from typing import Final

from registry_client.errors import RegistryError

_STEPS: Final[tuple[tuple[str, str, str], ...]] = (
    ("bounds", "크기와 형식이 한도 안에 있다.", "Within the bounds of size, depth and strict JSON."),
    ("format", "지원하는 형식이다.", "A format that the policy allows."),
    (
        "issuer",
        "발급자의 DID와 서명 키가 유효하다.",
        "The issuer's DID stands, and the key was its own when it signed.",
    ),
    ("signature", "발급자의 서명이 맞다.", "The issuer's signature verifies."),
    ("validity", "유효 기간 안이며 등록된 유형과 맞다.", "Within its validity, and of the type that is registered."),
    (
        "accreditation",
        "발급자는 발급 당시에도 지금도 발급 권한이 있다.",
        "The issuer was accredited when it signed, and still is.",
    ),
    ("status", "폐기되지도 정지되지도 않았다.", "Neither revoked nor suspended."),
    ("holder", "제시자가 본인의 키를 가지고 있음을 증명하였다.", "The presenter proved possession of the bound key."),
    ("purpose", "등록된 서비스의 목적 안에서 제시되었다.", "Disclosed within the purpose of the registered service."),
)

_SPECIAL: Final[dict[str, tuple[str, str]]] = {
    "not-reached": ("앞 단계에서 멈추어 확인하지 않았다.", "Not reached: an earlier step left nothing to stand on."),
    "receipted": (
        "지금은 효력이 끝났으나, 그 전에 발급되었음을 발급 영수증이 증명한다.",
        "Ended since, but a receipt proves that it was issued before.",
    ),
    "surplus-dropped": (
        "서비스가 허용하지 않는 항목은 버렸다.",
        "What the service does not allow was dropped.",
    ),
    "not-asked": ("정책에 따라 확인하지 않았다.", "Not asked for by this policy."),
    "not-bound": ("특정 키에 묶이지 않은 자격증명이다.", "The credential is bound to no key."),
    "policy-trusts-key": (
        "원장의 발급 권한이 아니라 정책이 직접 신뢰하는 발급자이다.",
        "The policy trusts this issuer's key itself; no accreditation was looked for.",
    ),
    "policy-trusts-anchor": (
        "원장의 발급 권한이 아니라 정책이 신뢰하는 인증기관 아래의 발급자이다.",
        "A certificate under an anchor of the policy names this issuer; no accreditation was looked for.",
    ),
    "no-status": ("정책이 상태 항목을 요구하지 않는다.", "No status entry, and the policy demands none."),
    "type-not-registered": (
        "원장에 등록된 유형이 아니며, 정책이 직접 신뢰하는 발급자이다.",
        "Not a type of this ledger; the policy trusts the issuer's key itself.",
    ),
}

_ERRORS: Final[dict[str, tuple[str, str]]] = {
    "registry": ("내부 오류로 판단하지 못했다.", "Something unexpected failed inside."),
    "invalid-input": ("입력이 올바르지 않다.", "The input is malformed."),
    "invalid-did": ("DID가 올바르지 않다.", "Not a DID."),
    "invalid-did-url": ("DID URL이 올바르지 않다.", "Not a DID URL."),
    "invalid-options": ("선택 사항이 올바르지 않다.", "The options are malformed."),
    "malformed-value": ("값의 형식이 올바르지 않다.", "A value is malformed."),
    "value-out-of-range": ("값이 허용 범위를 벗어났다.", "A value is out of range."),
    "invalid-key": ("공개 키가 올바르지 않다.", "Not a public key of a known kind."),
    "abi": ("원장의 응답을 해석할 수 없다.", "The ledger's encoding is malformed."),
    "invalid-operation": ("서명된 요청의 형식이 올바르지 않다.", "A signed operation is malformed."),
    "parsing": ("엄격한 형식 규칙에 어긋난다.", "Not strict JSON, CBOR or text within our bounds."),
    "configuration": ("설정이 올바르지 않다.", "A setting is missing or wrong."),
    "profile-missing": ("프로필이 없다.", "There is no profile."),
    "invalid-profile": ("프로필을 사용할 수 없다.", "The profile cannot be used."),
    "key-file": ("키 파일을 열 수 없다.", "The key file cannot be opened."),
    "book": ("발급 대장을 쓸 수 없다.", "The issuer's book cannot be opened."),
    "hr-feed": ("인사 자료를 처리할 수 없다.", "The HR feed cannot be applied."),
    "token": ("하드웨어 토큰을 쓸 수 없다.", "The hardware token cannot be used."),
    "token-uri": ("하드웨어 키의 주소가 올바르지 않다.", "Not the address of a key in a token."),
    "token-module": ("하드웨어 토큰의 모듈을 불러올 수 없다.", "The token's module cannot be loaded."),
    "token-missing": ("하드웨어 토큰이 없다.", "The token is not there."),
    "token-key-missing": ("하드웨어 토큰에 그런 키가 없다.", "The token has no such key."),
    "token-pin": ("하드웨어 토큰의 비밀번호가 틀렸다.", "The token refused the PIN."),
    "token-pin-unread": ("하드웨어 토큰의 비밀번호를 읽지 못했다.", "The token's PIN could not be read."),
    "token-pin-locked": ("하드웨어 토큰의 비밀번호가 잠겼다.", "The token's PIN is locked."),
    "token-removed": ("하드웨어 토큰이 빠졌다.", "The token was removed."),
    "resolution": ("DID를 해석하지 못했다.", "The DID could not be resolved."),
    "did-not-found": ("원장에 없는 DID이다.", "The ledger has no such DID."),
    "method-not-supported": ("지원하지 않는 DID 방식이다.", "A DID method that is not spoken here."),
    "feature-not-supported": ("지원하지 않는 기능이다.", "A feature that is not supported."),
    "representation-not-supported": ("지원하지 않는 표현 형식이다.", "A representation that is not supported."),
    "invalid-did-document": ("발급자의 DID 문서가 규칙에 어긋난다.", "The anchored DID document breaks the rules."),
    "dereferencing": ("DID 문서에 그 항목이 없다.", "The DID document has no such part."),
    "verification": ("검증에 실패하였다.", "The verification failed."),
    "proof-invalid": (
        "서명이 맞지 않다. 내용이 바뀌었거나 위조되었다.",
        "The signature does not verify: altered or forged.",
    ),
    "format-not-supported": ("지원하지 않는 형식이다.", "A format that is not accepted."),
    "algorithm-not-allowed": ("허용되지 않은 서명 알고리즘이다.", "A signature algorithm that is not allowed."),
    "wrong-relationship": ("자격증명에 서명할 수 있는 키가 아니다.", "The key is not one for this purpose."),
    "invalid-verification-method": ("발급 당시 발급자의 키가 아니었다.", "Not a key of the issuer when it signed."),
    "challenge-mismatch": ("이번 요청에 대한 응답이 아니다.", "Not an answer to this request."),
    "domain-mismatch": ("다른 검증자에게 제시된 것이다.", "Presented to somebody else."),
    "outside-validity": ("유효 기간을 벗어났다.", "Outside its validity."),
    "schema-mismatch": ("등록된 유형의 규칙에 맞지 않는다.", "It does not follow the registered type."),
    "issuer-not-accredited": (
        "발급자에게 이 유형을 발급할 권한이 없다.",
        "The issuer is not accredited for this type.",
    ),
    "issuer-deactivated": ("발급자의 DID가 비활성화되었다.", "The issuer's DID is deactivated."),
    "key-compromised": ("발급자의 서명 키가 침해된 것으로 표시되었다.", "The signing key is marked compromised."),
    "receipt-invalid": ("발급 영수증이 맞지 않다.", "The issuance receipt does not hold."),
    "status-revoked": ("폐기된 자격증명이다.", "The credential is revoked."),
    "status-suspended": ("효력이 정지된 자격증명이다.", "The credential is suspended."),
    "status-list-malformed": (
        "상태 목록이 발급자의 것이 아니거나 올바르지 않다.",
        "The status list is malformed or not the issuer's.",
    ),
    "status-list-length": ("상태 목록의 크기가 맞지 않다.", "The status list has the wrong size."),
    "holder-mismatch": ("제시자는 이 자격증명의 소지자가 아니다.", "The presenter is not the one it was issued to."),
    "replayed-proof": ("이미 사용된 코드이다.", "This code was used already in this gate group."),
    "purpose-exceeded": ("등록된 서비스의 목적을 벗어난다.", "Beyond the purpose of the registered service."),
    "request-invalid": (
        "요청이 올바르지 않거나 기한이 지났다.",
        "The request is malformed, expired or not the verifier's.",
    ),
    "checkpoint-invalid": ("원장 확인점이 맞지 않다.", "A ledger checkpoint does not verify."),
    "not-accepted": ("수락되지 않은 자격증명이다.", "The credential was not accepted."),
    "undetermined": ("판단할 수 없다.", "It can be said neither way."),
    "status-stale": ("알고 있는 상태가 너무 오래되었다.", "What is known is too old."),
    "status-unavailable": ("상태를 확인할 수 없다.", "The status could not be had."),
    "resource-unavailable": (
        "관련 자료를 갖고 있지 않아 확인할 수 없다.",
        "A related resource is not held here, and nothing is fetched.",
    ),
    "pending-change": ("불리한 변경이 곧 확정된다.", "Bad news is on the ledger, not final yet."),
    "assurance-insufficient": (
        "정책이 요구하는 만큼 확실하지 않다.",
        "Known on weaker grounds than the policy demands.",
    ),
    "ledger": ("원장에 문제가 있다.", "The ledger has a problem."),
    "ledger-unavailable": ("원장에 연결할 수 없다.", "The ledger cannot be reached."),
    "wrong-ledger": ("프로필과 다른 원장이다.", "Another ledger than the profile's."),
    "ledger-reverted": ("원장이 거절하였다.", "The contract refused."),
    "ledger-inconsistent": ("원장의 두 사실이 서로 어긋난다.", "Two facts that cannot both be true."),
    "node-refused": ("노드가 거절하였다.", "The node refused."),
}
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def code_of(error: type[RegistryError]) -> str:
    """Return the stable code of an error class: StatusRevokedError is `status-revoked`."""
    return _kebab(error.__name__)


@lru_cache(maxsize=256)
def _kebab(name: str) -> str:
    return _CAPITAL.sub("-", name.removesuffix("Error")).lower()


def step_name(number: int) -> str:
    """Return the short English name of a step (0..8)."""
    return _STEPS[number][0]


def explain(number: int, code: str, language: str) -> str:
    """Return one line about a step's outcome, in `ko` or `en`."""
    korean, english = _STEPS[number][1:] if code == "ok" else _SPECIAL.get(code) or _ERRORS[code]
    return korean if language == "ko" else english
