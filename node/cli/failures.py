"""How a command that failed says so: one line, what to do, and an exit code that scripts can tell apart."""

import errno
import sqlite3
from typing import Final

from node.cli.korean import korean
from node.embedded.errors import EmbeddedLedgerError, LedgerStoppedError
from node.ports import StoreUnavailableError
from registry_client.cli.failures import title
from registry_client.cli.i18n import language, tr
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
            return f"{title(error)}: {korean(error) if language() == 'ko' else error.detail}", code
        case StoreUnavailableError() | sqlite3.OperationalError():
            said = tr("the index or the outbox cannot be used", "색인이나 발신함을 쓸 수 없습니다")
            return f"{_storage()}: {said} ({error}). {tr(*_CHECK)}", STORAGE
        case OSError(filename=str() as path):
            return f"{_storage()}: {path}: {error.strerror}. {tr(*_remedy(error.errno))}", STORAGE
        case _:
            return None


def _of_ledger(error: EmbeddedLedgerError) -> tuple[str, int]:
    """A ledger that ran as a child reports in its own words and with its own code."""
    report = error.as_report()
    heading, remedy, code = report["title"], report["remedy"], report["exit_code"]
    if not (isinstance(heading, dict) and isinstance(remedy, dict) and isinstance(code, int)):
        heading = LedgerStoppedError.heading.as_dict()
        return f"{heading[language()]}: {error.detail}", LedgerStoppedError.exit_code
    return f"{heading[language()]}: {report['detail']}\n{remedy[language()]}", code


_CHECK: Final = (
    "Check free space and permissions of the home, or choose another with --home or MAPAE_HOME.",
    "home의 남은 공간과 권한을 확인하거나 --home 또는 MAPAE_HOME으로 다른 곳을 지정하세요.",
)


def _storage() -> str:
    return tr("Storage error", "저장 오류")


def _remedy(number: int | None) -> tuple[str, str]:
    if number in _FULL:
        return (
            "Free some space and start again; everything that was acknowledged is kept.",
            "공간을 비우고 다시 시작하세요; 접수된 것은 모두 남아 있습니다.",
        )
    if number in _FORBIDDEN:
        return (
            "Let this user write there, or choose another home with --home or MAPAE_HOME.",
            "이 사용자에게 쓰기 권한을 주거나 --home 또는 MAPAE_HOME으로 다른 곳을 지정하세요.",
        )
    return _CHECK
