"""Base45 (RFC 9285): bytes as text of the 45 characters that a QR code packs best; strict, and without a loop.

All groups are computed at once: each is a lane of 32 bits in one large integer, c + 45 d + 2025 e in every lane.
"""

from typing import Final

from registry_client.errors import ParsingError

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LANE: Final = 4  # bytes
_LETTERS: Final = ALPHABET.encode("ascii")
_VALUES: Final = bytes(_LETTERS.find(code) if code in _LETTERS else 0 for code in range(256))


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
    letters = text.encode("ascii")
    if letters.translate(None, _LETTERS):
        raise ParsingError("a character that base45 does not have")
    groups, over = divmod(len(letters), 3)
    if over == 1:
        raise ParsingError("a base45 text has no single last character", length=len(letters))
    values = letters.translate(_VALUES)
    tail = b""
    if over:
        last = values[-2] + 45 * values[-1]
        if last > 0xFF:
            raise ParsingError("a last pair of base45 is one byte")
        tail, values = bytes((last,)), values[:-2]
    if not groups:
        return tail
    lanes = _spread(values[0::3]) + 45 * _spread(values[1::3]) + 2025 * _spread(values[2::3])
    wide = lanes.to_bytes(_LANE * groups, "big")
    if wide[1::_LANE].strip(b"\0"):  # the largest group is 91,124, so a lane never reaches its first byte
        raise ParsingError("three characters of base45 are at most 65,535")
    data = bytearray(2 * groups)
    data[0::2], data[1::2] = wide[2::_LANE], wide[3::_LANE]
    return bytes(data) + tail


def _spread(values: bytes) -> int:
    """Return one integer with each value in a lane of its own."""
    lanes = bytearray(_LANE * len(values))
    lanes[_LANE - 1 :: _LANE] = values
    return int.from_bytes(lanes, "big")
