"""DID Resolution v1 over a simulated ledger: options, errors, metadata, dereferencing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.adapters.signer_local import generate_signer
from registry_client.core.assurance import Assurance
from registry_client.errors import (
    DereferencingError,
    DidNotFoundError,
    FeatureNotSupportedError,
    InvalidDidDocumentError,
    InvalidDidError,
    InvalidDidUrlError,
    InvalidOptionsError,
    LedgerUnavailableError,
    MethodNotSupportedError,
)
from registry_client.flows import run
from registry_client.resolver import dereference, document_metadata, resolution_result, resolve
from tests.simulators.ledger import NoTransport, SimulatedLedger, method

KEY, NEXT = generate_signer(), generate_signer()
W3C = "https://www.w3.org/ns/did#"


@pytest.fixture
def ledger():
    return SimulatedLedger(start=1_790_000_000)


@pytest.fixture
def agency(ledger):
    did = ledger.organisation("agency", [method("issue-1", KEY)])
    ledger.advance(100)
    ledger.update(did, [method("issue-2", NEXT)])
    ledger.advance(100)
    return did


def ask(flow):
    return run(flow, NoTransport())


def test_the_latest_version(ledger, agency):
    found = ask(resolve(ledger, agency))
    assert found.document["verificationMethod"][0]["id"] == f"{agency}#issue-2"
    assert found.checked.key_for(f"{agency}#issue-2", "assertionMethod") == NEXT.public_key
    metadata = found.document_metadata
    assert metadata["versionId"] == "2"
    assert metadata["updated"] == "2026-09-21T14:15:00Z"
    assert not {"nextVersionId", "nextUpdate", "deactivated"} & metadata.keys()
    assert found.resolution_metadata["contentType"] == "application/did"
    assert found.resolution_metadata["assurance"] == "own_ledger"
    assert found.assurance is Assurance.OWN_LEDGER
    assert not found.after_head
    assert found.to_json()["didDocument"] == found.document


def test_an_older_version_by_number_and_by_time(ledger, agency):
    for options in (
        {"version_id": "1"},
        {"version_time": "2026-09-21T14:14:59Z"},
        {"version_time": "2026-09-21T23:14:59+09:00"},
    ):
        metadata = ask(resolve(ledger, agency, **options)).document_metadata
        assert metadata["versionId"] == "1"
        assert metadata["nextVersionId"] == "2"
        assert metadata["nextUpdate"] == "2026-09-21T14:15:00Z"
        assert "updated" not in metadata


def test_a_time_after_the_head_gives_the_latest_and_says_so(ledger, agency):
    found = ask(resolve(ledger, agency, version_time="2030-01-01T00:00:00Z"))
    assert found.after_head
    assert found.document_metadata["versionId"] == "2"


def test_a_deactivated_did_has_no_document_and_is_no_error(ledger, agency):
    ledger.deactivate(agency)
    found = ask(resolve(ledger, agency))
    assert found.is_deactivated
    assert found.document is None
    assert found.document_metadata["deactivated"] is True
    assert "error" not in ask(resolution_result(ledger, agency))["didResolutionMetadata"]
    assert ask(resolve(ledger, agency, version_id="1")).document["id"] == agency


def test_what_is_coming_is_in_the_metadata(ledger, agency):
    with ledger.pending():
        ledger.deactivate(agency)
    found = ask(resolve(ledger, agency))
    assert found.document is not None
    assert found.document_metadata["pending"] == "deactivation"


def test_holders_name_their_guardian(ledger, agency):
    holder = ledger.holder(KEY.public_key, guardian=ledger.id_of(agency))
    found = ask(resolve(ledger, holder))
    assert found.document["authentication"] == [f"{holder}#key-1"]
    assert found.document_metadata["guardian"] == agency


def test_dids_that_carry_their_key_need_no_ledger(ledger):
    ledger.dark = True
    did = f"did:key:{KEY.public_key.to_multikey()}"
    found = ask(resolve(ledger, did))
    assert found.document["id"] == did
    assert found.document_metadata == {}
    assert found.assurance is Assurance.PROVEN
    with pytest.raises(FeatureNotSupportedError):
        ask(resolve(ledger, did, version_id="1"))


OTHER = "did:mapae:other-net:32KPmJ7A6RhRVizuB4EqFUfVsC2a"
NOBODY = "did:mapae:test-1:32KPmJ7A6RhRVizuB4EqFUfVsC2a"


@pytest.mark.parametrize(
    ("did", "options", "error", "code"),
    [
        ("x", {}, InvalidDidError, "INVALID_DID"),
        ("did:mapae:test-1:0", {}, InvalidDidError, "INVALID_DID"),
        ("did:web:a.example", {}, MethodNotSupportedError, "METHOD_NOT_SUPPORTED"),
        ("did:web:a.example", {"version_id": "x"}, MethodNotSupportedError, "METHOD_NOT_SUPPORTED"),
        (NOBODY, {"version_id": "0"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_id": "01"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_id": "-1"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_id": "４"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_id": "9" * 10}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_time": "yesterday"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_time": "2026-01-01T00:00:00"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {"version_id": "1", "version_time": "2026-01-01T00:00:00Z"}, InvalidOptionsError, "INVALID_OPTIONS"),
        (NOBODY, {}, DidNotFoundError, "NOT_FOUND"),
        (NOBODY, {"version_id": "7"}, DidNotFoundError, "NOT_FOUND"),
        (OTHER, {}, DidNotFoundError, "NOT_FOUND"),
    ],
)  # fmt: skip
def test_errors_and_their_codes(ledger, did, options, error, code):
    with pytest.raises(error):
        ask(resolve(ledger, did, **options))
    result = ask(resolution_result(ledger, did, **options))
    assert result["didDocument"] is None
    assert result["didDocumentMetadata"] == {}
    problem = result["didResolutionMetadata"]["error"]
    assert problem["type"] == W3C + code
    assert problem["title"]
    assert problem["detail"]


def test_before_the_first_version_there_is_nothing(ledger, agency):
    with pytest.raises(DidNotFoundError, match="did not exist"):
        ask(resolve(ledger, agency, version_time="2026-09-21T14:13:19Z"))


def test_an_invalid_document_is_never_replaced_by_the_one_before(ledger, agency):
    ledger.raw_document(agency, b'{"id":"somebody else"}')
    with pytest.raises(InvalidDidDocumentError):
        ask(resolve(ledger, agency))
    error = ask(resolution_result(ledger, agency))["didResolutionMetadata"]["error"]
    assert error["type"] == W3C + "INVALID_DID_DOCUMENT"
    assert ask(resolve(ledger, agency, version_id="2")).document["id"] == agency


def test_a_dark_ledger_is_an_internal_error_and_never_not_found(ledger, agency):
    ledger.dark = True
    with pytest.raises(LedgerUnavailableError):
        ask(resolve(ledger, agency))
    error = ask(resolution_result(ledger, agency))["didResolutionMetadata"]["error"]
    assert error["type"] == W3C + "INTERNAL_ERROR"
    assert "dark" in error["detail"]


def test_dereferencing(ledger, agency):
    found = ask(dereference(ledger, f"{agency}#issue-2"))
    assert found.content["publicKeyJwk"] == NEXT.public_key.to_jwk()
    assert found.content["@context"] == found.resolution.document["@context"]
    assert found.to_json()["contentStream"]["id"] == f"{agency}#issue-2"
    old = ask(dereference(ledger, f"{agency}?versionId=1#issue-1"))
    assert old.content["publicKeyJwk"] == KEY.public_key.to_jwk()
    assert ask(dereference(ledger, agency)).content["id"] == agency


@pytest.mark.parametrize(
    ("suffix", "error"),
    [
        ("#issue-9", DereferencingError), ("#", DereferencingError), ("/path", FeatureNotSupportedError),
        ("?service=web", DereferencingError),
        ("?hl=z", FeatureNotSupportedError),
        ("?color=red", FeatureNotSupportedError),
        ("?relativeRef=a", InvalidDidUrlError),
        ("?versionId=1&versionId=2#issue-1", InvalidDidUrlError),
        ("?versionId=x#issue-1", InvalidOptionsError), ("# ", InvalidDidUrlError),
    ],
)  # fmt: skip
def test_dereferencing_refuses(ledger, agency, suffix, error):
    with pytest.raises(error):
        ask(dereference(ledger, agency + suffix))


def test_a_deactivated_did_has_nothing_to_look_into(ledger, agency):
    ledger.deactivate(agency)
    with pytest.raises(DereferencingError, match="deactivated"):
        ask(dereference(ledger, f"{agency}#issue-2"))


def test_large_numbers_are_strings_in_metadata(ledger, agency):
    from dataclasses import replace

    version = ask(resolve(ledger, agency)).version
    assert document_metadata(replace(version, block_number=2**32 - 1), "test-1")["blockNumber"] == 2**32 - 1
    assert document_metadata(replace(version, block_number=2**32), "test-1")["blockNumber"] == str(2**32)


@given(st.text(max_size=60) | st.just(NOBODY), st.none() | st.text(max_size=12), st.none() | st.text(max_size=25))
@settings(max_examples=300)
def test_the_result_object_never_raises(did, version_id, version_time):
    result = ask(resolution_result(SimulatedLedger(), did, version_id=version_id, version_time=version_time))
    assert result["didResolutionMetadata"]["error"]["type"].startswith(W3C)
