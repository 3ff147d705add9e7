from pathlib import Path

import pytest

from node.embedded.binary import ENGINE_VERSION, find_engine, read_version, supported_architecture
from node.embedded.errors import (
    EngineFailedError,
    EngineMissingError,
    EngineVersionError,
    UnsupportedSystemError,
)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_engine_of_the_project_is_found_and_has_the_pinned_version() -> None:
    engine = find_engine({"PATH": ""})
    assert engine.version == ENGINE_VERSION
    assert "node_modules" in engine.path.parts
    assert len(engine.commit) == 40


def test_named_engine_is_never_replaced_by_another(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError, match="MAPAE_ANVIL="):
        find_engine({"MAPAE_ANVIL": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    "said", ["anvil Version: 1.7.0", "anvil Version: 1.17.1", "anvil Version: 1.7.12", "hello", ""]
)
def test_other_versions_are_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(EngineVersionError, match=r"exactly 1\.7\.1"):
        read_version(script(tmp_path / "anvil", f"echo '{said}'"))


def test_engine_that_does_not_run_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "anvil"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    with pytest.raises(EngineFailedError, match="does not run"):
        read_version(broken)


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("win32", "AMD64"), ("linux", "riscv64")])
def test_unsupported_system_is_named_with_what_to_do(system: str, machine: str) -> None:
    with pytest.raises(UnsupportedSystemError, match=machine) as caught:
        supported_architecture(system, machine)
    assert "WSL2" in caught.value.remedy.en


def test_supported_systems_map_to_the_packages_of_npm() -> None:
    assert [supported_architecture("linux", name) for name in ("x86_64", "aarch64")] == ["amd64", "arm64"]
