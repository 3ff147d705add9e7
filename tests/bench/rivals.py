"""The other libraries, where they are installed: each verifies what ours verifies, with the key already at hand."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias

from registry_client.core.keys import PublicKey
from registry_client.core.presentation import Challenge

Rival: TypeAlias = tuple[str, list[str], Callable[[str], object]]
"""Name, what it verifies, and how."""


def rivals(
    *,
    key: PublicKey,
    edwards_key: PublicKey,
    challenge: Challenge,
    when: datetime,
    jwts: list[str],
    sd_jwts: list[str],
    documents: list[str],
    edwards: list[str],
) -> Iterator[Rival]:
    """Everybody who is installed."""
    yield from _joserfc(key, jwts)
    yield from _sd_jwt(key, challenge, sd_jwts)
    yield from _openvc_sd_jwt(key, challenge, when, sd_jwts)
    yield from _openvc_documents(key, edwards_key, when, documents, edwards)


def _joserfc(key: PublicKey, jwts: list[str]) -> Iterator[Rival]:
    try:
        from joserfc import jws
        from joserfc.jwk import ECKey
    except ImportError:
        return
    known = ECKey.import_key(dict(key.to_jwk()))
    yield (
        "joserfc, vc+jwt ES256 (signature only)",
        jwts,
        lambda text: json.loads(jws.deserialize_compact(text, known, ["ES256"]).payload),
    )


def _sd_jwt(key: PublicKey, challenge: Challenge, sd_jwts: list[str]) -> Iterator[Rival]:
    try:
        from jwcrypto.jwk import JWK  # type: ignore[import-not-found]
        from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-not-found]
    except ImportError:
        return
    issuer = JWK(**key.to_jwk())
    yield (
        "sd-jwt 0.10.4, SD-JWT VC + KB",
        sd_jwts,
        lambda text: SDJWTVerifier(text, lambda *_: issuer, challenge.audience, challenge.nonce).get_verified_payload(),
    )


def _openvc_sd_jwt(key: PublicKey, challenge: Challenge, when: datetime, sd_jwts: list[str]) -> Iterator[Rival]:
    try:
        from openvc.proof.sd_jwt import SdJwtVcProofSuite  # type: ignore[import-not-found]
    except ImportError:
        return
    suite, jwk = SdJwtVcProofSuite(), key.to_jwk()
    yield (
        "openvc-core, SD-JWT VC + KB",
        sd_jwts,
        lambda text: suite.verify(
            text,
            public_key_jwk=jwk,
            audience=challenge.audience,
            nonce=challenge.nonce,
            require_key_binding=True,
            check_temporal=False,
            now=when,
        ),
    )


def _openvc_documents(
    key: PublicKey, edwards_key: PublicKey, when: datetime, documents: list[str], edwards: list[str]
) -> Iterator[Rival]:
    try:
        from openvc.proof import di_jcs  # type: ignore[import-not-found]
    except ImportError:
        return
    for name, suite, jwk, sources in (
        ("ecdsa-jcs-2019", di_jcs.EcdsaJcsProofSuite(), key.to_jwk(), documents),
        ("eddsa-jcs-2022", di_jcs.EddsaJcsProofSuite(), edwards_key.to_jwk(), edwards),
    ):

        def verify(text: str, suite: object = suite, jwk: dict[str, str] = jwk) -> object:
            return suite.verify(json.loads(text), public_key_jwk=jwk, now=when, check_temporal=False)  # type: ignore[attr-defined]

        yield f"openvc-core, Data Integrity {name}", sources, verify
