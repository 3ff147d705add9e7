"""Verify credentials: the numbered plan, and the two classes that run it.

- `verify` never raises for hostile input: it returns a Report with nine steps and one of three verdicts.
- The plan is one flow, so the synchronous and the asynchronous verifier cannot differ.
- `as_of` is the time for which validity is asked; the report says which ledger head was known.
- What a gate asks for is a `Challenge`, and a service code that limits what it may take.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from registry_client.core.gate import GateCheck
from registry_client.core.issuance import Receipt
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge
from registry_client.core.presentation_report import PresentationReport
from registry_client.core.report import Report
from registry_client.flows import AsyncTransport, Transport, arun, run
from registry_client.plan.known import KEEP_S, KnownFacts
from registry_client.plan.run import RECEIPTS_MAX, Source, verify_each_flow, verify_flow
from registry_client.ports import LedgerReader

__all__ = ["RECEIPTS_MAX", "AsyncVerifier", "Source", "Verifier", "verify_flow"]


class Verifier:
    """Verifies credentials against one ledger, synchronously."""

    def __init__(
        self,
        ledger: LedgerReader,
        transport: Transport,
        *,
        keep_s: float = KEEP_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Keep facts for `keep_s` seconds of `clock` (monotonic) between verdicts."""
        self.facts = KnownFacts(ledger, keep_s=keep_s, clock=clock)
        """What is known now; `following` has it drop what a node says changed."""
        self._transport = transport

    def verify(
        self,
        credential: Source,
        *,
        policy: Policy,
        as_of: datetime,
        challenge: Challenge | GateCheck | None = None,
        service: str | None = None,
        receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    ) -> Report:
        """Judge what was presented. Never raises for hostile input; a naive `as_of` is a TypeError.

        `challenge`: the nonce and audience that were asked for, or what a gate expects. `service`: the code that
        limits what is taken. `receipts`: issuance receipts that came with it, parsed or as JSON objects.
        """
        flow = verify_flow(
            self.facts,
            credential,
            policy=policy,
            as_of=as_of,
            challenge=challenge,
            service=service,
            receipts=receipts,
        )
        return run(flow, self._transport)

    def verify_presentation(
        self,
        presentation: Source,
        *,
        policy: Policy,
        as_of: datetime,
        challenge: Challenge | None,
        service: str | None = None,
        receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    ) -> PresentationReport:
        """Judge a presentation of one to eight credentials, each by the whole plan. Never raises for hostile input.

        Every credential must be bound to the key that signed the presentation. Without the `challenge` that was asked
        for that cannot be told: undetermined. `receipts`: of any of them.
        """
        flow = verify_each_flow(
            self.facts,
            presentation,
            policy=policy,
            as_of=as_of,
            challenge=challenge,
            service=service,
            receipts=receipts,
        )
        return run(flow, self._transport)


class AsyncVerifier:
    """The same, awaited."""

    def __init__(
        self,
        ledger: LedgerReader,
        transport: AsyncTransport,
        *,
        keep_s: float = KEEP_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Keep facts for `keep_s` seconds of `clock` (monotonic) between verdicts."""
        self.facts = KnownFacts(ledger, keep_s=keep_s, clock=clock)
        """What is known now; `following` drops from it what a node says changed."""
        self._transport = transport

    async def verify(
        self,
        credential: Source,
        *,
        policy: Policy,
        as_of: datetime,
        challenge: Challenge | GateCheck | None = None,
        service: str | None = None,
        receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    ) -> Report:
        """Judge what was presented, exactly as `Verifier.verify` does."""
        flow = verify_flow(
            self.facts,
            credential,
            policy=policy,
            as_of=as_of,
            challenge=challenge,
            service=service,
            receipts=receipts,
        )
        return await arun(flow, self._transport)

    async def verify_presentation(
        self,
        presentation: Source,
        *,
        policy: Policy,
        as_of: datetime,
        challenge: Challenge | None,
        service: str | None = None,
        receipts: Sequence[Receipt | Mapping[str, Any]] = (),
    ) -> PresentationReport:
        """Judge a presentation of several credentials, exactly as `Verifier.verify_presentation` does."""
        flow = verify_each_flow(
            self.facts,
            presentation,
            policy=policy,
            as_of=as_of,
            challenge=challenge,
            service=service,
            receipts=receipts,
        )
        return await arun(flow, self._transport)
