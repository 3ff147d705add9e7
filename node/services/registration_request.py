"""Registration requests, read: {jobId, did, options, secret, didDocument, didDocumentOperation} in, known members out.

- Every member and option that is not known is an error: an ignored wish is a wrong DID.
- Secrets: `verificationMethod` (public keys, by `purpose`) and `signingResponse`, nothing else; a private key anywhere
  in a request refuses it whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from registry_client.core.keys import PRIVATE_JWK_MEMBERS, PublicKey
from registry_client.core.registration import CREATE, DEACTIVATE, UPDATE, algorithm_of
from registry_client.core.strict_json import JsonObject
from registry_client.errors import InvalidInputError

_MEMBERS: Final = frozenset({"jobId", "method", "did", "options", "secret", "didDocument", "didDocumentOperation"})
_COMMON: Final = frozenset({"clientSecretMode", "storeSecrets", "returnSecrets", "network", "deadline"})
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    CREATE: _COMMON | {"kind", "salt", "endorsingAgency", "guardian"},
    UPDATE: _COMMON | {"expectedVersion"},
    DEACTIVATE: _COMMON | {"expectedVersion", "guardian"},
}
_METHOD_MEMBERS: Final = frozenset({"id", "type", "controller", "purpose", "publicKeyJwk", "publicKeyMultibase"})
_JWK_MEMBERS: Final = frozenset({"kty", "crv", "x", "y", "alg", "use", "key_ops", "kid"})
_SECRET_WORDS: Final = ("privatekey", "secretkey")


class PrivateKeyRefusedError(InvalidInputError):
    """A request carries a private key or another secret; the node keeps none and wants none."""

    type_uri = "https://mapae.invalid/problems/private-key-refused"
    title = "Private key refused"


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose members are known and typed; what they mean is read by `draft_of`."""

    job_id: str | None
    asked: JsonObject
    """did, options, didDocument, didDocumentOperation and verificationMethod, where present and not empty."""
    responses: JsonObject

    @property
    def options(self) -> JsonObject:
        """The options, {} if there are none."""
        found: JsonObject = self.asked.get("options", {})
        return found


def read_request(function: str, body: JsonObject) -> Request:
    """Check the outer shape. Raises InvalidInputError, PrivateKeyRefusedError."""
    refuse_private_keys(body)
    _require_known(body, _MEMBERS, "a registration request")
    secret = _object(body, "secret")
    _require_known(secret, {"verificationMethod", "signingResponse"}, "`secret` (keys stay with the client)")
    job_id = body.get("jobId")
    if job_id is not None and not isinstance(job_id, str):
        raise InvalidInputError("jobId is text, or null in the first request", field="jobId")
    method = body.get("method", "mapae")
    if method != "mapae":
        raise InvalidInputError("this registrar speaks the method mapae", field="method")
    options = _object(body, "options")
    _require_known(options, _OPTIONS[function], f"`options` of {function}")
    asked = {name: body.get(name) for name in ("did", "options", "didDocument", "didDocumentOperation")}
    asked["verificationMethod"] = secret.get("verificationMethod")
    return Request(job_id, {name: value for name, value in asked.items() if value}, _object(secret, "signingResponse"))


def refuse_private_keys(value: Any) -> None:
    """Raise PrivateKeyRefusedError if any object in a parsed body has a member that holds a private key."""
    if isinstance(value, dict):
        is_jwk = "kty" in value or "crv" in value
        for name, member in value.items():
            plain = name.lower().replace("_", "").replace("-", "")
            if plain.startswith(_SECRET_WORDS) or (is_jwk and name in PRIVATE_JWK_MEMBERS):
                raise PrivateKeyRefusedError(
                    "the request carries a private key; nothing was stored, but regard that key as disclosed: "
                    "sign on your side and send signatures only",
                    member=name[:64],
                )
            refuse_private_keys(member)
    elif isinstance(value, list):
        for item in value:
            refuse_private_keys(item)


def keys_of(request: Request, roles: tuple[str, ...]) -> dict[str, PublicKey]:
    """Return each role's public key; a request that names other keys too is refused. Raises InvalidInputError."""
    keys = {role: key_of(request, role) for role in roles}
    if len(request.asked["verificationMethod"]) != len(roles):
        raise InvalidInputError(
            f"only {' and '.join(roles)} sign this: name no other keys", field="secret.verificationMethod"
        )
    return keys


def key_of(request: Request, role: str) -> PublicKey:
    """Return the public key whose `purpose` names the role. Raises InvalidInputError."""
    methods = request.asked.get("verificationMethod", [])
    if not isinstance(methods, list) or not all(isinstance(method, dict) for method in methods):
        raise InvalidInputError("secret.verificationMethod is an array of public keys", field="secret")
    fitting = [method for method in methods if method.get("purpose") == [role]]
    if len(fitting) != 1:
        raise InvalidInputError(
            f'name the {role}\'s public key once: secret.verificationMethod = [{{"purpose": ["{role}"], '
            '"type": "JsonWebKey", "publicKeyJwk": {...}}]',
            field="secret.verificationMethod",
            role=role,
        )
    method = fitting[0]
    _require_known(method, _METHOD_MEMBERS, "a verification method")
    jwk, multikey = method.get("publicKeyJwk"), method.get("publicKeyMultibase")
    if isinstance(jwk, dict) and multikey is None:
        _require_known(jwk, _JWK_MEMBERS, "a publicKeyJwk")
        key = PublicKey.from_jwk(jwk)
    elif isinstance(multikey, str) and jwk is None:
        key = PublicKey.from_multikey(multikey)
    else:
        raise InvalidInputError("a key is a publicKeyJwk or a publicKeyMultibase", field="secret.verificationMethod")
    algorithm_of(key)
    return key


def _object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInputError(f"{name} is an object", field=name)
    return value


def _require_known(value: JsonObject, known: frozenset[str] | set[str], what: str) -> None:
    unknown = sorted(name[:64] for name in value.keys() - known)
    if unknown:
        raise InvalidInputError(
            f"{what} has no member {unknown[0]}; known: {', '.join(sorted(known))}", unknown=unknown[:8]
        )
