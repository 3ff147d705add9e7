"""As much RLP as a raw transaction needs: cut a list into its items, strictly, and put encoded items into a list.

Strict: lengths are minimal, a byte below 0x80 stands for itself, nothing follows the list. Inner lists stay uncut.
"""

from dataclasses import dataclass


class RlpMalformedError(ValueError):
    """The bytes are not one canonical RLP list."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its whole encoding, and its payload if it is a string (None for an inner list)."""

    encoded: bytes
    payload: bytes | None


def split_list(data: bytes) -> list[Item]:
    """Cut one list, the whole of `data`, into its items. Raises RlpMalformedError. Cost: linear."""
    start, end, is_list = _header(data, 0)
    if not is_list or end != len(data):
        raise RlpMalformedError("not one list")
    items = []
    while start < end:
        payload_start, item_end, inner = _header(data, start)
        items.append(Item(data[start:item_end], None if inner else data[payload_start:item_end]))
        start = item_end
    if start != end:
        raise RlpMalformedError("an item goes past its list")
    return items


def join_list(encoded_items: list[bytes]) -> bytes:
    """Encode a list of items that are encoded already."""
    payload = b"".join(encoded_items)
    return _prefix(len(payload), 0xC0) + payload


def encode_integer(number: int) -> bytes:
    """Encode a non-negative integer: minimal big-endian, zero as the empty string."""
    payload = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(payload) == 1 and payload[0] < 0x80:
        return payload
    return _prefix(len(payload), 0x80) + payload


def _prefix(size: int, offset: int) -> bytes:
    if size <= 55:
        return bytes([offset + size])
    size_bytes = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size_bytes)]) + size_bytes


def _header(data: bytes, at: int) -> tuple[int, int, bool]:
    """Read the item at `at`: where its payload begins and ends, and whether it is a list."""
    if at >= len(data):
        raise RlpMalformedError("cut short")
    first = data[at]
    if first < 0x80:
        return at, at + 1, False
    is_list = first >= 0xC0
    short = first - (0xC0 if is_list else 0x80)
    if short <= 55:
        start, size = at + 1, short
        if not is_list and size == 1 and data[start : start + 1] < b"\x80":
            raise RlpMalformedError("a small byte stands for itself")
    else:
        start = at + 1 + short - 55
        size_bytes = data[at + 1 : start]
        size = int.from_bytes(size_bytes, "big")
        if size_bytes[:1] == b"\0" or size <= 55:
            raise RlpMalformedError("a length is not minimal")
    if start + size > len(data):
        raise RlpMalformedError("cut short")
    return start, start + size, is_list
