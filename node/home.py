"""What a starting node takes before anything else: its home, for itself alone, and its port."""

import fcntl
import os
import socket
from pathlib import Path
from typing import Final, Self

from node.files import make_private_folder
from registry_client.errors import ConfigurationError

_LOCK: Final = Path("node/lock")


class HomeLock:
    """One node a home: a lock that the kernel drops with the process."""

    def __init__(self, home: Path) -> None:
        path = home / _LOCK
        make_private_folder(path.parent)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise ConfigurationError(
                f"another node (process {holder}) runs on {home}: stop it, or set MAPAE_HOME to another folder",
                home=str(home),
                process=holder,
            ) from None
        os.pwrite(self._descriptor, f"{os.getpid():<19}\n".encode("ascii"), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started. Raises ConfigurationError saying what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"{host}:{port} cannot be taken ({error.strerror}): stop what uses it, or choose another port "
            "with --port or MAPAE_PORT",
            host=host,
            port=port,
        ) from None
    return listener
