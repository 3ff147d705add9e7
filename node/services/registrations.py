"""DID registration (DIF) with secrets kept by the client: jobs that collect signatures and become operations.

- The node shows what is to be signed and checks what comes back; it holds no key and adds no authority.
- A job lives in the outbox's file until some days after its deadline. Its state is computed: signatures missing is
  `action`; all there is an operation, whose id is the payload's hash, so that a repeated request is the same operation.
- Only the token's label that made a job may go on with it; anybody else is told that there is no such job.
"""

import secrets
from collections.abc import Callable
from typing import Any, Final

import orjson

from node.domain import fact
from node.domain.operation import OperationState
from node.domain.registration import RegistrationJob
from node.ports import IndexView, NewOperation, Outbox, RegistrationStore
from node.services import dids
from node.services.context import Ledger, hexed
from node.services.operations import Operations, QueueFullError
from node.services.registration_draft import Draft, draft_of
from node.services.registration_request import Request, read_request
from registry_client.core.keys import PublicKey
from registry_client.core.operation import (
    OperationSignature,
    SignedOperation,
    operation_from_json,
    operation_to_json,
)
from registry_client.core.registration import CREATE, UPDATE, contract_signature, decode_base64, signing_request
from registry_client.core.strict_json import JsonObject
from registry_client.errors import DidNotFoundError, InvalidInputError, ProofInvalidError

OPEN_MAX: Final = 1_000
"""Jobs of one token's label whose deadline is ahead."""
REMEMBERED_S: Final = 7 * 86_400
"""How long after its deadline a job is still answered for."""
WAIT_MS: Final = 1_000
"""What a client is told to wait before it asks again."""
JOB_ID_MAX: Final = 64
_RESPONSE_MEMBERS: Final = frozenset({"signature", "alg", "kid", "purpose"})
_TRIES: Final = 5


class UnknownJobError(InvalidInputError):
    """There is no such job for this token and function."""

    type_uri = "https://mapae.invalid/problems/unknown-job"
    title = "Unknown job"


