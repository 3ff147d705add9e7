from pathlib import Path

import pytest

from node.embedded import disk
from node.embedded.disk import replace_file, storage
from node.embedded.errors import (
    EmbeddedLedgerError,
    StorageError,
    StorageFullError,
)


@pytest.mark.parametrize(("number", "kind"), [(28, StorageFullError), (122, StorageFullError), (27, StorageFullError)])
def test_refusals_of_a_full_disk_are_told_apart(number: int, kind: type[EmbeddedLedgerError]) -> None:
    with pytest.raises(kind, match="writing"), storage("writing"):
        raise OSError(number, "refused")


def test_other_refusals_are_storage_errors() -> None:
    with pytest.raises(StorageError), storage("reading"):
        raise PermissionError(13, "denied")


def test_failed_replacement_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")

    def full(_: int, __: bytes) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(disk, "write_all", full)
    with pytest.raises(OSError, match="no space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
