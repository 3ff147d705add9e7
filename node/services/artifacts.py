"""The compiled contracts, as they are committed under contracts/artifacts.

- `Artifact.deployed_bytecode` holds zeros where a constructor writes its immutables: `is_code_of` leaves those out.
- Read once and kept: nine files, about 400 KB.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from registry_client.errors import RegistryError

PEERS = (
    "Council",
    "Roles",
    "DidRegistry",
    "AccreditationRegistry",
    "IssuanceLog",
    "StatusRegistry",
    "SchemaRegistry",
    "ServiceRegistry",
)
"""The eight contracts that Directory names, in the order of their birth."""

DIRECTORY = "Directory"
ARTIFACTS = Path(__file__).resolve().parents[2] / "contracts" / "artifacts"
WORD = 32


class ArtifactMissingError(RegistryError):
    """A compiled contract is not where it should be."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: Mapping[str, tuple[int, ...]]
    """Name of an immutable -> where its 32 bytes stand in the runtime code."""

    layout_id: bytes
    """Id of the storage layout (docs/storage.md), 32 bytes."""

    def is_code_of(self, runtime: bytes) -> bool:
        """Tell whether `runtime` is this contract, whatever its constructor wrote into its immutables."""
        blank = bytearray(runtime)
        for start in (start for starts in self.immutables.values() for start in starts):
            blank[start : start + WORD] = bytes(WORD)
        return bytes(blank) == self.deployed_bytecode

    def immutable(self, name: str, runtime: bytes) -> bytes:
        """Read an immutable (32 bytes) out of code that `is_code_of` has recognised."""
        start = self.immutables[name][0]
        return runtime[start : start + WORD]


def _bytes_of(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@cache
def load_artifacts(folder: Path = ARTIFACTS) -> Mapping[str, Artifact]:
    """Read the nine artifacts. Raises ArtifactMissingError naming the file and the command that makes it."""
    artifacts = {}
    for name in (*PEERS, DIRECTORY):
        path = folder / f"{name}.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            artifacts[name] = Artifact(
                name=name,
                abi=raw["abi"],
                bytecode=_bytes_of(raw["bytecode"]),
                deployed_bytecode=_bytes_of(raw["deployedBytecode"]),
                immutables={
                    name: tuple(reference["start"] for reference in references)
                    for name, references in raw["immutableReferences"].items()
                },
                layout_id=_bytes_of(raw["layoutId"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            detail = f"the compiled contract {name} cannot be read from {path}: run `python scripts/compile.py`"
            raise ArtifactMissingError(detail, path=str(path)) from error
    return artifacts
