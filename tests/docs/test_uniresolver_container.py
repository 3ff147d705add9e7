"""The driver's Containerfile, checked without building it: what it names exists, and it gives up root."""

import fnmatch
import json
import re
import tomllib
from string import Template

import pytest

from tests.support.paths import ROOT

HERE = ROOT / "deploy" / "uniresolver-driver"
EXEC_FORM = {"CMD", "ENTRYPOINT"}


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (HERE / "Containerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def of(name: str) -> list[str]:
    return [value for given, value in instructions() if given == name]


def commands() -> list[list[str]]:
    found = [value for name, value in instructions() if name in EXEC_FORM]
    found += [value[value.index("CMD") + 3 :] for value in of("HEALTHCHECK")]
    return [json.loads(value) for value in found]


def test_every_instruction_is_known() -> None:
    known = {"FROM", "RUN", "USER", "WORKDIR", "COPY", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}
    assert {name for name, _ in instructions()} <= known
    assert instructions()[0][0] == "FROM"


def test_base_image_has_a_registry_and_a_python_that_we_support() -> None:
    (image,) = of("FROM")
    registry, _, tag = image.rpartition(":")
    assert registry == "docker.io/library/python"
    version = re.fullmatch(r"(\d+)\.(\d+)-slim", tag)
    assert version is not None, "a tag that names the version"
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", required).groups()
    assert int(version[1]) == 3
    assert int(low) <= int(version[2]) < int(high)


def test_root_is_given_up_before_anything_of_ours_runs() -> None:
    names = [name for name, _ in instructions()]
    assert of("USER") == ["mapae"]
    assert names.index("USER") < names.index("COPY")
    assert all("--chown=mapae" in value for value in of("COPY"))
    assert "root" not in " ".join(of("USER"))


def test_commands_are_lists_and_name_files_that_exist() -> None:
    for command in commands():
        assert command[0] == ".venv/bin/python", "made by setup.py run in the image"
        assert (ROOT / command[1]).is_file()
    (made,) = [value for value in of("RUN") if "setup.py" in value]
    assert (ROOT / made.split()[1]).is_file()
    assert of("COPY") == ["--chown=mapae . ."]


def test_port_and_home_are_those_of_the_driver() -> None:
    driver = (HERE / "driver.py").read_text()
    assert re.search(r'"--port", type=int, default=(\d+)', driver)[1] == of("EXPOSE")[0]
    home = dict(value.split("=", 1) for value in of("ENV"))["MAPAE_HOME"]
    assert home.startswith(of("VOLUME")[0] + "/")
    assert any(of("VOLUME")[0] in value for value in of("RUN")), "the volume's folder belongs to the user"


@pytest.mark.parametrize("path", [".git", ".venv", ".venv-bench", "node_modules", "var", ".cache", "node/__pycache__"])
def test_what_is_not_for_the_image_stays_outside(path: str) -> None:
    patterns = (HERE / "Containerfile.containerignore").read_text().split()
    assert any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
    assert not any(fnmatch.fnmatch("deploy/uniresolver-driver/driver.py", pattern) for pattern in patterns)


def test_entry_has_the_form_of_the_resolvers_settings() -> None:
    """`url` is the driver's address with a slash: the resolver puts `1.0/identifiers/` and the DID behind it."""
    default = re.search(r'"--url", default="([^"]+)"', (HERE / "driver.py").read_text())[1]
    assert re.fullmatch(r"http://[a-z-]+:8080/", default)
    entry = Template((HERE / "uniresolver.yml.in").read_text()).substitute(url=default, identifiers="        - did:x")
    body = [line for line in entry.splitlines() if not line.startswith("#")]
    assert body == [
        "uniresolver:",
        "  drivers:",
        '    - pattern: "^(did:mapae:.+)$"',
        f"      url: {default}",
        "      testIdentifiers:",
        "        - did:x",
    ]
