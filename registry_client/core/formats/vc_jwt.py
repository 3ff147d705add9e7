"""VC-JOSE-COSE: VCDM 2.0 credentials as `vc+jwt`, presented as `vp+jwt` with the credential enveloped in it.

- The payload is the document itself, beside registered JWT claims; there is no `vc` or `vp` claim and no inner proof.
- What JWT and document both say must be equal: iss and issuer, jti and id, sub and the subject's id.
- `kid` is an absolute DID URL of the issuer or holder; `iat` is the signing time; nbf and exp narrow the validity.
- A credential is bound by its subject's DID, or by `cnf.jwk` where it has one.
- Spec: Securing Verifiable Credentials using JOSE and COSE (2025) sections 3.1 and 4.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.credential import (
    CREDENTIAL_MAX_LENGTH,
    PRESENTED_MAX,
    VC_JWT,
    Credential,
    HolderProof,
    Presentation,
)
from registry_client.core.formats.vcdm import (
    CREDENTIAL_MEMBERS,
    PRESENTATION_TYPE,
    check_credential,
    check_presentation,
    issuer_of,
    schema_of,
)
from registry_client.core.jose import Jws, jwk_of, parse_jws, require_text, require_time, sign_jws
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.status import parse_bitstring_status
from registry_client.errors import FormatNotSupportedError, MalformedValueError

CREDENTIAL_TYPE: Final = "vc+jwt"
PRESENTATION_JWT_TYPE: Final = "vp+jwt"
ENVELOPED_CREDENTIAL: Final = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION: Final = "EnvelopedVerifiablePresentation"
_CONTENT: Final = {CREDENTIAL_TYPE: "vc", PRESENTATION_JWT_TYPE: "vp"}
_JWT_CLAIMS: Final = frozenset({"iss", "sub", "jti", "iat", "nbf", "exp", "aud", "nonce", "cnf"})
"""Registered claims that stand beside the document's members; anything else must be the document's."""
_MEMBERS: Final = CREDENTIAL_MEMBERS | _JWT_CLAIMS
_ENVELOPES: Final = {
    ENVELOPED_CREDENTIAL: f"data:application/{CREDENTIAL_TYPE},",
    ENVELOPED_PRESENTATION: f"data:application/{PRESENTATION_JWT_TYPE},",
}


def is_compact_jws(text: str) -> bool:
    """Tell whether the text can be nothing but a compact JWS."""
    if text[:1] in {"{", "[", '"'} or "~" in text:
        return False
    first, last = text.find("."), text.rfind(".")  # `count` reads every character, these stop at the first they want
    return 0 <= first < last and text.find(".", first + 1) == last


def enveloped_token(document: Mapping[str, Any]) -> str | None:
    """Return the JWT inside an enveloped credential or presentation; None for any other document.

    Raises MalformedValueError.
    """
    kind = document.get("type")
    if type(kind) is list and len(kind) == 1:
        kind = kind[0]
    prefix = _ENVELOPES.get(kind) if type(kind) is str else None
    if prefix is None:
        return None
    contexts, url = document.get("@context"), document.get("id")
    if contexts not in (CREDENTIALS_V2, [CREDENTIALS_V2]) or document.keys() != {"@context", "id", "type"}:
        raise MalformedValueError("an envelope has @context, id and type, and nothing beside the token", type=kind)
    if type(url) is not str or not url.startswith(prefix) or not is_compact_jws(url[len(prefix) :]):
        raise MalformedValueError(f"an envelope's id is {prefix}<token>", type=kind)
    return url[len(prefix) :]


def envelope_of(token: str) -> dict[str, Any]:
    """Return a vc+jwt as the object that stands in a presentation."""
    return {
        "@context": CREDENTIALS_V2,
        "id": _ENVELOPES[ENVELOPED_CREDENTIAL] + token,
        "type": ENVELOPED_CREDENTIAL,
    }


def parse_vc_jwt(text: str) -> Presentation:
    """Parse a vc+jwt, or a vp+jwt of one; nothing is verified. Raises RegistryError's input family."""
    jws = parse_jws(text, max_length=CREDENTIAL_MAX_LENGTH)
    if jws.header.get("typ") == PRESENTATION_JWT_TYPE:
        return _parse_presentation(jws)
    return Presentation(_parse_credential(jws, text), None)


def _parse_credential(jws: Jws, token: str) -> Credential:
    method_id = _check_header(jws.header, CREDENTIAL_TYPE)
    payload = jws.payload
    if "proof" in payload:
        raise MalformedValueError("one credential has one signature: the envelope's")
    contexts, types, issuer, subject, claims, start, end, resources = check_credential(payload, members=_MEMBERS)
    if not method_id.startswith(issuer + "#"):
        raise MalformedValueError("kid is a DID URL of the issuer", kid=method_id, issuer=issuer)
    for claim, name, value in (
        ("iss", "issuer", issuer),
        ("jti", "id", payload.get("id")),
        ("sub", "credentialSubject.id", subject),
    ):
        if claim in payload and payload[claim] != value:
            raise MalformedValueError(f"{claim} and {name} say different things", claim=claim)
    vct, integrity = schema_of(payload)
    confirmation, status = payload.get("cnf"), payload.get("credentialStatus")
    return Credential(  # in the fields' order: by name it would take 0.5 µs longer
        VC_JWT,
        issuer,
        method_id,
        jws.header["alg"],
        jws.signed,
        jws.signature,
        require_time(payload["iat"], "iat") if "iat" in payload else None,
        _later(start, payload, "nbf") if "nbf" in payload else start,
        _sooner(end, payload, "exp") if "exp" in payload else end,
        vct,
        types,
        contexts,
        subject,
        None if confirmation is None else jwk_of(confirmation),
        claims,
        None if status is None else parse_bitstring_status(status),
        integrity,
        token,
        resources=resources,
    )


