"""Registration requests, read: {did, options, secret, didDocument, didDocumentOperation} in, an unsigned operation out.

- Every member and option that is not known is an error: an ignored wish is a wrong DID.
- The node fills in what a plain client does not know (salt, version, deadline); a careful client gives them all and so
  knows the payload before it is shown one.
- Secrets: `verificationMethod` (public keys, by `purpose`) and `signingResponse`, nothing else; a private key anywhere
  in a request refuses it whole.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.domain import fact
from node.domain.did_history import DEACTIVATED, HOLDER
from node.ports import IndexView
from node.services.context import Ledger
from registry_client.core.canonical import canonicalize
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, Did, compute_did_id
from registry_client.core.document import check_organisation
from registry_client.core.encoding import decode_hex
from registry_client.core.keys import PRIVATE_JWK_MEMBERS, PublicKey
from registry_client.core.operation import SignedOperation, domain_of, type_of
from registry_client.core.registration import CREATE, DEACTIVATE, UPDATE, algorithm_of, complete_document
from registry_client.core.strict_json import JsonObject
from registry_client.errors import FeatureNotSupportedError, InvalidInputError, LedgerUnavailableError

DEADLINE_S: Final = 24 * 3600
"""How long a job waits for its signatures and its operation for a block, unless the request says otherwise."""
_MEMBERS: Final = frozenset({"jobId", "method", "did", "options", "secret", "didDocument", "didDocumentOperation"})
_COMMON: Final = frozenset({"clientSecretMode", "storeSecrets", "returnSecrets", "network", "deadline"})
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    CREATE: _COMMON | {"kind", "salt", "endorsingAgency", "guardian"},
    UPDATE: _COMMON | {"expectedVersion"},
    DEACTIVATE: _COMMON | {"expectedVersion", "guardian"},
}
_METHOD_MEMBERS: Final = frozenset({"id", "type", "controller", "purpose", "publicKeyJwk", "publicKeyMultibase"})
_KEYS_MAX: Final = 4
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


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be signed: the operation without signatures, for which DID, and by which key in each role."""

    did: str
    operation: SignedOperation
    keys: Mapping[str, PublicKey]


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


def draft_of(function: str, request: Request, *, ledger: Ledger, view: IndexView, now: int) -> Draft:
    """Read a first request into the operation that it asks for. Raises InvalidInputError's family."""
    _check_modes(request.options, ledger)
    if function == CREATE:
        did, kind, message = _creation(request, ledger)
    elif function == UPDATE:
        did, kind, message = _update(request, ledger, view)
    else:
        did, kind, message = _deactivation(request, ledger, view)
    message["deadline"] = _integer(request.options, "deadline", now + DEADLINE_S)
    contract = view.last(fact.DirectoryEntry, name="DidRegistry")
    if contract is None:
        raise LedgerUnavailableError("the index has not seen the registry's contracts yet: it is catching up")
    domain = domain_of(ledger.network, ledger.chain_id, contract.address)
    operation = SignedOperation(type_of(kind), domain, message)
    return Draft(did, operation, {role: _key_of(request, role) for role in operation.type.roles})


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


def _creation(request: Request, ledger: Ledger) -> tuple[str, str, dict[str, Any]]:
    options = request.options
    salt = decode_hex(_text(options, "salt"), length=32) if "salt" in options else secrets.token_bytes(32)
    controller = _key_of(request, "controller")
    kind = options.get("kind", "organisation")
    if kind == "organisation":
        _refuse_option(options, "guardian", "an organisation has no guardian; its endorser acts for `endorsingAgency`")
        did_id = compute_did_id(kind=KIND_ORGANISATION, controller=controller.controller(), salt=salt)
        did = ledger.did(did_id)
        agency = ledger.did_id(_text(options, "endorsingAgency")) if "endorsingAgency" in options else did_id
        document = _document(request.asked.get("didDocument"), Did(did))
        message = {"controller": controller.controller(), "salt": salt, "agency": agency, "document": document}
        operation = "CreateOrganisation"
    elif kind == "holder":
        _refuse_option(options, "endorsingAgency", "a holder is endorsed by its `guardian`")
        if "didDocument" in request.asked:
            raise InvalidInputError("a holder's document follows from its key; leave didDocument out")
        raw = controller.raw
        if controller.controller()[0] != KIND_HOLDER:
            raise InvalidInputError("a holder's key is P-256", field="secret.verificationMethod")
        did = ledger.did(compute_did_id(kind=KIND_HOLDER, controller=controller.controller(), salt=salt))
        message = {"x": raw[:32], "y": raw[32:], "salt": salt, "guardian": ledger.did_id(_text(options, "guardian"))}
        operation = "CreateHolder"
    else:
        raise InvalidInputError("options.kind is organisation or holder", field="options.kind")
    if request.asked.get("did") not in {None, did}:
        raise InvalidInputError("this key and salt make another DID: leave `did` out", did=did, field="did")
    return did, operation, message


