"""Keys at rest: one PKCS#12 file a key, and beside it the public half as JSON.

- PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 at 600,000 rounds; the MAC is HMAC-SHA-256 at as many.
- The file carries a self-signed certificate whose common name is the key's id and whose unit is its purpose, so that
  other tools can import it; the certificate has no other meaning and is never sent anywhere.
- Files have mode 0600, are never overwritten, and appear whole or not at all; one that others may read is refused.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from registry_client.adapters.passphrase import read_private
from registry_client.adapters.pkcs12_mac import with_mac_rounds
from registry_client.adapters.signer_local import LocalSigner, signer_from
from registry_client.core.canonical import canonicalize
from registry_client.core.curves import Curve
from registry_client.core.encoding import encode_hex
from registry_client.core.keys import PublicKey
from registry_client.core.strict_json import parse_object
from registry_client.errors import InvalidKeyError, KeyFileError, ParsingError

KDF_ROUNDS: Final = 600_000
"""PBKDF2 iterations of new files."""
FILE_MAX_BYTES: Final = 65_536
SUFFIX: Final = ".p12"
PUBLIC_SUFFIX: Final = ".pub.json"
TOKEN_SUFFIX: Final = ".pkcs11"  # noqa: S105 - the name of a file
"""Beside a public half: the PKCS#11 URI of the key in its token."""
_KEY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_VALIDITY: Final = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What a key folder tells about a key without its passphrase. `path`: its file, or what leads to its token."""

    key_id: str
    purpose: str
    public_key: PublicKey
    path: Path


def save_signer(signer: LocalSigner, folder: Path, *, passphrase: str, kdf_rounds: int = KDF_ROUNDS) -> Path:
    """Write `<folder>/<key_id>.p12` and its public half; returns the path. Raises KeyFileError, also if it exists."""
    require_name(signer.key_id, signer.purpose)
    path = folder / (signer.key_id + SUFFIX)
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(kdf_rounds)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase.encode("utf-8"))
    )
    data = pkcs12.serialize_key_and_certificates(
        signer.key_id.encode("ascii"), signer.private_key, _certificate(signer), None, encryption
    )
    data = with_mac_rounds(data, passphrase=passphrase, salt=os.urandom(16), rounds=kdf_rounds)
    public = _public(signer.key_id, signer.purpose, signer.public_key)
    _write_all(folder, {path.name: data, signer.key_id + PUBLIC_SUFFIX: public})
    return path


def load_signer(path: Path, *, passphrase: str) -> LocalSigner:
    """Open a key file. Raises KeyFileError for a wrong passphrase, a damaged file, or one that others may read."""
    data = read_private(path, limit=FILE_MAX_BYTES)
    try:
        content = pkcs12.load_pkcs12(data, passphrase.encode("utf-8"))
    except ValueError:
        raise KeyFileError(f"{path} does not open: wrong passphrase, or damaged", path=str(path)) from None
    key = content.key
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) or content.cert is None:
        raise KeyFileError(f"{path} does not hold a signing key with its certificate", path=str(path))
    subject = content.cert.certificate.subject
    try:
        signer = signer_from(
            key, key_id=_name(subject, NameOID.COMMON_NAME), purpose=_name(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
        )
    except InvalidKeyError as error:
        raise KeyFileError(f"{path}: {error.detail}", path=str(path)) from None
    return signer


def list_keys(folder: Path) -> list[StoredKey]:
    """List the keys of a folder by id, from their public halves; no passphrase is needed. Raises KeyFileError."""
    found = []
    for path in sorted(folder.glob("*" + PUBLIC_SUFFIX)):
        try:
            value = parse_object(path.read_bytes(), max_bytes=FILE_MAX_BYTES)
            key_id, purpose = str(value["key_id"]), str(value["purpose"])
            key = PublicKey.from_jwk(value["public_jwk"])
        except (OSError, ParsingError, KeyError, TypeError, AttributeError, InvalidKeyError):
            raise KeyFileError(f"{path} is not the public half of a key", path=str(path)) from None
        pointer = folder / (key_id + TOKEN_SUFFIX)
        found.append(StoredKey(key_id, purpose, key, pointer if pointer.is_file() else folder / (key_id + SUFFIX)))
    return found


def save_pointer(name: str, key: PublicKey, folder: Path, *, uri: str, purpose: str) -> Path:
    """Write `<folder>/<name>.pkcs11`, which leads to a key in a token, and its public half. Raises KeyFileError."""
    require_name(name, purpose)
    path = folder / (name + TOKEN_SUFFIX)
    if (folder / (name + SUFFIX)).exists():
        raise KeyFileError(f"a key named {name} is already in {folder}; keys are never overwritten")
    _write_all(folder, {path.name: uri.encode("ascii") + b"\n", name + PUBLIC_SUFFIX: _public(name, purpose, key)})
    return path


def require_name(name: str, purpose: str) -> None:
    """Raise KeyFileError unless a key can be called so."""
    if not _KEY_ID.fullmatch(name) or len(purpose) > 64:
        raise KeyFileError("a key id has 1 to 64 of letters, digits, point, _ and -", key_id=name[:64])


def _public(name: str, purpose: str, key: PublicKey) -> bytes:
    public = {
        "key_id": name,
        "purpose": purpose,
        "public_jwk": key.to_jwk(),
        "thumbprint": encode_hex(key.thumbprint()),
    }
    return canonicalize(public) + b"\n"


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in files.items():
            _write_new(folder / name, data)
    except FileExistsError as error:
        raise KeyFileError(
            f"{error.filename2 or error.filename} is there already; keys are never overwritten"
        ) from None
    except OSError as error:
        raise KeyFileError(f"cannot write to {folder}: {error.strerror}", path=str(folder)) from None


def _certificate(signer: LocalSigner) -> x509.Certificate:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, signer.key_id)]
    if signer.purpose:
        names.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, signer.purpose))
    subject = x509.Name(names)
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(signer.private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALIDITY)
    )
    return builder.sign(signer.private_key, None if signer.public_key.curve is Curve.ED25519 else hashes.SHA256())


def _name(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = subject.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""


def _write_new(path: Path, data: bytes) -> None:
    """Make the file appear whole under its name, or raise FileExistsError; mode 0600, on disk when this returns."""
    with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=True) as stream:  # made with mode 0600
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
        os.link(stream.name, path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
