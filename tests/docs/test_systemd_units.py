"""The systemd units: systemd accepts them, they are shut in, and they never restart what a person must look at."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from node.cli import app
from node.cli.failures import EXIT_CODES
from node.embedded.errors import JournalDamagedError, RelayerFileError, StorageFullError
from registry_client.errors import ConfigurationError, LedgerInconsistentError, LedgerUnavailableError, WrongLedgerError
from tests.support.paths import ROOT

HERE = ROOT / "deploy" / "systemd"
UNITS = sorted(path.name for path in HERE.glob("*.service"))
PROGRAM = "/opt/mapae/.venv/bin/mapae-node"
EXPOSURE_MAX = 2.0
ANALYZE = shutil.which("systemd-analyze")
DIFFERS = {"PrivateUsers", "RestrictNamespaces", "StateDirectory", "ReadWritePaths"}
"""What a unit may set in a way of its own."""


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (HERE / name).read_text().splitlines():
        if line and line[0] not in "#[":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def hardening(name: str) -> dict[str, list[str]]:
    text = (HERE / name).read_text()
    keys = re.findall(r"^(\w+)=", text[text.index("StateDirectory=") : text.index("[Install]")], re.MULTILINE)
    return {key: settings(name)[key] for key in keys if key not in DIFFERS}


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if ANALYZE is None:
        if os.environ.get("MAPAE_CI"):
            pytest.fail("systemd-analyze is absent and CI must have it: apt-get install systemd")
        pytest.skip("systemd-analyze is absent (Debian package systemd): the units were not checked by systemd")
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False)


def installed(name: str, folder: Path) -> Path:
    """Write the unit as `systemctl` would find it, with a program that exists here."""
    path = folder / name.replace("@.", "@one.")
    path.write_text((HERE / name).read_text().replace(PROGRAM, sys.executable))
    return path


def test_there_is_a_unit_for_each_way_to_run() -> None:
    assert UNITS == ["mapae-api@.service", "mapae-ledger.service", "mapae-node.service", "mapae-worker@.service"]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_has_nothing_to_say_against_it(name: str, tmp_path: Path) -> None:
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(installed(name, tmp_path)))
    said = [line for line in (done.stdout + done.stderr).splitlines() if "mapae" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("name", UNITS)
def test_little_is_exposed(name: str, tmp_path: Path) -> None:
    done = analyze("security", "--no-pager", "--offline=true", str(installed(name, tmp_path)))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert level is not None, done.stdout + done.stderr
    assert float(level[1]) <= EXPOSURE_MAX, done.stdout


@pytest.mark.parametrize("name", UNITS)
def test_it_is_shut_in(name: str) -> None:
    unit = settings(name)
    wanted = {
        "User": "mapae",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
        "StateDirectoryMode": "0700",
    }
    assert {key: unit[key] for key in wanted} == {key: [value] for key, value in wanted.items()}
    assert unit["ReadWritePaths"] == ["/var/lib/" + unit["StateDirectory"][0]], "its own home and nothing else"
    assert hardening(name) == hardening("mapae-node.service"), "what shuts one in shuts all in"


@pytest.mark.parametrize("name", UNITS)
def test_no_secret_is_in_it(name: str) -> None:
    text = (HERE / name).read_text()
    assert not re.search(r"(?i)password|passphrase|token|postgresql://", text)


def test_a_node_is_not_started_again_where_a_person_must_look() -> None:
    final = {EXIT_CODES[LedgerInconsistentError], EXIT_CODES[ConfigurationError], EXIT_CODES[WrongLedgerError]}
    for name in ("mapae-node.service", "mapae-api@.service", "mapae-worker@.service"):
        unit = settings(name)
        never = {int(code) for code in unit["RestartPreventExitStatus"][0].split()}
        assert unit["Restart"] == ["on-failure"]
        assert final <= never
        assert EXIT_CODES[LedgerUnavailableError] not in never, "a ledger that is away comes back"
        assert unit["StartLimitIntervalSec"] == ["0"], "it is tried until the ledger is there"


def test_a_ledger_is_not_started_again_on_a_damaged_journal() -> None:
    never = {int(code) for code in settings("mapae-ledger.service")["RestartPreventExitStatus"][0].split()}
    assert {JournalDamagedError.exit_code, RelayerFileError.exit_code} <= never
    assert StorageFullError.exit_code not in never, "the start recovers once there is space"


def test_only_the_ledger_may_make_namespaces() -> None:
    asked = {name: settings(name)["RestrictNamespaces"] for name in UNITS}
    assert asked.pop("mapae-ledger.service") == ["user net"]
    assert set(map(tuple, asked.values())) == {("yes",)}


@pytest.mark.parametrize("name", UNITS)
def test_the_command_exists(name: str) -> None:
    words = settings(name)["ExecStart"][0].split()
    assert words[0] == PROGRAM
    command = typer.main.get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(rest[::2]) <= known, "options, each with a value"


def test_the_user_is_made_by_sysusers() -> None:
    (line,) = [line for line in (HERE / "mapae.sysusers").read_text().splitlines() if not line.startswith("#")]
    assert line.split()[:2] == ["u", "mapae"]
    assert "/var/lib/mapae" in line
