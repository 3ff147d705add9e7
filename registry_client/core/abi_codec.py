"""Solidity ABI encoding for the types that our contracts use, strict when decoding.

- Types: uint8..uint256, bool, address, bytes1..bytes32, bytes, string, T[], and tuples `(T,T)`.
- Values: int, bool, bytes, str, list or tuple. An address is its 20 bytes.
- Decoding accepts exactly one encoding of a value: padding is zero, offsets name the next free place, nothing follows.
- Arrays and byte strings are bounded by the data itself: no allocation exceeds what was received.
- Spec: Solidity contract ABI specification, "Formal Specification of the Encoding".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from registry_client.core.hashing import keccak_text
from registry_client.errors import AbiError

WORD: Final = 32


@dataclass(frozen=True, slots=True)
class AbiType:
    """One parsed type; `base`: uint, bool, address, fixed, bytes, string, array or tuple; `size`: bits or bytes."""

    base: str
    size: int = 0
    parts: tuple["AbiType", ...] = ()
    dynamic: bool = False
    head_bytes: int = WORD


def selector(signature: str) -> bytes:
    """Return the 4-byte selector of `name(type,...)`."""
    return keccak_text(signature)[:4]


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Encode values as a tuple of `types`. Raises AbiError when a value does not fit its type."""
    return _encode_tuple(parse_types(tuple(types)), values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Decode a tuple of `types` that fills `data` exactly. Raises AbiError. Arrays and tuples come back as tuples."""
    parts = parse_types(tuple(types))
    value, end = _decode_tuple(parts, data, 0)
    if end != len(data):
        raise AbiError("bytes after the end of the encoding", expected=end, actual=len(data))
    return value


@lru_cache(maxsize=512)
def parse_types(types: tuple[str, ...]) -> tuple[AbiType, ...]:
    """Parse type texts; an unknown type is a programmer's mistake (TypeError)."""
    return tuple(_parse_type(text) for text in types)


def _parse_type(text: str) -> AbiType:
    if text.endswith("[]"):
        return AbiType("array", parts=(_parse_type(text[:-2]),), dynamic=True)
    if text.startswith("(") and text.endswith(")"):
        parts = tuple(_parse_type(piece) for piece in split_types(text[1:-1]))
        dynamic = any(part.dynamic for part in parts)
        return AbiType("tuple", 0, parts, dynamic, WORD if dynamic else sum(part.head_bytes for part in parts))
    if text in {"bytes", "string"}:
        return AbiType(text, dynamic=True)
    if text in {"bool", "address"}:
        return AbiType(text, 20)
    if text.startswith("uint") and text[4:].isdecimal() and 0 < int(text[4:]) <= 256 and int(text[4:]) % 8 == 0:
        return AbiType("uint", int(text[4:]))
    if text.startswith("bytes") and text[5:].isdecimal() and 0 < int(text[5:]) <= WORD:
        return AbiType("fixed", int(text[5:]))
    raise TypeError(f"unknown ABI type {text!r}")


def split_types(text: str) -> list[str]:
    """Split a comma-separated list of types, minding tuples."""
    pieces, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            pieces.append(text[start:position])
            start = position + 1
    return [*pieces, text[start:]] if text else pieces


def _encode_tuple(parts: Sequence[AbiType], values: Sequence[Any]) -> bytes:
    if not isinstance(values, list | tuple) or len(values) != len(parts):
        raise AbiError(f"expected {len(parts)} values", types=len(parts))
    heads: list[bytes] = []
    tails: list[bytes] = []
    offset = sum(part.head_bytes for part in parts)
    for part, value in zip(parts, values, strict=True):
        encoded = _encode_one(part, value)
        if part.dynamic:
            heads.append(offset.to_bytes(WORD, "big"))
            tails.append(encoded)
            offset += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads) + b"".join(tails)


