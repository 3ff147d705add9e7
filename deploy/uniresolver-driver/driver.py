"""Run a driver of the Universal Resolver: a development node, test DIDs, and the entry for the resolver's settings.

Usage: driver.py [--host ADDRESS] [--port PORT] [--url URL] [--check]

The first start makes DIDs by real operations and writes `uniresolver.yml` into MAPAE_HOME; later starts find them.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
START_SECONDS_MAX = 300
TEST_DIDS = ("active", "updated", "with_service", "deactivated")


def is_ready(port: int) -> bool:
    """Tell whether the node on this machine answers that it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def wait_until_ready(node: subprocess.Popen[bytes], port: int) -> None:
    """Wait for the node. Exits when it ends or takes too long."""
    until = time.monotonic() + START_SECONDS_MAX
    while not is_ready(port):
        if node.poll() is not None:
            sys.exit(f"driver: the node ended with {node.returncode}; its last lines are above")
        if time.monotonic() > until:
            node.terminate()
            sys.exit(f"driver: the node was not ready within {START_SECONDS_MAX} s")
        time.sleep(0.2)


def make_test_dids(home: Path) -> dict[str, str]:
    """Return the test DIDs of this home: name -> DID; make them the first time."""
    kept = home / "test-dids.json"
    if not kept.exists():
        command = [sys.executable, "-m", "registry_client.cli.main", "demo", "--json"]
        environment = {
            **os.environ,
            "MAPAE_PROFILE": str(home / "profile.toml"),
            "MAPAE_PASSPHRASE_FILE": str(home / "demo" / "passphrase"),
        }
        made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        kept.write_text(json.dumps(json.loads(made.stdout)["dids"], indent=2) + "\n")
    return dict(json.loads(kept.read_text()))


def write_entry(home: Path, url: str, dids: dict[str, str]) -> Path:
    """Write the driver's entry for the Universal Resolver's application.yml."""
    listed = "\n".join(f"        - {dids[name]}" for name in TEST_DIDS)
    path = home / "uniresolver.yml"
    path.write_text(Template((HERE / "uniresolver.yml.in").read_text()).substitute(url=url, identifiers=listed))
    return path


def main() -> int:
    """Run until stopped; return the node's exit code."""
    parser = argparse.ArgumentParser(description="Universal Resolver driver for did:mapae")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - a container's port is published by its owner
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--url", default="http://driver-did-mapae:8080/", help="where the resolver finds this driver")
    parser.add_argument("--check", action="store_true", help="only tell whether a running driver is ready")
    given = parser.parse_args()
    if given.check:
        return 0 if is_ready(given.port) else 1
    home = Path(os.environ.get("MAPAE_HOME", "var")).resolve()
    command = [sys.executable, "-m", "node", "dev", "--home", str(home)]
    node = subprocess.Popen([*command, "--host", given.host, "--port", str(given.port)])
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: node.terminate())
    try:
        wait_until_ready(node, given.port)
        entry = write_entry(home, given.url, make_test_dids(home))
        print(f"driver: ready on port {given.port}; settings for the Universal Resolver: {entry}", flush=True)
        return node.wait()
    finally:
        node.terminate()
        node.wait()


if __name__ == "__main__":
    sys.exit(main())
