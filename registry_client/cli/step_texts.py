"""A step of a report for people: the line of its outcome, and what else the reader has to know.

- Of a good status (step 6): where it comes from and how old it is, as docs/status-lists.md promises.
- In Korean a reason that says more than its code is told by a table; one without an entry keeps the code's line.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from registry_client.cli.i18n import language, tr

if TYPE_CHECKING:
    from registry_client.core.report import Step

_SOURCES: Final[dict[str, tuple[str, str]]] = {
    "ledger": ("ledger", "원장"),
    "published list": ("published list", "게시 목록"),
    "ledger and published list": ("ledger and published list", "원장과 게시 목록"),
}
_REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("a presentation carries 1 to {} credentials", "한 번에 제시할 수 있는 자격증명은 1~{0}건이다."),
    ("a presentation carries exactly one credential here", "여기서는 자격증명을 꼭 하나만 제시한다."),
    ("a credential is presented twice", "같은 자격증명이 두 번 제시되었다."),
    ("proofPurpose is to be {}, not {}", "proofPurpose는 {0}이어야 하는데 {1}이다."),
    ("typ is {} or {}, not {}", "typ은 {0} 또는 {1}이어야 하는데 {2}이다."),
    ("every {} has a type", "{0}에는 type이 있어야 한다."),
)


def explain_step(step: "Step") -> str:
    """One text about a step's outcome, in the reader's language."""
    told = step.explain(language())
    if language() == "ko" and step.detail is not None:
        return _reason(step.detail) or told
    source, age_s = step.evidence.get("source"), step.evidence.get("age_s")
    if step.detail is None and isinstance(source, str) and isinstance(age_s, int):
        name, seconds = tr(*_SOURCES.get(source, (source, source))), max(0, age_s)
        return told + " " + tr(f"(source: {name}, {seconds} s old)", f"(출처: {name}, {seconds}초 전)")
    return told


def _reason(detail: str) -> str | None:
    for pattern, korean in _patterns():
        match = pattern.fullmatch(detail)
        if match is not None:
            return korean.format(*match.groups())
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("(.+?)".join(re.escape(part) for part in english.split("{}")), re.DOTALL), korean)
        for english, korean in _REASONS
    )
