"""The walk-through on a real system, twice: every verdict as expected, and what it prints works as printed."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from registry_client.cli.text import cells
from tests.integration.system_support import System, development_system

pytestmark = [pytest.mark.chain, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
VERDICTS = 16


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with development_system(tmp_path_factory.mktemp("story") / "var") as running:
        yield running


@pytest.fixture(scope="module")
def stories(system: System) -> list[str]:
    return [_tell(system), _tell(system, "--lang", "ko")]


def _tell(system: System, *options: str) -> str:
    command = [sys.executable, "-m", "registry_client.walkthrough", "--profile", str(system.profile_path), *options]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(system.home), "COLUMNS": "80"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _next_command(story: str) -> list[str]:
    return shlex.split(_next_line(story).replace("\\\n", ""))


def _next_line(story: str) -> str:
    """What follows the last `next: `, folded as it was printed."""
    return re.split(r"^(?:next|다음): ", story.rstrip(), flags=re.MULTILINE)[-1]


def test_every_verdict_is_the_expected_one(stories: list[str]) -> None:
    assert f"{VERDICTS} verdicts, 0 not as expected" in stories[0]
    assert f"판정 {VERDICTS}건, 예상과 다른 것 0건" in stories[1]


def test_every_type_of_ours_can_be_issued_after_it(system: System, stories: list[str]) -> None:
    """The story does not need the type of organisations; whoever goes on from it does."""
    assert stories
    for name in ("civil-servant", "gate-pass", "organisation"):
        schema = system.mapae("schema", "show", name, "--json")
        assert schema.code == 0, schema.err
        path = system.mapae("accreditation", "show", schema.json()["owner"], "--json").json()
        assert {grant["may_accredit"] for grant in path["grants"]} == {True}
        assert len(path["grants"]) == 3


def test_the_story_is_told_in_both_languages_and_in_80_columns(stories: list[str]) -> None:
    assert "The phone is lost" in stories[0]
    assert "휴대전화 분실" in stories[0]
    assert "The phone is lost" not in stories[1]
    for story in stories:
        lines = story.splitlines()
        assert all(cells(line) <= 80 for line in lines if not line.startswith("  did:"))


def test_every_step_of_the_accepted_presentation_is_shown(stories: list[str]) -> None:
    names = ["bounds", "format", "issuer", "signature", "validity", "accreditation", "status", "holder", "purpose"]
    assert all(f"ok  {name}: " in stories[0] for name in names)


def test_each_rejection_names_its_reason(stories: list[str]) -> None:
    story = " ".join(stories[0].split())
    for reason in (
        "holder: signed by another key than the credential is bound to",
        "does not allow to ask for staffNumber",
        "status: the credential is suspended",
        "status: the credential is revoked",
        "holder: the holder's DID is deactivated",
        "issuer: the issuer's DID had no such key when the credential was signed",
        "issuer: the signing key is marked compromised",
        "accreditation: an accreditation in the path was not in force then",
        "answers 410",
    ):
        assert reason in story, reason


def test_the_auditors_timeline_tells_it_all_in_order(stories: list[str]) -> None:
    timeline = " ".join(stories[0][stories[0].index("The auditor reads") :].split())
    steps = [
        "the council admitted the Ministry of the Interior",
        "the Ministry of the Interior admitted the city (run 1)",
        "registered CivilServantCredential",
        "the Sejong gate (run 1) may ask under service code GATE-SEJONG-1",
        "the officer's phone, a holder's DID, was created",
        "anchored 2 issued credential(s) as batch 1",
        "suspended: 1 credential(s), by the 24-hour desk",
        "lifted: 1 credential(s), by the 24-hour desk",
        "revoked: 1 credential(s), by the 24-hour desk",
        "the officer's phone was deactivated by the city (run 1)",
        "changed its document: version 2",
        "was marked compromised",
        "the accreditation of the city (run 1) for CivilServantGatePass ended",
    ]
    places = [timeline.index(step) for step in steps]
    assert places == sorted(places)


def test_next_works_as_printed(stories: list[str], system: System) -> None:
    command = _next_command(stories[1])
    assert command[0].endswith("mapae")
    assert command[1:3] == ["did", "resolve"]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(system.home), "COLUMNS": "80"}
    line = _next_line(stories[1])
    said = subprocess.run(line, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert command[3] in said.stdout


def test_a_second_run_makes_new_ones_and_the_old_still_resolve(stories: list[str], system: System) -> None:
    first, second = (_next_command(story)[3] for story in stories)
    assert first != second
    assert "Done in an earlier run" not in stories[0]
    assert "지난 실행에서 마쳤고" in stories[1]
    for did in (first, second):
        assert httpx.get(f"{system.url}/1.0/identifiers/{did}", trust_env=False).status_code == 200


def test_keys_are_encrypted_private_and_labelled(stories: list[str], system: System) -> None:
    assert stories
    files = sorted((system.home / "demo" / "keys").glob("*.p12"))
    assert {"ministry.p12", "run-1-controller.p12", "run-2-phone-2.p12"} <= {path.name for path in files}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    said = system.mapae("key", "list", "--json")
    assert {key["purpose"] for key in said.json()} == {"development only", "development council member"}
