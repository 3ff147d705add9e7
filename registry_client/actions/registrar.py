"""Create, update and deactivate through a DID registrar, without trusting it.

- The operation is built and signed here, from the table of operations that the contracts' ABIs are checked against.
- The registrar is told what is wanted and asked what it would have signed. Unless that is our 66 bytes, for every
  signer, it gets no signature: it could only have been about something else.
- What it does with our signatures is bounded by what they cover; repeating all of this is the same operation.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from registry_client.adapters.registrar import RegistrarHttp
from registry_client.core import secp256k1
from registry_client.core.curves import Curve
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id, format_did
from registry_client.core.encoding import encode_hex
from registry_client.core.hashing import keccak256
from registry_client.core.keys import PublicKey
from registry_client.core.operation import SignedOperation
from registry_client.core.outcome import Outcome
from registry_client.core.registration import CREATE, DEACTIVATE, UPDATE, signing_request
from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import InvalidOperationError, LedgerInconsistentError, LedgerUnavailableError
from registry_client.submit import FINAL_TIMEOUT_S

_POLL_FIRST_S: Final = 0.05
_POLL_SLOWEST_S: Final = 1.0

OnChange = Callable[[int, int], None]


def register(
    registrar: RegistrarHttp,
    signed: SignedOperation,
    *,
    timeout_s: float = FINAL_TIMEOUT_S,
    on_change: OnChange | None = None,
) -> Outcome:
    """Have one signed operation registered and wait until the registrar calls it finished.

    Raises InvalidOperationError (no such door for this kind), LedgerInconsistentError (the registrar shows another
    payload, DID or operation), LedgerRevertedError, NodeRefusedError, LedgerUnavailableError.
    """
    function, did, body = request_of(signed)
    result = registrar.call(function, body)
    job_id = _require_our_payload(result, signed, did)
    result = registrar.call(function, {"jobId": job_id, "secret": {"signingResponse": _responses(signed)}})
    deadline, pause = time.monotonic() + timeout_s, _POLL_FIRST_S
    while (state := result["didState"]["state"]) != "finished":
        if state != "wait":
            _refuse("the registrar asks for signatures that it was given", did)
        if time.monotonic() >= deadline:
            raise LedgerUnavailableError(
                f"the registration is not final after {timeout_s:.0f} s; ask again later, nothing is done twice",
                job_id=job_id,
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SLOWEST_S)
        result = registrar.call(function, {"jobId": job_id})
    if on_change is not None:
        on_change(1, 1)
    return _outcome(result, signed, did)


def request_of(signed: SignedOperation) -> tuple[str, str, JsonObject]:
    """Return the function, the DID and the first request that ask for exactly this operation.

    Raises InvalidOperationError for a kind that registrars do not know.
    """
    message, network = signed.message, signed.domain.network
    options: JsonObject = {"clientSecretMode": True, "network": network, "deadline": signed.deadline}
    keys = {item.role: _key_of(item.signature, signed.payload) for item in signed.signatures}
    methods = [{"type": "JsonWebKey", "purpose": [role], "publicKeyJwk": key.to_jwk()} for role, key in keys.items()]
    body: JsonObject = {"options": options, "secret": {"verificationMethod": methods}}
    if signed.kind in {"CreateOrganisation", "CreateHolder"}:
        is_holder = signed.kind == "CreateHolder"
        options |= {"kind": "holder" if is_holder else "organisation", "salt": encode_hex(message["salt"])}
        if is_holder:
            options["guardian"] = format_did(network, message["guardian"])
        else:
            options["endorsingAgency"] = format_did(network, message["agency"])
            body["didDocument"] = parse_object(message["document"])
        kind, controller = KIND_HOLDER if is_holder else KIND_ORGANISATION, keys["controller"].controller()
        did = format_did(network, compute_did_id(kind=kind, controller=controller, salt=message["salt"]))
        return CREATE, did, body
    did = format_did(network, message.get("id", bytes(20)))
    if signed.kind == "UpdateDocument":
        options["expectedVersion"] = message["expectedVersion"]
        document = parse_object(message["document"])
        return UPDATE, did, {**body, "did": did, "didDocumentOperation": ["setDidDocument"], "didDocument": [document]}
    if signed.kind == "DeactivateDid":
        options["expectedVersion"] = message["expectedVersion"]
    elif signed.kind == "DeactivateHolder":
        options["guardian"] = format_did(network, message["guardian"])
    else:
        raise InvalidOperationError("a registrar creates, updates and deactivates DIDs, nothing else", kind=signed.kind)
    return DEACTIVATE, did, {**body, "did": did}


def _require_our_payload(result: JsonObject, signed: SignedOperation, did: str) -> str:
    """Return the job's id if every signature asked for is over our payload. Raises LedgerInconsistentError."""
    state = result["didState"]
    requests = state.get("signingRequest")
    if state.get("action") != "signPayload" or not isinstance(requests, dict):
        _refuse("the registrar asks for something else than signatures", did)
    if state.get("did") != did:
        _refuse("the registrar answers about another DID", did, answered=str(state.get("did"))[:256])
    if requests.keys() != set(signed.type.roles):
        _refuse("the registrar asks for the signatures of others", did, asked=sorted(requests)[:8])
    for item in signed.signatures:
        key = _key_of(item.signature, signed.payload)
        ours = signing_request(key, role=item.role, payload=signed.payload, shown={})
        theirs = requests[item.role]
        for name in ("serializedPayload", "alg", "kid"):
            if not isinstance(theirs, Mapping) or theirs.get(name) != ours[name]:
                shown = str(theirs.get(name) if isinstance(theirs, Mapping) else theirs)[:256]
                _refuse(
                    f"the registrar wants {item.role} to sign something else than was asked for ({name} differs); "
                    "it got no signature: do not use it",
                    did,
                    asked_for=ours[name],
                    shown=shown,
                )
    return str(result["jobId"])


def _responses(signed: SignedOperation) -> JsonObject:
    responses: JsonObject = {}
    for item in signed.signatures:
        key = _key_of(item.signature, signed.payload)
        pair = item.signature[64:] if key.curve is Curve.P256 else item.signature[:64]
        asked = signing_request(key, role=item.role, payload=signed.payload, shown={})
        signature = b64encode(pair).decode()
        responses[item.role] = {"signature": signature, "alg": asked["alg"], "kid": asked["kid"]}
    return responses


def _outcome(result: JsonObject, signed: SignedOperation, did: str) -> Outcome:
    metadata: dict[str, Any] = result["didRegistrationMetadata"]
    if result["didState"].get("did") != did or metadata.get("operationId", encode_hex(signed.id)) != encode_hex(
        signed.id
    ):
        _refuse("the registrar finished something else than was asked for", did)
    transaction, block = metadata.get("transactionHash"), metadata.get("blockNumber")
    return Outcome(
        encode_hex(signed.id),
        signed.kind,
        "final",
        transaction_hash=transaction if isinstance(transaction, str) else None,
        block_number=block if isinstance(block, int) else None,
    )


def _key_of(signature: bytes, payload: bytes) -> PublicKey:
    """Return the public key of a signature in the contract's form (it verifies: we made it)."""
    if len(signature) == 128:
        return PublicKey(Curve.P256, signature[:64])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return PublicKey(Curve.SECP256K1, secp256k1.recover(keccak256(payload), r, s, signature[64] - 27))


def _refuse(reason: str, did: str, **evidence: object) -> NoReturn:
    raise LedgerInconsistentError(reason, did=did, **evidence)
