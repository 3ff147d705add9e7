"""How a command that failed says so: one line, what to do, and an exit code that scripts can tell apart."""

import errno
import sqlite3
from typing import Final

from node.embedded.errors import EmbeddedLedgerError, LedgerStoppedError
from node.ports import StoreUnavailableError
from registry_client.errors import (
    ConfigurationError,
    InvalidInputError,
    LedgerInconsistentError,
    LedgerUnavailableError,
    RegistryError,
    WrongLedgerError,
)

EXIT_CODES: Final = {
    InvalidInputError: 64,
    LedgerUnavailableError: 69,
    LedgerInconsistentError: 70,
    ConfigurationError: 78,
    WrongLedgerError: 78,
}
"""64 usage, 69 ledger away, 70 contradiction, 78 settings; 1 anything else; the ledger has codes of its own."""
STORAGE: Final = 74
"""A file of the home cannot be read or written."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def explain(error: Exception) -> tuple[str, int] | None:
    """Return what to print and the exit code; None for what is a fault of ours and deserves its traceback."""
    match error:
        case EmbeddedLedgerError():
            return _of_ledger(error)
        case RegistryError():
            code = next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
            return f"{error.title}: {error.detail}", code
        case StoreUnavailableError() | sqlite3.OperationalError():
            return f"Storage error: the index or the outbox cannot be used ({error}). {_CHECK}", STORAGE
        case OSError(filename=str() as path):
            return f"Storage error: {path}: {error.strerror}. {_remedy(error.errno)}", STORAGE
        case _:
            return None


def _of_ledger(error: EmbeddedLedgerError) -> tuple[str, int]:
    """A ledger that ran as a child reports in its own words and with its own code."""
    report = error.as_report()
    title, remedy, code = report["title"], report["remedy"], report["exit_code"]
    if not (isinstance(title, dict) and isinstance(remedy, dict) and isinstance(code, int)):
        return f"{LedgerStoppedError.heading.en}: {error.detail}", LedgerStoppedError.exit_code
    return f"{title['en']}: {report['detail']}\n{remedy['en']}", code


_CHECK: Final = "Check free space and permissions of the home, or choose another with --home or MAPAE_HOME."


def _remedy(number: int | None) -> str:
    if number in _FULL:
        return "Free some space and start again; everything that was acknowledged is kept."
    if number in _FORBIDDEN:
        return "Let this user write there, or choose another home with --home or MAPAE_HOME."
    return _CHECK
