"""Step 7: the presenter holds the key that the credential is bound to, and answers this very request.

- SD-JWT VC: the key is `cnf.jwk`; where the subject is a DID of this ledger, it must be that DID's key as well.
- Data Integrity, vc+jwt: the key is one of the subject's DID, under `authentication`; a vc+jwt may have `cnf.jwk`.
- Gate pass: the key is its `cnf`; time window, gate group and first use stand where others have the nonce (gate.py).
- A deactivated holder DID ends possession, whatever the credential's own status says.
"""

from typing import Final

from registry_client.core.assurance import Assurance
from registry_client.core.credential import GATE_CWT, HolderProof
from registry_client.core.curves import Curve
from registry_client.core.did import Did
from registry_client.core.facts import DidVersion
from registry_client.core.gate import GateCheck
from registry_client.core.jose import verify_signature
from registry_client.core.keys import PublicKey
from registry_client.core.report import Step, ok_step
from registry_client.errors import (
    ChallengeMismatchError,
    DidNotFoundError,
    DomainMismatchError,
    HolderMismatchError,
    InvalidVerificationMethodError,
    KeyCompromisedError,
    OutsideValidityError,
    PendingChangeError,
    ProofInvalidError,
    UndeterminedError,
    WrongRelationshipError,
)
from registry_client.flows import Flow
from registry_client.plan.case import Case
from registry_client.plan.documents import document_of, is_ledger_did, key_of_carried, ledger_id
from registry_client.plan.gate import check_gate_answer, require_first_use
from registry_client.plan.rdf import signed_bytes

_NOT_ASKED: Final = ok_step(7, "not-asked")
_NOT_BOUND: Final = ok_step(7, "not-bound")


def check_holder(case: Case) -> Flow[Step]:
    """(7) Proof of possession, nonce and audience; and the holder's DID, where there is one."""
    if (step := recall_holder(case)) is not None:
        return step
    credential, proof, rule = case.credential, case.presentation.proof, case.policy.possession
    if proof is None:
        bound = credential.holder_jwk is not None or credential.holder_key is not None
        if rule == "always" or bound or case.challenge is not None:
            raise HolderMismatchError("no proof of possession was presented")
        return _NOT_BOUND
    key = credential.holder_key
    if credential.holder_jwk is not None:
        key = PublicKey.from_jwk(credential.holder_jwk)
    if key is None:
        key, assurance = yield from _key_of_subject(case, proof.method_id)
    else:
        assurance = None
        if credential.subject is not None and is_ledger_did(credential.subject):
            assurance = yield from _check_holder_did(case, credential.subject, key)
    _check_answer(case, proof)
    try:
        verify_signature(
            key,
            algorithm=proof.algorithm,
            signature=proof.signature,
            signed=proof.signed if proof.rdf is None else (yield from signed_bytes(case, proof)),
            allowed=case.policy.algorithms,
        )
    except ProofInvalidError:
        raise HolderMismatchError("signed by another key than the credential is bound to") from None
    if isinstance(case.challenge, GateCheck):
        require_first_use(case, case.challenge, proof)
    return ok_step(7, "ok", assurance, subject=credential.subject, audience=proof.audience, created=proof.created)


def recall_holder(case: Case) -> Step | None:
    """Return the step where nothing is asked; None where there is something to check."""
    return _NOT_ASKED if case.policy.possession == "never" else None


def _check_answer(case: Case, proof: HolderProof) -> None:
    """Check that the proof answers this challenge, now, and covers exactly what was presented."""
    challenge, policy = case.challenge, case.policy
    if challenge is None:
        raise UndeterminedError(
            "a proof of possession cannot be judged without the nonce and audience that were asked for"
        )
    if isinstance(challenge, GateCheck):
        check_gate_answer(case, challenge, proof)
        return
    if case.credential.format is GATE_CWT:
        raise UndeterminedError("a gate code is judged by a gate: its group, its clock and its memory")
    if proof.nonce != challenge.nonce:
        raise ChallengeMismatchError("the nonce is not the one that was asked for")
    if proof.audience != challenge.audience:
        raise DomainMismatchError("made for another verifier", audience=proof.audience, expected=challenge.audience)
    if proof.created > case.at + policy.clock_skew_s:
        raise OutsideValidityError("the proof of possession is from the future", created=proof.created, as_of=case.at)
    if proof.created < case.at - policy.presentation_max_age_s - policy.clock_skew_s:
        raise OutsideValidityError("the proof of possession is too old", created=proof.created, as_of=case.at)
    if proof.expires is not None and proof.expires <= case.at - policy.clock_skew_s:
        raise OutsideValidityError("the proof of possession has expired", expires=proof.expires, as_of=case.at)
    if not proof.covers:
        raise HolderMismatchError("the proof of possession covers something else than what was presented")


def _key_of_subject(case: Case, method_id: str | None) -> Flow[tuple[PublicKey, Assurance | None]]:
    subject = case.credential.subject
    if subject is None or method_id is None or not method_id.startswith(subject + "#"):
        raise HolderMismatchError("the presenter is not the subject of the credential", subject=subject)
    if not is_ledger_did(subject):
        return key_of_carried(subject, method_id, "authentication"), None
    return (yield from _key_of_ledger_did(case, subject, method_id))


def _check_holder_did(case: Case, did: str, key: PublicKey) -> Flow[Assurance]:
    """Check that the subject's DID stands, and that the bound key is its own."""
    version = yield from _active_version(case, did)
    if version.holder_x is not None and version.holder_y is not None:
        own = version.holder_x + version.holder_y == key.raw and key.curve is Curve.P256
    else:
        own = any(method.public_key == key for method in document_of(version, Did(did)).methods)
    if not own:
        raise HolderMismatchError("the bound key is not a key of the subject's DID", subject=did)
    yield from _check_mark(case, did, key)
    return version.assurance


def _key_of_ledger_did(case: Case, did: str, method_id: str) -> Flow[tuple[PublicKey, Assurance]]:
    """Return the key that `method_id` names in the document of an active DID."""
    version = yield from _active_version(case, did)
    try:
        key = document_of(version, Did(did)).key_for(method_id, "authentication")
    except (InvalidVerificationMethodError, WrongRelationshipError) as error:
        raise HolderMismatchError(f"not a key the holder may present with: {error.detail}", did=did) from None
    yield from _check_mark(case, did, key)
    return key, version.assurance


def _active_version(case: Case, did: str) -> Flow[DidVersion]:
    version = yield from case.facts.did_version(ledger_id(did, case.facts.network))
    if version is None:
        raise DidNotFoundError("the ledger has no such holder", did=did)
    case.saw(version.head, version.assurance)
    if not version.is_active:
        raise HolderMismatchError("the holder's DID is deactivated", did=did, since=version.block_time)
    if version.pending == "deactivation":
        raise PendingChangeError("the holder's DID is about to be deactivated", did=did)
    return version


def _check_mark(case: Case, did: str, key: PublicKey) -> Flow[None]:
    mark = yield from case.facts.compromise(ledger_id(did, case.facts.network), key.thumbprint())
    case.saw(mark.head, mark.assurance)
    if mark.since is not None:
        raise KeyCompromisedError("the holder's key is marked compromised", did=did, since=mark.since)
    if mark.pending_since is not None:
        raise PendingChangeError("the holder's key is about to be marked compromised", did=did)
