"""How an error is told: what happened, why, what to do next; and the exit code of the run.

Exit codes: 0 ok or accepted · 1 internal · 2 the line or an input is wrong · 3 rejected (or not found) ·
4 undetermined · 5 refused by the ledger or the node · 6 unreachable · 130 interrupted.
"""

import errno
import json
import sys
import traceback
from typing import Final

from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, outcome, to_json
from registry_client.cli.refusals import reason
from registry_client.cli.settings import UsageError, current
from registry_client.cli.token_refusals import token_step
from registry_client.cli.typed import as_typed
from registry_client.errors import (
    ConfigurationError,
    InvalidInputError,
    LedgerError,
    LedgerRevertedError,
    LedgerUnavailableError,
    NodeRefusedError,
    RegistryError,
    ResolutionError,
    TokenError,
    UndeterminedError,
    VerificationError,
)

OK: Final = 0
INTERNAL: Final = 1
USAGE: Final = 2
REJECTED: Final = 3
UNDETERMINED: Final = 4
REFUSED: Final = 5
UNREACHABLE: Final = 6
INTERRUPTED: Final = 130

_WRONG_FILES: Final = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
"""A file that was named wrongly; a full disk or a broken one is not the reader's mistake."""

_KOREAN_ERRNO: Final = {
    errno.ENOENT: "그런 파일이 없습니다",
    errno.EACCES: "권한이 없습니다",
    errno.EISDIR: "파일이 아니라 폴더입니다",
    errno.ENOTDIR: "폴더가 아닙니다",
    errno.ENOSPC: "디스크가 가득 찼습니다",
}
_KOREAN_TITLES: Final[dict[str, str]] = {
    "InvalidInputError": "입력이 올바르지 않음",
    "HrFeedError": "인사 자료에 쓸 수 없는 줄이 있음",
    "ConfigurationError": "설정 오류",
    "ProfileMissingError": "프로필이 없음",
    "InvalidProfileError": "프로필이 올바르지 않음",
    "KeyFileError": "키 파일 오류",
    "BookError": "발급 대장 오류",
    "TokenError": "토큰(HSM) 오류",
    "TokenUriError": "PKCS#11 URI가 아님",
    "TokenModuleError": "PKCS#11 모듈을 쓸 수 없음",
    "TokenMissingError": "토큰을 찾을 수 없음",
    "TokenKeyMissingError": "토큰에 그 키가 없음",
    "TokenPinError": "PIN이 틀림",
    "TokenPinUnreadError": "PIN을 읽지 못함",
    "TokenPinLockedError": "PIN이 잠김",
    "TokenRemovedError": "토큰이 빠짐",
    "DidNotFoundError": "DID를 찾을 수 없음",
    "ResolutionError": "DID를 해석할 수 없음",
    "VerificationError": "검증 실패",
    "PurposeExceededError": "목적을 벗어난 요구",
    "RequestInvalidError": "제시 요청이 올바르지 않음",
    "HolderMismatchError": "소지자가 다름",
    "UndeterminedError": "판단할 수 없음",
    "LedgerUnavailableError": "원장에 연결할 수 없음",
    "WrongLedgerError": "다른 원장임",
    "LedgerRevertedError": "계약이 거절함",
    "LedgerInconsistentError": "원장의 사실이 서로 모순됨",
    "NodeRefusedError": "노드가 거절함",
    "LedgerError": "원장 오류",
    "RegistryError": "내부 오류",
}
"""Class name -> Korean title; a class without one is told by its nearest ancestor's."""


def exit_code(error: BaseException) -> int:
    """The documented exit code of an error."""
    if isinstance(error, UndeterminedError):
        return UNDETERMINED
    if isinstance(error, (VerificationError, ResolutionError)):
        return REJECTED
    if isinstance(error, LedgerUnavailableError):
        return UNREACHABLE
    if isinstance(error, LedgerError):
        return REFUSED
    if isinstance(error, (InvalidInputError, ConfigurationError, UsageError, *_WRONG_FILES)):
        return USAGE
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else INTERNAL


