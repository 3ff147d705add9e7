"""Canonical JSON out (RFC 8785, JCS): one value, one byte string.

- Accepts what I-JSON can hold: dict with str names, list or tuple, str, bool, None, int within 2^53 - 1, finite float.
- Anything else (NaN, lone surrogates, larger integers, other types) is a MalformedValueError; nothing is coerced.
- Fast path: orjson, wherever its bytes are provably the same: no float, no character beyond the BMP (JCS sorts
  names by UTF-16 code unit, orjson by code point). `json.dumps(sort_keys=True)` is not JCS and is never used here.
"""

import json
from math import isfinite
from typing import Any, Final

from registry_client.core.strict_json import MAX_DEPTH, MAX_SAFE_INTEGER
from registry_client.errors import MalformedValueError

try:
    import orjson
except ImportError:  # the light base install; the bytes are the same, only slower
    orjson = None  # type: ignore[assignment]

_EXPONENT_FROM: Final = 1e21
"""From here on ECMAScript writes an exponent, so the text is no longer an integer's."""
_escape: Final = json.encoder.encode_basestring
"""The standard library's escaper without ASCII folding: the short escapes, lower-case \\u00xx for other controls."""


def canonicalize(value: Any, *, max_depth: int = MAX_DEPTH) -> bytes:
    """Return the RFC 8785 bytes (UTF-8) of `value`. Raises MalformedValueError. Cost: linear, plus sorting of names."""
    if orjson is not None and _is_plain(value, max_depth):
        try:
            data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
        except (orjson.JSONEncodeError, RecursionError):
            data = None  # the slow path names the reason
        if data is not None and not _beyond_bmp(data):
            return data
    pieces: list[str] = []
    _write(value, pieces, max_depth)
    try:
        return "".join(pieces).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedValueError("a string holds a lone surrogate and has no canonical form") from None


def is_canonical(data: bytes, value: Any) -> bool:
    """Tell whether `data` is the canonical form of the `value` parsed from it; never raises."""
    try:
        return canonicalize(value) == data
    except MalformedValueError:
        return False


def _is_plain(value: Any, depth: int) -> bool:
    """Tell whether `value` is made only of exact dict, list, str, int, bool, None, within `depth`.

    Level by level, because a call for each object would take 0.7 µs more of a credential's 2.
    """
    kind = type(value)
    if kind is not dict and kind is not list:
        return kind is str or kind is int or kind is bool or value is None
    level = [value]
    while level and depth > 0:
        depth -= 1
        inner: list[Any] = []
        for container in level:
            # names that are not str are orjson's to refuse
            for member in container.values() if type(container) is dict else container:
                kind = type(member)
                if kind is str:
                    continue
                if kind is dict or kind is list:
                    inner.append(member)
                elif not (kind is int or kind is bool or member is None):
                    return False
        level = inner
    return not level


def _beyond_bmp(data: bytes) -> bool:
    """Four-byte UTF-8 starts with f0..f4; looked for only where text is not ASCII."""
    return not data.isascii() and (
        b"\xf0" in data or b"\xf3" in data or b"\xf4" in data or b"\xf1" in data or b"\xf2" in data
    )


def _write(value: Any, pieces: list[str], depth: int) -> None:
    if isinstance(value, str):
        pieces.append(_escape(value))
    elif value is None:
        pieces.append("null")
    elif isinstance(value, bool):
        pieces.append("true" if value else "false")
    elif isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise MalformedValueError("an integer lies beyond 2^53 - 1 and has no canonical form")
        pieces.append(int.__repr__(value))
    elif isinstance(value, float):
        if MAX_SAFE_INTEGER < abs(value) < _EXPONENT_FROM:
            raise MalformedValueError("a number would be written as an integer beyond 2^53 - 1, which no reader takes")
        pieces.append(format_number(value))
    elif depth <= 0:
        raise MalformedValueError("nested too deeply to be canonicalised")
    elif isinstance(value, dict):
        _write_object(value, pieces, depth)
    elif isinstance(value, list | tuple):
        _write_array(value, pieces, depth)
    else:
        raise MalformedValueError(f"{type(value).__name__} has no canonical form", type=type(value).__name__)


def _write_object(value: dict[Any, Any], pieces: list[str], depth: int) -> None:
    try:
        names = sorted(value, key=_utf16)
    except AttributeError:
        raise MalformedValueError("an object's names must be strings") from None
    except UnicodeEncodeError:
        raise MalformedValueError("a name holds a lone surrogate and has no canonical form") from None
    pieces.append("{")
    for position, name in enumerate(names):
        pieces.append("," if position else "")
        pieces.append(_escape(name))
        pieces.append(":")
        _write(value[name], pieces, depth - 1)
    pieces.append("}")


def _write_array(value: list[Any] | tuple[Any, ...], pieces: list[str], depth: int) -> None:
    pieces.append("[")
    for position, item in enumerate(value):
        pieces.append("," if position else "")
        _write(item, pieces, depth - 1)
    pieces.append("]")


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def format_number(value: float) -> str:
    """Write a finite double as ECMAScript's Number::toString does (RFC 8785 section 3.2.2.3)."""
    if not isfinite(value):
        raise MalformedValueError("NaN and Infinity have no canonical form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")  # "1.0" has no fraction to write
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits x 10^point, whatever form repr chose.
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= len(fraction) - len(fraction.lstrip("0")) + 1
    digits = digits.rstrip("0") or "0"
    count = len(digits)
    if 0 < point <= 21:
        body = digits.ljust(point, "0") if count <= point else f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        body = "0." + "0" * -point + digits
    else:
        power = point - 1
        tail = f".{digits[1:]}" if count > 1 else ""
        body = f"{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"
    return sign + body
