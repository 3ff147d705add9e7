import os
import stat
from pathlib import Path

import pytest

from node.embedded.errors import (
    LedgerLockedError,
    StorageError,
)
from node.embedded.lock import HomeLock


def test_lock_is_exclusive_until_released(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    lock = HomeLock(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    with pytest.raises(LedgerLockedError, match=f"process {os.getpid()} has"):
        HomeLock(home)
    lock.release()
    HomeLock(home).release()


def test_home_that_is_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="creating"):
        HomeLock(tmp_path / "file")
