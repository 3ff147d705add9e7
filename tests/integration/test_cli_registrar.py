"""`mapae did ... --registrar`: the same commands through a DIF registrar, on a whole system."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.system_support import System, development_system

pytestmark = [pytest.mark.chain, pytest.mark.slow]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with development_system(tmp_path_factory.mktemp("registrar") / "var") as running:
        yield running


@pytest.fixture(scope="module")
def demo(system: System) -> dict[str, Any]:
    said = system.mapae("demo", "--json")
    assert said.code == 0, said.err
    return said.json()


@pytest.fixture(scope="module")
def ministry(system: System, demo: dict[str, Any]) -> str:
    assert demo
    return system.mapae("schema", "show", "gate-pass", "--json").json()["owner"]


def done(system: System, *words: object) -> Any:
    said = system.mapae("did", *words, "--registrar", system.url, "--json")
    assert said.code == 0, said.err
    return said.json()


def test_a_dids_life_by_the_command_line(system: System, ministry: str) -> None:
    made = done(
        system,
        "create",
        *("--key", "run-1-phone", "--endorser", "ministry-endorser"),
        *("--endorsing-agency", ministry, "--method", "issue-1=run-1-issue-1"),
    )
    did = made["did"]
    assert [item["state"] for item in made["operations"]] == ["final"]
    assert system.mapae("did", "resolve", did, "--json").code == 0
    changed = done(system, "update", did, "--key", "run-1-phone", "--method", "issue-2=run-1-status-1")
    assert changed["version"] == 2
    document = system.mapae("did", "resolve", did, "--json").json()["didDocument"]
    assert document["assertionMethod"] == [f"{did}#issue-1", f"{did}#issue-2"]
    done(system, "deactivate", did, "--key", "run-1-phone", "--yes")
    assert system.mapae("did", "resolve", did, "--json").json()["didDocumentMetadata"]["deactivated"] is True


def test_a_phones_did_by_the_command_line(system: System, ministry: str) -> None:
    words = ("--phone", "run-1-phone", "--endorser", "ministry-endorser", "--guardian", ministry)
    did = done(system, "create-holder", *words)["did"]
    done(system, "deactivate", did, "--key", "ministry", "--guardian", ministry, "--yes")
    assert system.mapae("did", "resolve", did, "--json").json()["didDocumentMetadata"]["deactivated"] is True


def test_refusals_have_their_exit_codes(system: System, demo: dict[str, Any]) -> None:
    update = ("did", "update", demo["dids"]["active"], "--service", "web=LinkedDomains,https://x.example", "--json")
    wrong_key = system.mapae(*update, "--key", "ministry", "--registrar", system.url)
    assert wrong_key.code == 5
    assert "does not control" in json.loads(wrong_key.err)["error"]["detail"]
    nobody = system.mapae(*update, "--key", "run-1-controller", "--registrar", "http://127.0.0.1:1")
    assert nobody.code == 6
