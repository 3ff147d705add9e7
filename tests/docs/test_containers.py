"""deploy/container without an engine to build it: files that exist, no root, nothing writable, pinned, no secret.

What a linter of Containerfiles and the schema of Compose would say, as far as it can be said without either.
"""

import fnmatch
import importlib.util
import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from node.config import Config
from tests.support.paths import ROOT

HERE = ROOT / "deploy" / "container"
COMPOSE: dict[str, Any] = yaml.safe_load((HERE / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("api-1", "api-2", "worker-1", "worker-2")
KNOWN_KEYS = {
    *("image", "build", "user", "read_only", "cap_drop", "security_opt", "init", "restart", "stop_grace_period"),
    *("pids_limit", "mem_limit", "tmpfs", "logging", "depends_on", "secrets", "environment", "volumes", "ports"),
    *("networks", "healthcheck", "command", "shm_size"),
}
PINNED = re.compile(r"\$\{[A-Z_]+:-[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9-]+)?\}")


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (HERE / "Containerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def of(name: str) -> list[str]:
    return [value for given, value in instructions() if given == name]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    begins = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[begins:]


def test_a_node_that_ended_waits_for_a_person() -> None:
    # 64, 70 and 78 must not be restarted, and Compose has no policy by exit code
    assert {SERVICES[name]["restart"] for name in OURS} == {"no"}
    for page in ("operations.md", "operations.ko.md"):
        assert '`restart: "no"`' in (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_base_image_is_an_argument_with_a_version_that_we_support() -> None:
    (given,) = of("ARG")
    name, image = given.split("=", 1)
    assert name == "BASE"
    assert of("FROM") == ["${BASE} AS build", "${BASE}"]
    version = re.fullmatch(r"docker\.io/library/python:3\.(\d+)\.\d+-slim-[a-z]+", image)
    assert version is not None, "a tag that names the whole version"
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", required).groups()
    assert int(low) <= int(version[1]) < int(high)


def test_no_other_host_is_named() -> None:
    text = re.sub(r"(?m)^#.*$", "", (HERE / "Containerfile").read_text())
    assert set(re.findall(r"[a-z0-9-]+\.(?:io|org|com|net)\b", text)) == {"docker.io"}


def test_packages_are_the_locked_ones() -> None:
    (made,) = [value for value in of("RUN") if "pip install" in value]
    assert "--require-hashes -r requirements/server.txt" in made
    lock = (ROOT / "requirements" / "server.txt").read_text()
    whole = (ROOT / "requirements" / "main.txt").read_text()
    pins = set(re.findall(r"^([a-z0-9_.-]+==[^ ;\\]+)", lock, re.MULTILINE))
    assert {"psycopg", "uvicorn", "web3", "prometheus-client"} <= {pin.split("==")[0] for pin in pins}
    assert pins <= set(re.findall(r"^([a-z0-9_.-]+==[^ ;\\]+)", whole, re.MULTILINE)), "what is tested is what runs"


def test_the_last_stage_runs_as_nobody_and_owns_its_home_only() -> None:
    names = [name for name, _ in last_stage()]
    values = dict(last_stage())
    assert values["USER"] == "10001:10001"
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert values["COPY"] == "--from=build --chown=0:0 /opt/mapae /opt/mapae", "the program cannot change itself"
    assert "-o 10001 -g 10001 -m 0700 /var/lib/mapae" in values["RUN"]
    assert values["VOLUME"] == "/var/lib/mapae"


def test_commands_are_lists_and_what_they_name_exists() -> None:
    values = dict(last_stage())
    assert json.loads(values["ENTRYPOINT"]) == ["mapae-node"]
    assert json.loads(values["CMD"]) == ["run"]
    check = json.loads(values["HEALTHCHECK"].split("CMD", 1)[1])
    assert check[0] == "python"
    assert (ROOT / check[1]).is_file()
    assert values["EXPOSE"] == str(Config(home=Path()).port)


def test_no_instruction_fetches_or_keeps_what_it_need_not() -> None:
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "STOPSIGNAL"}
    assert {name for name, _ in instructions()} <= known | {"HEALTHCHECK", "ENTRYPOINT", "CMD"}
    for value in of("RUN"):
        assert not re.search(r"\b(curl|wget|sudo|apt-get|chmod 777)\b", value)
        assert "pip install" not in value or value.count("--no-cache-dir") == value.count("pip install")


@pytest.mark.parametrize(
    "path", [".git", ".venv", "node_modules", "var", "deploy/container/secrets", "node/__pycache__"]
)
def test_what_is_not_for_the_image_stays_outside(path: str) -> None:
    patterns = (HERE / "Containerfile.containerignore").read_text().split()
    assert any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
    for needed in ("deploy/container/alive.py", "contracts/artifacts/Council.json", "requirements/server.txt"):
        assert (ROOT / needed).exists()
        assert not any(fnmatch.fnmatch(needed, pattern) for pattern in patterns)


def test_secrets_are_kept_out_of_the_repository() -> None:
    assert "deploy/container/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_compose_has_the_services_and_only_known_keys() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "prometheus", "grafana"}
    for name, service in SERVICES.items():
        assert set(service) <= KNOWN_KEYS, name
    assert {key for key in COMPOSE if not key.startswith("x-")} == {
        "name",
        "services",
        "networks",
        "volumes",
        "secrets",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_shut_in_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "not root"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert service["logging"]["options"]["max-size"], "a log that cannot fill the disk"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", ())) <= set(SERVICES)
    for volume in service.get("volumes", ()):
        source, target, *mode = volume.split(":")
        assert target.startswith("/")
        if source.startswith("."):
            assert (HERE / source).resolve().is_file(), volume
            assert mode == ["ro"], volume
        else:
            assert source in COMPOSE["volumes"], volume


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_reached_through_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_database_and_metrics_are_reached_from_inside_only() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "prometheus"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files(name: str) -> None:
    service = SERVICES[name]
    for key, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|PASSPHRASE|PGPASS|KEYSTORE|TOKEN", key):
            assert value.startswith("/run/secrets/"), key
            assert value.rsplit("/", 1)[1] in service["secrets"], key
        assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), f"a password in {key}"
    assert all(list(given) == ["file"] for given in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_of_the_nodes(name: str) -> None:
    settings = {field.name for field in fields(Config)}
    given = SERVICES[name]["environment"]
    assert {key.removeprefix("MAPAE_").lower() for key in given if key.startswith("MAPAE_")} <= settings
    assert given["MAPAE_ROLE"] == name.split("-")[0]
    assert given["MAPAE_DATABASE"].startswith("postgresql://mapae@postgres:5432/")


def test_no_two_replicas_share_a_home() -> None:
    homes = [SERVICES[name]["volumes"] for name in OURS]
    assert len({home for (home,) in homes}) == len(OURS)


def test_prometheus_reads_our_rules_from_every_api() -> None:
    settings = yaml.safe_load((HERE / "config" / "prometheus.yaml").read_text())
    (job,) = settings["scrape_configs"]
    assert job["static_configs"][0]["targets"] == [f"{name}:8700" for name in OURS if name.startswith("api")]
    mounted = [volume.split(":")[1] for volume in SERVICES["prometheus"]["volumes"]]
    assert ["/etc/prometheus/" + file for file in settings["rule_files"]] == [m for m in mounted if "alerts" in m]
    source = yaml.safe_load((HERE / "config" / "grafana-datasources.yaml").read_text())["datasources"][0]
    board = json.loads((ROOT / "deploy" / "grafana" / "mapae.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"} == {source["uid"]}


@pytest.mark.parametrize(("role", "answer"), [("api", 1), ("worker", 0)])
def test_the_health_check_looks_where_the_role_shows(
    role: str, answer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location("alive", HERE / "alive.py")
    alive = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alive)
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cmdline").write_bytes(b"/opt/mapae/.venv/bin/python\0/opt/mapae/.venv/bin/mapae-node\0run\0")
    assert alive.node_runs(tmp_path)
    (tmp_path / "7" / "cmdline").write_bytes(b"/bin/sh\0-c\0mapae-node run\0")
    assert not alive.node_runs(tmp_path)
    monkeypatch.setattr(alive, "node_runs", lambda: True)
    monkeypatch.setattr(alive, "api_lives", lambda _port: False)
    monkeypatch.setenv("MAPAE_ROLE", role)
    assert alive.main() == answer
