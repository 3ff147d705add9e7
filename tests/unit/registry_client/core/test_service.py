"""Service documents and records."""

import json

import pytest

from registry_client.core.service import CLAIMS_MAX, parse_service, require_code, surplus_of
from registry_client.errors import InvalidInputError, MalformedValueError

GOOD = {
    "type": "https://a.invalid/vct/x/v1",
    "claims": ["name", "photoDigest"],
    "purpose": {"ko": "출입", "en": "Entry"},
}


def test_a_service_reads_back():
    service = parse_service(json.dumps(GOOD).encode())
    assert service.claims == {"name", "photoDigest"}
    assert (service.purpose_ko, service.purpose_en) == ("출입", "Entry")
    assert surplus_of(service, ["name", "staffNumber", "address"]) == ["address", "staffNumber"]
    assert surplus_of(service, []) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": 5},
        {"claims": []},
        {"claims": "name"},
        {"claims": [1]},
        {"claims": [str(number) for number in range(CLAIMS_MAX + 1)]},
        {"purpose": "Entry"},
        {"purpose": {"en": "Entry"}},
        {"purpose": {"ko": 1, "en": "Entry"}},
    ],
    ids=lambda change: str(change)[:40],
)
def test_malformed_services_are_refused(change):
    with pytest.raises(MalformedValueError):
        parse_service(json.dumps(GOOD | change).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b'{"type":1,"type":2}', b"x" * 9_000])
def test_what_is_no_document(data):
    with pytest.raises(InvalidInputError):
        parse_service(data)


@pytest.mark.parametrize("code", ["", "gate", "GATE_1", "G" * 33, "가", None, 5, "GATE-01\n"])
def test_codes_are_strict(code):
    with pytest.raises(MalformedValueError):
        require_code(code)
    assert require_code("GATE-01") == "GATE-01"
