"""The root of the error tree, the bases of the type URIs, and a walk over the whole tree."""

from collections.abc import Iterator
from typing import ClassVar, Final

DID_ERRORS: Final = "https://www.w3.org/ns/did#"
"""W3C DID Resolution error types."""
VC_ERRORS: Final = "https://www.w3.org/TR/vc-data-model#"
"""Verifiable Credentials Data Model 2.0 problem types."""
SECURITY_ERRORS: Final = "https://w3id.org/security#"
"""Data Integrity and Controlled Identifiers problem types."""
STATUS_ERRORS: Final = "https://www.w3.org/ns/credentials/status-list#"
"""Bitstring Status List problem types."""
OWN_ERRORS: Final = "https://mapae.invalid/problems/"
"""Everything that no W3C document names."""


class RegistryError(Exception):
    """Root of the tree; on its own it means that something unexpected failed inside."""

    type_uri: ClassVar[str] = DID_ERRORS + "INTERNAL_ERROR"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, **evidence: object) -> None:
        """`detail`: what happened and what to do next, for a person. `evidence`: the facts, by name."""
        super().__init__(detail)
        self.detail = detail
        self.evidence = evidence

    def as_problem(self) -> dict[str, object]:
        """Return the RFC 9457 members {type, title, detail}; evidence stays with the caller."""
        return {"type": self.type_uri, "title": self.title, "detail": self.detail}


def all_errors(root: type[RegistryError] = RegistryError) -> Iterator[type[RegistryError]]:
    """Yield `root` and every class below it, parents first: for tables that must be total."""
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)
