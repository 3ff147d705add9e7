"""What an error says, in Korean: tables by error code, English text to Korean text, with the variable parts kept.

- `{}` in the English text is whatever stands there in the error; `{0}`, `{1}` in the Korean text put it back in order.
- What an error quotes of another one is said in Korean as well; the code of the quoted error does not matter.
- A text that no table has is never dropped: the code's own sentence is said, and the English beside it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from registry_client.cli.error_texts import credentials, files, ledger
from registry_client.core.report_texts import code_of, explain
from registry_client.errors import RegistryError

Pairs = tuple[tuple[str, str], ...]
_Patterns = tuple[tuple[re.Pattern[str], str, bool], ...]
TABLES: Final[dict[str, Pairs]] = {**files.TEXTS, **ledger.TEXTS, **credentials.TEXTS}
"""Error code -> (English, Korean) pairs; the most particular first."""
_LINE: Final = re.compile(r"line (\d+): (.*)", re.DOTALL)
_QUOTES_MAX: Final = 4
"""Errors quoted inside errors."""


class Texts:
    """Errors in Korean by tables of one's own."""

    def __init__(self, tables: Mapping[str, Pairs]) -> None:
        """`tables`: error code -> (English, Korean) pairs; the most particular first."""
        self._tables = tables
        self._known: dict[str | None, _Patterns] = {}

    def korean(self, error: RegistryError) -> str:
        """What the error says, in Korean."""
        code = code_of(type(error))
        told = self._translated(error.detail, code, _QUOTES_MAX)
        return told or f"{explain(0, code, 'ko')} (원문: {error.detail})"

    def _translated(self, text: str, code: str | None, depth: int) -> str | None:
        """The Korean of a text: by its own code's table, then by every other one; None where no table has it."""
        if depth == 0:
            return None
        line, patterns = _LINE.fullmatch(text), self._patterns(code)
        if line is not None and not any(pattern.fullmatch(text) for pattern, _, _ in patterns):
            return f"{line[1]}번째 줄: {self._translated(line[2], code, depth - 1) or line[2]}"
        for pattern, template, is_particular in patterns:
            match = pattern.fullmatch(text)
            if match is not None and (is_particular or code is not None):
                parts = [self._translated(part, None, depth - 1) or part for part in match.groups()]
                return template.format(*parts)
        return None

    def _patterns(self, code: str | None) -> _Patterns:
        """(pattern, Korean, whether the English has words of its own) of one code first, then of all others."""
        if code not in self._known:
            self._known[code] = tuple(self._compiled(code))
        return self._known[code]

    def _compiled(self, code: str | None) -> Iterator[tuple[re.Pattern[str], str, bool]]:
        own = self._tables.get(code or "", ())
        others = (pair for name, pairs in self._tables.items() if name != code for pair in pairs)
        for place, (english, korean_) in enumerate((*own, *others)):
            is_particular = len(english.replace("{}", "").strip(": ")) > 3
            if place >= len(own) and not is_particular:
                continue
            pattern = "(.+?)".join(re.escape(part) for part in english.split("{}"))
            yield re.compile(pattern, re.DOTALL), korean_, is_particular


_CLIENT: Final = Texts(TABLES)


def korean(error: RegistryError) -> str:
    """What an error of the client says, in Korean."""
    return _CLIENT.korean(error)
