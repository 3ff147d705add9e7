"""A signer whose private key never leaves a PKCS#11 token.

- P-256 and secp256k1. The digest is computed here, the token signs it (CKM_ECDSA): r‖s, then low s.
- Every signature is checked against the public key before it is used: a token that signs with another key than it shows
  must not make an operation that looks signed.
- New keys are made inside the token: sensitive, never extractable, with their label as name.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from registry_client.adapters.pkcs11_session import AskPin, load_module, open_session, translated
from registry_client.adapters.pkcs11_uri import TokenUri
from registry_client.core.curves import Curve, to_low_s
from registry_client.core.keys import PublicKey
from registry_client.errors import InvalidKeyError, ProofInvalidError, TokenError, TokenKeyMissingError

_OIDS: Final = {
    Curve.P256: bytes.fromhex("06082a8648ce3d030107"),
    Curve.SECP256K1: bytes.fromhex("06052b8104000a"),
}
"""CKA_EC_PARAMS: the curve's name as a DER object identifier."""
_LISTED_MAX: Final = 256
"""Keys of one token that are listed."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key pair in a token, as its public half tells."""

    label: str
    id: bytes
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class Pkcs11Signer:
    """Signs with a key in a token; stays open until the process logs out."""

    private_key: Any = field(repr=False)
    public_key: PublicKey
    token: str
    key_id: str = ""
    purpose: str = ""

    def sign(self, message: bytes) -> bytes:
        """Sign by the curve's JOSE algorithm (ES256, ES256K): r‖s with low s. Raises TokenError's family."""
        return self.sign_digest(hashlib.sha256(message).digest())

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest: r‖s with low s. Raises TokenError's family, InvalidKeyError."""
        import pkcs11

        if len(digest) != 32:
            raise InvalidKeyError("32-byte digests are signed by P-256 or secp256k1 keys", length=len(digest))
        with translated(self.token):
            pair = bytes(self.private_key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
        try:
            signature = to_low_s(self.public_key.curve, pair)
            self.public_key.verify_digest(signature, digest, require_low_s=True)
        except ProofInvalidError:
            raise TokenError(
                f"what the token {self.token} signed does not verify under the public key {self.key_id} that it shows",
                token=self.token,
            ) from None
        return signature


def open_token_key(uri: TokenUri, *, module: str | None, ask_pin: AskPin) -> Pkcs11Signer:
    """Open the one key that a URI names. Raises TokenError's family."""
    session, label = _session(uri, module, ask_pin)
    import pkcs11

    with translated(label):
        private = _only(session, pkcs11.ObjectClass.PRIVATE_KEY, uri, label)
        identifier = bytes(private[pkcs11.Attribute.ID])
        named = TokenUri(object=uri.object, id=identifier or uri.id)
        public = _only(session, pkcs11.ObjectClass.PUBLIC_KEY, named, label)
        key = _public_key(public)
        name = str(private[pkcs11.Attribute.LABEL]) or uri.key_name
    return Pkcs11Signer(private, key, label, name)


def create_token_key(uri: TokenUri, *, curve: Curve, module: str | None, ask_pin: AskPin) -> TokenKey:
    """Make a key pair inside the token under the URI's `object` name. Raises TokenError's family, InvalidKeyError."""
    if curve not in _OIDS:
        raise InvalidKeyError("tokens make P-256 and secp256k1 keys here", curve=curve.value)
    if not uri.object:
        raise TokenKeyMissingError("name the new key: pkcs11:token=...;object=NAME")
    session, label = _session(uri, module, ask_pin, rw=True)
    import pkcs11

    with translated(label):
        if any(_objects(session, pkcs11.ObjectClass.PRIVATE_KEY, TokenUri(object=uri.object))):
            raise TokenError(
                f"the token {label} has a key named {uri.object} already; keys are never overwritten", token=label
            )
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: _OIDS[curve]}, local=True
        )
        identifier = uri.id or hashlib.sha256(uri.object.encode()).digest()[:8]
        private_half = {
            pkcs11.Attribute.SENSITIVE: True,
            pkcs11.Attribute.EXTRACTABLE: False,
            pkcs11.Attribute.PRIVATE: True,
        }
        public, _ = parameters.generate_keypair(
            id=identifier, label=uri.object, store=True, private_template=private_half
        )
        return TokenKey(uri.object, identifier, _public_key(public))


def list_token_keys(uri: TokenUri, *, module: str | None, ask_pin: AskPin) -> list[TokenKey]:
    """List the keys of a token that can sign here, by name. Raises TokenError's family."""
    session, label = _session(uri, module, ask_pin)
    import pkcs11

    found = []
    with translated(label):
        for public in _objects(session, pkcs11.ObjectClass.PUBLIC_KEY, TokenUri(object=uri.object, id=uri.id)):
            try:
                key = _public_key(public)
            except InvalidKeyError:
                continue  # another kind of key, which others use
            identifier = bytes(public[pkcs11.Attribute.ID])
            found.append(TokenKey(str(public[pkcs11.Attribute.LABEL]), identifier, key))
    return sorted(found, key=lambda item: (item.label, item.id))


def _session(uri: TokenUri, module: str | None, ask_pin: AskPin, *, rw: bool = False) -> tuple[Any, str]:
    chosen = uri.module_path or module
    library = load_module(chosen)
    return open_session(library, uri, module=str(chosen), ask_pin=ask_pin, rw=rw)


def _objects(session: Any, kind: Any, uri: TokenUri) -> list[Any]:
    import pkcs11

    wanted: dict[Any, Any] = {pkcs11.Attribute.CLASS: kind}
    if uri.object is not None:
        wanted[pkcs11.Attribute.LABEL] = uri.object
    if uri.id is not None:
        wanted[pkcs11.Attribute.ID] = uri.id
    found = []
    for item in session.get_objects(wanted):
        found.append(item)
        if len(found) > _LISTED_MAX:
            break
    return found


def _only(session: Any, kind: Any, uri: TokenUri, label: str) -> Any:
    found = _objects(session, kind, uri)
    if len(found) == 1:
        return found[0]
    import pkcs11

    half = "key" if kind == pkcs11.ObjectClass.PRIVATE_KEY else "public half of the key"
    reason = f"no {half}" if not found else f"more than one {half}"
    more = "`mapae key list --pkcs11 ...` shows what there is" if not found else "add id= to the URI"
    raise TokenKeyMissingError(
        f"the token {label} has {reason} {uri.key_name or 'at all'}: {more}", token=label, key=uri.key_name
    )


def _public_key(item: Any) -> PublicKey:
    """Read a public half: CKA_EC_PARAMS names the curve, CKA_EC_POINT is 04 ‖ x ‖ y, bare or as an OCTET STRING."""
    import pkcs11

    try:
        parameters, point = bytes(item[pkcs11.Attribute.EC_PARAMS]), bytes(item[pkcs11.Attribute.EC_POINT])
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, KeyError, NotImplementedError):
        raise InvalidKeyError("not an elliptic key") from None
    curve = next((curve for curve, oid in _OIDS.items() if oid == parameters), None)
    if curve is None or len(point) not in {65, 67} or point[-65] != 4:
        raise InvalidKeyError("tokens sign with P-256 and secp256k1 keys here")
    return PublicKey(curve, point[-64:])
