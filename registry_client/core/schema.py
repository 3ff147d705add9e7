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
    if credential.vct != kind.vct:
        raise SchemaMismatchError("the anchored schema is another type's", vct=credential.vct, anchored=kind.vct)
    expected = kind.metadata_integrity if not credential.type_names else kind.schema_integrity
    if credential.integrity is not None and credential.integrity != expected:
        raise SchemaMismatchError("the credential was made for other bytes of the schema", digest=credential.integrity)
    if credential.type_names and kind.name not in credential.type_names:
        raise SchemaMismatchError(f"the credential does not say that it is a {kind.name}", types=credential.type_names)
    if credential.contexts:
        _check_contexts(credential.contexts, kind)
    rules = kind.claim_rules
    for name, value in credential.claims.items():
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
        where = ".".join(str(step) for step in error.path[1:])
        raise SchemaMismatchError(
            f"{kind.name}: {where or 'the credential'} breaks the rule {error.rule}", claim=where, rule=str(error.rule)
        ) from None


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
