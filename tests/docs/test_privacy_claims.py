"""What docs/privacy.md promises about the ledger's shape: free text has no place on the path of a person (E15)."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from node.api.app import make_api
from registry_client.core.operation import OPERATIONS

ORGANISATIONS_SPEAK = {
    ("CreateOrganisation", "document"),
    ("UpdateDocument", "document"),
    ("TransferControl", "document"),
    ("RegisterSchema", "vct"),
    ("RegisterSchema", "document"),
    ("SetService", "document"),
    ("Vote", "arguments"),
    ("ExecuteProposal", "arguments"),
}
"""Operations with a field of free length: documents of organisations, types and services, and the council's acts."""
EVENTS_SPEAK = {
    ("OrganisationCreated", "document"),
    ("DocumentUpdated", "document"),
    ("ControlTransferred", "document"),
    ("SchemaRegistered", "vct"),
    ("SchemaRegistered", "document"),
    ("ServiceSet", "document"),
    ("ProposalOpened", "arguments"),
    ("OperationSkipped", "reason"),
}
"""Events with one. `reason` is a contract's own error, whose arguments have fixed sizes."""
FREE = {"bytes", "string"}
RESIDENT_NUMBER = "900101-1234567"


def contract_events() -> Iterator[dict[str, Any]]:
    for file in resources.files("registry_client").joinpath("abi").iterdir():
        if file.name.endswith(".json"):
            yield from (entry for entry in json.loads(file.read_text()) if entry["type"] == "event")


def test_only_organisations_send_bytes_of_free_length() -> None:
    found = {(kind, name) for kind, op in OPERATIONS.items() for type_name, name in op.fields if type_name in FREE}
    assert found == ORGANISATIONS_SPEAK


def test_only_their_events_keep_bytes_of_free_length() -> None:
    events = list(contract_events())
    assert {event["name"] for event in events} >= {"HolderCreated", "StatusChanged", "IssuanceAnchored"}
    found = {(event["name"], item["name"]) for event in events for item in event["inputs"] if item["type"] in FREE}
    assert found == EVENTS_SPEAK


def test_errors_carry_values_of_fixed_size() -> None:
    for file in resources.files("registry_client").joinpath("abi").iterdir():
        if file.name.endswith(".json"):
            errors = [entry for entry in json.loads(file.read_text()) if entry["type"] == "error"]
            free = [(e["name"], i["name"]) for e in errors for i in e["inputs"] if i["type"] in FREE]
            # StringTooLong is the constructor's: it speaks of the network's name.
            assert [pair for pair in free if pair[0] != "StringTooLong"] == []


@pytest.mark.parametrize("slug", ["civil-servant", "gate-pass"])
def test_no_claim_of_a_person_takes_a_resident_number(slug: str) -> None:
    schema = json.loads(resources.files("registry_client").joinpath(f"data/types/{slug}/schema.json").read_text())
    assert schema["additionalProperties"] is False
    for name, rule in schema["properties"].items():
        allowed = re.search(rule["pattern"], RESIDENT_NUMBER) if "pattern" in rule else True
        refused = "not" in rule and re.search(rule["not"]["pattern"], RESIDENT_NUMBER)
        assert refused or not allowed, f"{slug}: {name} would take a resident registration number"


def test_status_is_served_as_whole_lists_only() -> None:
    paths = make_api(None).openapi()["paths"]
    assert "/v1/status-lists/{list_id}" in paths
    names = {
        parameter["name"] for path in paths.values() for way in path.values() for parameter in way.get("parameters", [])
    }
    assert not names & {"index", "credential", "credential_id", "holder"}
