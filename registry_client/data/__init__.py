"""Files shipped with the client: pinned contexts, our own credential types, the contracts' ABIs."""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from registry_client.core.contexts import PINNED, require_pinned
from registry_client.core.credential_types import SLUGS, CredentialType, vct_of_slug
from registry_client.core.events import CONTRACTS
from registry_client.core.strict_json import parse_json, parse_object
from registry_client.errors import MalformedValueError

PLACEHOLDER_BASE: Final = "https://mapae.invalid"
"""Stands for the profile's base URL in the files."""


@lru_cache(maxsize=32)
def pinned_context(url: str) -> bytes:
    """Return the bytes of a pinned JSON-LD context, checked against its digest. Raises MalformedValueError."""
    if url not in PINNED:
        raise MalformedValueError("this context is not pinned, and none is fetched", url=url[:256])
    return require_pinned(url, (files(__name__) / "contexts" / PINNED[url][0]).read_bytes())


@lru_cache(maxsize=32)
def shipped_type(slug: str, *, base: str = PLACEHOLDER_BASE) -> CredentialType:
    """Return one of our own types under a base URL. Raises MalformedValueError for an unknown slug."""
    if slug not in SLUGS:
        raise MalformedValueError(f"the shipped types are {', '.join(SLUGS)}", slug=slug[:64])
    folder = files(__name__) / "types" / slug
    schema, context, metadata = (
        parse_object((folder / name).read_text("utf-8").replace(PLACEHOLDER_BASE, base.rstrip("/")))
        for name in ("schema.json", "context.jsonld", "metadata.json")
    )
    return CredentialType(
        name=schema["title"], vct=vct_of_slug(slug, base=base), schema=schema, context=context, metadata=metadata
    )


def shipped_types(*, base: str = PLACEHOLDER_BASE) -> tuple[CredentialType, ...]:
    """Return all our own types under a base URL."""
    return tuple(shipped_type(slug, base=base) for slug in SLUGS)


@lru_cache(maxsize=16)
def contract_abi(name: str) -> tuple[dict[str, Any], ...]:
    """Return a contract's ABI as the compiler wrote it. Raises MalformedValueError for an unknown contract."""
    if name not in CONTRACTS:
        raise MalformedValueError(f"the contracts are {', '.join(CONTRACTS)}", contract=name[:64])
    return tuple(parse_json((files("registry_client") / "abi" / f"{name}.json").read_bytes()))
