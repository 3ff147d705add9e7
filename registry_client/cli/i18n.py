"""Which language the reader sees, and the two-language texts of the command line.

- A text is always given in both languages at the place where it is used (`tr`): neither can be forgotten.
- Order of choice: `--lang`, the profile's `language`, the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`), English.
- Words that the whole command line shares (verdicts, steps, states) are kept here once.
"""

import os
from collections.abc import Mapping
from typing import Final, Literal, get_args

Language = Literal["en", "ko"]

_chosen: dict[str, Language] = {"language": "en"}


def set_language(language: Language) -> None:
    """Choose the language of everything said from here on in this process."""
    _chosen["language"] = language


def language() -> Language:
    return _chosen["language"]


def tr(en: str, ko: str) -> str:
    """The text in the reader's language."""
    return ko if _chosen["language"] == "ko" else en


def as_language(value: str | None) -> Language | None:
    """`ko`, `ko_KR.UTF-8`, `en-GB` -> the language, anything else -> None."""
    if not value:
        return None
    head = value.replace("-", "_").split("_")[0].split(".")[0].lower()
    for known in get_args(Language):
        if head == known:
            return known  # type: ignore[no-any-return]
    return None


def language_of_locale(environment: Mapping[str, str] | None = None) -> Language:
    """The language of the first locale variable that is set (POSIX order)."""
    values = os.environ if environment is None else environment
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if values.get(name):
            return as_language(values[name]) or "en"
    return "en"


WORDS: Final[dict[str, tuple[str, str]]] = {
    "accepted": ("accepted", "수락"),
    "rejected": ("rejected", "거부"),
    "undetermined": ("undetermined", "판단 불가"),
    "ok": ("ok", "정상"),
    "failed": ("failed", "실패"),
    "skipped": ("not asked", "해당 없음"),
    "waiting": ("waiting", "대기"),
    "queued": ("queued", "대기"),
    "sent": ("sent", "전송됨"),
    "mined": ("mined", "블록에 들어감"),
    "final": ("final", "확정"),
    "expired": ("expired", "기한 지남"),
    "superseded": ("superseded", "다른 변경이 앞섬"),
    "active": ("active", "유효"),
    "ended": ("ended", "종료됨"),
    "suspended": ("suspended", "효력 정지"),
    "revoked": ("revoked", "폐기"),
    "deactivated": ("deactivated", "비활성"),
    "node": ("node", "노드"),
    "own_ledger": ("own ledger", "자체 원장"),
    "proven": ("proven", "증명됨"),
    "updated": ("updated", "변경됨"),
    "with_service": ("with a service", "서비스 있음"),
    "missing": ("missing", "없음"),
    "valid": ("valid", "유효"),
    "tampered": ("tampered", "변조됨"),
    "bounds": ("bounds", "범위"),
    "format": ("format", "형식"),
    "issuer": ("issuer", "발급자"),
    "signature": ("signature", "서명"),
    "validity": ("validity", "유효성"),
    "accreditation": ("accreditation", "발급 권한"),
    "status": ("status", "상태"),
    "holder": ("holder", "소지자"),
    "purpose": ("purpose", "목적"),
    "reserved": ("reserved", "예약됨"),
    "signed": ("signed", "서명됨"),
    "anchored": ("anchored", "고정됨"),
    "yes": ("yes", "예"),
    "no": ("no", "아니요"),
}
"""Shared words by key: (English, Korean)."""


def word(key: str) -> str:
    """A shared word in the reader's language; an unknown key is shown as it is."""
    pair = WORDS.get(key)
    return key if pair is None else tr(*pair)
