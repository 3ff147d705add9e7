"""A verifier's policy: whom it trusts, what it demands, how old its knowledge may be.

Two times rule every verdict: `as_of`, for which validity is asked, and the ledger head that was known. Ages are
`as_of` minus the head's time; the clocks of issuer, holder and ledger may differ by `clock_skew_s`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from registry_client.core.assurance import Assurance
from registry_client.core.credential import Format

CLOCK_SKEW_S: Final = 300  # seconds
PRESENTATION_MAX_AGE_S: Final = 300  # seconds
STATUS_MAX_AGE_S: Final = 86_400  # seconds; the degraded mode of an offline gate
SIGNED_BY_STATE: Final = frozenset({"ES256", "ES384"})
"""What agencies and officers sign with (docs/crypto.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must hold before a verifier says accepted."""

    minimum_assurance: Assurance = Assurance.NODE
    """Weaker knowledge than this makes a step undetermined. A profile sets it; production says proven."""
    formats: frozenset[Format] = frozenset(Format)
    algorithms: frozenset[str] = SIGNED_BY_STATE
    clock_skew_s: int = CLOCK_SKEW_S
    status_max_age_s: int = STATUS_MAX_AGE_S
    """How old the status list may be."""
    max_head_age_s: int = STATUS_MAX_AGE_S
    """How old everything else that is "still so" may be: not deactivated, not compromised, still accredited."""
    presentation_max_age_s: int = PRESENTATION_MAX_AGE_S
    after_end: Literal["receipted", "reject"] = "receipted"
    """After a key's compromise or the end of an accreditation or issuer: let receipts anchored before stand, or not."""
    types: frozenset[str] | None = None
    """Accepted `vct`s; None = any that the ledger accredits its issuer for."""
    issuers: frozenset[str] | None = None
    """Accepted issuers' DIDs; None = any that the ledger accredits."""
    trusted_keys: frozenset[str] = frozenset()
    """did:key and did:jwk issuers taken on the policy's own word: no accreditation is looked for."""
    trust_anchors: frozenset[bytes] = frozenset()
    """Certificates (DER) under which `x5c` keys are taken; empty: no certificate is looked at, and x5c is refused."""
    require_status: bool = True
    """Refuse a credential without a status entry."""
    possession: Literal["bound", "always", "never"] = "bound"
    """Proof of possession: where the credential names a key or a challenge was set; always; or not at all, for those
    who look at a document and not at the person who holds it (an auditor, an archive)."""
    require_service: bool = False
    """Refuse to judge without a service code."""
