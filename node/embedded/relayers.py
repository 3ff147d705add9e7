"""The relayers whose transactions the gate lets in: `relayers.json` in the ledger's home, an array of addresses.

Contracts ask for signed operations and give a sender no right; this list only keeps strangers on the same machine from
filling the ledger for nothing.
"""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from node.embedded.disk import replace_file, storage
from node.embedded.errors import RelayerFileError, StorageError

FILE: Final = "relayers.json"
COUNT_MAX: Final = 1_000
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


def parse_address(text: object) -> bytes:
    """Parse a 0x-address into its 20 bytes; letters' case carries no meaning here. Raises RelayerFileError."""
    if not isinstance(text, str) or not _ADDRESS.fullmatch(text):
        raise RelayerFileError(f"not an address: {str(text)[:80]!r}")
    return bytes.fromhex(text[2:])


class KnownRelayers:
    """The set, kept in its file; additions are durable before they count.

    Who else may write the file (its owner: `mapae-node relayer add`) is heard without a restart.
    """

    def __init__(self, home: Path) -> None:
        """Read the file; none means nobody. Raises RelayerFileError, StorageError."""
        self._path = home / FILE
        self._addresses: frozenset[bytes] = frozenset()
        self._read_at: tuple[int, int] | None = None
        self._read()

    def _read(self) -> None:
        self._read_at = self._mark()
        with storage(f"reading {FILE}"):
            text = self._path.read_bytes() if self._path.exists() else b"[]"
        try:
            found = json.loads(text)
        except ValueError as error:
            raise RelayerFileError(f"{self._path}: {error}") from error
        if not isinstance(found, list) or len(found) > COUNT_MAX:
            raise RelayerFileError(f"{self._path} is not an array of at most {COUNT_MAX} addresses")
        self._addresses = frozenset(parse_address(address) for address in found)

    def _mark(self) -> tuple[int, int] | None:
        """Tell one content of the file from another, as far as that is possible without reading it."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def __contains__(self, address: bytes) -> bool:
        if address not in self._addresses and self._mark() not in (None, self._read_at):
            with suppress(RelayerFileError, StorageError):  # somebody else's broken file takes nobody's right away
                self._read()
        return address in self._addresses

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, *addresses: bytes) -> None:
        """Let these in from now on. Raises RelayerFileError when there would be too many, StorageError."""
        if self._mark() not in (None, self._read_at):
            self._read()
        wanted = self._addresses | set(addresses)
        if len(wanted) > COUNT_MAX:
            raise RelayerFileError(f"more than {COUNT_MAX} relayers")
        if wanted != self._addresses:
            text = json.dumps(["0x" + address.hex() for address in sorted(wanted)], indent=1).encode() + b"\n"
            with storage(f"writing {FILE}"):
                replace_file(self._path, text)
            self._addresses, self._read_at = frozenset(wanted), self._mark()
