"""A PostgreSQL of the tests' own: Debian's programs, a cluster in a temporary folder, gone when the tests are done.

- The server never runs as root: where the tests do, it runs as the user `postgres` (or `nobody`), by setpriv.
- fsync stays on: what is tested is what will run. Clients come over a port of 127.0.0.1, chosen by the kernel.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

_START_S = 60.0
PASSWORD = "canary-pw-7d1f"


def programs() -> Path:
    """The newest PostgreSQL's programs; without one the test is skipped, and fails in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found and (on_path := shutil.which("postgres")):
        found = [Path(on_path).resolve()]
    if not found:
        reason = "needs PostgreSQL's server: apt-get install postgresql"
        if os.environ.get("MAPAE_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent


def _as_somebody() -> tuple[list[str], tuple[int, int] | None]:
    """How to run a program as an ordinary user, and who that is; nothing to do for one who is."""
    if os.geteuid() != 0:
        return [], None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            ids = f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"
            return ["setpriv", *ids, "--clear-groups", "--inh-caps=-all"], (user.pw_uid, user.pw_gid)
    raise RuntimeError("there is no user but root to run PostgreSQL")


@dataclass
class Cluster:
    """A running server. `stop` and `start` may be called any number of times; the port stays."""

    folder: Path
    port: int
    bin: Path
    prefix: Sequence[str]
    free: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the server and wait until it lets clients in."""
        data = self.folder / "data"
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "max_locks_per_transaction": 256,
            "shared_buffers": "32MB",
            "fsync": "on",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(self.bin / "postgres"), "-D", str(data), *flags],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.admin, connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > until or self.process.poll() is not None:
                    text = (self.folder / "server.log").read_text(errors="replace")[-2_000:]
                    raise RuntimeError(f"PostgreSQL did not start: {error}\n{text}") from error
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the server: SIGQUIT as a crash does, SIGINT in order."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    @property
    def admin(self) -> str:
        """URL of the maintenance database."""
        return self.url("postgres")

    def url(self, name: str) -> str:
        """URL of a database."""
        return f"postgresql://mapae:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def create(self) -> str:
        """Return the URL of an empty database."""
        if self.free:
            return self.free.pop()
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.admin, autocommit=True) as db:
            db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Empty a database for the next test: cheaper than another one."""
        with psycopg.connect(url, autocommit=True) as db:
            schemas = [row[0] for row in db.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mapae%'")]
            for name in schemas:
                db.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
        self.free.append(url)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster and run its server until the block ends."""
    binaries = programs()
    prefix, owner = _as_somebody()
    folder = Path(tempfile.mkdtemp(prefix="mapae-pg-"))
    made: Cluster | None = None
    try:
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        if owner is not None:
            for path in (folder, password):
                os.chown(path, *owner)
        initdb = ["initdb", "-D", str(folder / "data"), "-U", "mapae", "-A", "scram-sha-256"]
        locale = ["-E", "UTF8", "--locale=C.UTF-8", f"--pwfile={password}", "--no-instructions", "--no-sync"]
        command = [*prefix, str(binaries / initdb[0]), *initdb[1:], *locale]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")
        made = Cluster(folder, _free_port(), binaries, prefix)
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    """A port that the kernel just had free: PostgreSQL takes no port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
