"""From a registration request to the operation that it asks for, without its signatures.

The node fills in what a plain client does not know (salt, version, deadline); a careful client gives them all and so
knows the payload before it is shown one.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.domain import fact
from node.domain.did_history import DEACTIVATED, HOLDER
from node.ports import IndexView
from node.services.context import Ledger
from node.services.registration_request import Request, key_of, keys_of
from registry_client.core.canonical import canonicalize
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, Did, compute_did_id
from registry_client.core.document import check_organisation
from registry_client.core.encoding import decode_hex
from registry_client.core.keys import KIND_P256, PublicKey
from registry_client.core.operation import SignedOperation, domain_of, type_of
from registry_client.core.registration import CREATE, UPDATE, complete_document
from registry_client.core.strict_json import JsonObject
from registry_client.errors import FeatureNotSupportedError, InvalidInputError, LedgerUnavailableError

DEADLINE_S: Final = 24 * 3600
"""How long a job waits for its signatures and its operation for a block, unless the request says otherwise."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be signed: the operation without signatures, for which DID, and by which key in each role."""

    did: str
    operation: SignedOperation
    keys: Mapping[str, PublicKey]


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
    return Draft(did, operation, keys_of(request, operation.type.roles))


def _creation(request: Request, ledger: Ledger) -> tuple[str, str, dict[str, Any]]:
    options = request.options
    salt = decode_hex(_text(options, "salt"), length=32) if "salt" in options else secrets.token_bytes(32)
    controller = key_of(request, "controller")
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
        if controller.controller()[0] != KIND_P256:
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
    if key_of(request, role).controller() != row.controller:
        raise InvalidInputError("this key does not control the DID", field="secret.verificationMethod")
    return version


def _document(value: Any, did: Did) -> bytes:
    if not isinstance(value, dict):
        raise InvalidInputError("didDocument is missing or no object", field="didDocument")
    full = complete_document(value, did)
    check_organisation(full, did)
    return canonicalize(full)


def _check_modes(options: JsonObject, ledger: Ledger) -> None:
    if options.get("clientSecretMode", True) is not True or any(
        options.get(name, False) is not False for name in ("storeSecrets", "returnSecrets")
    ):
        raise FeatureNotSupportedError("only client-managed secrets: this node keeps and makes no keys")
    if options.get("network", ledger.network) != ledger.network:
        raise InvalidInputError(f"this node serves the network {ledger.network}", field="options.network")


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
