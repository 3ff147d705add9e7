"""Strict compact JWS (RFC 7515), the only JOSE that we speak: signed, three parts, one algorithm a key.

- The algorithm follows from the verification method's key; a header that names another is refused, never obeyed.
- Unpadded base64url in its one canonical form; signatures of the exact length; no duplicate members anywhere.
- Headers that change what is checked, or bring a key of their own, are refused: crit, b64, jku, jwk, x5c and the like.
- Parsed headers are cached by their exact text: an issuer's header is the same for every credential of a key.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final, NamedTuple

from registry_client.core.canonical import canonicalize
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import AlgorithmNotAllowedError, MalformedValueError, ParsingError

TOKEN_MAX_LENGTH: Final = 65_536  # characters of a compact JWS
HEADER_MAX_LENGTH: Final = 4_096  # characters of its first part
TIME_MAX: Final = 2**48  # seconds; what the ledger's uint48 can hold
REFUSED_HEADERS: Final = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc"})
"""Keys come from DID documents and checks from the policy, so a token may bring neither."""
_CERTIFICATES: Final = frozenset({"x5c"})


class Jws(NamedTuple):
    """A compact JWS taken apart; nothing in it is verified yet."""

    header: JsonObject
    """Shared between tokens with the same header text: read it, never change it."""
    payload: JsonObject
    signed: bytes
    """The ASCII bytes under the signature: header, dot, payload as they came."""
    signature: bytes


def parse_jws(token: str, *, max_length: int = TOKEN_MAX_LENGTH, certificates: bool = False) -> Jws:
    """Take a compact JWS apart. Raises ParsingError, MalformedValueError, AlgorithmNotAllowedError.

    `certificates`: let `x5c` through, for a caller that checks it against anchors of its own.
    """
    if len(token) > max_length:
        raise ParsingError(f"a token of {len(token)} characters exceeds the limit of {max_length}", length=len(token))
    head_end, body_end = token.find("."), token.rfind(".")
    body = token[head_end + 1 : body_end]
    if not 0 <= head_end < body_end or "." in body or not token.isascii():
        raise ParsingError("a compact JWS has three parts of base64url", parts=token.count(".") + 1)
    if head_end > HEADER_MAX_LENGTH:
        raise ParsingError(f"a JWS header of more than {HEADER_MAX_LENGTH} characters", length=head_end)
    return Jws(
        _parse_header(token[:head_end], certificates),
        parse_object(decode_base64url(body), max_bytes=max_length),
        token[:body_end].encode("ascii"),
        decode_base64url(token[body_end + 1 :]),
    )


def verify_jws(jws: Jws, key: PublicKey, *, algorithms: Collection[str]) -> None:
    """Verify the signature with the key of a verification method.

    `algorithms`: what the policy allows. Raises AlgorithmNotAllowedError, ProofInvalidError.
    """
    verify_signature(key, algorithm=jws.header["alg"], signature=jws.signature, signed=jws.signed, allowed=algorithms)


def verify_signature(
    key: PublicKey, *, algorithm: str, signature: bytes, signed: bytes, allowed: Collection[str]
) -> None:
    """Verify one signature with the algorithm of the key, never with one that only the envelope names.

    `algorithm`: what the envelope claims. `allowed`: the policy's list.
    Raises AlgorithmNotAllowedError, ProofInvalidError.
    """
    fitting = key.curve.algorithm
    if algorithm != fitting and not (algorithm == "EdDSA" and fitting == "Ed25519"):
        raise AlgorithmNotAllowedError(f"the envelope says {algorithm[:32]}, the key is for {fitting}", key=fitting)
    if fitting not in allowed:
        raise AlgorithmNotAllowedError(f"the policy does not allow {fitting}", key=fitting)
    key.verify(signature, signed)


def sign_jws(header: dict[str, Any], payload: dict[str, Any], signer: Signer) -> str:
    """Return a compact JWS; `alg` is filled in from the signer's key. Both parts are written as canonical JSON."""
    head = encode_base64url(canonicalize({**header, "alg": signer.public_key.curve.algorithm}))
    signed = f"{head}.{encode_base64url(canonicalize(payload))}"
    return f"{signed}.{encode_base64url(signer.sign(signed.encode('ascii')))}"


def require_text(value: object, name: str, *, max_length: int = 2_048) -> str:
    """Return `value` if it is a non-empty string. Raises MalformedValueError."""
    if not isinstance(value, str) or not 0 < len(value) <= max_length:
        raise MalformedValueError(f"{name} is a string of 1 to {max_length} characters", member=name)
    return value


def require_time(value: object, name: str) -> int:
    """Return a NumericDate as unix seconds, a fraction cut off (RFC 7519 section 2). Raises MalformedValueError."""
    if type(value) is float and value >= 0:
        value = int(value)
    if type(value) is not int or not 0 <= value < TIME_MAX:
        raise MalformedValueError(f"{name} is seconds since 1970", member=name)
    return value


def jwk_of(confirmation: object) -> dict[str, Any]:
    """Return the key of a `cnf` claim (RFC 7800): one `jwk` and nothing else. Raises MalformedValueError."""
    if type(confirmation) is not dict or type(confirmation.get("jwk")) is not dict or len(confirmation) != 1:
        raise MalformedValueError("cnf holds one jwk")
    jwk: dict[str, Any] = confirmation["jwk"]
    return jwk


@lru_cache(maxsize=1_024)
def _parse_header(head: str, certificates: bool) -> JsonObject:  # noqa: FBT001  (a keyword costs the cache dear)
    header = parse_object(decode_base64url(head), max_bytes=HEADER_MAX_LENGTH)
    refused = REFUSED_HEADERS.intersection(header)
    if refused and not (certificates and refused == _CERTIFICATES):
        raise AlgorithmNotAllowedError(
            f"header members refused: {', '.join(sorted(refused))}; keys come from the DID document",
            headers=sorted(refused),
        )
    if not isinstance(header.get("alg"), str):
        raise AlgorithmNotAllowedError("the header names no algorithm")
    return header
