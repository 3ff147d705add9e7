"""Strict I-JSON in (RFC 7493): what two parsers could read differently is refused.

- UTF-8 without BOM; no duplicate names, NaN, Infinity, lone surrogates, integers beyond 2^53 - 1, overflow.
- Bounded: size in bytes, nesting depth. Every refusal is a ParsingError that says what and, where known, where.
- Fast path: if the text is exactly what orjson would write for the value it read, none of these sins can be in it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from registry_client.errors import ParsingError

try:
    import orjson

    _WRITTEN = orjson.OPT_STRICT_INTEGER
except ImportError:  # the light base install; the answers are the same, only slower
    orjson = None  # type: ignore[assignment]

JsonScalar = str | int | float | bool | None
JsonValue = JsonScalar | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""Anything JSON can hold. `parse_json` returns only dict, list, str, int, float, bool and None."""
JsonObject = dict[str, Any]
"""A parsed JSON object; members are checked where they are used."""

MAX_BYTES: Final = 1_048_576  # bytes
"""Default bound of one document; callers with smaller documents pass less."""
MAX_DEPTH: Final = 32  # nested objects and arrays
"""Deeper than any document that we know, far shallower than any parser's stack."""
MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 7493 section 2.2)."""

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Parse strict I-JSON; `max_bytes` bounds the UTF-8 length, `max_depth` the nesting. Raises ParsingError."""
    raw = data if type(data) is bytes else _as_bytes(data)
    size = len(raw)
    if size > max_bytes:
        raise ParsingError(f"JSON of {size} bytes exceeds the limit of {max_bytes}", length=size, limit=max_bytes)
    if size > 2 * max_depth and 2 * size - len(raw.replace(b"{", b"")) - len(raw.replace(b"[", b"")) > max_depth:
        # A level has two bytes, so short text is shallow. Counted by what is left without them, because that searches
        # many bytes at a time: 0.2 µs a kilobyte, and 0.7 µs by `count`.
        _check_depth(raw, max_depth)
    if orjson is not None:
        try:
            value = orjson.loads(raw)
            if orjson.dumps(value, option=_WRITTEN) == raw:
                return value
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            pass  # the slow path finds out why, and says it
    return _parse_slowly(raw)


def parse_object(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonObject:
    """Parse strict I-JSON whose outermost value is an object. Raises ParsingError."""
    value = parse_json(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise ParsingError("expected a JSON object", found=type(value).__name__)
    return value


def _as_bytes(data: bytes | str) -> bytes:
    if isinstance(data, str):
        try:
            return data.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ParsingError("the text holds a lone surrogate", position=error.start) from None
    return bytes(data)


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Refuse deep nesting before any recursive parser sees it; called where there are brackets enough for it."""
    depth = 0
    for match in _TOKENS.finditer(raw):
        token = match[0][0]
        if token in b"[{":
            depth += 1
            if depth > max_depth:
                raise ParsingError(f"JSON nested deeper than {max_depth}", limit=max_depth, position=match.start())
        elif token != 0x22:
            depth -= 1


def _parse_slowly(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParsingError("JSON must be UTF-8", position=error.start) from None
    if text.startswith("\ufeff"):
        raise ParsingError("JSON must not start with a byte order mark")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ParsingError(f"not JSON: {error.msg}", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise ParsingError("JSON nested too deeply") from None
    if _SURROGATE_ESCAPE.search(text):
        _refuse_lone_surrogates(value)
    return value


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ParsingError("a string holds a lone surrogate (RFC 7493 section 2.1)") from None


def _unique_members(pairs: list[tuple[str, Any]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ParsingError("an object names a member twice", member=name[:128])
            seen.add(name)
    return members


def _safe_integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_SAFE_INTEGER:
        raise ParsingError("an integer lies beyond 2^53 - 1 (RFC 7493 section 2.2)", digits=digits[:40])
    return value


def _finite_number(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        raise ParsingError("a number overflows a double", digits=digits[:40])
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ParsingError(f"{name} is not JSON", constant=name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_int=_safe_integer,
    parse_float=_finite_number,
    parse_constant=_refuse_constant,
)
