"""SD-JWT VC, `dc+sd-jwt`, with key binding: issue, present, parse.

- `<issuer JWS>~<disclosure>~...~[<KB-JWT>]`; the header's `typ` is dc+sd-jwt and `kid` an absolute DID URL of `iss`
  (key discovery through DIDs is our profile; the draft leaves it open).
- iss, nbf, exp, cnf, vct, status and their like are never selectively disclosable, nor is anything inside them.
- The KB-JWT is signed by `cnf.jwk`, names the verifier (`aud`) and its `nonce`, and covers all before it (`sd_hash`).
- Specs: RFC 9901; SD-JWT VC draft 19; docs/credentials.md for our profile.
"""

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from registry_client.core.certificates import parse_x5c
from registry_client.core.credential import SD_JWT_VC, Credential, HolderProof, Presentation
from registry_client.core.encoding import encode_base64url
from registry_client.core.formats.disclosures import (
    DISCLOSURES_MAX,
    Path,
    fold,
    parse_disclosures,
    path_covers,
    placements,
    unfold,
)
from registry_client.core.jose import Jws, jwk_of, parse_jws, require_text, require_time, sign_jws
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.status import parse_token_status
from registry_client.errors import FormatNotSupportedError, MalformedValueError, ParsingError

TYPE: Final = "dc+sd-jwt"
KEY_BINDING_TYPE: Final = "kb+jwt"
PLAIN_CLAIMS: Final = frozenset({"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"})
"""Never selectively disclosable (SD-JWT VC section 3.2.2.2). `iat` is ours: the signing time must be in the clear."""
ENVELOPE_CLAIMS: Final = PLAIN_CLAIMS | {"sub", "jti", "aud"}
"""Members that are not claims about the subject."""


def is_sd_jwt(text: str) -> bool:
    """Tell whether the text can be nothing but an SD-JWT."""
    return "~" in text and not text.startswith("{")


def parse_sd_jwt(text: str) -> Presentation:
    """Parse an SD-JWT VC with or without a KB-JWT; nothing is verified. Raises RegistryError's input family."""
    parts = text.split("~", DISCLOSURES_MAX + 2)
    if len(parts) < 2 or len(parts) > DISCLOSURES_MAX + 2:
        raise ParsingError(f"an SD-JWT has a JWS and at most {DISCLOSURES_MAX} disclosures, each followed by ~")
    binding = parts[-1]
    credential = _credential_of(parse_jws(parts[0], certificates=True), parts[0], parts[1:-1])
    if not binding:
        return Presentation(credential, None)
    return Presentation(credential, _parse_binding(binding, text[: len(text) - len(binding)]))


def _credential_of(jws: Jws, token: str, texts: list[str]) -> Credential:
    header, payload = jws.header, jws.payload
    if header.get("typ") != TYPE:
        raise FormatNotSupportedError(f"typ is {TYPE}", typ=str(header.get("typ"))[:32])
    claims = unfold(payload, parse_disclosures(texts), plain=PLAIN_CLAIMS)
    issuer = require_text(payload.get("iss"), "iss")
    certificates = parse_x5c(header["x5c"]) if "x5c" in header else ()
    by_certificate = bool(certificates) and "kid" not in header
    method_id = "" if by_certificate else require_text(header.get("kid"), "kid")
    if not by_certificate and not method_id.startswith(issuer + "#"):
        raise MalformedValueError("kid is a DID URL of the issuer: <iss>#<fragment>", kid=method_id, iss=issuer)
    confirmation = payload.get("cnf")
    subject, status, integrity = claims.get("sub"), payload.get("status"), payload.get("vct#integrity")
    return Credential(  # in the fields' order: by name it would take 0.5 µs longer
        SD_JWT_VC,
        issuer,
        method_id,
        header["alg"],
        jws.signed,
        jws.signature,
        _time_of(payload, "iat"),
        _time_of(payload, "nbf"),
        _time_of(payload, "exp"),
        require_text(payload.get("vct"), "vct"),
        (),
        (),
        None if subject is None else require_text(subject, "sub"),
        None if confirmation is None else jwk_of(confirmation),
        {name: value for name, value in claims.items() if name not in ENVELOPE_CLAIMS},
        None if status is None else parse_token_status(status),
        None if integrity is None else require_text(integrity, "vct#integrity"),
        token,
        certificates=certificates,
    )


