"""The locked components of the product, and what each says of itself.

- Python: requirements/run.txt, and the optional extras that requirements/server.txt has beside it (PostgreSQL,
  telemetry, PKCS#11); npm: what package-lock.json does not mark as development; files kept in the repo.
- Licences come from the metadata of what is installed in .venv: a lock has none.
"""

import base64
import functools
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
LOCKS: Final = ROOT / "requirements"
ENVIRONMENT: Final = ROOT / ".venv"

_PIN: Final = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,_-]+\])?==(?P<version>[^ ;\\]+)(?: *; *(?P<when>[^\\]+))?"
)
_BUNDLED: Final = re.compile(rb'PACKAGE_VERSION:"([0-9.]+)"')
_HASH: Final = re.compile(r"--hash=(?P<algorithm>[a-z0-9]+):(?P<value>[0-9a-f]+)")
_CLASSIFIED: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Public Domain": "Unlicense",
    "Python Software Foundation License": "PSF-2.0",
}
_WRITTEN: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "BSD 3-Clause license": "BSD-3-Clause",
    "BSD, Public Domain": "BSD-2-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}


@dataclass(frozen=True, slots=True)
class Component:
    """One locked thing. `hashes`: (algorithm, value in hex) of the archives that may be installed."""

    ecosystem: str
    name: str
    version: str
    hashes: tuple[tuple[str, str], ...]
    licence: str | None
    is_optional: bool = False

    @property
    def purl(self) -> str:
        """Package URL."""
        return f"pkg:{self.ecosystem}/{self.name.replace('@', '%40')}@{self.version}"


class LockError(Exception):
    """A lock file says something that a lock must not say."""


def read_lock(path: Path) -> Iterator[tuple[str, str, str | None, tuple[tuple[str, str], ...]]]:
    """Yield (name, version, marker, hashes) of a requirement file. Raises LockError for all but pins with hashes."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, (line.strip() for line in text.splitlines())):
        pin = _PIN.match(line)
        hashes = tuple((found["algorithm"], found["value"]) for found in _HASH.finditer(line))
        if pin is None or "://" in line:
            raise LockError(f"{path.name}: not a pinned release: {line[:80]}")
        if not any(algorithm == "sha256" and len(value) == 64 for algorithm, value in hashes):
            raise LockError(f"{path.name}: {pin['name']} has no SHA-256")
        when = pin["when"].split("--hash")[0].strip() if pin["when"] else None
        yield pin["name"], pin["version"], when, hashes


def python_components() -> Iterator[Component]:
    """Yield the Python packages of the product: those of every installation, and those of a server with all extras."""
    needed = {name: (version, when, hashes) for name, version, when, hashes in read_lock(LOCKS / "run.txt")}
    served = {name: (version, when, hashes) for name, version, when, hashes in read_lock(LOCKS / "server.txt")}
    for name, (version, when, hashes) in (served | needed).items():
        if not (when and "win32" in when):
            yield Component("pypi", name, version, hashes, licence_of(name), name not in needed)


def npm_components(lock: Path = ROOT / "package-lock.json") -> Iterator[Component]:
    """Yield the npm packages that are not for development only, and the library compiled into the contracts."""
    for path, entry in json.loads(lock.read_text())["packages"].items():
        name = path.removeprefix("node_modules/")
        if not path or (entry.get("dev") and name != "@openzeppelin/contracts"):
            continue
        algorithm, _, digest = str(entry.get("integrity", "")).partition("-")
        if algorithm != "sha512":
            raise LockError(f"{lock.name}: {name} has no SHA-512")
        if entry.get("hasInstallScript"):
            raise LockError(f"{lock.name}: {name} runs a script when it is installed")
        yield Component("npm", name, entry["version"], ((algorithm, _hex(digest)),), entry.get("license"))


def kept_components() -> Iterator[Component]:
    """Yield other people's files that are kept in the repository."""
    bundle = (ROOT / "node" / "data" / "swagger-ui" / "swagger-ui-bundle.js").read_bytes()
    version = _BUNDLED.search(bundle)
    if version is None:
        raise LockError("swagger-ui-bundle.js does not say which release it is")
    digest = hashlib.sha256(bundle).hexdigest()
    yield Component("npm", "swagger-ui-dist", version[1].decode(), (("sha256", digest),), "Apache-2.0")


def product() -> list[Component]:
    """Return every component, by package URL."""
    return sorted((*python_components(), *npm_components(), *kept_components()), key=lambda found: found.purl)


@functools.cache
def distributions() -> dict[str, importlib.metadata.Distribution]:
    """Return what is installed in .venv, by normalised name."""
    (packages,) = ENVIRONMENT.glob("lib/python3*/site-packages")
    return {_normal(str(found.name)): found for found in importlib.metadata.distributions(path=[str(packages)])}


def licence_of(name: str) -> str | None:
    """Return the licence that an installed package declares, as an SPDX expression; None if it says nothing clear."""
    found = distributions().get(name)
    if found is None:
        return None
    declared = found.metadata
    written = next((declared[key] for key in ("License-Expression", "License") if key in declared), "")
    if written and len(written) < 40:
        return _WRITTEN.get(written, written)
    classes = [
        text.rpartition("::")[2].strip() for text in declared.get_all("Classifier") or [] if "License ::" in text
    ]
    known = sorted({_CLASSIFIED[text] for text in classes if text in _CLASSIFIED})
    return " OR ".join(known) or (
        "MIT" if written.lstrip().startswith("Copyright") and "Permission is" in written else None
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _hex(base64_text: str) -> str:
    return base64.b64decode(base64_text).hex()
