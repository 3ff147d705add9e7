"""Prepare a working copy from nothing: Python environments, Node.js, the ledger's binary.

Usage: python3 scripts/setup.py {run|dev|brownie|bench|interop|audit}

- Standard library only: this file runs before anything is installed.
- Every group is stamped with the hash of what it was made from; a second call returns at once.
- Locks carry hashes and no addresses: packages come from whatever registry the machine is configured for.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
OLDEST, NEWEST = (3, 11), (3, 13)
FREE_BYTES_NEEDED = 2 * 1024**3
LOG = ROOT / "build" / "setup.log"


class SetupError(Exception):
    """A cause and what to do about it, printed without a traceback."""


def say(text: str) -> None:
    """Print one progress line; the story of the set-up stays readable in a log."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def check_machine() -> None:
    """Refuse an unusable Python, system or disk before anything is changed."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        version = platform.python_version()
        raise SetupError(
            f"Python {version} cannot be used: install 3.11 to 3.13, or name one: make PYTHON=python3.12 run"
        )
    if platform.system() != "Linux" or platform.machine() not in {"x86_64", "amd64"}:
        system = f"{platform.system()} {platform.machine()}"
        raise SetupError(
            f"{system}: the embedded ledger's binary is locked for Linux x86-64 only. "
            "Run on Linux x86-64 (WSL2 will do), or install the package and point a profile at an existing node."
        )
    free = shutil.disk_usage(ROOT).free
    if free < FREE_BYTES_NEEDED:
        raise SetupError(f"{free // 1024**2} MiB free under {ROOT}: 2 GiB are needed; free some space and run again")


def digest(*parts: Path | str) -> str:
    """Hash file contents and words into one short stamp."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        state.update(b"\0")
    return state.hexdigest()[:16]


def run(what: str, command: Sequence[str | Path], *, env: dict[str, str] | None = None) -> None:
    """Run one step; its output goes to build/setup.log and is shown only when the step fails."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    say(f"{what} ...")
    with LOG.open("ab") as log:
        log.write(f"\n== {what}\n".encode())
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, stdout=log, stderr=log, check=False)
    if done.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise SetupError(f"{what} failed (exit {done.returncode}). Last lines of {LOG.relative_to(ROOT)}:\n{tail}")
    say(f"{what}: {time.monotonic() - started:.0f} s")


def stamped(name: str, stamp: str, make: Callable[[], None]) -> None:
    """Call `make` unless `name` was already made from exactly this `stamp`."""
    marker = ROOT / ".cache" / "setup" / name
    if marker.is_file() and marker.read_text() == stamp:
        return
    make()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(stamp)


def environment(folder: str, *locks: str, editable: bool) -> Path:
    """Make or refresh the virtual environment `folder` from hash-pinned locks; return its bin folder."""
    venv = ROOT / folder
    binaries = venv / "bin"
    files = [REQUIREMENTS / lock for lock in locks]
    stamp = digest(*files, ROOT / "pyproject.toml", REQUIREMENTS / "uv.txt", platform.python_version(), str(ROOT))

    def make() -> None:
        if not (binaries / "uv").exists():
            run(
                f"Python {platform.python_version()} environment {folder}",
                [sys.executable, "-m", "venv", "--clear", venv],
            )
            pip: list[str | Path] = [binaries / "python", "-m", "pip", "install", "--quiet", "--require-hashes"]
            run("uv", [*pip, "-r", REQUIREMENTS / "uv.txt"])
        install: list[str | Path] = [binaries / "uv", "pip", "install", "--quiet", "--python", binaries / "python"]
        for file in files:
            run(f"packages of {file.name}", [*install, "--require-hashes", "-r", file])
        if editable:
            command: list[str | Path] = [*install, "--no-deps", "--no-build-isolation", "--editable", ROOT]
            run("the commands mapae and mapae-node", command)

    if not binaries.exists():
        (ROOT / ".cache" / "setup" / folder).unlink(missing_ok=True)
    stamped(folder, stamp, make)
    return binaries


def node_modules(binaries: Path, *, development: bool) -> None:
    """Install the locked npm packages with the Node.js that came from PyPI."""
    kind = "development" if development else "production"
    lock = ROOT / "package-lock.json"
    stamp = digest(lock, ROOT / "package.json", str(ROOT))
    whole = ROOT / ".cache" / "setup" / "npm-development"
    if not (ROOT / "node_modules").is_dir():
        for marker in (whole, whole.with_name("npm-production")):
            marker.unlink(missing_ok=True)
    if not development and whole.is_file() and whole.read_text() == stamp:
        return
    env = dict(os.environ, PATH=f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}")
    omit = [] if development else ["--omit=dev"]
    command: list[str | Path] = [binaries / "npm", "ci", "--no-fund", "--no-audit", "--ignore-scripts", *omit]
    stamped(f"npm-{kind}", stamp, lambda: run(f"npm packages ({kind})", command, env=env))
    if development:
        whole.with_name("npm-production").unlink(missing_ok=True)


def counterparts(binaries: Path) -> None:
    """Install the locked npm packages that the interoperability run talks to, beside its scripts."""
    folder = ROOT / "tests" / "interop" / "js"
    stamp = digest(folder / "package-lock.json", folder / "package.json", str(ROOT))
    if not (folder / "node_modules").is_dir():
        (ROOT / ".cache" / "setup" / "npm-interop").unlink(missing_ok=True)
    env = dict(os.environ, PATH=f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}")
    command: list[str | Path] = [binaries / "npm", "ci", "--no-fund", "--no-audit", "--ignore-scripts"]
    stamped("npm-interop", stamp, lambda: run("npm packages (interop)", [*command, "--prefix", folder], env=env))


def main(group: str) -> None:
    """Prepare one group: run, dev, brownie, bench, interop or audit."""
    check_machine()
    if group == "run":
        whole = ROOT / ".cache" / "setup" / ".venv"
        locks = ("main.txt",) if whole.is_file() and _made_from_main(whole) else ("run.txt",)
        node_modules(environment(".venv", *locks, editable=True), development=False)
    elif group == "dev":
        node_modules(environment(".venv", "main.txt", editable=True), development=True)
    elif group == "brownie":
        main("dev")
        environment(".venv-brownie", "brownie.txt", editable=False)
    elif group == "bench":
        main("dev")
        environment(".venv-bench", "main.txt", "bench.txt", editable=True)
    elif group == "interop":
        main("dev")
        environment(".venv-interop", "interop.txt", editable=False)
        counterparts(ROOT / ".venv" / "bin")
    elif group == "audit":
        main("dev")
        environment(".venv-audit", "audit.txt", editable=False)
    else:
        raise SetupError(f"unknown group {group!r}: run, dev, brownie, bench, interop or audit")


def _made_from_main(marker: Path) -> bool:
    """Tell whether the environment already holds the development packages, which include the run packages."""
    files = (REQUIREMENTS / "main.txt", ROOT / "pyproject.toml", REQUIREMENTS / "uv.txt")
    return marker.read_text() == digest(*files, platform.python_version(), str(ROOT))


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) == 2 else "")
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run the same command again, finished steps are kept")
