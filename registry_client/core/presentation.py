"""From what was handed over to a `Presentation`: bounds first, then the envelope, then its own parser."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import (
    CREDENTIAL_MAX_LENGTH,
    DATA_INTEGRITY,
    GATE_CWT,
    SD_JWT_VC,
    VC_JWT,
    Format,
    HolderProof,
    Presentation,
)
from registry_client.core.formats.data_integrity import open_data_integrity, parse_data_integrity, parse_embedded
from registry_client.core.formats.gate_cwt import is_gate_code, parse_gate_code
from registry_client.core.formats.sd_jwt import is_sd_jwt, parse_sd_jwt
from registry_client.core.formats.vc_jwt import (
    enveloped_credential,
    enveloped_token,
    is_compact_jws,
    open_vc_jwt,
    parse_enveloped,
    parse_vc_jwt,
)
from registry_client.core.strict_json import parse_object
from registry_client.errors import FormatNotSupportedError, ParsingError, RegistryError

AUDIENCE_PREFIX: Final = "decentralized_identifier:"
"""OpenID4VP client id prefix of a verifier that is known by its DID."""


class Challenge(NamedTuple):
    """What a verifier asked the presenter to sign."""

    nonce: str
    audience: str
    """`decentralized_identifier:<verifier DID>`, whole."""


def audience_of(verifier: str) -> str:
    """Return the audience of a verifier's DID."""
    return AUDIENCE_PREFIX + verifier


def require_bounds(source: str | bytes | Mapping[str, Any]) -> str | dict[str, Any]:
    """Return the text of an SD-JWT, a JWT (bare or enveloped) or a gate code, or the strictly parsed JSON of the rest.

    Raises ParsingError, MalformedValueError.
    """
    if type(source) is not str and isinstance(source, Mapping):
        source = canonicalize(dict(source))
    if len(source) > CREDENTIAL_MAX_LENGTH:
        raise ParsingError(f"more than {CREDENTIAL_MAX_LENGTH} bytes", length=len(source))
    text = source if isinstance(source, str) else _decode(source)
    text = text.strip(" \t\r\n")
    if is_sd_jwt(text) or is_gate_code(text) or is_compact_jws(text):
        if not text.isascii():
            raise ParsingError("an SD-JWT, a JWT or a gate code is ASCII")
        return text
    document = parse_object(text, max_bytes=CREDENTIAL_MAX_LENGTH)
    return enveloped_token(document) or document


def parse_presentation(
    source: str | dict[str, Any], *, formats: Collection[Format], algorithms: Collection[str] | None = None
) -> Presentation:
    """Parse what `require_bounds` let through. Raises FormatNotSupportedError and RegistryError's input family.

    `algorithms`: what a policy allows; by them one proof is chosen from a set.
    """
    envelope, parser = _envelope_of(source)
    if envelope not in formats:
        raise FormatNotSupportedError(f"the policy does not accept {envelope}", format=envelope)
    if not isinstance(source, str):
        return parse_data_integrity(source, algorithms=algorithms)
    return parser(source)


def split_presentation(
    source: str | dict[str, Any], *, formats: Collection[Format], algorithms: Collection[str] | None = None
) -> list[Presentation | RegistryError]:
    """Parse a presentation of one credential or several, which share its proof; what is wrong with one is its entry.

    An enveloped vc+jwt may stand beside a credential with a proof of its own, whatever signs the whole. Raises for what
    is wrong with the presentation itself: FormatNotSupportedError and RegistryError's input family.
    """
    envelope, _ = _envelope_of(source)
    if envelope not in formats:
        raise FormatNotSupportedError(f"the policy does not accept {envelope}", format=envelope)
    if isinstance(source, dict):
        opened = open_data_integrity(source, algorithms=algorithms)
    else:
        opened = open_vc_jwt(source) if envelope is VC_JWT else None
    if opened is None:
        return [_one(partial(parse_presentation, source, formats=formats, algorithms=algorithms))]
    proof, documents = opened
    return [_one(partial(_parse_one, document, proof, formats, algorithms)) for document in documents]


def _one(parse: Callable[[], Presentation]) -> Presentation | RegistryError:
    try:
        return parse()
    except RegistryError as error:
        return error


def _parse_one(
    document: dict[str, Any], proof: HolderProof, formats: Collection[Format], algorithms: Collection[str] | None
) -> Presentation:
    token = enveloped_credential(document)
    form = DATA_INTEGRITY if token is None else VC_JWT
    if form not in formats:
        raise FormatNotSupportedError(f"the policy does not accept {form}", format=form)
    return Presentation(parse_embedded(document, algorithms) if token is None else parse_enveloped(token), proof)


def _envelope_of(source: str | dict[str, Any]) -> tuple[Format, Callable[[Any], Presentation]]:
    if not isinstance(source, str):
        return DATA_INTEGRITY, parse_data_integrity
    if is_sd_jwt(source):
        return SD_JWT_VC, parse_sd_jwt
    return (GATE_CWT, parse_gate_code) if is_gate_code(source) else (VC_JWT, parse_vc_jwt)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParsingError("not UTF-8", position=error.start) from None
