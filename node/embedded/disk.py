"""Writes that survive a power cut, and the disk's refusals turned into the ledger's own errors."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.embedded.errors import StorageError, StorageFullError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def storage(what: str) -> Iterator[None]:
    """Turn an OSError inside into StorageFullError or StorageError; `what` says what was being done."""
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno in _FULL else StorageError
        raise kind(f"{what}: {error.strerror or error}", errno=error.errno) from error


def sync_directory(folder: Path) -> None:
    """Make renames, creations and removals in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte or raise OSError; a short write goes on until the system says why."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, *parts: bytes) -> None:
    """Put `parts` in place of `path`, atomically and durably (temporary file, fsync, rename, fsync). Mode 0600."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            for part in parts:
                write_all(descriptor, part)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def free_bytes(folder: Path) -> int:
    """Bytes that this process may still write on the folder's file system."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