def _encode_one(kind: AbiType, value: Any) -> bytes:
    if kind.base == "uint":
        if type(value) is not int or not 0 <= value < 1 << kind.size:
            raise AbiError(f"expected an integer of {kind.size} bits", bits=kind.size)
        return value.to_bytes(WORD, "big")
    if kind.base == "bool":
        if type(value) is not bool:
            raise AbiError("expected true or false")
        return int(value).to_bytes(WORD, "big")
    if kind.base == "tuple":
        return _encode_tuple(kind.parts, value)
    if kind.base == "array":
        if not isinstance(value, list | tuple):
            raise AbiError("expected an array")
        return len(value).to_bytes(WORD, "big") + _encode_tuple(kind.parts * len(value), value)
    if kind.base == "string":
        if not isinstance(value, str):
            raise AbiError("expected text")
        try:
            value = value.encode("utf-8")
        except UnicodeEncodeError:
            raise AbiError("text holds a lone surrogate") from None
    if not isinstance(value, bytes) or (kind.base in {"fixed", "address"} and len(value) != kind.size):
        raise AbiError(f"expected {kind.size or 'some'} bytes", size=kind.size)
    if kind.base == "address":
        return value.rjust(WORD, b"\0")
    if kind.base == "fixed":
        return value.ljust(WORD, b"\0")
    return len(value).to_bytes(WORD, "big") + value + b"\0" * (-len(value) % WORD)


def _decode_tuple(parts: Sequence[AbiType], data: bytes, base: int) -> tuple[tuple[Any, ...], int]:
    """Decode parts whose heads start at `base`; return the values and the end of the last tail."""
    head, end = base, base + sum(part.head_bytes for part in parts)
    values: list[Any] = []
    for part in parts:
        if part.dynamic:
            offset = _word(data, head)
            if offset != end - base:
                raise AbiError("an offset does not point at the next free place", offset=offset, expected=end - base)
            value, end = _decode_dynamic(part, data, end)
        elif part.base == "tuple":
            value, _ = _decode_tuple(part.parts, data, head)
        else:
            value = _decode_static(part, data, head)
        values.append(value)
        head += part.head_bytes
    return tuple(values), end


def _decode_dynamic(kind: AbiType, data: bytes, at: int) -> tuple[Any, int]:
    if kind.base == "tuple":
        return _decode_tuple(kind.parts, data, at)
    count = _word(data, at)
    start = at + WORD
    if kind.base == "array":
        if count * kind.parts[0].head_bytes > len(data) - start:
            raise AbiError("an array is longer than its data", count=count)
        return _decode_tuple(kind.parts * count, data, start)
    end = start + count + (-count % WORD)
    if end > len(data):
        raise AbiError("a byte string is longer than its data", length=count)
    value = data[start : start + count]
    if any(data[start + count : end]):
        raise AbiError("padding is not zero")
    if kind.base == "string":
        try:
            return value.decode("utf-8"), end
        except UnicodeDecodeError:
            raise AbiError("text is not UTF-8") from None
    return value, end


def _decode_static(kind: AbiType, data: bytes, at: int) -> Any:
    word = data[at : at + WORD]
    if len(word) != WORD:
        raise AbiError("the encoding is cut short", needed=at + WORD, actual=len(data))
    if kind.base == "fixed":
        if any(word[kind.size :]):
            raise AbiError("padding is not zero")
        return word[: kind.size]
    if kind.base == "address":
        if any(word[:12]):
            raise AbiError("padding is not zero")
        return word[12:]
    number = int.from_bytes(word, "big")
    if kind.base == "bool":
        if number > 1:
            raise AbiError("a bool is neither 0 nor 1")
        return bool(number)
    if number >> kind.size:
        raise AbiError(f"an integer has more than {kind.size} bits", bits=kind.size)
    return number


def _word(data: bytes, at: int) -> int:
    if at + WORD > len(data):
        raise AbiError("the encoding is cut short", needed=at + WORD, actual=len(data))
    return int.from_bytes(data[at : at + WORD], "big")
