"""Logs: structlog to a file in the home, and to the terminal where a person looks; nothing secret, nothing personal."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, Literal

import structlog

from node.files import make_private_file

FILE_MAX_LENGTH: Final = 16 * 1024 * 1024  # bytes
FILES_KEPT: Final = 5
_SECRET: Final = frozenset({"authorization", "token", "passphrase", "key", "raw", "body"})


def _redact(_logger: Any, _method: str, event: Any) -> Any:
    """Drop what must not be in a log, whoever put it there."""
    for name in event.keys() & _SECRET:
        event[name] = "(redacted)"
    return event


class _PrivateFile(RotatingFileHandler):
    """A rotated log that only its owner reads."""

    def _open(self) -> Any:
        make_private_file(Path(self.baseFilename))
        return super()._open()


def logs_to_stderr() -> None:
    """Have a short command warn on stderr and log nothing else: its stdout is its answer."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure_logs(path: Path, *, level: str, form: Literal["json", "text"]) -> None:
    """Send structured logs to `path` (rotated), and warnings to stderr as well."""
    file = _PrivateFile(path, maxBytes=FILE_MAX_LENGTH, backupCount=FILES_KEPT, encoding="utf-8")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    file.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [file, terminal]
    root.setLevel(level.upper())
    for noisy in ("alembic", "httpx", "httpcore", "web3", "urllib3", "asyncio", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
