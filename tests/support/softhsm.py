"""SoftHSM tokens of a test's own: a folder, a configuration, the module; and children that use them.

The library reads its configuration once a process: whatever loads it runs as a child with SOFTHSM2_CONF set.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
PIN = "123456"


def find_softhsm() -> str | None:
    """Return the module's path, None where SoftHSM is absent."""
    module = next((path for path in MODULES if Path(path).is_file()), None)
    return module if shutil.which("softhsm2-util") else None


def require_softhsm() -> str:
    """Return the module's path; skip where SoftHSM is absent, fail where CI promised it."""
    module = find_softhsm()
    if module is None:
        reason = "SoftHSM is not installed: apt-get install softhsm2"
        if os.environ.get("MAPAE_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return module


@dataclass
class Tokens:
    """A folder of tokens. `environment`: for whoever uses them."""

    folder: Path
    module: str = field(default_factory=require_softhsm)

    def __post_init__(self) -> None:
        self.store = self.folder / "tokens"
        self.store.mkdir(parents=True)
        self.configuration = self.folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.store}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.pin_file = self.folder / "pin"
        self.write_pin(PIN)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SOFTHSM2_CONF": str(self.configuration),
            "MAPAE_PKCS11_MODULE": self.module,
            "MAPAE_PIN_FILE": str(self.pin_file),
        }

    def write_pin(self, pin: str) -> None:
        self.pin_file.write_text(pin + "\n")
        self.pin_file.chmod(0o600)

    def initialise(self, label: str) -> None:
        words = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "87654321"]
        subprocess.run(words, env={**os.environ, **self.environment}, check=True, capture_output=True, timeout=60)

    def run(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `mapae` as a child, without a terminal."""
        return self._child([sys.executable, "-m", "registry_client.cli.main", *map(str, words)], environment)

    def done(self, *words: object, **environment: str) -> Any:
        said = self.run(*words, "--json", **environment)
        assert said.returncode == 0, (words, said.stderr)
        return json.loads(said.stdout)

    def script(self, text: str) -> str:
        """Run Python text as a child; return what it printed."""
        said = self._child([sys.executable, "-c", text], {})
        assert said.returncode == 0, said.stderr
        return said.stdout

    def _child(self, words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            **self.environment,
            **environment,
        }
        return subprocess.run(
            words,
            env={name: value for name, value in variables.items() if value},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@functools.cache
def tokens_of_this_process() -> tuple[Tokens, Iterator[str]]:
    """Tokens for what runs `mapae` in the test's own process, and the labels not taken yet.

    The library reads its configuration, and looks for tokens, once a process: all of them are made before it is loaded.
    """
    folder = Path(tempfile.mkdtemp(prefix="mapae-hsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tokens = Tokens(folder / "hsm")
    labels = [f"desk-{number}" for number in range(1, 5)]
    for label in labels:
        tokens.initialise(label)
    return tokens, iter(labels)
