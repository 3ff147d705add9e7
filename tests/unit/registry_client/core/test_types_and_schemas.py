"""Credential types as they are anchored, the contexts that are pinned, and what is checked of claims."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from registry_client import data
from registry_client.core.contexts import PINNED, require_pinned
from registry_client.core.credential_types import (
    SLUGS,
    CredentialType,
    integrity_of,
    type_id_of,
    vct_of_schema,
    vct_of_slug,
)
from registry_client.core.hashing import keccak256
from registry_client.core.schema import require_valid_claims, require_valid_document
from registry_client.data import pinned_context, shipped_type, shipped_types
from registry_client.errors import InvalidInputError, MalformedValueError, SchemaMismatchError
from tests.simulators.world import CLAIMS, World


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("base", ["https://mapae.invalid", "https://registry.example/a/b/"])
def test_shipped_types_survive_anchoring(slug, base):
    kind = shipped_type(slug, base=base)
    document = kind.to_document()
    assert CredentialType.from_document(document) == kind
    assert len(document) <= 8_192
    stem = base.rstrip("/")
    assert kind.vct == f"{stem}/vct/{slug}/v1"
    assert kind.schema_url == f"{stem}/schemas/{slug}/v1"
    assert kind.context_url == f"{stem}/contexts/{slug}/v1"
    assert vct_of_schema(kind.schema_url) == kind.vct
    assert kind.type_id == keccak256(kind.vct.encode()) == type_id_of(kind.vct)
    assert kind.schema["$id"] == kind.schema_url
    assert kind.metadata["vct"] == kind.vct
    assert "mapae.invalid" not in json.dumps([kind.schema, kind.context, kind.metadata]) or "mapae.invalid" in base


@pytest.mark.parametrize("kind", shipped_types(), ids=lambda kind: kind.name)
def test_every_claim_has_a_label_a_term_and_a_rule(kind):
    assert set(kind.claim_rules) == kind.claim_names
    for claim in kind.claim_names:
        assert any("가" <= letter <= "힣" for letter in kind.label(claim, "ko"))
        assert kind.label(claim, "en").isascii()
    described = {entry["path"][0] for entry in kind.metadata["claims"]}
    assert described == kind.claim_names
    terms = set(kind.context["@context"]) | {"name", "description"}  # the last two are credentials/v2's
    assert kind.claim_names <= terms
    assert kind.name in kind.context["@context"]
    assert kind.title("ko") != kind.title("en")


def test_unknown_labels_fall_back_to_names():
    kind = shipped_type("gate-pass")
    assert kind.label("other", "ko") == "other"
    assert kind.label("name", "fr") == "name"
    assert kind.title("fr") == kind.name


@pytest.mark.parametrize("url", PINNED)
def test_pinned_contexts_are_what_they_were(url):
    content = pinned_context(url)
    assert sha256(content).hexdigest() == PINNED[url][1]
    assert "@context" in json.loads(content)
    with pytest.raises(MalformedValueError, match="not the pinned"):
        require_pinned(url, content + b"\n")


def test_other_contexts_are_never_loaded():
    for load in (
        lambda: pinned_context("https://evil.invalid/v1"),
        lambda: require_pinned("https://evil.invalid", b""),
    ):
        with pytest.raises(MalformedValueError, match="none is fetched"):
            load()
    with pytest.raises(MalformedValueError):
        shipped_type("passport")


@pytest.mark.parametrize("base", ["http://a.invalid", "a.invalid", "https://a.invalid/?q", "", "https://a b"])
def test_bases_are_https(base):
    with pytest.raises(MalformedValueError):
        vct_of_slug("gate-pass", base=base)


@pytest.mark.parametrize(
    "url", ["https://a.invalid/schemas/x", "https://a.invalid/schema/x/v1", "http://a.invalid/schemas/x/v1", "x", ""]
)
def test_other_schema_urls_name_no_type(url):
    assert vct_of_schema(url) is None


def changed_document(**members):
    value = json.loads(shipped_type("gate-pass").to_document()) | members
    return json.dumps({name: member for name, member in value.items() if member != "gone"}).encode()


@pytest.mark.parametrize(
    "members",
    [
        {"schema": "gone"},
        {"extra": 1},
        {"type": 5},
        {"vct": "https://a.invalid/x"},
        {"vct": None},
        {"schema": []},
        {"metadata": None},
        {"context": "x"},
        {"context": None},
        {"contextDigest": "sha256-x"},
        {"contextDigest": None},
    ],
    ids=str,
)
def test_malformed_schema_documents_are_refused(members):
    with pytest.raises(InvalidInputError):
        CredentialType.from_document(changed_document(**members))


def test_documents_are_bounded():
    kind = replace(shipped_type("gate-pass"), metadata={"note": "x" * 9_000})
    with pytest.raises(MalformedValueError, match="8192"):
        kind.to_document()


def test_a_type_without_a_context_is_a_type():
    kind = replace(shipped_type("gate-pass"), context=None)
    assert CredentialType.from_document(kind.to_document()) == kind


def test_integrity_is_subresource_integrity():
    assert integrity_of({"b": 1, "a": 2}) == integrity_of({"a": 2, "b": 1})
    assert integrity_of({}) == "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="


def test_claims_are_validated_in_full_before_signing():
    kind = shipped_type("civil-servant")
    require_valid_claims(CLAIMS, kind)
    for change in (
        {"name": ""},
        {"institutionCode": "1741000\n"},
        {"institutionCode": 1_741_000},
        {"photoDigest": "sha256-short"},
        {"validFrom": "2026-1-1"},
        {"position": "9001011234567"},
        {"unknown": "x"},
    ):
        with pytest.raises(SchemaMismatchError):
            require_valid_claims(CLAIMS | change, kind)
    with pytest.raises(SchemaMismatchError, match="are missing"):
        require_valid_claims({"name": "김"}, kind)


def test_documents_are_validated_in_full_before_signing():
    world = World()
    require_valid_document(world.document(), world.organisation_type)
    for subject in ({"name": "a"}, {"name": "a", "institutionCode": "1"}, "did:a:b"):
        with pytest.raises(SchemaMismatchError):
            require_valid_document(world.document() | {"credentialSubject": subject}, world.organisation_type)
    person = {"credentialSubject": {"id": "did:a:b", **CLAIMS}}
    require_valid_document(person, shipped_type("civil-servant"))
    with pytest.raises(SchemaMismatchError, match="one object"):
        require_valid_document({"credentialSubject": []}, shipped_type("civil-servant"))


def test_a_schema_that_cannot_be_used_says_so():
    kind = shipped_type("gate-pass")
    for schema in ({"type": "no such type"}, {"$ref": "https://evil.invalid/schema"}, {"$ref": "file:///etc/passwd"}):
        with pytest.raises(MalformedValueError):
            require_valid_claims({}, replace(kind, schema=schema))


def test_missing_fastjsonschema_says_what_to_install(monkeypatch):
    import sys

    from registry_client.core import schema
    from registry_client.errors import ConfigurationError

    monkeypatch.setitem(sys.modules, "fastjsonschema", None)
    schema._compile.cache_clear()
    with pytest.raises(ConfigurationError, match="pip install"):
        require_valid_claims(CLAIMS, shipped_type("civil-servant"))
    assert data.PLACEHOLDER_BASE == "https://mapae.invalid"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": None}, "name: is missing"),
        ({"name": None, "validUntil": None}, "name, validUntil: are missing"),
        ({"institutionCode": "12"}, "institutionCode: does not match ^[0-9]{7}$"),
        ({"rank": "x", "age": "y"}, "age, rank: the type has no such claim"),
        ({"name": 5}, "name: must be of JSON type string"),
        ({"name": ""}, "name: is shorter than 1 characters"),
        ({"name": "x" * 65}, "name: is longer than 64 characters"),
        ({"name": "900101-1234567"}, "name: must not contain [0-9]{6}-?[1-8][0-9]{6}"),
    ],
)
def test_a_refusal_names_the_claim_and_the_rule_and_not_the_value(change, says):
    good = {
        "name": "김마패",
        "institutionCode": "6110000",
        "institutionName": "서울특별시",
        "staffNumber": "S-1",
        "validFrom": "2026-01-01",
        "validUntil": "2027-12-31",
    }
    kind = shipped_type("civil-servant")
    require_valid_claims(good, kind)
    bad = {name: value for name, value in {**good, **change}.items() if value is not None}
    with pytest.raises(SchemaMismatchError) as caught:
        require_valid_claims(bad, kind)
    assert caught.value.detail.startswith(f"CivilServantCredential: {says}")
    assert "1234567" not in caught.value.detail
