"""The shape of VCDM 2.0 documents: what the data model demands and implementations miss."""

import pytest

from registry_client.core.formats.vcdm import check_credential, require_url
from registry_client.errors import InvalidInputError, MalformedValueError, VerificationError
from tests.simulators.world import World

BASE = World().document()
DIGEST = {"digestSRI": "sha256-" + "A" * 43 + "="}


class _Null:
    """Stands for JSON null, and looks the same in every test worker; None here takes a member away."""

    def __repr__(self):
        return "null"


NULL = _Null()


def with_members(**members):
    given = {name: value for name, value in (BASE | members).items() if value is not None}
    return {name: None if value is NULL else value for name, value in given.items()}


def test_a_whole_credential_passes():
    shape = check_credential(BASE)
    assert shape.issuer == BASE["issuer"]
    assert shape.types == ("VerifiableCredential", "OrganisationCredential")


@pytest.mark.parametrize(
    "members",
    [
        {"issuer": {"id": BASE["issuer"], "name": "기관"}},
        {"credentialSubject": [BASE["credentialSubject"]]},
        {"credentialSubject": {"name": "no id"}},
        {"name": "plain"},
        {"name": {"@value": "이름", "@language": "ko", "@direction": "ltr"}},
        {"description": [{"@value": "설명", "@language": "ko"}, {"@value": "text", "@language": "en"}]},
        {"validFrom": None, "validUntil": None},
        {"validFrom": "2026-01-01T09:00:00+09:00"},
        {"validFrom": "2026-01-01T00:00:00.123Z"},
        {"relatedResource": [{"id": "https://a.invalid/x"} | DIGEST]},
        {"evidence": [{"type": ["Evidence"]}]},
        {"id": None},
    ],
    ids=lambda members: str(members)[:50],
)
def test_what_the_model_allows(members):
    assert check_credential(with_members(**members)).issuer == BASE["issuer"]


@pytest.mark.parametrize(
    "members",
    [
        {"adminOverride": True},
        {"vc": {}},
        {"@context": None},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": [BASE["@context"][1], BASE["@context"][0]]},
        {"@context": [*BASE["@context"], {"name": "https://evil.invalid/"}]},
        {"@context": [*BASE["@context"], BASE["@context"][0]]},
        {"@context": BASE["@context"] * 20},
        {"type": None},
        {"type": "OrganisationCredential"},
        {"type": ["VerifiableCredential", "VerifiableCredential"]},
        {"type": ["VerifiableCredential", 5]},
        {"type": {"VerifiableCredential": 1}},
        {"issuer": None},
        {"issuer": 5},
        {"issuer": {"name": "x"}},
        {"issuer": "agency"},
        {"issuer": "did:mapae"},
        {"id": "no scheme"},
        {"id": ["urn:uuid:1", "urn:uuid:2"]},
        {"id": "https://a.invalid/with space"},
        {"credentialSubject": None},
        {"credentialSubject": {}},
        {"credentialSubject": []},
        {"credentialSubject": "did:key:z"},
        {"credentialSubject": [{"id": "did:a:b"}, {"id": "did:a:c"}]},
        {"credentialSubject": {"id": "no url"}},
        {"credentialSchema": {"id": "https://a.invalid/s"}},
        {"credentialSchema": {"type": "JsonSchema"}},
        {"credentialSchema": {"id": "s", "type": "JsonSchema"}},
        {"credentialSchema": ["https://a.invalid/s"]},
        {"credentialStatus": {"id": "urn:a:b"}},
        {"refreshService": {"id": "https://a.invalid"}},
        {"termsOfUse": [{}]},
        {"evidence": "paper"},
        {"renderMethod": {"id": "https://a.invalid"}},
        {"renderMethod": {"id": "no url", "type": "T"}},
        {"confidenceMethod": {"id": "https://a.invalid"}},
        {"evidence": {"id": 5, "type": "E"}},
        {"termsOfUse": {"id": "no url", "type": "T"}},
        {"credentialSchema": NULL},
        {"credentialStatus": NULL},
        {"relatedResource": NULL},
        {"validUntil": NULL},
        {"name": NULL},
        {"evidence": [{"type": "E"}] * 20},
        {"validFrom": "2026-01-01"},
        {"validFrom": "2026-01-01T00:00:00"},
        {"validFrom": "2026-02-30T00:00:00Z"},
        {"validFrom": 5},
        {"validUntil": "2001-01-01T00:00:00Z"},
        {"name": 5},
        {"name": {"@value": "x", "lang": "ko"}},
        {"description": {"@language": "ko"}},
        {"relatedResource": ["https://a.invalid/x"]},
        {"relatedResource": [{"id": "https://a.invalid/x"}]},
        {"relatedResource": [{"id": "https://a.invalid/x"} | DIGEST] * 2},
    ],
    ids=lambda members: str(members)[:60],
)
def test_what_the_model_refuses(members):
    with pytest.raises((InvalidInputError, VerificationError)):
        check_credential(with_members(**members))


@pytest.mark.parametrize("value", ["https://a.invalid/x", "urn:uuid:0b1f", "did:web:a.invalid%3A80:b", "did:a:b"])
def test_urls_pass(value):
    assert require_url(value, "id") == value


@pytest.mark.parametrize("value", ["", "a", ":x", "1a:b", "did:a", "did:A:b", "a:b c", "a:b\n", "https:", "x" * 3000])
def test_what_is_no_url(value):
    with pytest.raises(MalformedValueError):
        require_url(value, "id")
