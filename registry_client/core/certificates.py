"""Issuer keys by certificate (`x5c`, as HAIP wants them): a short chain up to an anchor that the policy names.

- leaf first, each directly issued by the next, the last issued by an anchor; the anchor itself is never in the chain.
- All in force when the credential was signed and when it is judged; issuers are CAs, the leaf is none and may sign.
- Nothing is fetched: no AIA, no CRL, no OCSP. Whoever lists an anchor answers for what stands under it.
- Specs: RFC 7515 section 4.1.6; RFC 5280 sections 4.2.1.3, 4.2.1.9, 6.1 as far as said above.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry_client.core.curves import Curve
from registry_client.core.keys import PublicKey
from registry_client.errors import IssuerNotAccreditedError, MalformedValueError, OutsideValidityError

CHAIN_MAX: Final = 4
"""Certificates in one chain, without the anchor."""
CERTIFICATE_MAX_LENGTH: Final = 8_192  # characters of base64
_CURVES: Final = {"secp256r1": Curve.P256, "secp384r1": Curve.P384, "secp256k1": Curve.SECP256K1}


class CertifiedKey(NamedTuple):
    """A leaf's key, and the names that it was certified for."""

    key: PublicKey
    uris: frozenset[str]
    hosts: frozenset[str]

    def is_for(self, issuer: str) -> bool:
        """Tell whether the certificate names this issuer: as a URI, or its https host (SD-JWT VC section 3.5)."""
        parts = urlsplit(issuer)
        return issuer in self.uris or (parts.scheme == "https" and (parts.hostname or "") in self.hosts)


def parse_x5c(value: object) -> tuple[bytes, ...]:
    """Read an `x5c` header: standard base64 DER, leaf first. Raises MalformedValueError."""
    if type(value) is not list or not 0 < len(value) <= CHAIN_MAX:
        raise MalformedValueError(f"x5c lists 1 to {CHAIN_MAX} certificates")
    chain = []
    for text in value:
        if type(text) is not str or len(text) > CERTIFICATE_MAX_LENGTH:
            raise MalformedValueError(f"a certificate is base64 of at most {CERTIFICATE_MAX_LENGTH} characters")
        try:
            chain.append(b64decode(text, validate=True))
        except (Base64Error, ValueError):
            raise MalformedValueError("a certificate in x5c is standard base64") from None
    return tuple(chain)


def verify_chain(chain: Sequence[bytes], anchors: Collection[bytes], *, times: Collection[int]) -> CertifiedKey:
    """Verify a chain up to one of the anchors (DER) and return what the leaf certifies.

    `times`: unix seconds at which every certificate must be in force.
    Raises IssuerNotAccreditedError, OutsideValidityError, MalformedValueError.
    """
    certificates = [_load(data) for data in chain]
    if any(data in anchors for data in chain):
        raise IssuerNotAccreditedError("the anchor is the verifier's own and stands in no chain")
    roots = [root for root in map(_load, anchors) if root.subject == certificates[-1].issuer]
    root = next((root for root in roots if _issued(certificates[-1], root)), None)
    if root is None:
        raise IssuerNotAccreditedError("the certificate chain leads to no anchor of the policy")
    for child, parent in pairwise(certificates):
        if not _issued(child, parent):
            raise IssuerNotAccreditedError("a certificate in the chain was not issued by the next one")
    for certificate in (*certificates, root):
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        for time in times:
            if not start <= datetime.fromtimestamp(time, UTC) <= end:
                raise OutsideValidityError("a certificate was not in force", serial=str(certificate.serial_number))
    for below, authority in enumerate((*certificates[1:], root)):
        _require_authority(authority, below)
    return _certified(certificates[0])


def _load(data: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise MalformedValueError("not an X.509 certificate in DER") from None


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _require_authority(certificate: x509.Certificate, below: int) -> None:
    """`below`: how many authorities stand between this one and the leaf."""
    basic = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
        raise IssuerNotAccreditedError("a certificate in the chain may not issue others")
    if basic.path_length is not None and below > basic.path_length:
        raise IssuerNotAccreditedError("the chain is longer than an authority in it allows")


def _certified(leaf: x509.Certificate) -> CertifiedKey:
    basic, usage = _extension(leaf, x509.BasicConstraints), _extension(leaf, x509.KeyUsage)
    if (basic is not None and basic.ca) or (usage is not None and not usage.digital_signature):
        raise IssuerNotAccreditedError("the leaf certificate is not one to sign credentials with")
    known = {x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName}
    if any(item.critical and type(item.value) not in known for item in leaf.extensions):
        raise IssuerNotAccreditedError("the leaf certificate has a critical extension that is not understood")
    names = _extension(leaf, x509.SubjectAlternativeName)
    uris = names.get_values_for_type(x509.UniformResourceIdentifier) if names is not None else []
    hosts = names.get_values_for_type(x509.DNSName) if names is not None else []
    return CertifiedKey(_key_of(leaf), frozenset(uris), frozenset(hosts))


def _key_of(leaf: x509.Certificate) -> PublicKey:
    key = leaf.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(Curve.ED25519, key.public_bytes_raw())
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PublicKey(_CURVES[key.curve.name], point[1:])
    raise IssuerNotAccreditedError("the leaf certificate has a key of a kind that is not spoken here")


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except ValueError:
        raise MalformedValueError("a certificate has a malformed extension") from None
