"""Files of the home are for their owner alone: folders 0700, files 0600, whatever the umask is."""

import os
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder and what is missing above it; folders that exist stay as they are. Raises OSError."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file if there is none, and take other people's rights from one that there is. Raises OSError."""
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str, *, exclusive: bool = False) -> None:
    """Write a text durably in place of what was there; `exclusive`: only if nothing was. Raises OSError."""
    make_private_folder(path.parent)
    if exclusive:
        _write(path, text, os.O_EXCL)
        return
    temporary = path.with_name(path.name + ".new")
    try:
        _write(temporary, text, os.O_TRUNC)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _write(path: Path, text: str, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, FILE_MODE)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