def title(error: BaseException) -> str:
    """The error's short name in the reader's language."""
    if isinstance(error, UsageError):
        return tr("This line cannot be read", "명령을 읽을 수 없음")
    if isinstance(error, _WRONG_FILES):
        return tr("File", "파일")
    if isinstance(error, OSError):
        return tr("A file or connection failed", "파일이나 연결에 문제가 있음")
    if isinstance(error, LedgerUnavailableError) and error.evidence.get("registrar"):
        return tr("Registrar unavailable", "등록기에 연결할 수 없음")
    if not isinstance(error, RegistryError):
        return tr("Something went wrong inside mapae", "mapae 내부에서 오류가 났습니다")
    for ancestor in type(error).__mro__:
        korean = _KOREAN_TITLES.get(ancestor.__name__)
        if korean is not None:
            return tr(error.title, korean)
    return error.title


def next_step(error: BaseException) -> str:
    """What to do now, where this layer knows better than the error's own text; its commands work as they stand."""
    return as_typed(_next_step(error))


def _next_step(error: BaseException) -> str:
    if isinstance(error, LedgerUnavailableError):
        if error.evidence.get("registrar"):
            return tr(
                "is it running at that address? give another with --registrar URL, or leave --registrar out",
                "그 주소에서 실행 중인가요? 다른 주소를 --registrar URL로 주거나 --registrar를 빼고 실행하세요",
            )
        return tr(
            "is the system up? `make serve` starts it; `--node URL` names another node",
            "시스템이 켜져 있나요? `make serve`로 시작하고, 다른 노드는 `--node URL`로 지정합니다",
        )
    if isinstance(error, LedgerRevertedError):
        return reason(error.error_name) or tr(
            "nothing was changed; `mapae events --last 5` shows what the ledger did last",
            "바뀐 것은 없습니다; 원장의 최근 기록은 `mapae events --last 5`로 볼 수 있습니다",
        )
    if isinstance(error, TokenError):
        return token_step(error)
    if isinstance(error, NodeRefusedError) and error.status in {401, 403}:
        return tr(
            "check `token_file` in the profile; `mapae-node tokens create` gives a new token",
            "프로필의 `token_file`을 확인하세요; 새 토큰은 `mapae-node tokens create`로 만듭니다",
        )
    if not isinstance(error, (RegistryError, KeyboardInterrupt, OSError, UsageError)):
        return tr("run it again with --debug and report the traceback", "--debug로 다시 실행해 추적 정보를 알려 주세요")
    return ""


def report(error: BaseException) -> int:
    """Tell the error on standard error (as a problem document with `--json`); return the exit code."""
    code = exit_code(error)
    if current().debug:
        traceback.print_exception(error, file=sys.stderr)
    if current().json:
        sys.stderr.write(to_json({"error": problem(error), "exit_code": code}) + "\n")
        return code
    screen = Screen(stderr=True)
    if isinstance(error, KeyboardInterrupt):
        screen.line(
            tr(
                "stopped; what was sent to the ledger stays there",
                "중단했습니다; 이미 원장에 보낸 것은 그대로 남습니다",
            )
        )
        return code
    key = "undetermined" if code == UNDETERMINED else "failed"
    screen.line(f"{outcome(key)}: {title(error)}", style="yellow" if code == UNDETERMINED else "red")
    screen.line(as_typed(_cause(error)), indent=2)
    step = next_step(error)
    if step:
        screen.line(tr("next: ", "다음: ") + step, indent=2)
    return code


def problem(error: BaseException) -> dict[str, object]:
    """The RFC 9457 members of an error, with its evidence."""
    if isinstance(error, RegistryError):
        evidence = {name: json.loads(to_json(value)) for name, value in error.evidence.items()}
        document: dict[str, object] = {**error.as_problem(), **({"evidence": evidence} if evidence else {})}
        if isinstance(error, LedgerRevertedError):
            document |= {"error_name": error.error_name, "arguments": error.arguments}
        if isinstance(error, NodeRefusedError):
            document |= {"status": error.status, "problem_type": error.problem_type}
    else:
        document = {"type": "about:blank", "title": title(error), "detail": _cause(error)}
    step = next_step(error)
    return {**document, "next": step} if step else document


def _cause(error: BaseException) -> str:
    if isinstance(error, RegistryError):
        if language() == "ko":
            from registry_client.cli.error_texts import korean

            return korean(error)
        return error.detail
    if isinstance(error, OSError):
        why = tr(error.strerror or str(error), _KOREAN_ERRNO.get(error.errno or 0, error.strerror or str(error)))
        return f"{why}: {error.filename}" if error.filename else tr(str(error), why)
    text = str(error)
    return text if isinstance(error, UsageError) else f"{type(error).__name__}: {text}"
