"""Every failure of `mapae-node` is one line, what to do, and the exit code that belongs to it."""

import errno
import sqlite3

import pytest
import typer

from node import cli
from node.cli.failures import explain
from node.embedded.errors import JournalDamagedError, LedgerLockedError, LedgerStoppedError
from node.ports import StoreUnavailableError
from registry_client import errors as e

DAMAGED = JournalDamagedError("block 7")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (e.InvalidOptionsError("what"), 64, "Invalid options: what"),
        (e.LedgerUnavailableError("away"), 69, "Ledger unavailable: away"),
        (e.LedgerInconsistentError("both"), 70, "Ledger inconsistent: both"),
        (e.KeyFileError("open"), 78, "Key file error: open"),
        (e.WrongLedgerError("other"), 78, "Wrong ledger: other"),
        (e.RegistryError("odd"), 1, "Internal error: odd"),
        (LedgerLockedError("taken"), 75, LedgerLockedError.remedy.en),
        (DAMAGED, 65, DAMAGED.remedy.en),
        (LedgerStoppedError("x", report=DAMAGED.as_report()), 65, "block 7\n" + DAMAGED.remedy.en),
        (StoreUnavailableError("database or disk is full"), 74, "MAPAE_HOME"),
        (sqlite3.OperationalError("disk I/O error"), 74, "MAPAE_HOME"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/var"), 74, "/srv/var: Read-only file system. Let this"),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/var"), 74, "Free some space"),
        (OSError(errno.EIO, "Input/output error", "/srv/var"), 74, "--home"),
    ],
)
def test_failure_has_its_words_and_its_code(error: Exception, code: int, words: str) -> None:
    explained = explain(error)
    assert explained is not None
    assert explained[1] == code
    assert words in explained[0]


def test_fault_of_ours_keeps_its_traceback() -> None:
    assert explain(ValueError("bug")) is None
    assert explain(OSError("no file at all")) is None


@pytest.mark.parametrize("code", [0, 65, 69, 75, 78])
def test_exit_code_of_a_command_is_the_programs(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()

    @app.command()
    def end() -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr("sys.argv", ["mapae-node"])
    assert cli.main() == code