def _parse_binding(token: str, covered: str) -> HolderProof:
    jws = parse_jws(token)
    if jws.header.get("typ") != KEY_BINDING_TYPE:
        raise FormatNotSupportedError(f"a key binding's typ is {KEY_BINDING_TYPE}", typ=str(jws.header.get("typ"))[:32])
    payload = jws.payload
    return HolderProof(  # in the fields' order: by name it would take 0.5 µs longer
        jws.header["alg"],
        jws.signed,
        jws.signature,
        None,
        require_text(payload.get("nonce"), "nonce"),
        require_text(payload.get("aud"), "aud"),
        require_time(payload.get("iat"), "iat"),
        payload.get("sd_hash") == _sd_hash(covered),
        _time_of(payload, "exp"),
    )


def _time_of(payload: Mapping[str, Any], name: str) -> int | None:
    return require_time(payload[name], name) if name in payload else None


def _sd_hash(covered: str) -> str:
    return encode_base64url(sha256(covered.encode("ascii")).digest())


def issue_sd_jwt(
    claims: Mapping[str, Any],
    *,
    method_id: str,
    signer: Signer,
    vct: str,
    signed_at: int,
    disclosable: Collection[Path],
    salt: Callable[[], str],
    holder: PublicKey | None = None,
    valid_from: int | None = None,
    valid_until: int | None = None,
    status: Mapping[str, Any] | None = None,
    integrity: str | None = None,
    subject: str | None = None,
    decoys: int = 0,
    certificates: Sequence[bytes] = (),
    issuer: str | None = None,
) -> str:
    """Sign an SD-JWT VC and return it with all its disclosures, ending in `~`.

    `method_id`: DID URL of the signing key; `iss` is its DID. `disclosable`: paths of the claims that the holder may
    withhold. `salt`: called once a disclosure; 128 random bits as base64url. `certificates`: DER chain of the key,
    leaf first, without the anchor. `issuer`: who signs by certificate alone, with no DID. Raises MalformedValueError.
    """
    if taken := ENVELOPE_CLAIMS & claims.keys():
        raise MalformedValueError("these names belong to the envelope", claims=sorted(taken))
    payload, disclosures = fold(claims, disclosable, salt=salt, decoys=decoys)
    envelope = {
        "iss": issuer or method_id.partition("#")[0],
        "iat": signed_at,
        "nbf": valid_from,
        "exp": valid_until,
        "vct": vct,
        "vct#integrity": integrity,
        "sub": subject,
        "cnf": None if holder is None else {"jwk": holder.to_jwk()},
        "status": status,
    }
    payload.update((name, value) for name, value in envelope.items() if value is not None)
    header: dict[str, Any] = {"typ": TYPE} if issuer else {"typ": TYPE, "kid": method_id}
    if certificates:
        header["x5c"] = [b64encode(data).decode("ascii") for data in certificates]
    token = sign_jws(header, payload, signer)
    return "~".join([token, *(disclosure.text for disclosure in disclosures), ""])


def select_disclosures(text: str, wanted: Collection[Path]) -> str:
    """Return the SD-JWT with only the disclosures that show `wanted`, and those they depend on; ends in `~`.

    Claims in the clear need none. Raises MalformedValueError for a path that leads nowhere.
    """
    parts = text.split("~")
    token, texts = parts[0], parts[1:-1]
    disclosures = parse_disclosures(texts)
    payload = parse_jws(token, certificates=True).payload
    everything = unfold(payload, disclosures, plain=PLAIN_CLAIMS)
    for want in wanted:
        if not _leads_somewhere(everything, want):
            raise MalformedValueError("the credential has no such claim", path=list(want))
    chosen: set[str] = set()
    for path, chain in placements(payload, disclosures):
        if any(path_covers(want, path) for want in wanted):
            chosen.update(disclosure.text for disclosure in chain)
    return "~".join([token, *(item for item in texts if item in chosen), ""])


def _leads_somewhere(value: Any, path: Path) -> bool:
    if not path:
        return True
    head, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return head in value and _leads_somewhere(value[head], rest)
    if isinstance(value, list):
        return any(_leads_somewhere(item, rest) for place, item in enumerate(value) if head is None or head == place)
    return False


def bind_key(text: str, *, signer: Signer, nonce: str, audience: str, created: int) -> str:
    """Append a KB-JWT to an SD-JWT that ends in `~`. `created`: unix seconds by the holder's clock."""
    if not text.endswith("~"):
        raise MalformedValueError("there is a key binding already")
    payload = {"iat": created, "aud": audience, "nonce": nonce, "sd_hash": _sd_hash(text)}
    return text + sign_jws({"typ": KEY_BINDING_TYPE}, payload, signer)
