"""JSON-LD contexts that we know, by the SHA-256 of their bytes; any other URL fails and nothing is ever fetched."""

from hashlib import sha256
from typing import Final

from registry_client.errors import MalformedValueError

CREDENTIALS_V2: Final = "https://www.w3.org/ns/credentials/v2"
EXAMPLES_V2: Final = "https://www.w3.org/ns/credentials/examples/v2"

PINNED: Final[dict[str, tuple[str, str]]] = {
    CREDENTIALS_V2: (
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    EXAMPLES_V2: (
        "credentials-examples-v2.jsonld",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
    ),
    "https://www.w3.org/ns/did/v1": (
        "did-v1.jsonld",
        "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad",
    ),
    "https://www.w3.org/ns/did/v1.1": (
        "did-v1.1.jsonld",
        "ea216ecc1cb02cd39b693dba2250141e270ba0bf95890be107dd9a9e8e43de85",
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "data-integrity-v2.jsonld",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    "https://w3id.org/security/multikey/v1": (
        "multikey-v1.jsonld",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
    "https://w3id.org/security/jwk/v1": (
        "jwk-v1.jsonld",
        "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
    ),
}
"""URL -> (file under registry_client/data/contexts, SHA-256 of its bytes as hex)."""


def require_pinned(url: str, data: bytes) -> bytes:
    """Return `data` if it is exactly the context pinned for `url`. Raises MalformedValueError."""
    if url not in PINNED:
        raise MalformedValueError("this context is not pinned, and none is fetched", url=url[:256])
    if sha256(data).hexdigest() != PINNED[url][1]:
        raise MalformedValueError("the bytes are not the pinned context", url=url)
    return data
