"""The manifest of a backup or an export: which ledger it is of, up to which block, and the digest of every file."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final, Self

from node.embedded.disk import replace_file, storage, sync_directory
from node.embedded.errors import BackupDamagedError, FolderTakenError
from node.embedded.records import BlockRef

FILE: Final = "manifest.json"
FORMAT: Final = 1
MANIFEST_MAX: Final = 1 << 20
"""Longest manifest that is read, bytes."""
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: its name (no folder), bytes, and sha256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder holds. `kind`: `mapae-ledger-backup` or `mapae-ledger-export`; `made_at`: unix seconds."""

    kind: str
    network: str
    chain_id: int
    genesis_hash: bytes
    head: BlockRef
    engine_version: str
    made_at: int
    files: tuple[FileEntry, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what is written as JSON."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "network": self.network,
            "chain_id": self.chain_id,
            "genesis_hash": "0x" + self.genesis_hash.hex(),
            "head": {"number": self.head.number, "time": self.head.timestamp, "hash": "0x" + self.head.hash.hex()},
            "engine": {"name": "anvil", "version": self.engine_version},
            "made_at": self.made_at,
            "files": [{"name": item.name, "size": item.size, "sha256": item.sha256} for item in self.files],
        }

    @classmethod
    def of(cls, value: Any) -> Self:
        """Read what `as_dict` returned. Raises ValueError, KeyError or TypeError for anything else."""
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']}; this program reads {FORMAT}")
        head = value["head"]
        return cls(
            kind=str(value["kind"]),
            network=str(value["network"]),
            chain_id=int(value["chain_id"]),
            genesis_hash=_digest(value["genesis_hash"]),
            head=BlockRef(int(head["number"]), int(head["time"]), _digest(head["hash"])),
            engine_version=str(value["engine"]["version"]),
            made_at=int(value["made_at"]),
            files=tuple(FileEntry(str(e["name"]), int(e["size"]), str(e["sha256"])) for e in value["files"]),
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, durably, as the last file of its folder. Raises StorageError."""
    text = json.dumps(manifest.as_dict(), indent=1).encode() + b"\n"
    with storage(f"writing the manifest in {folder}"):
        replace_file(folder / FILE, text)


def read_manifest(folder: Path, *, kind: str) -> Manifest:
    """Read the manifest of a folder of this kind. Raises BackupDamagedError, StorageError."""
    with storage(f"reading the manifest in {folder}"), (folder / FILE).open("rb") as file:
        data = file.read(MANIFEST_MAX + 1)
    try:
        if len(data) > MANIFEST_MAX:
            raise ValueError("it is too long")
        manifest = Manifest.of(json.loads(data))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupDamagedError(f"{folder / FILE} is no manifest of ours: {error}") from error
    if manifest.kind != kind:
        raise BackupDamagedError(f"{folder} holds a {manifest.kind}, not a {kind}")
    return manifest


def entry_of(path: Path) -> FileEntry:
    """Measure a file. Raises StorageError."""
    digest, size = hashlib.sha256(), 0
    with storage(f"reading {path}"), path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return FileEntry(path.name, size, digest.hexdigest())


def entries_of(folder: Path, names: Iterable[str]) -> tuple[FileEntry, ...]:
    """Measure files of a folder, by name in order."""
    return tuple(entry_of(folder / name) for name in sorted(names))


@contextmanager
def new_folder(destination: Path) -> Iterator[Path]:
    """Fill a folder beside `destination`, then put it there in one step; nothing is left of one that failed.

    Raises FolderTakenError if something is there, StorageError.
    """
    _require_free(destination)
    with storage(f"creating a folder beside {destination}"):
        destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    try:
        yield made
        _require_free(destination)
        with storage(f"putting {destination} in place"):
            sync_directory(made)
            made.rename(destination)
            sync_directory(destination.parent)
    except BaseException:
        rmtree(made, ignore_errors=True)
        raise


def _require_free(destination: Path) -> None:
    with storage(f"looking at {destination}"):
        if destination.is_symlink() or (
            destination.exists() and (not destination.is_dir() or any(destination.iterdir()))
        ):
            raise FolderTakenError(f"{destination} is not empty", path=str(destination))


def _digest(text: object) -> bytes:
    value = bytes.fromhex(str(text).removeprefix("0x"))
    if len(value) != 32:
        raise ValueError(f"{text} is no hash")
    return value
