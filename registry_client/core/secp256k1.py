"""secp256k1 public key recovery: who signed these 65 bytes (SEC 1 section 4.1.6).

- coincurve (libsecp256k1) where installed; else plain integers, some milliseconds each. Both give the same answer.
- Only what validators, relayers and kind-1 Controllers need; nothing here handles a private key.
"""

from typing import Final

from registry_client.errors import ProofInvalidError

try:
    import coincurve
except ImportError:  # the light base install; the answers are the same, only slower
    coincurve = None  # type: ignore[assignment]

FIELD: Final = 2**256 - 2**32 - 977
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_GENERATOR: Final = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_Point = tuple[int, int] | None


def recover(digest: bytes, r: int, s: int, recovery_id: int) -> bytes:
    """Return x‖y (64 bytes) of the key that signed the 32-byte `digest`; `recovery_id` is 0 or 1.

    Raises ProofInvalidError when no key can have made this signature.
    """
    if not (0 < r < ORDER and 0 < s < ORDER) or recovery_id not in {0, 1} or len(digest) != 32:
        raise ProofInvalidError("secp256k1 signature values out of range")
    if coincurve is not None:
        compact = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([recovery_id])
        try:
            key = coincurve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
        except Exception as error:  # coincurve raises bare Exception and ValueError alike
            raise ProofInvalidError("no secp256k1 key made this signature") from error
        return bytes(key.format(compressed=False)[1:])
    return recover_in_python(digest, r, s, recovery_id)


def recover_in_python(digest: bytes, r: int, s: int, recovery_id: int) -> bytes:
    """Do what `recover` does, in integers only; 0 < r, s < ORDER."""
    square = (pow(r, 3, FIELD) + 7) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != square:
        raise ProofInvalidError("no secp256k1 key made this signature")
    if y & 1 != recovery_id:
        y = FIELD - y
    inverse = pow(r, -1, ORDER)
    u1 = -int.from_bytes(digest, "big") * inverse % ORDER
    u2 = s * inverse % ORDER
    point = _add(_multiply(_GENERATOR, u1), _multiply((r, y), u2))
    if point is None:
        raise ProofInvalidError("no secp256k1 key made this signature")
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def _add(left: _Point, right: _Point) -> _Point:
    if left is None or right is None:
        return right if left is None else left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2:
        if (y1 + y2) % FIELD == 0:
            return None
        slope = 3 * x1 * x1 * pow(2 * y1, -1, FIELD) % FIELD
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, FIELD) % FIELD
    x3 = (slope * slope - x1 - x2) % FIELD
    return x3, (slope * (x1 - x3) - y1) % FIELD


def _multiply(point: _Point, scalar: int) -> _Point:
    result: _Point = None
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result
