"""One process a ledger: a lock that the kernel drops with its holder, however that ends."""

import fcntl
import os
from pathlib import Path
from typing import Final

from node.embedded.disk import storage
from node.embedded.errors import LedgerLockedError

_FILE: Final = "lock"


class HomeLock:
    """Holds `home`/lock from construction to `release` or the end of the process."""

    def __init__(self, home: Path) -> None:
        """Create the home if need be (mode 0700) and take the lock. Raises LedgerLockedError, StorageError."""
        with storage(f"creating {home}"):
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(home / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise LedgerLockedError(f"process {holder} has {home} open", process=holder) from error
        with storage("writing the lock"):
            os.pwrite(self._descriptor, f"{os.getpid():<19}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)
