"""Finding the engine: exactly anvil 1.7.1, because block hashes depend on it.

Order: MAPAE_ANVIL, then the npm package in any `node_modules` from this package upwards, then from the working
directory upwards, then PATH. npm's own `anvil` wrapper is passed over: it needs Node.js and an install script.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.errors import EngineFailedError, EngineMissingError, EngineVersionError, UnsupportedSystemError

ENGINE_VERSION: Final = "1.7.1"
"""The one version whose hashes the journal pins."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_VERSION: Final = re.compile(r"anvil Version: v?(\d+\.\d+\.\d+)")
_COMMIT: Final = re.compile(r"Commit SHA: ([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Engine:
    """An anvil binary that may be used; `commit` is the 40 hex digits it reports, empty if none."""

    path: Path
    version: str
    commit: str


def find_engine(environment: Mapping[str, str] | None = None) -> Engine:
    """Locate the engine and check its version.

    Raises UnsupportedSystemError, EngineMissingError, EngineVersionError, EngineFailedError.
    """
    environment = os.environ if environment is None else environment
    architecture = supported_architecture(sys.platform, platform.machine())
    path = next(
        (path for path in _candidates(environment, architecture) if os.access(path, os.X_OK) and path.is_file()), None
    )
    if path is None:
        named = environment.get("MAPAE_ANVIL")
        where = f"MAPAE_ANVIL={named}" if named else f"node_modules/@foundry-rs/anvil-linux-{architecture}, PATH"
        raise EngineMissingError(f"no anvil binary in {where}")
    return read_version(path)


def supported_architecture(system: str, machine: str) -> str:
    """Map a platform to npm's name of its architecture. Raises UnsupportedSystemError."""
    architecture = _ARCHITECTURES.get(machine.lower())
    if system != "linux" or architecture is None:
        raise UnsupportedSystemError(
            f"the embedded ledger needs Linux on x86-64 or arm64; this is {system} on {machine}"
        )
    return architecture


def read_version(path: Path) -> Engine:
    """Ask the binary for its version. Raises EngineFailedError, EngineVersionError."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineFailedError(f"{path} does not run: {error}") from error
    found = _VERSION.search(answer.stdout)
    if found is None or found[1] != ENGINE_VERSION:
        said = found[1] if found else answer.stdout.strip()[:80] or f"exit code {answer.returncode}"
        raise EngineVersionError(f"{path} is anvil {said}; exactly {ENGINE_VERSION} is needed", found=said)
    commit = _COMMIT.search(answer.stdout)
    return Engine(path, found[1], commit[1] if commit else "")


def _candidates(environment: Mapping[str, str], architecture: str) -> Iterator[Path]:
    named = environment.get("MAPAE_ANVIL")
    if named:  # an explicit choice is never replaced by another binary
        yield Path(named)
        return
    inside = Path("node_modules", "@foundry-rs", f"anvil-linux-{architecture}", "bin", "anvil")
    for start in (Path(__file__).resolve().parent, Path.cwd()):
        for folder in (start, *start.parents):
            yield folder / inside
    on_path = shutil.which("anvil", path=environment.get("PATH"))
    if on_path is not None and "node_modules" not in Path(on_path).resolve().parts:
        yield Path(on_path)