def _update(request: Request, ledger: Ledger, view: IndexView) -> tuple[str, str, dict[str, Any]]:
    did, did_id, row = _standing(request, ledger, view)
    if row.kind == HOLDER:
        raise InvalidInputError("a holder's DID is never updated: a new phone makes a new DID", did=did)
    if request.asked.get("didDocumentOperation", ["setDidDocument"]) != ["setDidDocument"]:
        raise FeatureNotSupportedError(
            "whole documents are signed here: send the next one with setDidDocument", field="didDocumentOperation"
        )
    documents = request.asked.get("didDocument")
    if not isinstance(documents, list) or len(documents) != 1:
        raise InvalidInputError("didDocument is an array with the one next document", field="didDocument")
    version = _version(request, row, role="controller")
    return (
        did,
        "UpdateDocument",
        {
            "id": did_id,
            "expectedVersion": version,
            "document": _document(documents[0], Did(did)),
        },
    )


def _deactivation(request: Request, ledger: Ledger, view: IndexView) -> tuple[str, str, dict[str, Any]]:
    did, did_id, row = _standing(request, ledger, view)
    if any(name in request.asked for name in ("didDocument", "didDocumentOperation")):
        raise InvalidInputError("a deactivation carries no document", field="didDocument")
    if "guardian" not in request.options:
        return did, "DeactivateDid", {"id": did_id, "expectedVersion": _version(request, row, role="controller")}
    guardian = ledger.did_id(_text(request.options, "guardian"))
    if row.kind != HOLDER or row.guardian != guardian:
        raise InvalidInputError("this DID has no such guardian", did=did, field="options.guardian")
    _refuse_option(request.options, "expectedVersion", "a guardian's deactivation is not bound to a version")
    return did, "DeactivateHolder", {"id": did_id, "guardian": guardian}


def _standing(request: Request, ledger: Ledger, view: IndexView) -> tuple[str, bytes, fact.DidVersion]:
    did = request.asked.get("did")
    if not isinstance(did, str):
        raise InvalidInputError("say which DID: `did` is missing", field="did")
    did_id = ledger.did_id(did)
    row = view.at_head().last(fact.DidVersion, did_id=did_id)
    if row is None:
        raise InvalidInputError("the ledger has no such DID", did=did, field="did")
    if row.state == DEACTIVATED:
        raise InvalidInputError("the DID is deactivated, which is final", did=did, field="did")
    return did, did_id, row


def _version(request: Request, row: fact.DidVersion, *, role: str) -> int:
    version = _integer(request.options, "expectedVersion", row.version)
    if version != row.version:
        raise InvalidInputError(
            f"the DID is at version {row.version} by now, not {version}: look at it again and ask again",
            version=row.version,
            field="options.expectedVersion",
        )
    if _key_of(request, role).controller() != row.controller:
        raise InvalidInputError("this key does not control the DID", field="secret.verificationMethod")
    return version


def _document(value: Any, did: Did) -> bytes:
    if not isinstance(value, dict):
        raise InvalidInputError("didDocument is missing or no object", field="didDocument")
    full = complete_document(value, did)
    check_organisation(full, did)
    return canonicalize(full)


def _key_of(request: Request, role: str) -> PublicKey:
    """Return the public key whose `purpose` names the role. Raises InvalidInputError."""
    methods = request.asked.get("verificationMethod", [])
    if not isinstance(methods, list) or len(methods) > _KEYS_MAX or not all(isinstance(m, dict) for m in methods):
        raise InvalidInputError(
            f"secret.verificationMethod is an array of at most {_KEYS_MAX} public keys", field="secret"
        )
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
        key = PublicKey.from_jwk(jwk)
    elif isinstance(multikey, str) and jwk is None:
        key = PublicKey.from_multikey(multikey)
    else:
        raise InvalidInputError("a key is a publicKeyJwk or a publicKeyMultibase", field="secret.verificationMethod")
    algorithm_of(key)
    return key


def _check_modes(options: JsonObject, ledger: Ledger) -> None:
    if options.get("clientSecretMode", True) is not True or any(
        options.get(name, False) is not False for name in ("storeSecrets", "returnSecrets")
    ):
        raise FeatureNotSupportedError("only client-managed secrets: this node keeps and makes no keys")
    if options.get("network", ledger.network) != ledger.network:
        raise InvalidInputError(f"this node serves the network {ledger.network}", field="options.network")


def _object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInputError(f"{name} is an object", field=name)
    return value


def _text(options: JsonObject, name: str) -> str:
    value = options.get(name)
    if not isinstance(value, str):
        raise InvalidInputError(f"options.{name} is missing or no text", field=f"options.{name}")
    return value


def _integer(options: JsonObject, name: str, default: int) -> int:
    value = options.get(name, default)
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise InvalidInputError(f"options.{name} is an integer", field=f"options.{name}")
    return value


def _refuse_option(options: JsonObject, name: str, why: str) -> None:
    if name in options:
        raise InvalidInputError(why, field=f"options.{name}")


def _require_known(value: JsonObject, known: frozenset[str] | set[str], what: str) -> None:
    unknown = sorted(name[:64] for name in value.keys() - known)
    if unknown:
        raise InvalidInputError(
            f"{what} has no member {unknown[0]}; known: {', '.join(sorted(known))}", unknown=unknown[:8]
        )