class Registrations:
    """Starts, continues and answers for jobs. `now`: unix seconds."""

    def __init__(
        self,
        ledger: Ledger,
        operations: Operations,
        outbox: Outbox,
        store: RegistrationStore,
        *,
        now: Callable[[], int],
    ) -> None:
        self._ledger, self._operations, self._outbox, self._store = ledger, operations, outbox, store
        self._now = now

    def take(self, function: str, body: JsonObject, view: IndexView, *, label: str) -> RegistrationJob:
        """Start a job, or go on with one: check and keep the signatures that came with the request.

        Raises InvalidInputError's family, ProofInvalidError, QueueFullError; then nothing is stored.
        """
        request = read_request(function, body)
        if request.job_id is None:
            if request.responses:
                raise InvalidInputError("signatures belong to a job: send its jobId with them", field="jobId")
            return self._start(function, request, view, label=label)
        job = self._find(function, request, label=label)
        return self._sign(job, request.responses) if request.responses else job

    def to_submit(self, job: RegistrationJob, view: IndexView) -> list[NewOperation]:
        """Return the job's operation, checked, if it has all its signatures and is to be relayed.

        That is: the outbox has never seen it, or it had failed before this job began (the endorser may be another one
        now: signatures are not part of an operation's id).
        """
        signed = _operation_of(job)
        if _missing(signed) or self._now() > job.expires_at:
            return []
        row = self._outbox.get(signed.id)
        if row is not None and not (row.state is OperationState.FAILED and row.updated_at < job.created_at):
            return []
        return self._operations.check([operation_to_json(signed)], view)

    def answer(self, job: RegistrationJob, view: IndexView) -> JsonObject:
        """Return the registration result: {jobId, didState, didRegistrationMetadata, didDocumentMetadata}."""
        signed = _operation_of(job)
        metadata: JsonObject = {"method": "mapae", "network": self._ledger.network, "deadline": job.expires_at}
        missing = _missing(signed)
        row = None if missing else self._outbox.get(signed.id)
        if row is None:
            if self._now() > job.expires_at:
                return _failed(job, metadata, "the deadline passed before every signature was there: start again")
            state = self._to_sign(job, signed, missing)
            return {"jobId": job.job_id, "didState": state, **_rest(metadata)}
        metadata |= {
            "operationId": hexed(row.operation_id),
            "operationState": row.state.value,
            "transactionHash": hexed(row.transaction_hash) if row.transaction_hash else None,
            "blockNumber": row.block_number,
        }
        if row.state in {OperationState.FAILED, OperationState.EXPIRED, OperationState.SUPERSEDED}:
            return _failed(job, metadata | ({"error": row.error} if row.error else {}), _reason(row.state, row.error))
        found = self._resolved(job, signed, view) if row.state is OperationState.FINAL else None
        if found is None:
            text = f"the operation is {row.state.value}; it is done when its block is final"
            state = {"state": "wait", "wait": text, "waitTime": WAIT_MS, "did": job.did}
            return {"jobId": job.job_id, "didState": state, **_rest(metadata)}
        document = orjson.loads(found.document) if found.document is not None else None
        state = {"state": "finished", "did": job.did, "didDocument": document}
        return {"jobId": None, "didState": state, **_rest(metadata, orjson.loads(found.metadata))}

    def _start(self, function: str, request: Request, view: IndexView, *, label: str) -> RegistrationJob:
        now = self._now()
        draft = draft_of(function, request, ledger=self._ledger, view=view, now=now)
        self._operations.check_unsigned(draft.operation, view)
        if function == CREATE and self._outbox.get(draft.operation.id) is None:
            self._require_new(draft.did, view)
        job = _new_job(function, request, draft, label=label, now=now)
        if not self._store.add(job, open_max=OPEN_MAX, forget_before=now - REMEMBERED_S):
            raise QueueFullError(f"{OPEN_MAX} registrations of this token wait for signatures: finish some first")
        return job

    def _require_new(self, did: str, view: IndexView) -> None:
        if view.at_head().last(fact.DidVersion, did_id=self._ledger.did_id(did)) is not None:
            raise InvalidInputError("this key and salt have made their DID already: choose another salt", did=did)

    def _find(self, function: str, request: Request, *, label: str) -> RegistrationJob:
        job = self._store.get(request.job_id or "") if len(request.job_id or "") <= JOB_ID_MAX else None
        if job is None or job.label != label or job.function != function:
            raise UnknownJobError(
                f"this token has no such job for {function}: start again without a jobId", field="jobId"
            )
        asked = orjson.loads(job.request)
        for name, value in request.asked.items():
            if asked.get(name) != value and not (name == "did" and value == job.did):
                raise InvalidInputError(
                    f"`{name}` is not what this job was started with: a job never changes, start another", field=name
                )
        return job

    def _sign(self, job: RegistrationJob, responses: JsonObject) -> RegistrationJob:
        keys = {role: PublicKey.from_jwk(jwk) for role, jwk in orjson.loads(job.keys).items()}
        for _ in range(_TRIES):
            signed = _operation_of(job)
            given = [_read_response(signed, keys, role, value) for role, value in responses.items()]
            there = {signature.role: signature for signature in [*given, *signed.signatures]}  # the first one stays
            if len(there) == len(signed.signatures):
                return job
            ordered = tuple(there[role] for role in signed.type.roles if role in there)
            full = SignedOperation(signed.type, signed.domain, signed.message, ordered)
            operation = orjson.dumps(operation_to_json(full))
            if self._store.replace_operation(job.job_id, operation, expected=job.operation):
                return _with_operation(job, operation)
            job = self._store.get(job.job_id) or job
        raise QueueFullError("other requests change this job at the same moment: try again")

    def _to_sign(self, job: RegistrationJob, signed: SignedOperation, missing: list[str]) -> JsonObject:
        keys, payload = orjson.loads(job.keys), signed.payload
        shown = operation_to_json(signed)
        del shown["signatures"]
        requests = {
            role: signing_request(PublicKey.from_jwk(keys[role]), role=role, payload=payload, shown=shown)
            for role in missing
        }
        state: JsonObject = {"state": "action", "action": "signPayload", "did": job.did, "signingRequest": requests}
        document = signed.message.get("document")
        return state if document is None else {**state, "didDocument": orjson.loads(document)}

    def _resolved(self, job: RegistrationJob, signed: SignedOperation, view: IndexView) -> dids.Resolution | None:
        """Resolve the DID as the operation left it; None while a rebuilt index has not come to it again."""
        version = {CREATE: 1, UPDATE: signed.message.get("expectedVersion", 0) + 1}.get(job.function)
        try:
            return dids.resolve(self._ledger, view, self._ledger.did_id(job.did), version=version)
        except DidNotFoundError:
            return None


