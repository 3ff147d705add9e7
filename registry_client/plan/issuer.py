"""Step 2: the issuer's DID and the key that signed."""

from typing import Final

from registry_client.core.certificates import verify_chain
from registry_client.core.did import Did
from registry_client.core.facts import DidVersion
from registry_client.core.keys import PublicKey
from registry_client.core.report import Step, ok_step
from registry_client.core.status_lists.snapshot import is_status_method
from registry_client.errors import (
    DidNotFoundError,
    InvalidVerificationMethodError,
    IssuerDeactivatedError,
    IssuerNotAccreditedError,
    KeyCompromisedError,
    OutsideValidityError,
    PendingChangeError,
    UndeterminedError,
    VerificationError,
    WrongRelationshipError,
)
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import document_of, is_ledger_did, key_of_carried, ledger_id
from registry_client.plan.receipts import stand_on_receipt, stand_on_receipt_pending

VERSIONS_WALKED_MAX: Final = 32
"""Versions of one DID inside one clock-skew window; nobody rotates that often."""


def check_issuer(case: Case) -> Flow[tuple[Step, PublicKey]]:
    """(2) The key stood under `assertionMethod` when the credential was signed, and nothing befell it since."""
    credential, facts = case.credential, case.facts
    if case.policy.issuers is not None and credential.issuer not in case.policy.issuers:
        raise IssuerNotAccreditedError("the policy does not list this issuer", issuer=credential.issuer)
    certified = certified_key(case)
    if certified is not None and not credential.method_id:
        return ok_step(2, "policy-trusts-anchor", None, issuer=credential.issuer), certified
    if not is_ledger_did(credential.issuer):
        key = key_of_carried(credential.issuer, credential.method_id, "assertionMethod")
        _require_same(certified, key)
        return ok_step(2, "ok", None, issuer=credential.issuer, method=credential.method_id), key
    if is_status_method(credential.method_id):
        raise WrongRelationshipError(
            "a #status-N key signs status lists, never credentials", method=credential.method_id
        )
    agency = case.agency = ledger_id(credential.issuer, facts.network)
    signed_at = _signing_time(case)
    latest = yield from facts.did_version(agency)
    if latest is None:
        raise DidNotFoundError("the ledger has no such issuer", did=credential.issuer)
    assurance = case.saw(latest.head, latest.assurance)
    version, key = yield from _key_when_signed(case, latest, signed_at)
    _require_same(certified, key)
    case.version, case.key = version, key
    mark = yield from facts.compromise(agency, key.thumbprint())
    case.saw(mark.head, mark.assurance)
    code = "ok"
    if mark.since is not None:
        code = yield from stand_on_receipt(
            case,
            before=mark.since,
            error=KeyCompromisedError("the signing key is marked compromised", since=mark.since),
        )
    if not latest.is_active:
        ended = latest.block_time
        code = yield from stand_on_receipt(
            case, before=ended, error=IssuerDeactivatedError("the issuer's DID is deactivated", since=ended)
        )
    if mark.pending_since is not None:
        yield from stand_on_receipt_pending(
            case, mark.pending_since, "the signing key is about to be marked compromised"
        )
    if latest.pending == "deactivation":
        yield from stand_on_receipt_pending(case, None, "the issuer's DID is about to be deactivated")
    step = ok_step(
        2,
        code,
        assurance,
        issuer=credential.issuer,
        method=credential.method_id,
        version=version.version,
        receipt_time=case.receipt_time,
    )
    return step, key


def certified_key(case: Case) -> PublicKey | None:
    """Return the key of the credential's certificates, None where it has none.

    Raises as `verify_chain`, and IssuerNotAccreditedError where the certificate alone cannot speak for the issuer.
    """
    credential = case.credential
    if not credential.certificates:
        return None
    leaf = verify_chain(credential.certificates, case.policy.trust_anchors, times={case.at, _signing_time(case)})
    if not credential.method_id and (credential.issuer.startswith("did:") or not leaf.is_for(credential.issuer)):
        raise IssuerNotAccreditedError("the certificate does not speak for this issuer", issuer=credential.issuer)
    return leaf.key


def _require_same(certified: PublicKey | None, key: PublicKey) -> None:
    if certified is not None and certified != key:
        raise InvalidVerificationMethodError("the certificate's key is not the key that kid names")


def _signing_time(case: Case) -> int:
    signed_at = case.credential.signed_at
    if signed_at is None:
        raise OutsideValidityError("the credential does not say when it was signed")
    if signed_at > case.at + case.policy.clock_skew_s:
        raise OutsideValidityError(
            "the credential claims to be signed in the future", signed_at=signed_at, as_of=case.at
        )
    return signed_at


def _key_when_signed(case: Case, latest: DidVersion, signed_at: int) -> Flow[tuple[DidVersion, PublicKey]]:
    """Find the newest version in force within the clock skew around `signed_at` that lists the key."""
    skew = case.policy.clock_skew_s
    method_id, issuer = case.credential.method_id, Did(case.credential.issuer)
    version: DidVersion | None = latest
    if latest.block_time > signed_at + skew:
        version = yield from case.facts.did_version(latest.did_id, time=signed_at + skew)
    refusal: VerificationError = InvalidVerificationMethodError(
        "the issuer's DID had no such key when the credential was signed", method=method_id, signed_at=signed_at
    )
    for _ in range(VERSIONS_WALKED_MAX):
        if version is None:
            break
        if version.is_active:
            try:
                return version, document_of(version, issuer).key_for(method_id, "assertionMethod")
            except WrongRelationshipError as error:
                refusal = error
            except InvalidVerificationMethodError:
                pass  # the version before may have it
        if version.version <= 1 or version.block_time <= signed_at - skew:
            break
        version = yield from case.facts.did_version(latest.did_id, version=version.version - 1)
    if latest.pending == "update":
        raise PendingChangeError("the issuer's next document is not final yet, and may list this key", method=method_id)
    if latest.head.time < signed_at:
        raise UndeterminedError("the ledger known here ends before the credential was signed", head=latest.head.time)
    raise refusal
