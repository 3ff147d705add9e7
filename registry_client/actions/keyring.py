"""The keys of a development system: the council's, a ministry's, and those that each run makes anew.

- Every key is a real one, in a PKCS#12 file in the profile's key folder, and labelled as development in its purpose.
- The council's and the ministry's keys stay from run to run; each run makes a new agency, gate, officer and stranger.
- Nothing else is remembered: the ministry's DID follows from its key, the run's number from the files there are.
"""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from registry_client.adapters.passphrase import read_passphrase
from registry_client.adapters.signer_file import SUFFIX, load_signer, save_signer
from registry_client.adapters.signer_local import LocalSigner, generate_signer
from registry_client.errors import InvalidProfileError, KeyFileError
from registry_client.profile import Profile

DEVELOPMENT: Final = "development only"
"""Written into every key that the walk-through makes."""
COUNCIL: Final = ("council-1", "council-2", "council-3")
MINISTRY_SALT: Final = bytes(31) + b"\1"
"""Fixed, so that the ministry's DID follows from its key alone."""
_RUN: Final = re.compile(r"run-([1-9][0-9]{0,8})-.*", re.ASCII)


class KeyRing:
    """The keys of one play, kept in files; `run` sets this run's keys apart from those of earlier runs."""

    def __init__(self, folder: Path, *, passphrase: str, run: int) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self.run = run
        self._open: dict[str, LocalSigner] = {}

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def standing(self, name: str) -> LocalSigner:
        """Return a key that stays from run to run, made the first time."""
        return self._take(name)

    def existing(self, name: str) -> LocalSigner:
        """Return a key that somebody else made (the council's). Raises KeyFileError when it is missing."""
        if name not in self._open:
            path = self._folder / (name + SUFFIX)
            if not path.is_file():
                raise KeyFileError(f"there is no {path}: it is made by `mapae-node dev`, with the development council")
            self._open[name] = load_signer(path, passphrase=self._passphrase)
        return self._open[name]

    def fresh(self, name: str) -> LocalSigner:
        """Return a key of this run, made the first time it is asked for."""
        return self._take(f"run-{self.run}-{name}")

    def file_of(self, name: str) -> str:
        """Return the file name of a key of this run."""
        return f"run-{self.run}-{name}{SUFFIX}"

    def book_secret(self) -> str:
        """Return what opens this run's book: the demo's one passphrase."""
        return self._passphrase

    def _take(self, name: str) -> LocalSigner:
        if name not in self._open:
            path = self._folder / (name + SUFFIX)
            if path.is_file():
                self._open[name] = load_signer(path, passphrase=self._passphrase)
            else:
                signer = generate_signer(key_id=name, purpose=DEVELOPMENT)
                save_signer(signer, self._folder, passphrase=self._passphrase)
                self._open[name] = signer
        return self._open[name]


def open_ring(profile: Profile) -> KeyRing:
    """Open the key folder of a development system's profile, with the passphrase file beside it, for the next run.

    Raises KeyFileError, InvalidProfileError.
    """
    folder = profile.keys
    if folder is None or not (folder.parent / "passphrase").is_file():
        raise InvalidProfileError(
            "this needs the keys of a development system: use the profile that `make run` or `mapae-node dev` wrote"
        )
    passphrase = read_passphrase(prompt="development keys", file=folder.parent / "passphrase")
    earlier = [int(match[1]) for path in folder.glob("run-*") if (match := _RUN.fullmatch(path.name))]
    return KeyRing(folder, passphrase=passphrase, run=max(earlier, default=0) + 1)


def council_of(ring: KeyRing) -> Sequence[LocalSigner]:
    """Return the signers of the development council."""
    return [ring.existing(name) for name in COUNCIL]


def new_salt() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(32)