def failed_result(reason: str, *, error: JsonObject) -> JsonObject:
    """Return the result of a request that was refused. `error`: RFC 9457 members."""
    return {
        "jobId": None,
        "didState": {"state": "failed", "reason": reason},
        "didRegistrationMetadata": {"error": error},
        "didDocumentMetadata": {},
    }


def _new_job(function: str, request: Request, draft: Draft, *, label: str, now: int) -> RegistrationJob:
    keys = {role: key.to_jwk() for role, key in draft.keys.items()}
    return RegistrationJob(
        secrets.token_urlsafe(24),
        function,
        label,
        draft.did,
        orjson.dumps(request.asked),
        orjson.dumps(keys),
        orjson.dumps(operation_to_json(draft.operation)),
        now,
        draft.operation.deadline or now,
    )


def _with_operation(job: RegistrationJob, operation: bytes) -> RegistrationJob:
    return RegistrationJob(
        job.job_id, job.function, job.label, job.did, job.request, job.keys, operation, job.created_at, job.expires_at
    )


def _operation_of(job: RegistrationJob) -> SignedOperation:
    return operation_from_json(orjson.loads(job.operation), require_signatures=False)


def _missing(signed: SignedOperation) -> list[str]:
    there = {signature.role for signature in signed.signatures}
    return [role for role in signed.type.roles if role not in there]


def _read_response(signed: SignedOperation, keys: dict[str, PublicKey], role: str, value: Any) -> OperationSignature:
    if role not in keys:
        raise InvalidInputError("no signature was asked for under this id", id=role[:64], asked=sorted(keys))
    if not isinstance(value, dict) or not {"signature"} <= value.keys() <= _RESPONSE_MEMBERS:
        raise InvalidInputError("a signing response has signature, alg and kid", id=role)
    expected = signing_request(keys[role], role=role, payload=b"", shown={})
    for name in ("alg", "kid", "purpose"):
        if name in value and value[name] != expected[name]:
            raise InvalidInputError(f"{name} of the response is not {expected[name]}", id=role, field=name)
    raw = decode_base64(value["signature"], what=f"the signature of {role}")
    try:
        return OperationSignature(role, contract_signature(keys[role], signed.payload, raw))
    except ProofInvalidError as error:
        raise ProofInvalidError(f"{role}: {error.detail}", id=role, **error.evidence) from None


def _failed(job: RegistrationJob, metadata: JsonObject, reason: str) -> JsonObject:
    state = {"state": "failed", "did": job.did, "reason": reason}
    return {"jobId": None, "didState": state, **_rest(metadata)}


def _rest(metadata: JsonObject, document_metadata: JsonObject | None = None) -> JsonObject:
    return {"didRegistrationMetadata": metadata, "didDocumentMetadata": document_metadata or {}}


def _reason(state: OperationState, error: JsonObject | None) -> str:
    if error:
        return f"the contract refused: {error['name']}"
    return {
        OperationState.EXPIRED: "the deadline passed before the operation was in a block: start again",
        OperationState.SUPERSEDED: "another change came first: look at the DID and start again",
    }.get(state, f"the operation {state.value}")
