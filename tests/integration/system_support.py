"""A whole development system (`mapae-node dev`) as a child process on a port of its own, and the command line on it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from registry_client.profile import Profile, read_profile

START_S = 120.0


@dataclass(frozen=True)
class Said:
    """What one line of the command line came to."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The document on standard output; the line must have succeeded unless `code` says otherwise."""
        return json.loads(self.out)


@dataclass
class System:
    """A running system: its home and its profile."""

    home: Path
    profile_path: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        return read_profile(self.profile_path)

    @property
    def url(self) -> str:
        return str(self.profile.node_url)

    def mapae(self, *words: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Said:
        """Run `mapae` as a child with this system's profile and passphrase, unless the line says otherwise."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "MAPAE_PROFILE": str(self.profile_path),
            "MAPAE_PASSPHRASE_FILE": str(self.home / "demo" / "passphrase"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **self.environment,
            **(environment or {}),
        }
        done = subprocess.run(
            [sys.executable, "-m", "registry_client.cli.main", *map(str, words)],
            cwd=cwd or self.home,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Said(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def development_system(home: Path) -> Iterator[System]:
    """Run ledger and node from nothing until the block ends; everything dies with the process group."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAPAE_")}
    log = home.parent / f"{home.name}.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "node", "dev", "--home", str(home), "--port", "0"],
            cwd=Path(__file__).parents[2],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(child, home / "profile.toml", log)
        yield System(home, home / "profile.toml")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _wait_until_ready(child: subprocess.Popen[bytes], profile: Path, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise AssertionError(f"the system ended with {child.returncode}: {log.read_text()[-2000:]}")
        if profile.is_file():
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{read_profile(profile).node_url}/health/ready", timeout=2, trust_env=False).status_code == 200:
                    return
        time.sleep(0.1)
    raise AssertionError(f"not ready after {START_S} s: {log.read_text()[-2000:]}")
