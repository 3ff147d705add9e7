"""Deterministic CBOR (RFC 8949 section 4.2.1), as much of it as a gate pass needs: one value, one encoding.

- Integers of 64 bits, byte strings, UTF-8 text, arrays, maps with integer or text keys, true and false. Tags, floats,
  null, undefined and indefinite lengths are refused.
- Numbers and lengths in their shortest form; map keys strictly ascending by their encoded bytes, so none twice.
- Length, depth and number of items are bounded before anything is built.
"""

from typing import Any, Final

from registry_client.errors import ParsingError

MAX_LENGTH: Final = 2_048  # bytes of one encoding; a QR code that a camera reads with ease holds less
MAX_DEPTH: Final = 8
MAX_ITEMS: Final = 256
"""Items in one array or pairs in one map."""
_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(0, 0xE0, 0x20)
"""First byte of each major type, its argument aside."""
_FALSE, _TRUE = 0xF4, 0xF5
_NEXT: Final = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}
"""Additional information -> (bytes that follow, the smallest value that needs them)."""


def decode(data: bytes) -> Any:
    """Return the one value that `data` encodes. Raises ParsingError."""
    value, end = decode_at(data, 0)
    if end != len(data):
        raise ParsingError("bytes after the CBOR item", position=end)
    return value


def decode_at(data: bytes, start: int) -> tuple[Any, int]:
    """Return the value that begins at `start`, and the position after it. Raises ParsingError."""
    if len(data) > MAX_LENGTH:
        raise ParsingError(f"more than {MAX_LENGTH} bytes of CBOR", length=len(data))
    try:
        return _item(data, start, MAX_DEPTH)
    except IndexError:
        raise ParsingError("the CBOR ends in the middle of an item", length=len(data)) from None


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    first = data[at]
    at += 1
    argument = first & 31
    if argument == 24 and first < _TAG and data[at] > 23:  # as nearly every argument that does not fit the head
        argument, at = data[at], at + 1
    elif argument > 23:
        argument, at = _argument(data, at, first)
    if first < _NEGATIVE:
        return argument, at
    if first >= _ARRAY:
        return _other(data, at, first, argument, depth)
    if first < _BYTES:
        return -1 - argument, at
    end = at + argument
    if end > len(data):
        raise ParsingError("a CBOR string is longer than what is left", position=at)
    if first < _TEXT:
        return data[at:end], end
    try:
        return data[at:end].decode(), end
    except UnicodeDecodeError:
        raise ParsingError("CBOR text is UTF-8", position=at) from None


def _other(data: bytes, at: int, first: int, argument: int, depth: int) -> tuple[Any, int]:
    """Read an array, a map or a simple value whose head was read."""
    if first >= _TAG:
        if first not in {_FALSE, _TRUE}:
            raise ParsingError("CBOR tags, floats, null and the like are refused", first=first)
        return first == _TRUE, at
    if depth == 0:
        raise ParsingError(f"CBOR nested deeper than {MAX_DEPTH}, or in a map's key", position=at)
    if argument > MAX_ITEMS:
        raise ParsingError(f"more than {MAX_ITEMS} CBOR items in one", count=argument)
    if first >= _MAP:
        return _map(data, at, argument, depth - 1)
    items = []
    for _ in range(argument):
        value, at = _item(data, at, depth - 1)
        items.append(value)
    return items, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[int | str, Any], int]:
    pairs: dict[int | str, Any] = {}
    previous = b""
    for _ in range(count):
        start = at
        key: Any = data[at]
        if key < 24:  # nearly every key is a small number, which is its own encoding
            at += 1
        else:
            key, at = _item(data, at, 0)
            if type(key) is not int and type(key) is not str:
                raise ParsingError("CBOR map keys are integers or text", position=start)
        encoded = data[start:at]
        if encoded <= previous:
            raise ParsingError("CBOR map keys are in ascending order, each once", position=start)
        previous = encoded
        pairs[key], at = _item(data, at, depth)
    return pairs, at


def _argument(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read the number or length that follows a head byte."""
    length, smallest = _NEXT.get(first & 31, (0, 0))
    if length == 0 or first >= _TAG:
        raise ParsingError("CBOR tags, floats, reserved and indefinite items are refused", first=first)
    end = at + length
    value = int.from_bytes(data[at:end], "big")
    if end > len(data) or value < smallest:
        raise ParsingError("CBOR numbers and lengths are whole and in their shortest form", position=at)
    return value, end


def encode(value: object) -> bytes:
    """Return the one encoding of a value of the kinds above; dicts are sorted. Other values are a TypeError."""
    if value is True or value is False:
        return bytes([_TRUE if value else _FALSE])
    if isinstance(value, int):
        return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return encode_bytes(value)
    if isinstance(value, str):
        text = value.encode("utf-8")
        return _head(_TEXT, len(text)) + text
    if isinstance(value, list | tuple):
        return _head(_ARRAY, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(inner)) for key, inner in value.items())
        return _head(_MAP, len(pairs)) + b"".join(key + inner for key, inner in pairs)
    raise TypeError(f"not written in CBOR here: {type(value).__name__}")


def encode_bytes(data: bytes) -> bytes:
    """Return the encoding of a byte string: what `encode` does, without asking what it is."""
    return _head(_BYTES, len(data)) + data


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major | argument,))
    if argument < 256:
        return bytes((major | 24, argument))
    if argument < 65_536:
        return bytes((major | 25, argument >> 8, argument & 255))
    for code, (length, _) in _NEXT.items():
        if argument < 1 << 8 * length:
            return bytes([major | code]) + argument.to_bytes(length, "big")
    raise TypeError("a CBOR integer has at most 64 bits")
