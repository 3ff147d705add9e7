"""Alerts in words, Korean and English: one sentence each, and what to do."""

from collections.abc import Mapping
from typing import Any, Final

from registry_client.cli.i18n import tr

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "heartbeat": ("nothing was told since block {since_block}", "블록 {since_block} 이후로 알린 것이 없습니다"),
    "directory-proposed": (
        "the council was asked to replace a contract (block {block})",
        "협의회에 계약 교체 안건이 올라왔습니다 (블록 {block})",
    ),
    "directory-scheduled": (
        "the council decided to replace a contract: it can happen from {ready} on (proposal {proposal})",
        "협의회가 계약 교체를 의결했습니다: {ready}부터 집행할 수 있습니다 (안건 {proposal})",
    ),
    "directory-changed": (
        "Directory lists another contract (block {block})",
        "디렉터리에 새 계약이 등록되었습니다 (블록 {block})",
    ),
    "council-changed": (
        "the council changed or paused something (block {block})",
        "협의회가 바뀌거나 변경을 멈췄습니다 (블록 {block})",
    ),
    "agency-admitted": ("an agency was admitted (block {block})", "기관 가입이 승인되었습니다 (블록 {block})"),
    "role-granted": ("a key got a role (block {block})", "키에 역할이 주어졌습니다 (블록 {block})"),
    "foreign-operation": (
        "{event} about your DID, by a key that is not yours: {signer}",
        "내 DID에 대한 {event}, 내 것이 아닌 키: {signer}",
    ),
    "accreditation-ending": (
        "an accreditation ends soon: ask its grantor for the next one",
        "발급 권한이 곧 끝납니다: 부여 기관에 갱신을 요청하세요",
    ),
    "list-stale": (
        "a published list lacks changes: `mapae status publish {list}`",
        "게시된 목록에 변경이 빠져 있습니다: `mapae status publish {list}`",
    ),
    "node-trouble": ("the node is not ready: {detail}", "노드가 준비되지 않았습니다: {detail}"),
    "node-unreachable": ("the node does not answer: {detail}", "노드가 응답하지 않습니다: {detail}"),
}
"""Alert -> (English, Korean)."""


def sentence(document: Mapping[str, Any]) -> str:
    """What an alert says, in the reader's language."""
    return tr(*SENTENCES[str(document["alert"])]).format_map(_Known(document))


class _Known(dict[str, Any]):
    """Facts by name; one that an alert lacks is shown as a dash."""

    def __missing__(self, key: str) -> str:
        return "-"
