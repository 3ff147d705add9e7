"""Signed presentation requests: a verifier's DID asks for some claims of one type, under one service code.

- A JWS with `typ` oauth-authz-req+jwt, signed by a key under the verifier's `authentication`; `client_id` is
  `decentralized_identifier:<DID>`, and is the audience of the answer, whole.
- The query is DCQL with one credential; a claim's path starts with the name that the service code allows or not.
- Specs: OpenID4VP 1.0 sections 5 and 6; `service_code`, and `vct_values` for ldp_vc and vc+jwt, are our profile's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registry_client.core.credential import VCDM_FORMATS, Format
from registry_client.core.did import parse_did
from registry_client.core.formats.disclosures import Path
from registry_client.core.jose import Jws, parse_jws, require_text, require_time, sign_jws
from registry_client.core.keys import Signer
from registry_client.core.presentation import AUDIENCE_PREFIX, audience_of
from registry_client.core.service import CLAIMS_MAX, require_code
from registry_client.errors import MalformedValueError, RegistryError, RequestInvalidError

REQUEST_TYPE: Final = "oauth-authz-req+jwt"
REQUEST_MAX_LENGTH: Final = 16_384  # characters
LIFETIME_MAX_S: Final = 900  # seconds between iat and exp
WALLET: Final = "https://self-issued.me/v2"
"""`aud` of a request to a wallet that is not known beforehand (OpenID4VP section 5.8)."""
_QUERY_ID: Final = "credential"
_PATH_MAX: Final = 8  # steps


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """What a verifier asks for. Times are unix seconds."""

    verifier: str
    """DID."""
    service: str
    """Service code."""
    vct: str
    claims: tuple[Path, ...]
    nonce: str
    issued_at: int
    expires_at: int
    format: Format = Format.SD_JWT_VC

    @property
    def audience(self) -> str:
        """What the answer must name as its audience."""
        return audience_of(self.verifier)

    @property
    def claim_names(self) -> tuple[str, ...]:
        """The top-level names asked for, each once, in order."""
        return tuple(dict.fromkeys(str(path[0]) for path in self.claims))


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: parsed, its signature not yet verified. `method_id`: the key that it claims."""

    request: PresentationRequest
    method_id: str
    jws: Jws


def sign_request(request: PresentationRequest, *, method_id: str, signer: Signer) -> str:
    """Return the compact JWS. `method_id`: DID URL under the verifier's `authentication`.

    Raises MalformedValueError, RequestInvalidError.
    """
    if not method_id.startswith(request.verifier + "#"):
        raise MalformedValueError("a request is signed by the verifier that it names", method=method_id)
    _check(request)
    prefix: tuple[str, ...] = ("credentialSubject",) if request.format in VCDM_FORMATS else ()
    query = {
        "id": _QUERY_ID,
        "format": request.format.value,
        "meta": {"vct_values": [request.vct]},
        "claims": [{"path": [*prefix, *path]} for path in request.claims],
    }
    payload = {
        "response_type": "vp_token",
        "client_id": request.audience,
        "aud": WALLET,
        "nonce": request.nonce,
        "iat": request.issued_at,
        "exp": request.expires_at,
        "service_code": request.service,
        "dcql_query": {"credentials": [query]},
    }
    return sign_jws({"typ": REQUEST_TYPE, "kid": method_id}, payload, signer)


def parse_request(text: str) -> SignedRequest:
    """Read a signed request; the signature is not verified yet. Raises RequestInvalidError."""
    try:
        jws = parse_jws(text.strip(), max_length=REQUEST_MAX_LENGTH)
        if jws.header.get("typ") != REQUEST_TYPE:
            raise MalformedValueError(f"typ is {REQUEST_TYPE}")
        request = _request_of(jws.payload)
        method_id = require_text(jws.header.get("kid"), "kid")
        if not method_id.startswith(request.verifier + "#"):
            raise MalformedValueError("kid is not a key of the client_id")
        _check(request)
    except RequestInvalidError:
        raise
    except RegistryError as error:
        raise RequestInvalidError(f"not a presentation request: {error.detail}", **error.evidence) from None
    return SignedRequest(request, method_id, jws)


