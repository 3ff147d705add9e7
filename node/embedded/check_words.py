"""What `ledger check` found, in Korean: `{}` in the English is whatever stands there, `{0}`, `{1}` put it back."""

import re
from functools import cache
from typing import Final

SUBJECTS: Final[dict[str, str]] = {
    "journal": "저널",
    "identity": "식별",
    "shown": "표시",
    "tail": "끝부분",
    "content": "내용",
    "snapshot": "스냅샷",
    "replay": "재실행",
    "load": "불러오기",
}
"""What was checked."""
FOUND: Final[tuple[tuple[str, str], ...]] = (
    ("nothing was ever written", "아직 아무것도 쓰지 않았습니다"),
    ("{}, chain {}, genesis {}, anvil {} {}", "{0}, 체인 {1}, genesis {2}, anvil {3} {4}"),
    (
        "{} blocks, {} transactions, {} bytes in {} segments; every checksum, number and parent hash holds",
        "블록 {0}개, 트랜잭션 {1}건, 조각 {3}개에 {2}바이트; 모든 검사합, 번호, 이전 해시가 맞습니다",
    ),
    (
        "no mark of the newest block shown: a lost end could not be noticed",
        "마지막으로 보인 블록의 표시가 없습니다: 끝을 잃었어도 알 수 없습니다",
    ),
    ("block {} was the newest shown; it is there", "마지막으로 보인 블록 {0}이(가) 있습니다"),
    ("{} bytes of an unfinished record end {}", "{1}의 끝에 쓰다 만 기록이 {0}바이트 있습니다"),
    ("every transaction is signed, and for this chain", "모든 트랜잭션이 이 체인을 위해 서명되어 있습니다"),
    ("block {}, transaction {}: of another chain", "블록 {0}, 트랜잭션 {1}: 다른 체인의 것입니다"),
    ("block {}, transaction {}: {}", "블록 {0}, 트랜잭션 {1}: {2}"),
    ("{}; starts pass it over (it may be deleted)", "{0}; 시작할 때 건너뜁니다 (지워도 됩니다)"),
    ("{}, {} of about {} slots, {} bytes", "{0}, 약 {2}개 중 슬롯 {1}개, {3}바이트"),
    ("{} holds a block that the journal does not", "{0}에 저널에 없는 블록이 있습니다"),
    ("all hashes reproduced, {} transactions in {} s", "모든 해시를 재현했습니다: 트랜잭션 {0}건, {1}초"),
    ("{} loads to another block", "{0}을(를) 불러오면 다른 블록이 됩니다"),
    ("{} loads", "{0}을(를) 불러올 수 있습니다"),
    ("block {} was acknowledged with another hash", "블록 {0}은(는) 다른 해시로 확정되어 있었습니다"),
    ("the journal begins with block {}: {} is missing", "저널이 블록 {0}에서 시작합니다: {1}이(가) 없습니다"),
    (
        "{} begins with block {} where block {} is due: a segment is missing",
        "{0}이(가) 블록 {2} 대신 {1}에서 시작합니다: 조각이 빠졌습니다",
    ),
    ("{} changed while it was read", "읽는 동안 {0}이(가) 바뀌었습니다"),
    ("{} continues another history than the segment before it", "{0}이(가) 앞 조각과 다른 이력을 잇고 있습니다"),
    ("{} has no header", "{0}에 머리글이 없습니다"),
    ("{} is empty, and later segments exist", "{0}이(가) 비어 있는데 뒤 조각이 있습니다"),
    ("{}: a second header at byte {}", "{0}: {1}바이트에 두 번째 머리글이 있습니다"),
    ("{}: block {} at byte {} does not follow block {}", "{0}: {2}바이트의 블록 {1}이(가) 블록 {3} 다음이 아닙니다"),
    ("{}: damaged at byte {}, and later segments follow", "{0}: {1}바이트에서 손상되었고 뒤 조각이 있습니다"),
    (
        "{}: damaged at byte {}, and sound records follow at byte {}",
        "{0}: {1}바이트에서 손상되었고 {2}바이트부터 온전한 기록이 이어집니다",
    ),
    (
        "{} pins another engine or genesis than the first segment",
        "{0}의 엔진이나 genesis가 첫 조각과 다릅니다",
    ),
    ("{}: {}; it needs a newer mapae", "{0}: {1}; 더 새로운 mapae가 필요합니다"),
    (
        "block {} was acknowledged; the journal in {} ends with block {}",
        "블록 {0}까지 확정되었는데 {1}의 저널은 블록 {2}에서 끝납니다",
    ),
    ("there is no ledger in {}", "{0}에 원장이 없습니다"),
)
"""(English, Korean); the most particular first."""


def in_korean(detail: str) -> str:
    """Return a finding in Korean; what is not in the table is said as it is."""
    for pattern, korean in _patterns():
        match = pattern.fullmatch(detail)
        if match is not None:
            return korean.format(*match.groups())
    return detail


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), korean) for english, korean in FOUND
    )
