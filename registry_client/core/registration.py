"""DID registration with secrets kept by the client (DIF DID Registration): what both ends must agree on, byte for byte.

- One signing request a role of the operation (`controller`, `endorser`, `guardian`); its id is the role's name.
- `serializedPayload` is base64 of the 66-byte payload. ES256 signs its SHA-256. ES256K signs its Keccak-256, which is
  what contracts recover (`digest` in the request says so); a signature over SHA-256 is told apart and refused.
- `kid` is the key itself as a did:key URL: it needs no resolver and cannot point at another key.
- A document may leave out what follows from the DID (@context, id, controllers) and write its ids as `#fragment`.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from registry_client.core import secp256k1
from registry_client.core.curves import Curve, to_low_s
from registry_client.core.did import Did
from registry_client.core.document import CONTEXT, RELATIONSHIPS
from registry_client.core.hashing import keccak256
from registry_client.core.keys import PublicKey
from registry_client.core.strict_json import JsonObject
from registry_client.errors import InvalidKeyError, MalformedValueError, ProofInvalidError

CREATE: Final = "create"
UPDATE: Final = "update"
DEACTIVATE: Final = "deactivate"
FUNCTIONS: Final = (CREATE, UPDATE, DEACTIVATE)
"""Functions of a registrar, each under /1.0/."""

ALGORITHMS: Final[Mapping[Curve, tuple[str, str]]] = {
    Curve.P256: ("ES256", "SHA-256"),
    Curve.SECP256K1: ("ES256K", "Keccak-256"),
}
"""Curve -> `alg` and `digest` of a signing request."""
SIGNATURE_TEXT_MAX: Final = 128
"""Characters of a base64 signature; 65 bytes need 88."""


def key_url(key: PublicKey) -> str:
    """Return the `kid` of a key: its did:key URL."""
    multikey = key.to_multikey()
    return f"did:key:{multikey}#{multikey}"


def algorithm_of(key: PublicKey) -> tuple[str, str]:
    """Return `alg` and `digest` for a key that may sign operations. Raises InvalidKeyError for other curves."""
    try:
        return ALGORITHMS[key.curve]
    except KeyError:
        raise InvalidKeyError("operations are signed by P-256 or secp256k1 keys", curve=key.curve.value) from None


def signing_request(key: PublicKey, *, role: str, payload: bytes, shown: JsonObject) -> JsonObject:
    """Return one signing request. `shown`: the operation as people read it (kind, domain, message)."""
    algorithm, digest = algorithm_of(key)
    return {
        "payload": shown,
        "serializedPayload": b64encode(payload).decode(),
        "kid": key_url(key),
        "alg": algorithm,
        "digest": digest,
        "purpose": role,
    }


def decode_base64(text: object, *, what: str, max_length: int = SIGNATURE_TEXT_MAX) -> bytes:
    """Read standard, padded base64 (RFC 4648 section 4) strictly. Raises MalformedValueError naming `what`."""
    if not isinstance(text, str) or len(text) > max_length:
        raise MalformedValueError(f"{what} is base64 text of at most {max_length} characters")
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedValueError(f"{what} is not standard base64 with padding") from None
    if b64encode(data).decode() != text:
        raise MalformedValueError(f"{what} is not the one base64 text of its bytes")
    return data


def contract_signature(key: PublicKey, payload: bytes, signature: bytes) -> bytes:
    """Check what a client signed and return it as contracts take it: x‖y‖r‖s (128 bytes) or r‖s‖v (65), low s.

    `signature`: r‖s, for secp256k1 also r‖s‖v; a high s is turned over, both halves verify alike.
    Raises ProofInvalidError.
    """
    algorithm, _ = algorithm_of(key)
    sizes = (64,) if key.curve is Curve.P256 else (64, 65)
    if len(signature) not in sizes:
        raise ProofInvalidError(
            f"an {algorithm} signature has {' or '.join(map(str, sizes))} bytes, r and s, never DER",
            length=len(signature),
        )
    low = to_low_s(key.curve, signature[:64])
    if key.curve is Curve.P256:
        key.verify(low, payload, require_low_s=True)
        return key.raw + low
    return low + bytes([27 + _recovery_id(key, payload, low)])


def _recovery_id(key: PublicKey, payload: bytes, signature: bytes) -> int:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    digest = keccak256(payload)
    for recovery_id in (0, 1):
        try:
            if secp256k1.recover(digest, r, s, recovery_id) == key.raw:
                return recovery_id
        except ProofInvalidError:
            continue
    try:
        key.verify(signature, payload)
    except ProofInvalidError:
        raise ProofInvalidError("the signature does not verify", algorithm="ES256K") from None
    raise ProofInvalidError(
        "this is a signature over SHA-256, as JOSE means ES256K; sign the Keccak-256 of the payload, as `digest` says: "
        "contracts recover nothing else",
        algorithm="ES256K",
        signed_digest="SHA-256",
        digest="Keccak-256",
    )


def complete_document(json: JsonObject, did: Did) -> JsonObject:
    """Return the document with what follows from its DID put in; nothing that is there is changed but `#` ids.

    The caller checks the result (`check_organisation`): this only saves writing down a DID that is not known yet.
    """
    full: JsonObject = {"@context": list(CONTEXT), "id": did, **json}
    for name in ("verificationMethod", "service"):
        if isinstance(full.get(name), list):
            full[name] = [_absolute_entry(entry, did, is_method=name == "verificationMethod") for entry in full[name]]
    for name in RELATIONSHIPS:
        if isinstance(full.get(name), list):
            full[name] = [_absolute(entry, did) for entry in full[name]]
    return full


def _absolute_entry(entry: Any, did: Did, *, is_method: bool) -> Any:
    if not isinstance(entry, dict):
        return entry
    known: JsonObject = {"controller": did} if is_method else {}
    return {**known, **entry, **({"id": _absolute(entry["id"], did)} if "id" in entry else {})}


def _absolute(value: Any, did: Did) -> Any:
    return f"{did}{value}" if isinstance(value, str) and value.startswith("#") else value