def verify_times(request: PresentationRequest, *, at: int, clock_skew_s: int) -> None:
    """Verify that the request is in force at `at`. Raises RequestInvalidError."""
    if request.issued_at > at + clock_skew_s:
        raise RequestInvalidError("the request is from the future", issued_at=request.issued_at, as_of=at)
    if request.expires_at < at - clock_skew_s:
        raise RequestInvalidError("the request has expired", expires_at=request.expires_at, as_of=at)


def _request_of(payload: Mapping[str, Any]) -> PresentationRequest:
    client = require_text(payload.get("client_id"), "client_id")
    if payload.get("response_type") != "vp_token" or payload.get("aud") != WALLET:
        raise MalformedValueError(f"a request has response_type vp_token and aud {WALLET}")
    if not client.startswith(AUDIENCE_PREFIX):
        raise MalformedValueError(f"client_id starts with {AUDIENCE_PREFIX}")
    query = _only(payload.get("dcql_query"), "credentials")
    try:
        form = Format(str(query.get("format")))
    except ValueError:
        raise MalformedValueError("the format asked for is dc+sd-jwt, ldp_vc or vc+jwt") from None
    meta = query.get("meta")
    vcts = meta.get("vct_values") if isinstance(meta, dict) else None
    if not isinstance(vcts, list) or len(vcts) != 1:
        raise MalformedValueError("a query names exactly one vct")
    claims = query.get("claims")
    if not isinstance(claims, list):
        raise MalformedValueError("a query lists the claims it wants")
    return PresentationRequest(
        verifier=parse_did(client.removeprefix(AUDIENCE_PREFIX)),
        service=require_code(payload.get("service_code")),
        vct=require_text(vcts[0], "vct"),
        claims=tuple(_path_of(entry, form) for entry in claims),
        nonce=require_text(payload.get("nonce"), "nonce", max_length=256),
        issued_at=require_time(payload.get("iat"), "iat"),
        expires_at=require_time(payload.get("exp"), "exp"),
        format=form,
    )


def _only(query: Any, name: str) -> dict[str, Any]:
    entries = query.get(name) if isinstance(query, dict) else None
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise MalformedValueError("a request asks for exactly one credential")
    if isinstance(query, dict) and query.keys() != {name}:
        raise MalformedValueError("credential sets are not spoken here")
    entry: dict[str, Any] = entries[0]
    return entry


def _path_of(entry: Any, form: Format) -> Path:
    path = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(path, list):
        raise MalformedValueError("a claim asked for has a path")
    if form in VCDM_FORMATS:
        if not path or path[0] != "credentialSubject":
            raise MalformedValueError("a path into a VCDM credential starts with credentialSubject")
        path = path[1:]
    return tuple(path)


def _check(request: PresentationRequest) -> None:
    if request.format is Format.GATE_CWT:
        raise RequestInvalidError("a gate pass is shown to a gate (docs/gate-qr.md), and answers no request")
    if not 0 < len(request.claims) <= CLAIMS_MAX:
        raise MalformedValueError(f"a request asks for 1 to {CLAIMS_MAX} claims")
    for path in request.claims:
        _check_path(path)
    if not 0 < request.expires_at - request.issued_at <= LIFETIME_MAX_S:
        raise RequestInvalidError(f"a request lives at most {LIFETIME_MAX_S} s", expires_at=request.expires_at)
    if len(request.nonce) < 16:
        raise RequestInvalidError("a nonce has at least 16 characters")


def _check_path(path: Sequence[object]) -> None:
    if not 0 < len(path) <= _PATH_MAX or not isinstance(path[0], str):
        raise MalformedValueError(f"a path has 1 to {_PATH_MAX} steps and starts with a name")
    for step in path:
        if not (step is None or isinstance(step, str) or (type(step) is int and step >= 0)):
            raise MalformedValueError("a path is made of names, indexes and null")
