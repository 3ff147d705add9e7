"""The relayer keys of a home: the active one, and retired ones that still have transactions under way.

- Active: the configured keystore, `relayer.json`. Retired: `relayer.retired-<address>.json` beside it. One passphrase.
- A rotation replaces files; a running node sees that between two steps and goes on with the new key.
- Rotating is a link and a rename: a crash in between leaves the old key active and changes nothing.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from node.adapters.ledger_writer import Web3Writer, create_relayer, load_relayer
from node.adapters.rpc import RpcClient
from registry_client.errors import KeyFileError

_RETIRED: Final = ".retired-"


@dataclass(frozen=True, slots=True)
class Keystores:
    """Where a home's relayer keys are."""

    active: Path
    passphrase: Path

    @property
    def next(self) -> Path:
        """The key that was made for the next rotation."""
        return self.active.with_name(self.active.stem + ".next.json")

    def retired(self) -> list[Path]:
        """Return the retired keystores, by name."""
        return sorted(self.active.parent.glob(f"{self.active.stem}{_RETIRED}*.json"))

    def address(self, keystore: Path) -> str:
        """Return the 0x-address (lower case) that a keystore names, without opening it. Raises KeyFileError."""
        try:
            text = str(json.loads(keystore.read_text())["address"]).removeprefix("0x").lower()
            if len(bytes.fromhex(text)) != 20:
                raise ValueError("not an address")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyFileError(f"{keystore} is no keystore: {error}") from error
        return "0x" + text

    def prepare(self) -> str:
        """Make the next key if there is none; return its address. It must be let in and funded before it is used."""
        if not self.active.exists():
            raise KeyFileError(f"{self.active} is missing; `mapae-node relayer new` makes the first key")
        if not self.next.exists():
            create_relayer(self.next, self.passphrase)
        return self.address(self.next)

    def rotate(self) -> tuple[str, str]:
        """Make the next key the active one and retire the active one; return (old, new) address."""
        new = self.prepare()
        load_relayer(self.next, self.passphrase)
        old = self.address(self.active)
        retired = self.active.with_name(f"{self.active.stem}{_RETIRED}{old[2:]}.json")
        if not retired.exists():
            os.link(self.active, retired)
        self.next.replace(self.active)
        folder = os.open(self.active.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return old, new


class Keyring:
    """Implements node.services.relay.Relayers over the files of a home."""

    def __init__(self, rpc: RpcClient, keystores: Keystores, *, chain_id: int) -> None:
        """Open the active key. Raises KeyFileError."""
        self._rpc, self._keystores, self._chain_id = rpc, keystores, chain_id
        self._seen = self._mark()
        self._active = self._open(keystores.active)
        self._retired: dict[bytes, Web3Writer | None] = {}

    def active(self) -> Web3Writer:
        """Return the active key; reads it again when its file was replaced. Raises KeyFileError."""
        mark = self._mark()
        if mark != self._seen:
            self._active = self._open(self._keystores.active)
            self._seen = mark
            self._retired.clear()
        return self._active

    def of(self, relayer: bytes) -> Web3Writer | None:
        """Return the key of an address if this home has it."""
        if relayer == self._active.relayer:
            return self._active
        if relayer not in self._retired:
            address = "0x" + relayer.hex()
            found = [path for path in self._keystores.retired() if self._keystores.address(path) == address]
            self._retired[relayer] = self._open(found[0]) if found else None
        return self._retired[relayer]

    def _open(self, keystore: Path) -> Web3Writer:
        account: LocalAccount = load_relayer(keystore, self._keystores.passphrase)
        return Web3Writer(self._rpc, account, chain_id=self._chain_id)

    def _mark(self) -> tuple[int, int] | None:
        try:
            found = self._keystores.active.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
