"""Credential types: one name, one `vct`, one context, one schema, and the document that anchors them.

- Our profile's rule: schema URL `<base>/schemas/<slug>/v<n>` belongs to type `<base>/vct/<slug>/v<n>`, and so does the
  context. typeId = keccak256(vct), so an accreditation covers exactly one base, slug and version.
- The SchemaRegistry document is JCS JSON: {type, vct, context, contextDigest, schema, metadata}.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple, Self

from registry_client.core.canonical import canonicalize
from registry_client.core.hashing import keccak_text
from registry_client.core.strict_json import parse_object
from registry_client.errors import MalformedValueError

DOCUMENT_MAX_LENGTH: Final = 8_192  # bytes of a SchemaRegistry document
SLUGS: Final = ("civil-servant", "gate-pass", "organisation")
"""The types that are shipped with the client."""
_SCHEMA_URL: Final = re.compile(r"(https://[^\s#?]{1,256})/schemas/([a-z0-9-]{1,64})/v([0-9]{1,4})", re.ASCII)
_VCT: Final = re.compile(r"(https://[^\s#?]{1,256})/vct/([a-z0-9-]{1,64})/v([0-9]{1,4})", re.ASCII)
VALUE_MAX_LENGTH: Final = 65_536  # characters of a claim whose schema sets no limit
_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_MEMBERS: Final = frozenset({"type", "vct", "context", "contextDigest", "schema", "metadata"})


class ClaimRule(NamedTuple):
    """What can be checked of one claim in bounded time. `kinds` None: any JSON type."""

    kinds: tuple[type, ...] | None
    max_length: int


@dataclass(frozen=True)
class CredentialType:
    """One type as it is anchored. `context` is None for a type that no JSON-LD reader will meet."""

    name: str
    vct: str
    schema: Mapping[str, Any]
    context: Mapping[str, Any] | None
    metadata: Mapping[str, Any]
    """SD-JWT VC type metadata: names, descriptions and claim labels in Korean and English."""

    @cached_property
    def type_id(self) -> bytes:
        """keccak256 of the `vct` (32 bytes): the type's name on the ledger."""
        return keccak_text(self.vct)

    @cached_property
    def schema_url(self) -> str:
        """Where the schema is served; by our rule it names the type."""
        return self.vct.replace("/vct/", "/schemas/", 1)

    @cached_property
    def context_url(self) -> str:
        """Where the JSON-LD context is served."""
        return self.vct.replace("/vct/", "/contexts/", 1)

    @cached_property
    def schema_integrity(self) -> str:
        """`digestSRI` of the schema's JCS bytes."""
        return integrity_of(self.schema)

    @cached_property
    def metadata_integrity(self) -> str:
        """`vct#integrity` of the metadata's JCS bytes."""
        return integrity_of(self.metadata)

    @cached_property
    def claim_names(self) -> frozenset[str]:
        """Names that the schema allows for claims about the subject."""
        return frozenset(self.subject_schema.get("properties", {})) - {"id"}

    @cached_property
    def subject_schema(self) -> Mapping[str, Any]:
        """The part of the schema about the subject: all of it, or the `credentialSubject` of a VCDM schema."""
        inner = self.schema.get("properties", {}).get("credentialSubject")
        return inner if isinstance(inner, Mapping) else self.schema

    @cached_property
    def claim_rules(self) -> Mapping[str, ClaimRule]:
        """What a verifier checks of each claim: its JSON type and length, never the schema's patterns."""
        properties = self.subject_schema.get("properties", {})
        return {name: _rule_of(rule) for name, rule in properties.items() if isinstance(rule, Mapping) and name != "id"}

    @property
    def describes_document(self) -> bool:
        """Whether the schema is about a whole VCDM credential, and not only about claims."""
        return self.subject_schema is not self.schema

    def label(self, claim: str, language: str) -> str:
        """Return a claim's label in `ko` or `en`, or its name."""
        for entry in self.metadata.get("claims", ()):
            if entry.get("path") == [claim]:
                for display in entry.get("display", ()):
                    if display.get("locale") == language:
                        return str(display.get("label", claim))
        return claim

    def title(self, language: str) -> str:
        """Return the type's name for people, in `ko` or `en`."""
        for display in self.metadata.get("display", ()):
            if display.get("locale") == language:
                return str(display.get("name", self.name))
        return self.name

    def to_document(self) -> bytes:
        """Return the bytes to anchor (RegisterSchema.document). Raises MalformedValueError if they are too long."""
        document = canonicalize(
            {
                "type": self.name,
                "vct": self.vct,
                "context": self.context,
                "contextDigest": None if self.context is None else integrity_of(self.context),
                "schema": self.schema,
                "metadata": self.metadata,
            }
        )
        if len(document) > DOCUMENT_MAX_LENGTH:
            raise MalformedValueError(f"a schema document exceeds {DOCUMENT_MAX_LENGTH} bytes", length=len(document))
        return document

    @classmethod
    def from_document(cls, document: bytes) -> Self:
        """Read an anchored document. Raises ParsingError, MalformedValueError."""
        value = parse_object(document, max_bytes=DOCUMENT_MAX_LENGTH)
        if value.keys() != _MEMBERS:
            raise MalformedValueError(f"a schema document has the members {', '.join(sorted(_MEMBERS))}")
        name, vct, context = value["type"], value["vct"], value["context"]
        schema, metadata = value["schema"], value["metadata"]
        if not isinstance(name, str) or not isinstance(vct, str) or not _VCT.fullmatch(vct):
            raise MalformedValueError("a schema document names its type and a vct <base>/vct/<slug>/v<n>")
        if not (isinstance(schema, dict) and isinstance(metadata, dict) and isinstance(context, dict | None)):
            raise MalformedValueError("schema, metadata and context are JSON objects (context may be null)")
        if value["contextDigest"] != (None if context is None else integrity_of(context)):
            raise MalformedValueError("contextDigest is not the digest of the context")
        return cls(name, vct, schema, context, metadata)


def _rule_of(rule: Mapping[str, Any]) -> ClaimRule:
    kind, longest = rule.get("type"), rule.get("maxLength")
    return ClaimRule(
        _PYTHON.get(kind) if isinstance(kind, str) else None, longest if type(longest) is int else VALUE_MAX_LENGTH
    )


def integrity_of(value: Mapping[str, Any]) -> str:
    """Return `sha256-<base64>` of the JCS bytes (W3C Subresource Integrity)."""
    return "sha256-" + b64encode(sha256(canonicalize(value)).digest()).decode("ascii")


@lru_cache(maxsize=256)
def vct_of_schema(url: str) -> str | None:
    """Return the vct that a schema URL belongs to by our rule, None for a URL of another form."""
    match = _SCHEMA_URL.fullmatch(url)
    return f"{match[1]}/vct/{match[2]}/v{match[3]}" if match else None


def vct_of_slug(slug: str, *, base: str) -> str:
    """Return `<base>/vct/<slug>/v1`. Raises MalformedValueError if that is no type identifier."""
    vct = f"{base.rstrip('/')}/vct/{slug}/v1"
    if not _VCT.fullmatch(vct):
        raise MalformedValueError("a type identifier is <base>/vct/<slug>/v1 with an https base", vct=vct[:128])
    return vct


def type_id_of(vct: str) -> bytes:
    """Return keccak256 of a `vct` (32 bytes)."""
    return keccak_text(vct)
