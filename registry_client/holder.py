"""The wallet's side: open a verifier's signed request, refuse one that asks too much, answer with what was asked.

- A request counts only if the verifier's DID signed it, the ledger knows the service code as that verifier's, for that
  type, now; and every claim asked for is within it. Otherwise nothing is answered.
- The answer discloses exactly what was asked, bound to the request's nonce and to the verifier as audience.
- What the person sees before consenting (who, why, which claims) comes from the ledger, not from the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry_client.core.assurance import Assurance
from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Credential, Format
from registry_client.core.credential_types import CredentialType, type_id_of
from registry_client.core.did import Did
from registry_client.core.formats.data_integrity import present_data_integrity
from registry_client.core.formats.sd_jwt import bind_key, select_disclosures
from registry_client.core.formats.vc_jwt import present_vc_jwt
from registry_client.core.jose import verify_jws
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.policy import Policy
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.request import PresentationRequest, SignedRequest, parse_request, verify_times
from registry_client.core.service import Service, surplus_of, verify_service
from registry_client.core.times import to_seconds
from registry_client.errors import (
    AssuranceInsufficientError,
    HolderMismatchError,
    PendingChangeError,
    PurposeExceededError,
    RequestInvalidError,
    StatusStaleError,
    VerificationError,
)
from registry_client.flows import AsyncTransport, Flow, Transport, arun, run
from registry_client.plan.documents import (
    document_of,
    is_ledger_did,
    ledger_id,
    service_of_document,
    type_of_document,
)
from registry_client.plan.known import KnownFacts
from registry_client.ports import LedgerReader


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request that may be answered, and what to show the person first."""

    request: PresentationRequest
    service: Service
    type: CredentialType
    assurance: Assurance

    def describe(self, language: str) -> dict[str, object]:
        """Return who asks, for what purpose, for which claims, in `ko` or `en`: all from the ledger."""
        return {
            "verifier": self.request.verifier,
            "service": self.request.service,
            "purpose": self.service.purpose_ko if language == "ko" else self.service.purpose_en,
            "type": self.type.title(language),
            "claims": [self.type.label(name, language) for name in self.request.claim_names],
        }


def open_request_flow(facts: KnownFacts, text: str, *, policy: Policy, as_of: datetime) -> Flow[OpenedRequest]:
    """Verify a signed request against the ledger.

    Raises RequestInvalidError (not the verifier's, expired), PurposeExceededError (asks too much), UndeterminedError,
    LedgerError.
    """
    at = to_seconds(as_of)
    facts.begin()
    signed = parse_request(text)
    request = signed.request
    verify_times(request, at=at, clock_skew_s=policy.clock_skew_s)
    if not is_ledger_did(request.verifier):
        raise RequestInvalidError("a verifier is known by a DID of the ledger", verifier=request.verifier)
    verifier = ledger_id(request.verifier, facts.network)
    yield from _verify_signer(facts, signed, verifier, policy=policy, at=at)
    type_id = type_id_of(request.vct)
    found = yield from facts.service(type_id, request.service)
    content = None if found is None else service_of_document(found.document)
    record, service = verify_service(found, content, code=request.service, verifier=verifier, vct=request.vct, at=at)
    if record.pending_end:
        raise PendingChangeError("the service is about to be ended", service=request.service)
    if surplus := surplus_of(service, request.claim_names):
        raise PurposeExceededError(
            f"the service {request.service} does not allow to ask for {', '.join(surplus)}",
            service=request.service,
            surplus=surplus,
        )
    schema = yield from facts.schema(type_id)
    if schema is None:
        raise RequestInvalidError("the ledger has no such credential type", type=request.vct)
    return OpenedRequest(request, service, type_of_document(schema.document), record.assurance)


def _verify_signer(facts: KnownFacts, signed: SignedRequest, verifier: bytes, *, policy: Policy, at: int) -> Flow[None]:
    """Verify that an active DID's uncompromised key signed, by knowledge that is good and young enough."""
    version = yield from facts.did_version(verifier)
    if version is None or not version.is_active:
        raise RequestInvalidError("the verifier's DID is unknown or deactivated", verifier=signed.request.verifier)
    if not version.assurance.satisfies(policy.minimum_assurance):
        raise AssuranceInsufficientError("the verifier is known on weaker grounds than the policy demands")
    if at - version.head.time > policy.max_head_age_s:
        raise StatusStaleError("the ledger known here is too old to judge a verifier", age_s=at - version.head.time)
    if version.pending == "deactivation":
        raise PendingChangeError("the verifier's DID is about to be deactivated", verifier=signed.request.verifier)
    try:
        key = document_of(version, Did(signed.request.verifier)).key_for(signed.method_id, "authentication")
        verify_jws(signed.jws, key, algorithms=policy.algorithms)
    except VerificationError as error:
        raise RequestInvalidError(f"not signed by the verifier: {error.detail}", method=signed.method_id) from None
    mark = yield from facts.compromise(verifier, key.thumbprint())
    if mark.since is not None or mark.pending_since is not None:
        raise RequestInvalidError("the verifier's key is marked compromised", method=signed.method_id)


