"""One HTTP request from outside: its id, its one record in the log, its place in the metrics.

- An id is taken from `X-Request-Id` only in the forms that our own and W3C trace ids have: whatever else stands there
  (a name, a number, a token by mistake) is in no log.
- A record names the route and never the path, the query, a header or the body. No address: people sit behind them.
- What the resolver does with every request costs about a microsecond.
"""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from logging import DEBUG, INFO
from typing import Any, Final

import structlog
from structlog.contextvars import STRUCTLOG_KEY_PREFIX

from node.measures import FAST, Distribution

HEADER: Final = b"x-request-id"
OTHER: Final = "other"
RESOLUTION: Final = "/1.0/identifiers/{did}"
_GIVEN: Final = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUIET: Final = frozenset({"health", "metrics", OTHER})
"""Groups that are asked all the time, or by mistake: recorded at level debug."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_CLASSES: Final = ("", "1xx", "2xx", "3xx", "4xx", "5xx")

_bound: Final[ContextVar[str]] = ContextVar(STRUCTLOG_KEY_PREFIX + "request_id")
"""Named so that `structlog.contextvars.merge_contextvars` puts it into records; set directly, which is quicker."""
_START: Final = secrets.token_hex(10).encode()
_numbers: Final = itertools.count(1)
_records: Final = logging.getLogger("node.access")
log = structlog.get_logger("node.access")


def identify(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a request's id, given or made, and bind it to every log record of the task."""
    for name, value in headers:
        if name == HEADER and _GIVEN.fullmatch(value):
            found = value
            break
    else:
        found = b"%b%012x" % (_START, next(_numbers))
    _bound.set(found.decode())
    return found


def request_id() -> str | None:
    """Return the id of the request that is being answered."""
    return _bound.get(None)


class Traffic:
    """What one server's requests came to; counted by its event loop alone."""

    def __init__(self) -> None:
        self.in_flight = self.readers = 0
        self.resolving = Distribution(FAST)
        self._resolved = [0] * len(_CLASSES)
        self.answering: dict[str, Distribution] = {}
        self.answered: dict[tuple[str, str], int] = {}

    @property
    def resolved(self) -> dict[str, int]:
        """Return the resolver's answers by class of status."""
        return dict(zip(_CLASSES[2:], self._resolved[2:], strict=True))

    def resolution(self, method: str, status: int, began: float) -> None:
        """Note an answer of the resolver. `began`: by `time.perf_counter`."""
        seconds = time.perf_counter() - began
        self.resolving.observe(seconds)
        self._resolved[status // 100] += 1
        level = INFO if status >= 500 else DEBUG
        if _records.isEnabledFor(level):
            _record(level, method, RESOLUTION, status=status, seconds=seconds)

    def answer(self, scope: Mapping[str, Any], status: int, began: float) -> None:
        """Note any other answer."""
        seconds = time.perf_counter() - began
        route = scope.get("route")
        tags = getattr(route, "tags", None)
        group = str(tags[0]) if tags else OTHER
        if group not in self.answering:
            self.answering[group] = Distribution(FAST)
        self.answering[group].observe(seconds)
        key = group, _CLASSES[status // 100]
        self.answered[key] = self.answered.get(key, 0) + 1
        level = DEBUG if group in _QUIET and status < 500 else INFO
        if _records.isEnabledFor(level):
            _record(level, scope["method"], route_of(scope), status=status, seconds=seconds)


def route_of(scope: Mapping[str, Any], *, is_resolution: bool = False) -> str:
    """Return the template that a request's path fits, which says nothing of the request."""
    return RESOLUTION if is_resolution else str(getattr(scope.get("route"), "path", OTHER))


def _record(level: int, method: str, route: str, *, status: int, seconds: float) -> None:
    said = method if method in _METHODS else OTHER
    log.log(level, "request", method=said, route=route, status=status, ms=round(1000 * seconds, 3))
