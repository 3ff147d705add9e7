"""RLP as far as proofs need it: encode bytes and lists of them (Yellow Paper, appendix B)."""

from collections.abc import Sequence
from typing import TypeAlias

Rlp: TypeAlias = "bytes | Sequence[Rlp]"


def encode(value: Rlp) -> bytes:
    """Encode bytes, or a list of values."""
    if isinstance(value, bytes):
        if len(value) == 1 and value[0] < 0x80:
            return value
        return _prefix(len(value), 0x80) + value
    payload = b"".join([encode(item) for item in value])
    return _prefix(len(payload), 0xC0) + payload


def integer(number: int) -> bytes:
    """Return the bytes that stand for a number: minimal big-endian, zero as nothing."""
    return number.to_bytes((number.bit_length() + 7) // 8)


def _prefix(size: int, offset: int) -> bytes:
    if size <= 55:
        return bytes((offset + size,))
    length = integer(size)
    return bytes((offset + 55 + len(length),)) + length


def list_of(payload: bytes) -> bytes:
    """Put items that are encoded already into a list."""
    return _prefix(len(payload), 0xC0) + payload


def split_list(data: bytes) -> list[bytes] | None:
    """Cut one list into its items, each as it is encoded; None if `data` is not exactly one list."""
    ends = _bounds(data, 0)
    if ends is None or data[0] < 0xC0 or ends[1] != len(data):
        return None
    items, at = [], ends[0]
    while at < len(data):
        inner = _bounds(data, at)
        if inner is None:
            return None
        items.append(data[at : inner[1]])
        at = inner[1]
    return items


def _bounds(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the item at `at` begins and ends; None beyond the data."""
    if at >= len(data):
        return None
    first = data[at]
    if first < 0x80:
        return at, at + 1
    short = first - (0xC0 if first >= 0xC0 else 0x80)
    start = at + 1
    if short > 55:
        start += short - 55
        short = int.from_bytes(data[at + 1 : start])
    return (start, start + short) if start + short <= len(data) else None
