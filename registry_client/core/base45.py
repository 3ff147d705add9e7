"""Base45 (RFC 9285): bytes as text of the 45 characters that a QR code packs best; strict, and without a loop.

All groups are computed at once: three characters are a lane of 24 bits in one large integer, which becomes
c + 45 d + 2025 e in every lane.
"""

from functools import lru_cache
from typing import Final

from registry_client.errors import ParsingError

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LANE: Final = 3  # bytes
_LETTERS: Final = ALPHABET.encode("ascii")
_VALUES: Final = bytes(_LETTERS.find(code) & 0xFF for code in range(256))
"""Character code -> value; `find` says -1, here 0xFF, for what is no letter."""


def encode_base45(data: bytes) -> str:
    """Return the base45 text: three characters for two bytes, two for a last single one."""
    letters = bytearray()
    for place in range(0, len(data) - 1, 2):
        rest, low = divmod(data[place] << 8 | data[place + 1], 45)
        letters += bytes((_LETTERS[low], _LETTERS[rest % 45], _LETTERS[rest // 45]))
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        letters += bytes((_LETTERS[low], _LETTERS[high]))
    return letters.decode("ascii")


def decode_base45(text: str) -> bytes:
    """Return the bytes of a base45 text. Raises ParsingError for any other text. Cost: O(n), all of it in C."""
    if not text.isascii():
        raise ParsingError("base45 is ASCII")
    values = text.encode("ascii").translate(_VALUES)
    if b"\xff" in values:
        raise ParsingError("a character that base45 does not have")
    groups, over = divmod(len(values), 3)
    if over == 1:
        raise ParsingError("a base45 text has no single last character", length=len(values))
    tail = b""
    if over:
        last = values[-2] + 45 * values[-1]
        if last > 0xFF:
            raise ParsingError("a last pair of base45 is one byte")
        tail, values = bytes((last,)), values[:-2]
    if not groups:
        return tail
    number, low = int.from_bytes(values, "big"), _low_bytes(groups)
    lanes = (number >> 16 & low) + 45 * (number >> 8 & low) + 2025 * (number & low)
    wide = lanes.to_bytes(_LANE * groups, "big")
    if wide[0::_LANE].strip(b"\0"):  # the largest group is 91,124, so a lane never reaches into the next
        raise ParsingError("three characters of base45 are at most 65,535")
    data = bytearray(2 * groups)
    data[0::2], data[1::2] = wide[1::_LANE], wide[2::_LANE]
    return bytes(data) + tail


@lru_cache(maxsize=64)
def _low_bytes(groups: int) -> int:
    """Return an integer with the last byte of each lane set."""
    return int.from_bytes(b"\0\0\xff" * groups, "big")
