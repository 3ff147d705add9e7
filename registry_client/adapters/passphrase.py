"""Where a passphrase comes from: a descriptor, a private file or the terminal; never an argument or the environment.

- MAPAE_PASSPHRASE_FILE names a file that only its owner may read; its first line is the passphrase.
- Passphrases are normalised (NFC), so that Korean typed on different systems opens the same file.
"""

import getpass
import os
import stat
import sys
import unicodedata
from pathlib import Path
from typing import Final

from registry_client.errors import KeyFileError

PASSPHRASE_MIN_LENGTH: Final = 12  # characters, asked of new passphrases only
PASSPHRASE_MAX_BYTES: Final = 1_024
PASSPHRASE_FILE_VARIABLE: Final = "MAPAE_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


def read_passphrase(
    *,
    prompt: str,
    fd: int | None = None,
    file: Path | None = None,
    confirm: bool = False,
    use_variable: bool = True,
) -> str:
    """Return the passphrase from `fd`, else `file` or MAPAE_PASSPHRASE_FILE, else the terminal.

    `confirm`: a new passphrase, typed twice and at least PASSPHRASE_MIN_LENGTH long. `use_variable`: whether the
    variable counts. Raises KeyFileError.
    """
    named = file or (_named_file() if use_variable else None)
    if fd is not None:
        passphrase = _first_line(_read_fd(fd))
    elif named is not None:
        passphrase = _first_line(read_private(named, limit=PASSPHRASE_MAX_BYTES))
    elif sys.stdin.isatty():
        passphrase = getpass.getpass(f"{prompt}: ")
        if confirm and getpass.getpass(f"{prompt} (again): ") != passphrase:
            raise KeyFileError("the two passphrases differ; nothing was written")
    else:
        raise KeyFileError(
            "no terminal to ask for the passphrase; put it in a file and name it with --passphrase-file or in "
            f"{PASSPHRASE_FILE_VARIABLE} (a development system has one: demo/passphrase in its home, var/ by default)"
        )
    passphrase = unicodedata.normalize("NFC", passphrase)
    if confirm and len(passphrase) < PASSPHRASE_MIN_LENGTH:
        raise KeyFileError(f"a new passphrase has at least {PASSPHRASE_MIN_LENGTH} characters")
    if not passphrase:
        raise KeyFileError("the passphrase is empty")
    return passphrase


def read_private(path: Path, *, limit: int) -> bytes:
    """Read a file that nobody but its owner may read or write; at most `limit` bytes. Raises KeyFileError."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError(f"{path} is not a regular file", path=str(path))
            if status.st_mode & 0o077:
                raise KeyFileError(
                    f"{path} may be read by others; run: chmod 600 {path}",
                    path=str(path),
                    mode=oct(status.st_mode & 0o777),
                )
            data = stream.read(limit + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}", path=str(path)) from None
    if len(data) > limit:
        raise KeyFileError(f"{path} is larger than {limit} bytes", path=str(path))
    return data


def _named_file() -> Path | None:
    name = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    return Path(name) if name else None


def _read_fd(fd: int) -> bytes:
    try:
        with os.fdopen(os.dup(fd), "rb") as stream:
            return stream.read(PASSPHRASE_MAX_BYTES)
    except OSError as error:
        raise KeyFileError(f"cannot read the passphrase from descriptor {fd}: {error.strerror}") from None


def _first_line(data: bytes) -> str:
    try:
        return data.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        raise KeyFileError("the passphrase is not UTF-8 text") from None
