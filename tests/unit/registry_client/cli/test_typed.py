"""What is printed as a command works as it is printed."""

import subprocess
import sys
from pathlib import Path

import pytest

from registry_client.cli import settings, typed
from registry_client.cli.main import main


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """An environment below the working directory that is not on the PATH."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("mapae", "mapae-node"):
        (programs / name).write_text("#!/bin/sh\necho $0 $@\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    yield programs
    settings.use(settings.Settings())


def test_a_command_off_the_path_is_told_by_its_path_and_runs_as_printed(venv):
    line = typed.as_typed("mapae did resolve did:mapae:dev-1a2b3c:2hPm")
    assert line == ".venv/bin/mapae did resolve did:mapae:dev-1a2b3c:2hPm"
    said = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert said.stdout.split()[1:] == ["did", "resolve", "did:mapae:dev-1a2b3c:2hPm"]


def test_on_the_path_the_plain_name_is_told_but_never_for_another_mapae(venv, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{venv}:/usr/bin:/bin")
    assert typed.as_typed("see `mapae key list`, `mapae-node tokens create`") == (
        "see `mapae key list`, `mapae-node tokens create`"
    )
    other = tmp_path / "other"
    other.mkdir()
    (other / "mapae").write_text("#!/bin/sh\n")
    (other / "mapae").chmod(0o755)
    monkeypatch.setenv("PATH", f"{other}:{venv}:/usr/bin:/bin")
    assert typed.as_typed("`mapae key list`") == "`.venv/bin/mapae key list`"


def test_from_elsewhere_the_whole_path_is_told_and_quoted(venv, monkeypatch, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert typed.as_typed("mapae-node tokens list") == f"{venv}/mapae-node tokens list"


@pytest.mark.parametrize("text", ["did:mapae:net:abc is no DID", "/opt/mapae data", "mapae: not here", "of mapae"])
def test_what_is_no_command_stays_as_it_is(venv, text):
    assert typed.as_typed(text) == text


def test_hints_of_errors_and_next_steps_are_typed(venv, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("MAPAE_PROFILE", "MAPAE_NODE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["key", "list", "--lang", "en"]) == 2
    assert ".venv/bin/mapae profile" in " ".join(capsys.readouterr().err.split())
    assert main(["profile", "list", "--lang", "en"]) == 0
    assert "next: .venv/bin/mapae profile make" in capsys.readouterr().out


def test_the_next_line_keeps_the_profile_that_was_named(venv):
    settings.use(settings.Settings(profile=str(Path("my city.toml"))))
    assert typed.again("events", "--last", "5") == "mapae events --last 5 --profile 'my city.toml'"
