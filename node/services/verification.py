"""Verify for people who run this node themselves: the one plan over the node's own ledger, never over its index.

- Facts are read through the configured JSON-RPC (`own_ledger`); what the node indexed proves nothing to a verdict.
- Nothing that was presented is kept or logged: what leaves here is a report, which has no claim in it.
- `TrialIssuer` exists for interoperability suites only: a did:key made at start, gone at the end, trusted by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import LifoQueue
from typing import Any, Final

from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.signer_local import generate_signer
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.assurance import Assurance
from registry_client.core.credential import Format
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.formats.vcdm import check_credential, issuer_of
from registry_client.core.policy import SIGNED_BY_STATE, Policy
from registry_client.core.presentation import Challenge
from registry_client.core.report import Report
from registry_client.core.strict_json import JsonObject
from registry_client.errors import MalformedValueError
from registry_client.profile import Profile
from registry_client.verifier import Source, Verifier

AT_ONCE: Final = 4
"""Verdicts under way at once, each with a verifier and connections of its own."""
_FORMATS: Final = frozenset(Format) - {Format.GATE_CWT}
"""A gate code is judged by a gate, which remembers what it has seen."""


class TrialIssuer:
    """Signs what an interoperability suite hands over, with a P-256 key that nobody else trusts."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        """Make the key. `now`: unix seconds."""
        self._signer = generate_signer()
        self._now = now
        multikey = self._signer.public_key.to_multikey()
        self.did = f"did:key:{multikey}"
        self._method_id = f"{self.did}#{multikey}"

    def issue(self, credential: JsonObject) -> JsonObject:
        """Return the credential with a proof (ecdsa-jcs-2019). Raises MalformedValueError, FormatNotSupportedError."""
        if "proof" in credential:
            raise MalformedValueError("the credential carries a proof already; chains and sets are not made here")
        check_credential(credential)
        if issuer_of(credential) != self.did:
            raise MalformedValueError(f"issuer is {self.did}: this node signs for nobody else", issuer=self.did)
        return issue_data_integrity(credential, signer=self._signer, method_id=self._method_id, signed_at=self._now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about one document."""

    source: Source
    challenge: Challenge | None = None
    is_presentation: bool = False
    service: str | None = None
    receipts: Sequence[Mapping[str, Any]] = ()


class Verification:
    """Judges credentials and presentations over the node's own ledger."""

    def __init__(self, profile: Profile, *, now: Callable[[], int], trial: TrialIssuer | None = None) -> None:
        """`profile`: pins and `rpc_url`. `now`: unix seconds, the time of every verdict. `trial`: test profile only."""
        if profile.rpc_url is None:
            raise ValueError("a verifying node reads its own ledger")
        self.trial = trial
        self._now = now
        self._transports = [HttpTransport(Endpoints(rpc_url=profile.rpc_url)) for _ in range(AT_ONCE)]
        self._verifiers: LifoQueue[Verifier] = LifoQueue()
        for transport in self._transports:
            self._verifiers.put(Verifier(LedgerRpc(profile), transport))
        trusted = frozenset() if trial is None else frozenset({trial.did})
        self._credentials, self._presentations = (
            Policy(
                minimum_assurance=Assurance.OWN_LEDGER,
                formats=_FORMATS,
                algorithms=SIGNED_BY_STATE,
                trusted_keys=trusted,
                require_status=trial is None,
                possession=possession,
            )
            for possession in ("never", "always")
        )

    def judge(self, question: Question) -> Report:
        """Run the whole plan; blocks for the ledger's answers. Never raises for hostile input."""
        verifier = self._verifiers.get()
        try:
            return verifier.verify(
                question.source,
                policy=self._presentations if question.is_presentation else self._credentials,
                as_of=datetime.fromtimestamp(self._now(), UTC),
                challenge=question.challenge,
                service=question.service,
                receipts=question.receipts,
            )
        finally:
            self._verifiers.put(verifier)

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            transport.close()


def open_verification(mode: str, ledger: Callable[[], Profile], *, now: Callable[[], int]) -> Verification | None:
    """Return what a node's `vc_api` setting asks for: None for "off", with a trial issuer for "test"."""
    if mode == "off":
        return None
    return Verification(ledger(), now=now, trial=TrialIssuer(now=now) if mode == "test" else None)
