"""The Universal Resolver's driver as its container runs it: started once, asked as the resolver asks, started again."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.node_support import eventually
from tests.integration.test_node_dev import free_port
from tests.support.anvil import ROOT

pytestmark = [pytest.mark.chain, pytest.mark.slow]

ACCEPT = (
    'application/did-resolution,application/ld+json;profile="https://w3id.org/did-resolution";q=0.9,'
    "application/did;q=0.5,application/did+ld+json;q=0.4,application/did+json;q=0.3"
)
DRIVER = ROOT / "deploy" / "uniresolver-driver" / "driver.py"


@contextlib.contextmanager
def driver(home: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAPAE_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                str(DRIVER),
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--url",
                f"http://127.0.0.1:{port}/",
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
            env={**environment, "MAPAE_HOME": str(home), "LANG": "C.UTF-8"},
        )
    try:
        eventually(
            lambda: "driver: ready" in log.read_text() or process.poll() is not None,
            what="a driver that is ready",
            timeout_s=180,
        )
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_driver_answers_the_resolver_and_keeps_its_test_dids(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with driver(home, port, tmp_path / "log") as process:
        entry = (home / "uniresolver.yml").read_text()
        (base,) = re.findall(r"url: (\S+)", entry)
        assert base == f"http://127.0.0.1:{port}/"
        (pattern,) = re.findall(r'pattern: "(.*)"', entry)
        dids = re.findall(r"^ +- (did:mapae:\S+)$", entry, re.MULTILINE)
        assert len(dids) == 4
        with httpx.Client(base_url=base, trust_env=False, timeout=30) as http:
            for did in dids:
                assert re.match(pattern, did)
                answer = http.get(f"/1.0/identifiers/{did}", headers={"Accept": ACCEPT})
                result = answer.json()
                assert answer.headers["content-type"] == "application/did-resolution;charset=utf-8"
                older = http.get(f"/1.0/identifiers/{did}", headers={"Accept": "application/ld+json"})
                assert older.status_code == answer.status_code
                if answer.status_code == 200:
                    assert older.headers["content-type"] == "application/did+ld+json;charset=utf-8"
                    assert older.json() == result["didDocument"]
                if answer.status_code == 410:
                    assert result["didDocumentMetadata"]["deactivated"] is True
                else:
                    assert (answer.status_code, result["didDocument"]["id"]) == (200, did)
        check = [sys.executable, str(DRIVER), "--check", "--port"]
        assert subprocess.run([*check, str(port)], check=False).returncode == 0
        assert subprocess.run([*check, str(free_port())], check=False).returncode == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    with driver(home, port, tmp_path / "again"):
        kept = json.loads((home / "test-dids.json").read_text())
        answer = httpx.get(f"http://127.0.0.1:{port}/1.0/identifiers/{kept['updated']}", trust_env=False)
        assert answer.json()["didDocumentMetadata"]["versionId"] == "11"
