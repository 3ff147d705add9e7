"""Korean of what goes wrong when issuing, presenting, publishing and scanning."""

from typing import Final

_NO_TYPE = ("the ledger has no such credential type", "원장에 그런 자격증명 유형이 없습니다")

TEXTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "invalid-input": (
        (
            "a Data Integrity credential is bound by its subject's DID, not by a key",
            "Data Integrity 자격증명은 키가 아니라 대상의 DID에 묶입니다",
        ),
        ("a person's credential is bound to the holder's key", "개인의 자격증명은 소지자의 키에 묶여야 합니다"),
        (
            "line {}: the holder's DID has {} authentication keys, one is needed",
            "{0}번째 줄: 소지자 DID의 인증 키가 {1}개입니다; 하나여야 합니다",
        ),
        ("line {}: a line has claims, and may have {}", "{0}번째 줄: claims가 있어야 하고, 더 쓸 수 있는 것: {1}"),
        (
            (
                "line {}: the column or member `holder` is missing or empty: put the DID or the JWK of the person's "
                "phone in it, a person's credential is bound to that key"
            ),
            (
                "{0}번째 줄: `holder` 열(항목)이 없거나 비어 있습니다: 그 사람 휴대전화의 DID나 JWK를 적으세요. "
                "개인의 자격증명은 그 키에 묶입니다"
            ),
        ),
        ("line {}: holder is a DID or a JWK", "{0}번째 줄: holder는 DID 또는 JWK입니다"),
        ("the ledger says that this list is another agency's", "원장에 따르면 다른 기관의 목록입니다"),
        (
            "a batch is anchored when every line is signed: run it again",
            "모든 줄에 서명해야 묶음을 고정할 수 있습니다: 다시 실행하세요",
        ),
        ("a credential is handed over when its batch is anchored", "자격증명은 묶음이 고정된 뒤에 전달합니다"),
        ("a cryptosuite belongs to Data Integrity alone", "서명 방식은 Data Integrity에서만 고릅니다"),
        ("a gate pass is bound to a key and has an end", "출입증은 키에 묶이고 만료 시각이 있어야 합니다"),
        (
            "a list is kept for at least a second, and not longer than it is valid",
            "목록의 사본은 1초 이상, 유효 시간 이하로 둡니다",
        ),
        (
            "not a gate pass: issue one with --format gate-cwt",
            "출입증이 아닙니다: --format gate-cwt로 발급하세요",
        ),
        ("receipts are a list of JSON objects", "receipts는 JSON 객체의 목록입니다"),
        ("the validity ends before it begins", "유효 기간의 끝이 시작보다 앞섭니다"),
        ("this issuer has no such type", "이 발급자에게는 그런 유형이 없습니다"),
        ("{} does not start with {} and is no picture", "{0}은(는) {1}(으)로 시작하지 않고 그림도 아닙니다"),
        ("{} has more than {} pixels", "{0}의 화소가 {1}개보다 많습니다"),
        ("{} holds no lines to issue", "{0}에 발급할 줄이 없습니다"),
        ("{} is larger than {} bytes; split it", "{0}이(가) {1}바이트보다 큽니다; 나누세요"),
        ("{} is larger than {} bytes", "{0}이(가) {1}바이트보다 큽니다"),
        ("{} is no picture that can be read: {}", "{0}은(는) 읽을 수 있는 그림이 아닙니다: {1}"),
        ("{} is not CSV in UTF-8: {}", "{0}은(는) UTF-8 CSV가 아닙니다: {1}"),
        (
            "{} shows {} codes that start with {}; one is needed",
            "{0}에 {2}(으)로 시작하는 코드가 {1}개 있습니다; 하나여야 합니다",
        ),
        ("{}, line {}: another number of cells than the header", "{0}, {1}번째 줄: 칸 수가 머리글과 다릅니다"),
    ),
    "invalid-key": (
        (
            "32-byte digests are signed by P-256 or secp256k1 keys",
            "32바이트 다이제스트는 P-256이나 secp256k1 키로 서명합니다",
        ),
        (
            "P-256, P-384, secp256k1 and Ed25519 are spoken",
            "지원하는 키: P-256, P-384, secp256k1, Ed25519",
        ),
        ("only EC keys have a secret scalar", "비밀 스칼라는 EC 키에만 있습니다"),
        ("the secret is not between 1 and the group order", "비밀 값이 허용 범위를 벗어났습니다"),
    ),
    "invalid-verification-method": (
        (
            (
                "the agency's document has no #status-N with this key: choose another key, or add it with "
                "`mapae did update`, under assertionMethod"
            ),
            (
                "기관의 문서에 이 키의 #status-N이 없습니다: 다른 키를 고르거나 `mapae did update`로 assertionMethod에 "
                "추가하세요"
            ),
        ),
    ),
    "domain-mismatch": (("the challenge is another gate group's", "다른 출입구 그룹의 문제 값입니다"),),
    "holder-mismatch": (
        (
            "the credential is bound to another key than this wallet's",
            "이 지갑의 키가 아닌 다른 키에 묶인 자격증명입니다",
        ),
        (
            "the pass is bound to another key than this phone's",
            "이 휴대전화의 키가 아닌 다른 키에 묶인 출입증입니다",
        ),
        (
            "a presentation of this format names the key that signs it, as a DID URL",
            "이 형식의 제시에는 서명 키의 DID URL을 적어야 합니다",
        ),
    ),
    "malformed-value": (
        ("a gate's challenge has {} bytes", "출입구의 문제 값은 {0}바이트입니다"),
        (
            "a gate's challenge is [gate group, number, time]",
            "출입구의 문제 값은 [출입구 그룹, 번호, 시각]입니다",
        ),
        ("a schema must not refer to another document", "스키마는 다른 문서를 참조할 수 없습니다"),
        ("the schema cannot be used: {}", "스키마를 쓸 수 없습니다: {0}"),
    ),
    "parsing": (("a gate's challenge starts with {}", "출입구의 문제 값은 {0}(으)로 시작합니다"),),
    "pending-change": (
        ("the verifier's DID is about to be deactivated", "검증자의 DID가 곧 비활성화됩니다"),
        ("the service is about to be ended", "서비스가 곧 종료됩니다"),
    ),
    "purpose-exceeded": (
        (
            "the credential cannot be shown without {}, which the service does not allow",
            "서비스가 허용하지 않는 {0} 없이는 이 자격증명을 제시할 수 없습니다",
        ),
        ("the service {} does not allow to ask for {}", "서비스 {0}은(는) {1}을(를) 요구할 수 없습니다"),
    ),
    "request-invalid": (
        ("the verifier's DID is unknown or deactivated", "검증자의 DID가 없거나 비활성화되었습니다"),
        ("the verifier's key is marked compromised", "검증자의 키가 침해된 것으로 표시되었습니다"),
        ("a verifier is known by a DID of the ledger", "검증자는 원장의 DID로 확인합니다"),
        ("not signed by the verifier: {}", "검증자의 서명이 아닙니다: {0}"),
        ("the credential has not all that was asked for", "요구한 항목이 자격증명에 모두 있지 않습니다"),
        ("the credential is not of the format asked for", "요구한 형식의 자격증명이 아닙니다"),
        (
            "the credential is not of the type and format asked for",
            "요구한 유형과 형식의 자격증명이 아닙니다",
        ),
        _NO_TYPE,
    ),
    "schema-mismatch": (
        ("a context is neither pinned nor the type's", "고정된 것도 유형의 것도 아닌 컨텍스트가 있습니다"),
        ("the anchored schema is another type's", "고정된 스키마가 다른 유형의 것입니다"),
        ("the credential does not use the type's context", "자격증명이 유형의 컨텍스트를 쓰지 않습니다"),
        ("the claim {} is longer than {} characters", "항목 {0}이(가) {1}자보다 깁니다"),
        ("the claim {} is not of the registered JSON type", "항목 {0}의 JSON 형이 등록된 것과 다릅니다"),
        ("the credential does not say that it is a {}", "자격증명의 유형에 {0}이(가) 없습니다"),
        (
            "the credential was made for other bytes of the schema",
            "다른 내용의 스키마로 만든 자격증명입니다",
        ),
        ("the type has no such claim", "유형에 그런 항목이 없습니다"),
        ("{}: credentialSubject is one object", "{0}: credentialSubject는 객체 하나입니다"),
        _NO_TYPE,
        ("{}: {}: {}", "{0}: {1}: {2}"),
    ),
    "status-list-malformed": (
        (
            "the ledger has no such status list: open one with `mapae status open`",
            "원장에 그런 상태 목록이 없습니다: `mapae status open`으로 여세요",
        ),
        ("the ledger has no such status list", "원장에 그런 상태 목록이 없습니다"),
    ),
    "status-stale": (
        (
            "the ledger known here is too old to judge a verifier",
            "알고 있는 원장이 너무 오래되어 검증자를 판단할 수 없습니다",
        ),
    ),
    "undetermined": (
        ("the gate's memory cannot be used: {}", "출입구의 기록을 쓸 수 없습니다: {0}"),
        ("the gate's memory is full; wait a minute", "출입구의 기록이 가득 찼습니다; 1분 뒤에 다시 하세요"),
    ),
    "value-out-of-range": (("an index lies in 0..{}", "인덱스는 0..{0} 안에 있습니다"),),
}
"""Error code -> (English, Korean)."""