def open_vc_jwt(text: str) -> tuple[HolderProof, list[dict[str, Any]]] | None:
    """Take a vp+jwt of several credentials apart: its proof and their documents; None for a vc+jwt alone.

    Raises the input family.
    """
    jws = parse_jws(text, max_length=CREDENTIAL_MAX_LENGTH)
    return _open_presentation(jws, limit=PRESENTED_MAX) if jws.header.get("typ") == PRESENTATION_JWT_TYPE else None


def _parse_presentation(jws: Jws) -> Presentation:
    proof, documents = _open_presentation(jws, limit=1)
    token = enveloped_credential(documents[0])
    if token is None:
        raise FormatNotSupportedError(f"a {PRESENTATION_JWT_TYPE} of one carries an {ENVELOPED_CREDENTIAL}")
    return Presentation(parse_enveloped(token), proof)


def parse_enveloped(token: str) -> Credential:
    """Parse the vc+jwt of an envelope. Raises RegistryError's input family."""
    return _parse_credential(parse_jws(token), token)


def _open_presentation(jws: Jws, *, limit: int) -> tuple[HolderProof, list[dict[str, Any]]]:
    """Return the holder's proof and the documents of the credentials."""
    method_id = _check_header(jws.header, PRESENTATION_JWT_TYPE)
    payload = jws.payload
    document = {name: value for name, value in payload.items() if name not in _JWT_CLAIMS}
    if "proof" in document:
        raise MalformedValueError("one presentation has one signature: the envelope's")
    documents = check_presentation(document, limit=limit)
    holder = issuer_of(document, "holder") if "holder" in document else method_id.partition("#")[0]
    if payload.get("iss", holder) != holder:
        raise MalformedValueError("iss and holder say different things", claim="iss")
    audience = payload.get("aud")
    if type(audience) is list and len(audience) == 1:
        audience = audience[0]
    proof = HolderProof(
        algorithm=jws.header["alg"],
        signed=jws.signed,
        signature=jws.signature,
        method_id=method_id,
        nonce=require_text(payload.get("nonce"), "nonce"),
        audience=require_text(audience, "aud"),
        created=require_time(payload.get("iat"), "iat"),
        covers=method_id.startswith(holder + "#"),
        expires=require_time(payload["exp"], "exp") if "exp" in payload else None,
    )
    return proof, documents


def enveloped_credential(document: Mapping[str, Any]) -> str | None:
    """Return the JWT of an enveloped credential inside a presentation; None for a credential with a proof of its own.

    Raises MalformedValueError, FormatNotSupportedError for a presentation in a presentation.
    """
    token = enveloped_token(document)
    if token is not None and document["type"] in (ENVELOPED_PRESENTATION, [ENVELOPED_PRESENTATION]):
        raise FormatNotSupportedError(f"a presentation carries {ENVELOPED_CREDENTIAL}s, and no presentation")
    return token


def _check_header(header: Mapping[str, Any], kind: str) -> str:
    """Check typ and cty, and return `kid`, an absolute DID URL."""
    if header.get("typ") != kind:  # a presentation is known by its typ, so anything else was to be a credential
        found = str(header.get("typ"))[:32]
        raise FormatNotSupportedError(f"typ is {CREDENTIAL_TYPE} or {PRESENTATION_JWT_TYPE}, not {found}", typ=found)
    if header.get("cty", _CONTENT[kind]) != _CONTENT[kind]:
        raise FormatNotSupportedError(f"cty is {_CONTENT[kind]}", cty=str(header.get("cty"))[:32])
    method_id = require_text(header.get("kid"), "kid")
    if not method_id.startswith("did:"):
        raise MalformedValueError("kid is an absolute DID URL", kid=method_id[:128])
    return method_id


def _later(time: int | None, payload: Mapping[str, Any], name: str) -> int:
    other = require_time(payload[name], name)
    return other if time is None else max(time, other)


def _sooner(time: int | None, payload: Mapping[str, Any], name: str) -> int:
    other = require_time(payload[name], name)
    return other if time is None else min(time, other)


def issue_vc_jwt(
    document: Mapping[str, Any], *, signer: Signer, method_id: str, signed_at: int, holder: PublicKey | None = None
) -> str:
    """Check the shape of an unsigned VCDM 2.0 credential and sign it as a JWT. Raises MalformedValueError.

    `holder`: the key that it is bound to where its subject has no DID.
    """
    check_credential(document)
    if "proof" in document:
        raise MalformedValueError("the document carries a proof already")
    payload = {**document, "iat": signed_at}
    if holder is not None:
        payload["cnf"] = {"jwk": holder.to_jwk()}
    return sign_jws({"typ": CREDENTIAL_TYPE, "cty": "vc", "kid": method_id}, payload, signer)


def present_vc_jwt(
    token: str | Sequence[str | Mapping[str, Any]],
    *,
    signer: Signer,
    method_id: str,
    nonce: str,
    audience: str,
    created: int,
) -> str:
    """Envelope one vc+jwt or several in a presentation signed by their holder, with a key under `authentication`.

    A credential with a proof of its own may stand among them, as the object that it is.
    """
    payload = {
        "@context": [CREDENTIALS_V2],
        "type": [PRESENTATION_TYPE],
        "holder": method_id.partition("#")[0],
        "verifiableCredential": [
            envelope_of(item) if isinstance(item, str) else dict(item)
            for item in ([token] if isinstance(token, str) else token)
        ],
        "nonce": nonce,
        "aud": audience,
        "iat": created,
    }
    return sign_jws({"typ": PRESENTATION_JWT_TYPE, "cty": "vp", "kid": method_id}, payload, signer)
