"""Checking a credential against its type's anchored schema.

- At issue time always in full, by fastjsonschema (extra `cli`); nothing is signed that the schema refuses.
- At verify time by what cannot be made slow: names, JSON types, lengths. A schema is the type owner's text, and its
  patterns are never run on a verifier.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from registry_client.core.canonical import canonicalize
from registry_client.core.contexts import PINNED
from registry_client.core.credential import Credential
from registry_client.core.credential_types import CredentialType
from registry_client.core.strict_json import parse_object
from registry_client.errors import ConfigurationError, MalformedValueError, SchemaMismatchError


def verify_schema(credential: Credential, kind: CredentialType) -> None:
    """Verify that a credential is of the anchored type: identifier, names, digest, claims. Raises SchemaMismatchError.

    What was not disclosed cannot be missed, so `required` is the issuer's business.
    """
    _check_description(credential, kind)
    verify_claims(credential.claims, kind)


def _check_description(credential: Credential, kind: CredentialType) -> None:
    """Check what a credential says about its type; the same for every credential made alike."""
    if credential.vct != kind.vct:
        raise SchemaMismatchError("the anchored schema is another type's", vct=credential.vct, anchored=kind.vct)
    expected = kind.metadata_integrity if not credential.type_names else kind.schema_integrity
    if credential.integrity is not None and credential.integrity != expected:
        raise SchemaMismatchError("the credential was made for other bytes of the schema", digest=credential.integrity)
    if credential.type_names and kind.name not in credential.type_names:
        raise SchemaMismatchError(f"the credential does not say that it is a {kind.name}", types=credential.type_names)
    if credential.contexts:
        _check_contexts(credential.contexts, kind)


def verify_claims(claims: Mapping[str, Any], kind: CredentialType) -> None:
    """Verify that each claim is one of the type's, of its JSON type and within its length.

    Raises SchemaMismatchError.
    """
    rules = kind.claim_rules
    for name, value in claims.items():
        rule = rules.get(name)
        if rule is None:
            raise SchemaMismatchError("the type has no such claim", claim=name[:64])
        if rule.kinds is not None and type(value) not in rule.kinds:
            raise SchemaMismatchError(f"the claim {name} is not of the registered JSON type", claim=name)
        if type(value) is str and len(value) > rule.max_length:
            raise SchemaMismatchError(f"the claim {name} is longer than {rule.max_length} characters", claim=name)


def _check_contexts(contexts: tuple[str, ...], kind: CredentialType) -> None:
    if kind.context is not None and kind.context_url not in contexts:
        raise SchemaMismatchError("the credential does not use the type's context", context=kind.context_url)
    for url in contexts:
        if url not in PINNED and url != kind.context_url:
            raise SchemaMismatchError("a context is neither pinned nor the type's", context=url[:256])


def require_valid_claims(claims: Mapping[str, Any], kind: CredentialType) -> None:
    """Validate claims in full before they are signed. Raises SchemaMismatchError, ConfigurationError."""
    _run(_compile(canonicalize(kind.subject_schema)), dict(claims), kind)


def require_valid_document(document: Mapping[str, Any], kind: CredentialType) -> None:
    """Validate an unsigned VCDM credential in full. Raises SchemaMismatchError, ConfigurationError."""
    if kind.describes_document:
        _run(_compile(canonicalize(kind.schema)), dict(document), kind)
    else:
        subject = document.get("credentialSubject")
        if not isinstance(subject, Mapping):
            raise SchemaMismatchError(f"{kind.name}: credentialSubject is one object")
        require_valid_claims({name: value for name, value in subject.items() if name != "id"}, kind)


def _run(validate: Any, value: dict[str, Any], kind: CredentialType) -> None:
    from fastjsonschema import JsonSchemaValueException

    try:
        validate(value)
    except JsonSchemaValueException as error:
        claim, reason = _told(error)
        raise SchemaMismatchError(f"{kind.name}: {claim}: {reason}", claim=claim, rule=str(error.rule)) from None


def _told(error: Any) -> tuple[str, str]:
    """Return the claim that breaks the schema and what is wrong with it; the claim's value is never repeated."""
    path = [str(step) for step in error.path[1:]]
    rule, definition = str(error.rule), error.rule_definition
    if rule == "required" and isinstance(error.value, Mapping):
        missing = [name for name in definition if name not in error.value]
        return ", ".join(".".join([*path, name]) for name in missing), "is missing" if len(
            missing
        ) == 1 else "are missing"
    if rule == "additionalProperties" and isinstance(error.value, Mapping):
        known = error.definition.get("properties", {})
        surplus = sorted(str(name)[:64] for name in error.value if name not in known)
        return ", ".join(".".join([*path, name]) for name in surplus[:8]), "the type has no such claim"
    if rule == "not" and isinstance(definition, Mapping) and "pattern" in definition:
        return ".".join(path), f"must not contain {definition['pattern']}, which looks like a resident number"
    reason = {
        "pattern": f"does not match {definition}",
        "type": f"must be of JSON type {definition}",
        "minLength": f"is shorter than {definition} characters",
        "maxLength": f"is longer than {definition} characters",
        "enum": f"must be one of {definition}",
        "const": f"must be {definition!r}",
        "format": f"is not a {definition}",
    }.get(rule, f"breaks the rule {rule}")
    return ".".join(path) or "the credential", reason


@lru_cache(maxsize=64)
def _compile(schema: bytes) -> Any:
    try:
        import fastjsonschema
    except ImportError:
        raise ConfigurationError("issuing needs fastjsonschema: pip install 'mapae[cli]'") from None
    try:
        return fastjsonschema.compile(parse_object(schema), handlers=dict.fromkeys(("http", "https", "file"), _refuse))
    except fastjsonschema.JsonSchemaDefinitionException as error:
        raise MalformedValueError(f"the schema cannot be used: {error}") from None


def _refuse(url: str) -> NoReturn:
    raise MalformedValueError("a schema must not refer to another document", url=url[:256])
