"""Enough of PromQL to know that an expression can be parsed, and which metrics, labels and values it asks for.

Selectors, ranges, numbers, strings, functions, aggregations with `by`/`without`, binary operators with `bool`, `on` and
`ignoring`, parentheses. Anything else is an error, which for our own rules is right.
"""

import re
from dataclasses import dataclass, field
from typing import Final

FUNCTIONS: Final = {"rate", "increase", "changes", "histogram_quantile", "predict_linear", "time", "label_values"}
AGGREGATIONS: Final = {"sum", "min", "max", "avg", "count"}
LEVELS: Final = (("or",), ("and", "unless"), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
TOKEN: Final = re.compile(
    r"""\s*(?:(?P<range>\[\d+[smhdw]\])|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<name>[a-zA-Z_:][\w:]*)|(?P<operator>==|!=|<=|>=|=~|!~|[-+*/%<>(){},=]))"""
)


class PromqlError(ValueError):
    """The expression is not PromQL, or more of it than is known here."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One use of a metric."""

    metric: str
    labels: tuple[tuple[str, str, str], ...]
    """(label, operator, value)"""


@dataclass(slots=True)
class Query:
    """What was found: selectors, and labels that are grouped by."""

    selectors: list[Selector] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)


def parse(text: str) -> Query:
    """Parse one expression. Raises PromqlError saying where."""
    parser = _Parser(text)
    parser.binary(0)
    if parser.kind:
        raise PromqlError(f"{parser.word!r} is left over in {text!r}")
    return parser.query


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._place, self.query = text.rstrip(), 0, Query()
        self.kind, self.word = "", ""
        self._next()

    def _next(self) -> str:
        taken = self.word
        if self._place == len(self._text):
            self.kind, self.word = "", ""
            return taken
        found = TOKEN.match(self._text, self._place)
        if found is None:
            raise PromqlError(f"{self._text[self._place :]!r} cannot be read")
        self.kind, self.word, self._place = str(found.lastgroup), found[str(found.lastgroup)], found.end()
        return taken

    def _take(self, word: str) -> None:
        if self.word != word:
            raise PromqlError(f"{word!r} is expected before {self.word!r} in {self._text!r}")
        self._next()

    def binary(self, level: int) -> None:
        if level == len(LEVELS):
            self._unary()
            return
        self.binary(level + 1)
        while self.word in LEVELS[level]:
            self._next()
            if self.word == "bool":
                self._next()
            if self.word in {"on", "ignoring"}:
                self._next()
                self._names()
            self.binary(level + 1)

    def _unary(self) -> None:
        if self.word == "-":
            self._next()
        if self.kind in {"number", "string"}:
            self._next()
        elif self.word == "(":
            self._next()
            self.binary(0)
            self._take(")")
        elif self.word in AGGREGATIONS:
            self._next()
            if self.word in {"by", "without"}:
                self._next()
                self.query.groups |= self._names()
            self._arguments()
        elif self.word in FUNCTIONS:
            self._next()
            self._arguments()
        elif self.kind == "name":
            self._selector()
        else:
            raise PromqlError(f"a value is expected before {self.word!r} in {self._text!r}")

    def _arguments(self) -> None:
        self._take("(")
        while self.word != ")":
            self.binary(0)
            if self.word != ")":
                self._take(",")
        self._take(")")

    def _names(self) -> set[str]:
        found = set()
        self._take("(")
        while self.word != ")":
            if self.kind != "name":
                raise PromqlError(f"a label is expected before {self.word!r}")
            found.add(self._next())
            if self.word != ")":
                self._take(",")
        self._take(")")
        return found

    def _selector(self) -> None:
        metric, labels = self._next(), []
        if self.word == "(":
            raise PromqlError(f"the function {metric} is not known")
        if self.word == "{":
            self._next()
            while self.word != "}":
                label, operator, value = self._next(), self._next(), self._next()
                if operator not in {"=", "!=", "=~", "!~"} or not value.startswith('"'):
                    raise PromqlError(f"{label}{operator}{value} is no matcher")
                labels.append((label, operator, value[1:-1]))
                if self.word != "}":
                    self._take(",")
            self._take("}")
        if self.kind == "range":
            self._next()
        self.query.selectors.append(Selector(metric, tuple(labels)))