def answer_request(
    opened: OpenedRequest,
    credential: str | Mapping[str, Any],
    *,
    signer: Signer,
    created: datetime,
    method_id: str | None = None,
) -> str:
    """Return the presentation: exactly what was asked, signed by the holder's key.

    `credential`: as it was issued, with all its disclosures. `method_id`: DID URL of the holder's key, needed for all
    but SD-JWT. Raises PurposeExceededError if the credential cannot show so little, HolderMismatchError if it is bound
    to another key, RequestInvalidError if it is not what was asked for.
    """
    request = opened.request
    parsed = parse_presentation(require_bounds(credential), formats=frozenset(Format)).credential
    if parsed.vct != request.vct or parsed.format is not request.format:
        raise RequestInvalidError("the credential is not of the type and format asked for", type=parsed.vct)
    if missing := [name for name in request.claim_names if name not in parsed.claims]:
        raise RequestInvalidError("the credential has not all that was asked for", missing=missing)
    if isinstance(credential, str) and parsed.format is Format.SD_JWT_VC:
        return _answer_sd_jwt(opened, credential.strip(), parsed, signer=signer, created=to_seconds(created))
    if method_id is None:
        raise HolderMismatchError("a presentation of this format names the key that signs it, as a DID URL")
    _refuse_surplus(opened, parsed)
    document, at = require_bounds(credential), to_seconds(created)
    if parsed.format is Format.VC_JWT and isinstance(parsed.source, str):
        if parsed.holder_jwk is not None and PublicKey.from_jwk(parsed.holder_jwk) != signer.public_key:
            raise HolderMismatchError("the credential is bound to another key than this wallet's")
        return present_vc_jwt(
            parsed.source,
            signer=signer,
            method_id=method_id,
            nonce=request.nonce,
            audience=request.audience,
            created=at,
        )
    if not isinstance(document, dict):
        raise RequestInvalidError("the credential is not of the format asked for", format=parsed.format)
    presentation = present_data_integrity(
        document,
        signer=signer,
        method_id=method_id,
        challenge=request.nonce,
        domain=request.audience,
        created=at,
    )
    return canonicalize(presentation).decode("utf-8")


def _answer_sd_jwt(opened: OpenedRequest, text: str, credential: Credential, *, signer: Signer, created: int) -> str:
    request = opened.request
    if credential.holder_jwk is None or PublicKey.from_jwk(credential.holder_jwk) != signer.public_key:
        raise HolderMismatchError("the credential is bound to another key than this wallet's")
    shown = select_disclosures(text, request.claims)
    _refuse_surplus(opened, parse_presentation(shown, formats=frozenset({Format.SD_JWT_VC})).credential)
    return bind_key(shown, signer=signer, nonce=request.nonce, audience=request.audience, created=created)


def _refuse_surplus(opened: OpenedRequest, credential: Credential) -> None:
    if surplus := surplus_of(opened.service, credential.claims):
        raise PurposeExceededError(
            f"the credential cannot be shown without {', '.join(surplus)}, which the service does not allow",
            service=opened.request.service,
            surplus=surplus,
        )


class Wallet:
    """A holder's view of one ledger, synchronously."""

    def __init__(self, ledger: LedgerReader, transport: Transport) -> None:
        self._facts = KnownFacts(ledger)
        self._transport = transport

    def open_request(self, text: str, *, policy: Policy, as_of: datetime) -> OpenedRequest:
        """Verify a signed request; see `open_request_flow` for what it raises."""
        return run(open_request_flow(self._facts, text, policy=policy, as_of=as_of), self._transport)


class AsyncWallet:
    """The same, awaited."""

    def __init__(self, ledger: LedgerReader, transport: AsyncTransport) -> None:
        self._facts = KnownFacts(ledger)
        self._transport = transport

    async def open_request(self, text: str, *, policy: Policy, as_of: datetime) -> OpenedRequest:
        """Verify a signed request; see `open_request_flow` for what it raises."""
        return await arun(open_request_flow(self._facts, text, policy=policy, as_of=as_of), self._transport)
