"""A whole development system (`mapae-node dev`) as a child process on a port of its own, and the command line on it."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from registry_client.cli.main import main
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

    @property
    def profile(self) -> Profile:
        return read_profile(self.profile_path)

    @property
    def url(self) -> str:
        return str(self.profile.node_url)

    def mapae(self, *words: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> Said:
        """Run one line of `mapae` in this process, with this system's profile and passphrase unless told otherwise."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "MAPAE_PROFILE": str(self.profile_path),
            "MAPAE_PASSPHRASE_FILE": str(self.home / "demo" / "passphrase"),
            "LANG": "C.UTF-8",
            **(environment or {}),
        }
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, variables, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.chdir(cwd or self.home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main([str(word) for word in words])
        return Said(code, out.getvalue(), err.getvalue())


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
                url = f"{read_profile(profile).node_url}/health/ready"
                if httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK:
                    return
        time.sleep(0.1)
    raise AssertionError(f"not ready after {START_S} s: {log.read_text()[-2000:]}")
