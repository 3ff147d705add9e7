"""One verdict in the making: what was presented, what is asked, what was seen on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from registry_client.core.assurance import Assurance
from registry_client.core.credential import Credential, Presentation
from registry_client.core.credential_types import CredentialType
from registry_client.core.facts import AccreditationPath, DidVersion, LedgerHead
from registry_client.core.gate import GateCheck
from registry_client.core.issuance import Receipt
from registry_client.core.keys import PublicKey
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge
from registry_client.core.report import Step
from registry_client.errors import AssuranceInsufficientError, StatusStaleError
from registry_client.plan.known import KnownFacts

Description: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], str | None]
"""A credential's type names, contexts and digest of the type."""


class Standing(NamedTuple):
    """An issuer in good standing for one type with one key. Times are unix seconds, `from` inclusive, `until` not."""

    policy: Policy
    agency: bytes
    version: DidVersion
    key: PublicKey
    kind: CredentialType
    description: Description
    """What the credential said about its type, which was found right."""
    head: LedgerHead
    signed_from: int
    signed_until: int
    at_from: int
    at_until: int
    issuer: Step
    type: Step
    accreditation: Step


@dataclass
class Case:
    """One verdict in the making.

    What the steps find starts as the class's own None, so that making a case writes eight members and not seventeen.
    """

    facts: KnownFacts
    policy: Policy
    at: int
    """`as_of` in unix seconds."""
    challenge: Challenge | GateCheck | None
    service: str | None
    receipts: Sequence[Receipt]
    presentation: Presentation
    credential: Credential
    standing: Standing | None = field(default=None, init=False)
    """What is known of the issuer already."""
    agency: bytes | None = field(default=None, init=False)
    """The issuer's 20-byte id; None where a DID carries its own key."""
    key: PublicKey | None = field(default=None, init=False)
    version: DidVersion | None = field(default=None, init=False)
    """The version of the issuer's DID that lists the key."""
    kind: CredentialType | None = field(default=None, init=False)
    path: AccreditationPath | None = field(default=None, init=False)
    """The accreditation in force now, where it covers the signing time as well."""
    head: LedgerHead | None = field(default=None, init=False)
    """The oldest ledger head that a fact was read at."""
    surplus: Sequence[str] = field(default=(), init=False)
    receipt_time: int | None = field(default=None, init=False)
    _sufficient: Assurance | None = field(default=None, init=False)
    """An assurance that the policy was found to take."""

    def saw(self, head: LedgerHead, assurance: Assurance, *, max_age_s: int | None = None) -> Assurance:
        """Note where a fact was read. Raises AssuranceInsufficientError, StatusStaleError."""
        if self.head is None or head.number < self.head.number:
            self.head = head
        if assurance is not self._sufficient:
            minimum = self.policy.minimum_assurance
            if not assurance.satisfies(minimum):
                raise AssuranceInsufficientError(
                    f"known by {assurance}, the policy demands {minimum}", known=assurance.value, minimum=minimum.value
                )
            self._sufficient = assurance
        age = self.at - head.time
        limit = self.policy.max_head_age_s if max_age_s is None else max_age_s
        if age > limit:
            raise StatusStaleError(
                f"the ledger known here is {age} s old, the policy allows {limit}", age_s=age, limit_s=limit
            )
        return assurance
