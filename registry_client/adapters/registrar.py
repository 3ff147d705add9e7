"""A DID registrar over HTTP (DIF DID Registration): one function called, one bounded result read.

- Only the shape of an answer is checked here; what it says is checked by whoever asked (actions/registrar.py).
- No redirect is followed and no proxy setting is read: a token goes to the address that was named, and nowhere else.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx

from registry_client.core.strict_json import JsonObject, parse_object
from registry_client.errors import (
    InvalidProfileError,
    LedgerRevertedError,
    LedgerUnavailableError,
    NodeRefusedError,
    ParsingError,
)

ANSWER_MAX_BYTES: Final = 256 * 1024
TIMEOUT_S: Final = 15.0
_STATES: Final = frozenset({"finished", "failed", "action", "wait"})
_RESULT: Final = frozenset({"jobId", "didState", "didRegistrationMetadata", "didDocumentMetadata"})


class RegistrarHttp:
    """One registrar. Answers are bounded; a refusal is raised with the registrar's own reason."""

    def __init__(
        self, url: str, *, token_file: Path | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`url`: http(s)://host:port, without /1.0. `token_file`: the API token that relaying needs."""
        self.url = url.rstrip("/")
        self._token_file = token_file
        try:
            self._http = httpx.Client(
                base_url=self.url,
                timeout=httpx.Timeout(TIMEOUT_S, connect=5.0),
                transport=transport,
                trust_env=False,
                follow_redirects=False,
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise InvalidProfileError(f"{url} is no address of a registrar: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, function: str, body: JsonObject) -> JsonObject:
        """Call create, update or deactivate and return its result, whose state is action, wait or finished.

        Raises NodeRefusedError (the request), LedgerRevertedError (the contract), LedgerUnavailableError.
        """
        query = {"method": "mapae"} if function == "create" else {}
        status, raw = self._post(f"/1.0/{function}", query, body)
        try:
            result = parse_object(raw, max_bytes=ANSWER_MAX_BYTES)
        except ParsingError as error:
            raise self._stranger(f"HTTP {status}, {error.detail}") from None
        if not result.keys() >= _RESULT or not all(isinstance(result[name], dict) for name in _RESULT - {"jobId"}):
            raise self._stranger(f"HTTP {status} without a registration result")
        state = result["didState"].get("state")
        if state not in _STATES or (result["jobId"] is None) != (state in {"finished", "failed"}):
            raise self._stranger(f"a state {str(state)[:40]} that does not go with its jobId")
        if state == "failed":
            raise self._failure(status, result)
        if status not in {200, 201}:
            raise self._stranger(f"HTTP {status} with the state {state}")
        return result

    def _post(self, path: str, query: dict[str, str], body: JsonObject) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token_file else {}
        raw = bytearray()
        try:
            with self._http.stream("POST", path, params=query, json=body, headers=headers) as response:
                for chunk in response.iter_bytes():
                    raw += chunk
                    if len(raw) > ANSWER_MAX_BYTES:
                        raise self._stranger(f"more than {ANSWER_MAX_BYTES} bytes")
                return response.status_code, bytes(raw)
        except httpx.HTTPError as error:
            raise LedgerUnavailableError(
                f"the registrar at {self.url} does not answer: {_why(error)}", url=self.url, registrar=True
            ) from error

    def _token(self) -> str:
        try:
            return cast("Path", self._token_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidProfileError(f"the token file {self._token_file} cannot be read: {error}") from None

    def _failure(
        self, status: int, result: JsonObject
    ) -> NodeRefusedError | LedgerRevertedError | LedgerUnavailableError:
        reason = str(result["didState"].get("reason") or "failed, without a reason")[:2_000]
        error: Any = result["didRegistrationMetadata"].get("error")
        error = error if isinstance(error, dict) else {}
        if status in {500, 503}:
            return LedgerUnavailableError(
                f"the registrar at {self.url}: {reason}", url=self.url, status=status, registrar=True
            )
        if isinstance(error.get("name"), str):
            arguments = error.get("arguments")
            return LedgerRevertedError(
                reason, error_name=error["name"], arguments=arguments if isinstance(arguments, dict) else {}
            )
        return NodeRefusedError(reason, status=status, problem_type=str(error.get("type", "about:blank")))

    def _stranger(self, what: str) -> LedgerUnavailableError:
        return LedgerUnavailableError(
            f"what answers at {self.url} is not a registrar: {what}", url=self.url, registrar=True
        )


def _why(error: httpx.HTTPError) -> str:
    """Say it in words that need no library's name."""
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return "it took too long" if isinstance(error, httpx.TimeoutException) else str(error) or "the connection broke"
