"""Audit what is locked and what is installed, offline; hold the exceptions against docs/security-review.md.

Usage: PYTHONPATH=scripts .venv-audit/bin/python -m supply.audit [--advisories FOLDER]

- Locks: every entry is one release with SHA-256 (npm: SHA-512), none by address, none that runs a script.
- Installed: .venv has the locked releases, and every file in it is what its package's own list of hashes says.
- Licences: each is on the list below, or answered in the review.
- Advisories: with a folder of OSV's JSON files, no component of the product is affected, or it is answered.
"""

import argparse
import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final

from supply.advisories import AdvisoryError, hits, read_folder
from supply.components import LOCKS, ROOT, LockError, distributions, product, read_lock

REVIEW: Final = ROOT / "docs" / "security-review.md"
ANSWER: Final = re.compile(r"^\| `([A-Za-z0-9.-]+)` \| `([a-z0-9@/._-]+)` \|", re.MULTILINE)
NO_ADVISORIES: Final = "No advisories were read: known flaws of components were not looked for (ADVISORIES=FOLDER)."
# fmt: off
LICENCES: Final = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU",
    "MPL-2.0", "PSF-2.0", "Unlicense",
})
# fmt: on
"""Permissive, or (MPL) with duties on its own files only."""


def locked() -> Iterator[str]:
    """Read every lock file; yield what is wrong with one."""
    for path in sorted(LOCKS.glob("*.txt")):
        try:
            count = sum(1 for _ in read_lock(path))
        except LockError as error:
            yield str(error)
        else:
            print(f"locked     {path.name}: {count} releases, each with hashes")


def installed() -> Iterator[str]:
    """Compare .venv with its lock and its files with the lists that came with them."""
    here = distributions()
    found: list[Distribution] = []
    for name, version, when, _ in read_lock(LOCKS / "main.txt"):
        if name in here:
            found.append(here[name])
            if here[name].version != version:
                yield f"{name}: {here[name].version} is installed, {version} is locked: run make test"
        elif when is None:
            yield f"{name} {version} is locked and not installed: run make test"
    recorded = recorded_hashes(found)
    for path in sorted(path for path, hashes in recorded.items() if sha256_of(path) not in hashes):
        yield f"{path} is not the file that was installed: delete .venv and run make test"
    print(f"installed  .venv: {len(recorded)} files held against the hashes they came with")


def recorded_hashes(found: Iterable[Distribution]) -> dict[Path, set[str]]:
    """Return the hashes (base64url) in the packages' own lists; two packages may bring files of one name."""
    recorded: dict[Path, set[str]] = {}
    for distribution in found:
        for file in distribution.files or ():
            if file.hash is not None and file.hash.mode == "sha256":
                recorded.setdefault(Path(str(file.locate())), set()).add(file.hash.value)
    return recorded


def sha256_of(path: Path) -> str | None:
    """Return the base64url SHA-256 of a file, None if it is not there."""
    if not path.is_file():
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


def exceptions(advisories: Path | None) -> set[tuple[str, str]]:
    """Return (licence or advisory, component) for all that needs an answer."""
    components = product()
    found = {
        (word, component.name)
        for component in components
        for word in re.split(r" AND | OR |[()]", component.licence or "unknown")
        if word.strip() and word not in LICENCES
    }
    print(f"licences   {len(components)} components, {len(found)} outside the list")
    for word, name in sorted(found):
        print(f"           {name}: {word}")
    if advisories is None:
        return found
    known = list(read_folder(advisories))
    affected = list(hits(components, known))
    for hit in affected:
        print(
            f"           {hit.advisory} {hit.component.name} {hit.component.version}: {hit.summary}; fixed: {hit.fixed}"
        )
    print(f"advisories {len(known)} read, {len(affected)} name a component of ours")
    return found | {(hit.advisory, hit.component.name) for hit in affected}


def main() -> int:
    """Run every part; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--advisories", type=Path, metavar="FOLDER", help="advisories in OSV's format")
    options = parser.parse_args()
    try:
        wrong = [*locked(), *installed()]
        open_ = exceptions(options.advisories) - set(ANSWER.findall(REVIEW.read_text()))
    except (LockError, AdvisoryError, OSError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1
    wrong += [f"no answer in docs/security-review.md: {what} of {name}" for what, name in sorted(open_)]
    for line in wrong:
        print(f"audit: {line}", file=sys.stderr)
    if options.advisories is None:
        sys.stdout.flush()
        print(NO_ADVISORIES)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
