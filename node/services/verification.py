"""Verify for people who run this node themselves: the one plan over the node's own ledger, never over its index.

- Facts are read through the configured JSON-RPC (`own_ledger`); what the node indexed proves nothing to a verdict.
- Nothing that was presented is kept or logged: what leaves here is a report, which has no claim in it.
- The registry's rules bind for everybody it knows. A did:key is taken only if this node's own settings list it, and is
  judged by a policy of its own: no accreditation, no status, Ed25519 too. Neither policy softens the other.
- `TrialIssuer` exists for interoperability suites only: did:keys made at start, gone at the end, trusted by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import LifoQueue
from typing import Any, Final

from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.signer_local import generate_signer
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.assurance import Assurance
from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.formats.vcdm import check_credential, issuer_of
from registry_client.core.policy import SIGNED_BY_STATE, Policy
from registry_client.core.presentation import Challenge
from registry_client.core.presentation_report import PresentationReport
from registry_client.core.report import Report, Verdict
from registry_client.core.strict_json import JsonObject
from registry_client.errors import MalformedValueError
from registry_client.plan.rdf import pinned_contexts
from registry_client.profile import Profile
from registry_client.verifier import Source, Verifier

AT_ONCE: Final = 4
"""Verdicts under way at once, each with a verifier and connections of its own."""
_FORMATS: Final = frozenset(Format) - {Format.GATE_CWT}
"""A gate code is judged by a gate, which remembers what it has seen."""


class TrialIssuer:
    """Signs what an interoperability suite hands over, with a P-256 and an Ed25519 key that nobody else trusts."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        """Make the keys. `now`: unix seconds."""
        signers = [generate_signer(curve) for curve in (Curve.P256, Curve.ED25519)]
        self._signers = {f"did:key:{signer.public_key.to_multikey()}": signer for signer in signers}
        self._now = now

    @property
    def dids(self) -> tuple[str, ...]:
        """The issuers, the P-256 one first."""
        return tuple(self._signers)

    def issue(self, credential: JsonObject, *, suite: str | None = None) -> JsonObject:
        """Return the credential with a proof; its issuer names the key, `suite` the cryptosuite (else the JCS one).

        Raises MalformedValueError, FormatNotSupportedError, AlgorithmNotAllowedError.
        """
        if "proof" in credential:
            raise MalformedValueError("the credential carries a proof already; chains and sets are not made here")
        check_credential(credential)
        issuer = issuer_of(credential)
        signer = self._signers.get(issuer)
        if signer is None:
            listed = list(self.dids)
            raise MalformedValueError(
                f"issuer is {' or '.join(listed)}: this node signs for nobody else", issuer=listed[0], issuers=listed
            )
        method = f"{issuer}#{signer.public_key.to_multikey()}"
        return issue_data_integrity(
            credential,
            signer=signer,
            method_id=method,
            signed_at=self._now(),
            suite=suite,
            contexts=pinned_contexts(),
        )


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

    def __init__(
        self,
        profile: Profile,
        *,
        now: Callable[[], int],
        trial: TrialIssuer | None = None,
        listed: frozenset[str] = frozenset(),
    ) -> None:
        """`profile`: pins and `rpc_url`. `now`: unix seconds, the time of every verdict. `trial`: test profile only.

        `listed`: did:key issuers that this verifier takes on its own word.
        """
        if profile.rpc_url is None:
            raise ValueError("a verifying node reads its own ledger")
        self.trial = trial
        self.asked = 0
        """Requests under way; kept by who takes them."""
        self._now = now
        self._transports = [HttpTransport(Endpoints(rpc_url=profile.rpc_url)) for _ in range(AT_ONCE)]
        self._verifiers: LifoQueue[Verifier] = LifoQueue()
        for transport in self._transports:
            self._verifiers.put(Verifier(LedgerRpc(profile), transport))
        self._listed = listed | frozenset(() if trial is None else trial.dids)
        self._registry, self._own = _policies(frozenset()), _policies(self._listed)

    def judge(self, question: Question) -> Report | PresentationReport:
        """Run the whole plan, for every credential of a presentation; blocks for the ledger's answers.

        Never raises for hostile input.
        """
        verifier, as_of = self._verifiers.get(), datetime.fromtimestamp(self._now(), UTC)
        try:
            return (
                self._judge_each(verifier, question, as_of)
                if question.is_presentation
                else self._judge_one(verifier, question, as_of)
            )
        finally:
            self._verifiers.put(verifier)

    def _judge_one(self, verifier: Verifier, question: Question, as_of: datetime) -> Report:
        def ask(policy: Policy) -> Report:
            return verifier.verify(
                question.source, policy=policy, as_of=as_of, service=question.service, receipts=question.receipts
            )

        report = ask(self._registry[False])
        return report if self._stands(report) else self._better(report, ask(self._own[False]))

    def _judge_each(self, verifier: Verifier, question: Question, as_of: datetime) -> PresentationReport:
        """Judge each by its own policy: a credential of a listed issuer may stand beside one of the registry."""

        def ask(policy: Policy) -> PresentationReport:
            return verifier.verify_presentation(
                question.source,
                policy=policy,
                as_of=as_of,
                challenge=question.challenge,
                service=question.service,
                receipts=question.receipts,
            )

        report = ask(self._registry[True])
        if self._stands(report):
            return report
        own = ask(self._own[True])
        if len(own.reports) != len(report.reports):  # one policy could not open it: what the other says, holds
            return own if all(item.issuer in self._listed for item in own.reports) else report
        return replace(report, reports=tuple(map(self._better, report.reports, own.reports)))

    def _stands(self, report: Report | PresentationReport) -> bool:
        return not self._listed or report.verdict is Verdict.ACCEPTED

    def _better(self, report: Report, own: Report) -> Report:
        return own if report.verdict is not Verdict.ACCEPTED and own.issuer in self._listed else report

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            transport.close()


def open_verification(
    mode: str, ledger: Callable[[], Profile], *, now: Callable[[], int], listed: str = ""
) -> Verification | None:
    """Return what a node's `vc_api` setting asks for: None for "off", with a trial issuer for "test".

    `listed`: the setting `vc_api_issuers`.
    """
    if mode == "off":
        return None
    trial = TrialIssuer(now=now) if mode == "test" else None
    return Verification(ledger(), now=now, trial=trial, listed=frozenset(listed.split()))


def _policies(listed: frozenset[str]) -> tuple[Policy, Policy]:
    """Return the policies for a credential and for a presentation; by the registry's rules, or of listed issuers."""
    algorithms = SIGNED_BY_STATE if not listed else SIGNED_BY_STATE | {"Ed25519"}
    alone, shown = (
        Policy(
            minimum_assurance=Assurance.OWN_LEDGER,
            formats=_FORMATS,
            algorithms=algorithms,
            issuers=listed or None,
            trusted_keys=listed,
            require_status=not listed,
            possession=possession,
        )
        for possession in ("never", "always")
    )
    return alone, shown
