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

_SHA_384_512: Final[dict[str, tuple[str, str]]] = {
    CREDENTIALS_V2: (
        "97f1eb8e5042356c805fdd61afa2c557663785e0794dcafa21e138fd38def18cb360133c221aa31d6896a6bf3e65b614",
        (
            "5d55452bd2dcf8a29f5a290473eb242b1c5fb77d4e68f1a0aa87baa4dba26948"
            "52d65ec63d48ac04a99d956f9f7153b9406f84d2d04c74869b02c239a1d81305"
        ),
    ),
    EXAMPLES_V2: (
        "ccd35b4135824944a2d1b6f3edd6ee6be45c10dbfb0ba16f966609d58f88ef6ec7b0f387773c042cc60ef4ccfaf0cdba",
        (
            "8d563097eab123966bd7fb88a2566d19fb369112dabfde9badfd553c04e101be"
            "b230918f58f5b927881f7b32d16045f8ac0f601b4574eeb09521bfbf9e539669"
        ),
    ),
    "https://www.w3.org/ns/did/v1": (
        "75f4decf8174a6f2d40c0ddbd8cdfb4300ead2466db4932259a483a6e11774932f15880786e1fbc16c4b399f9891b92b",
        (
            "ec55295367dbe3aec9020b8807d0590a735d87cdcbb35ff04ef68537a6d09be9"
            "e3c1e47cead74b855d3584f83ad408f34da9b925647e084954aaf7f54807858f"
        ),
    ),
    "https://www.w3.org/ns/did/v1.1": (
        "327d924d4a48518eb5425e8a9430a3f20d9678bb1111cddbf0ff2a67b854ee485c2ef149dfcd4516dfc1af7e733bec18",
        (
            "2b46fc794597baa8e55b85621e7ba3829ac89cda777496b60fe44c0aa1cbbffd"
            "0c4ee7709a2d9fb4d6255380342b49a15ac0b3d6e6084a5505c6cc4253c357cb"
        ),
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "0ee2d7626717f8b07cd449b525d5e2b71fe27209fc99e53089e0169dd2944d793feea4526fc60bb9cca1cd96512391f6",
        (
            "39cd7a9a4047b74b8524640fe35633e81e8286d14bdbb7e77d0e08d850b00d6a"
            "35b0185d5de35c479baedb23a17989d9f628ac95531fdd79c0c5a0f632d9fa95"
        ),
    ),
    "https://w3id.org/security/multikey/v1": (
        "0fa51641d12fb8c701b2e6a9492556f25d32bb4af84a96f11808f0a623b972434dd18a8f1f1865bc68d8ee046c4e5a3e",
        (
            "127d1338ea7f702d745ed5bf6900eda8aac4419da5463181fca02c27e0508510"
            "6e7d3eece9ea0e156bcff5c3f99eead397785c453bc579f7dd5496a991e10b5f"
        ),
    ),
    "https://w3id.org/security/jwk/v1": (
        "762dc55ce79f361e3bbeb7d3cb0ddb3e44b8e2885261f8283183959d1aaa33904af6a8005059ed9641500eab7d8ddae5",
        (
            "0efbff84523d720a2f331fec4fbedc969ee2e75764c0ed325c72cb56bc539d3a"
            "9c642023c958735afd5357554ab1f7e13111f0dcf861f59b2bc045126cd85211"
        ),
    ),
}
"""URL -> (SHA-384, SHA-512) of the same bytes, for digests that credentials name."""
PINNED_DIGESTS: Final[dict[str, dict[str, bytes]]] = {
    url: {
        "sha256": bytes.fromhex(PINNED[url][1]),
        "sha384": bytes.fromhex(_SHA_384_512[url][0]),
        "sha512": bytes.fromhex(_SHA_384_512[url][1]),
    }
    for url in PINNED
}
"""URL -> algorithm -> digest of the pinned context."""


def require_pinned(url: str, data: bytes) -> bytes:
    """Return `data` if it is exactly the context pinned for `url`. Raises MalformedValueError."""
    if url not in PINNED:
        raise MalformedValueError("this context is not pinned, and none is fetched", url=url[:256])
    if sha256(data).hexdigest() != PINNED[url][1]:
        raise MalformedValueError("the bytes are not the pinned context", url=url)
    return data
