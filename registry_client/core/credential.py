"""The one model of a credential, whatever its envelope: what the plan checks, and nothing of how it was written.

- A `Credential` is only parsed: every member is the issuer's claim until the plan has verified it.
- `signed`, `signature`, `algorithm` are all a signature check needs, in every format.
- Tuples with names rather than frozen dataclasses: they are as immutable and a third of the price on the hot path.
"""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

from registry_client.core.canonical import canonicalize
from registry_client.core.formats.related import RelatedResource
from registry_client.core.keys import PublicKey
from registry_client.core.status import StatusReference

CREDENTIAL_MAX_LENGTH: Final = 262_144  # bytes of one presentation, as text
"""Our largest credential is under 8 KiB; this leaves room for foreign ones and none for an attack."""


PRESENTED_MAX: Final = 8
"""Credentials in one presentation: each costs a verdict of its own."""


class Format(StrEnum):
    """Envelopes, by their OpenID4VP identifiers."""

    __hash__ = str.__hash__  # as equality has it; Enum's own hash costs a call in every look-up

    SD_JWT_VC = "dc+sd-jwt"
    DATA_INTEGRITY = "ldp_vc"
    VC_JWT = "vc+jwt"
    """VC-JOSE-COSE; its own media type, because OpenID4VP's jwt_vc_json means the older VCDM 1.1."""
    GATE_CWT = "gate-cwt"
    """Ours (docs/gate-qr.md): OpenID4VP knows no CWT."""


SD_JWT_VC, DATA_INTEGRITY, VC_JWT, GATE_CWT = Format.SD_JWT_VC, Format.DATA_INTEGRITY, Format.VC_JWT, Format.GATE_CWT
"""Members by names of their own: Python 3.11 looks for `Format.VC_JWT` anew at each use, which takes 0.1 µs."""
VCDM_FORMATS: Final = frozenset({Format.DATA_INTEGRITY, Format.VC_JWT})
"""Those whose claims stand under `credentialSubject`, and which bind to the subject's DID."""


class Signable(Protocol):
    """What a signature covers, before its JSON-LD contexts are at hand."""

    @property
    def contexts(self) -> tuple[str, ...]:
        """The URLs of the contexts that are needed."""
        ...

    def signed_bytes(self, contexts: Mapping[str, Mapping[str, Any]]) -> bytes:
        """Return the signed bytes under these contexts. Raises MalformedValueError."""
        ...


class Credential(NamedTuple):
    """One credential, parsed and unverified."""

    format: Format
    issuer: str
    """DID."""
    method_id: str
    """Absolute DID URL of the verification method; its DID is `issuer`. Empty where only certificates name the key."""
    algorithm: str
    """What the envelope claims: ES256, ES384, ES256K or Ed25519. The key decides."""
    signed: bytes
    signature: bytes
    signed_at: int | None
    """`iat` or `proof.created`, unix seconds."""
    valid_from: int | None
    valid_until: int | None
    vct: str | None
    """Type identifier; for VCDM credentials derived from `credentialSchema` by our profile's rule."""
    type_names: tuple[str, ...]
    """VCDM `type`; empty in SD-JWT VCs."""
    contexts: tuple[str, ...]
    """VCDM `@context`; empty in SD-JWT VCs."""
    subject: str | None
    """DID or URL of the subject, if it has one."""
    holder_jwk: dict[str, Any] | None
    """`cnf.jwk`; VCDM credentials mostly bind to the subject's DID instead."""
    claims: dict[str, Any]
    """What is said about the subject, as far as it was disclosed."""
    status: StatusReference | None
    integrity: str | None
    """Subresource-integrity digest of the type's schema or metadata, where the credential carries one."""
    source: str | bytes | dict[str, Any]
    """The issuer's JWS without disclosures, its COSE_Sign1, or the VCDM document with its proof."""
    holder_key: PublicKey | None = None
    """`cnf` of a gate pass, which is a COSE_Key."""
    certificates: tuple[bytes, ...] = ()
    """`x5c` of an SD-JWT VC: DER, leaf first; checked against the policy's anchors."""
    rdf: Signable | None = None
    """What is signed where only the ledger's contexts tell its bytes (RDF cryptosuites); `signed` is empty then."""
    resources: tuple[RelatedResource, ...] = ()
    """VCDM `relatedResource` that are not pinned here."""

    @property
    def digest(self) -> bytes:
        """sha256 of what a receipt counts: ASCII JWS without disclosures, COSE_Sign1, or JCS(document with proof)."""
        source = self.source
        if isinstance(source, dict):
            source = canonicalize(source)
        return sha256(source.encode("ascii") if isinstance(source, str) else source).digest()


class HolderProof(NamedTuple):
    """Proof of possession that came with a credential, parsed and unverified."""

    algorithm: str
    signed: bytes
    signature: bytes
    method_id: str | None
    """DID URL for Data Integrity presentations; None where the key is `cnf.jwk`."""
    nonce: str
    audience: str
    created: int
    """Unix seconds by the holder's clock."""
    covers: bool
    """Whether the proof names exactly what was presented with it (`sd_hash`)."""
    expires: int | None = None
    """Unix seconds from which the proof itself no longer wants to count, where it says so."""
    rdf: Signable | None = None
    """As in `Credential`."""


class Presentation(NamedTuple):
    """What a verifier is handed: one credential, and a proof of possession or none."""

    credential: Credential
    proof: HolderProof | None
