"""Text encodings of bytes, each strict in both directions: one byte string has one text.

- base58btc (Bitcoin alphabet), base64url without padding, 0x-hex in lower case;
- multibase prefixes `z` (base58btc) and `u` (base64url); multicodec prefixes of the keys we speak.
- Everything refused is a MalformedValueError.
- base64 by pybase64 where it is installed: the answers are the same, and a credential is read in a third of the time.
- Specs: RFC 4648 section 5; Multibase and Multicodec (CID 1.0 section 2.4).
"""

import binascii
import re
from typing import Final

from registry_client.errors import MalformedValueError

try:
    import pybase64
except ImportError:  # the light base install; the answers are the same, only slower
    pybase64 = None  # type: ignore[assignment]

BASE58_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Base58btc: no 0, O, I or l."""
BASE58_MAX_LENGTH: Final = 512  # characters
"""Longer text is refused; our longest value (a P-384 signature) has 131."""
_DIGITS: Final = bytes(BASE58_ALPHABET.find(chr(code)) & 0xFF for code in range(256))
"""Character code -> digit; `find` says -1, here 0xFF, for what is no digit."""
_PAIRS: Final = [a + b for a in BASE58_ALPHABET for b in BASE58_ALPHABET]
_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,63})", re.ASCII)


def _doublings(digits: int) -> tuple[tuple[int, int, int], ...]:
    """Return (field width, mask of every second field, base) for each step that folds base-58 digits together."""
    steps, width, base = [], 8, 58
    while width < digits * 8:
        fields = range(0, digits * 8, 2 * width)
        steps.append((width, sum(((1 << width) - 1) << place for place in fields), base))
        width, base = 2 * width, base * base
    return tuple(steps)


_SHORT_DIGITS: Final = 128
_SHORT: Final = _doublings(_SHORT_DIGITS)
_LONG: Final = _doublings(BASE58_MAX_LENGTH)

P256_PUB: Final = b"\x80\x24"
"""Multicodec 0x1200 p256-pub, then the 33-byte compressed point."""
P384_PUB: Final = b"\x81\x24"
"""Multicodec 0x1201 p384-pub, then the 49-byte compressed point."""
SECP256K1_PUB: Final = b"\xe7\x01"
"""Multicodec 0xe7 secp256k1-pub, then the 33-byte compressed point."""
ED25519_PUB: Final = b"\xed\x01"
"""Multicodec 0xed ed25519-pub, then the 32-byte key."""


def encode_base58(data: bytes) -> str:
    """Encode bytes as base58btc; each leading zero byte becomes a `1`."""
    number = int.from_bytes(data, "big")
    pieces: list[str] = []
    while number:
        number, low = divmod(number, 3364)
        pieces.append(_PAIRS[low])
    text = "".join(reversed(pieces)).lstrip("1")
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def decode_base58(text: str) -> bytes:
    """Decode base58btc of at most BASE58_MAX_LENGTH characters; the inverse of `encode_base58`."""
    if len(text) > BASE58_MAX_LENGTH:
        raise MalformedValueError(f"base58 text longer than {BASE58_MAX_LENGTH} characters", length=len(text))
    digits = text.encode("utf-8", "replace").translate(_DIGITS)
    if b"\xff" in digits:
        raise MalformedValueError("not a base58btc character: no 0, O, I or l, and nothing but letters and digits")
    number = int.from_bytes(digits, "big")
    for width, mask, base in _SHORT if len(digits) <= _SHORT_DIGITS else _LONG:
        # All neighbours at once: each pair of `width`-bit fields becomes one field of twice that, high x base + low.
        number = (number & mask) + base * ((number >> width) & mask)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_base64url(data: bytes) -> str:
    """Encode bytes as base64url without padding (RFC 7515 section 2)."""
    if pybase64 is not None:
        return pybase64.b64encode_as_string(data, b"-_").rstrip("=")
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Decode unpadded base64url; padding, white space, `+` `/`, and non-zero spare bits are refused."""
    tail = len(text) & 3
    try:
        if pybase64 is None:
            data = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + _PADDING[tail], strict_mode=True)
        elif "+" in text or "/" in text or text[-1:] == "=":  # all that `validate` lets through beyond base64url
            raise MalformedValueError("not unpadded base64url", length=len(text))
        else:
            data = pybase64.b64decode(text + _PADDING_TEXT[tail], b"-_", validate=True)
    except ValueError:  # binascii.Error and UnicodeEncodeError are such
        raise MalformedValueError("not unpadded base64url", length=len(text)) from None
    if tail and text[-1] not in _LAST[tail]:
        raise MalformedValueError("base64url with bits set beyond the last byte", length=len(text))
    return data


def encode_hex(data: bytes) -> str:
    """Encode bytes as 0x and lower-case hex."""
    return "0x" + data.hex()


def decode_hex(text: str, *, length: int | None = None) -> bytes:
    """Decode 0x and an even count of lower-case hex digits; `length`: the byte count demanded, if any."""
    if not _HEX.fullmatch(text):
        raise MalformedValueError("expected 0x and an even number of lower-case hex digits", length=len(text))
    data = bytes.fromhex(text[2:])
    if length is not None and len(data) != length:
        raise MalformedValueError(f"expected {length} bytes of hex, got {len(data)}", expected=length, actual=len(data))
    return data


def encode_quantity(value: int) -> str:
    """Encode a non-negative integer as 0x-hex without leading zeros (`0x0` for zero)."""
    return hex(value)


def decode_quantity(text: str) -> int:
    """Decode 0x-hex without leading zeros, at most 256 bits."""
    if not _QUANTITY.fullmatch(text):
        raise MalformedValueError("expected 0x-hex without leading zeros, at most 256 bits", length=len(text))
    return int(text, 16)


def encode_multibase(data: bytes) -> str:
    """Encode bytes as multibase base58btc (`z...`), the form that Multikey and proofValue demand."""
    return "z" + encode_base58(data)


def decode_multibase(text: str) -> bytes:
    """Decode multibase `z` (base58btc) or `u` (unpadded base64url); any other prefix is refused."""
    if text.startswith("z"):
        return decode_base58(text[1:])
    if text.startswith("u"):
        return decode_base64url(text[1:])
    raise MalformedValueError("multibase text must start with z (base58btc) or u (base64url)", prefix=text[:1])


_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
"""`+`, `/` and padding become a character that no base64 has, and are refused with the rest."""
_PADDING: Final = (b"", b"", b"==", b"=")
"""By length modulo 4; one character over is refused by the decoder."""
_PADDING_TEXT: Final = ("", "", "==", "=")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
"""Last characters whose spare bits are zero, by length modulo 4."""
