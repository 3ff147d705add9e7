"""What the node writes is its owner's alone, whatever the umask and whatever was there."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from node.adapters.store_sql.engine import open_engine, writing
from node.files import make_private_file, make_private_folder, write_private
from node.logs import configure_logs


@pytest.fixture(autouse=True)
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_are_made_private_and_found_ones_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o755)
    make_private_folder(tmp_path / "theirs" / "var" / "node")
    assert [mode(tmp_path / part) for part in ("theirs", "theirs/var", "theirs/var/node")] == [0o755, 0o700, 0o700]


def test_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_text("kept")
    path.chmod(0o644)
    make_private_file(path)
    assert (mode(path), path.read_text()) == (0o600, "kept")


def test_text_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "home" / "token"
    write_private(path, "one")
    write_private(path, "two")
    assert (mode(path), path.read_text(), [file.name for file in path.parent.iterdir()]) == (0o600, "two", ["token"])
    with pytest.raises(FileExistsError):
        write_private(path, "three", exclusive=True)


def test_stores_and_what_sqlite_puts_beside_them_are_private(tmp_path: Path) -> None:
    path = tmp_path / "node" / "outbox.sqlite"
    engine = open_engine(path, synchronous="FULL")
    with writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        beside = list(path.parent.iterdir())
    assert {mode(file) for file in beside} == {0o600}
    assert len(beside) == 3
    engine.dispose()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_log_is_private_also_after_it_was_rotated(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logs(tmp_path / "log" / "node.log", level="info", form="json")
        logging.getLogger("test").info("one")
        root.handlers[0].doRollover()  # type: ignore[attr-defined]
        logging.getLogger("test").info("two")
        files = list((tmp_path / "log").iterdir())
        assert len(files) == 2
        assert {mode(file) for file in files} == {0o600}
    finally:
        root.handlers[0].close()
        root.handlers[:], root.level = before
