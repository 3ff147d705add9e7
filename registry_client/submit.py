"""Send signed operations to a node and wait for what the ledger made of them.

- The id of an operation is keccak256 of what was signed: sending it twice is the same operation, so every call here may
  be repeated after a lost connection without doing anything twice.
- `wait` ends when every operation is final, or has failed, expired or been superseded, or when `timeout_s` is over.
- An operation that the contract refused raises LedgerRevertedError with the contract's own error name.
- The node is asked for addresses and nonces, and cannot misuse the answer: what is signed binds network, chain and
  contract, and the chain id is checked against the profile.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import httpx

from registry_client.core.encoding import decode_quantity, encode_hex
from registry_client.core.operation import SignedOperation, operation_to_json
from registry_client.core.outcome import SETTLED, Outcome, outcome_from_json, require_effect
from registry_client.core.strict_json import parse_json, parse_object
from registry_client.errors import (
    InvalidProfileError,
    LedgerUnavailableError,
    MalformedValueError,
    NodeRefusedError,
    ParsingError,
    WrongLedgerError,
)

BATCH_MAX: Final = 100
"""Operations in one request."""
BODY_MAX_BYTES: Final = 4 * 1024 * 1024
"""Largest answer that is read."""
REQUEST_TIMEOUT_S: Final = 15.0
FINAL_TIMEOUT_S: Final = 60.0
_POLL_FIRST_S: Final = 0.02
_POLL_SLOWEST_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Network:
    """What the node says about its ledger: enough to sign for it."""

    name: str
    chain_id: int
    contracts: Mapping[str, str]
    """Contract name -> address of its newest generation, 0x-hex."""
    head_number: int
    head_time: int
    final_number: int
    generations: Mapping[str, int] = field(default_factory=dict)
    """Contract name -> how many have held the name; 1 where nothing is said."""

    def is_replaced(self, contract: str) -> bool:
        """Whether the contract had predecessors: what was opened in one of them stays there."""
        return self.generations.get(contract, 1) > 1

    def address(self, contract: str) -> str:
        """Return the address to sign for. Raises LedgerUnavailableError when the node does not know the contract."""
        try:
            return self.contracts[contract]
        except KeyError:
            raise LedgerUnavailableError(f"the node knows no contract {contract}; is it still starting?") from None


class NodeClient:
    """One node, spoken to over HTTP: bounded answers, bounded waits, one kept connection."""

    def __init__(
        self, url: str, *, token_file: Path | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`url`: http(s)://host:port. `token_file`: holds the API token that relaying needs; read when first used."""
        self.url = url.rstrip("/")
        self._token_file = token_file
        self._token: str | None = None
        limits = httpx.Limits(max_connections=4)
        timeout = httpx.Timeout(REQUEST_TIMEOUT_S, connect=5.0)
        self._http = httpx.Client(
            base_url=self.url,
            timeout=timeout,
            limits=limits,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def network(self, *, expected: int | None = None, name: str | None = None) -> Network:
        """Ask which ledger this is; `expected` chain id and `name` must match. Raises WrongLedgerError."""
        with self._reading():
            answer = self.get("/v1/ledger")
            contracts = {str(key): str(entry["address"]) for key, entry in answer["contracts"].items()}
            generations = {str(key): int(entry.get("generation", 1)) for key, entry in answer["contracts"].items()}
            head, final = answer["head"], answer["final"]
            found = Network(
                name=str(answer["network"]),
                chain_id=int(answer["chain_id"]),
                contracts=contracts,
                head_number=int(head["number"]),
                head_time=int(head["time"]),
                final_number=int(final["number"]),
                generations=generations,
            )
        if (expected is not None and found.chain_id != expected) or (name is not None and found.name != name):
            raise WrongLedgerError(
                f"the node at {self.url} serves {found.name} (chain {found.chain_id}), "
                f"the profile says {name} (chain {expected}): "
                "use the profile of that network, or --node with the right address",
                url=self.url,
                served=found.name,
                expected=name,
            )
        return found

    def nonce(self, contract: str, controller: bytes, *, key: int = 0, registry: bytes | None = None) -> int:
        """Return the next nonce of a 21-byte Controller on a contract: key (192 bits) then sequence (64 bits).

        `registry`: 20-byte address of a predecessor that counts its own.
        """
        wanted = {"key": str(key)} if registry is None else {"key": str(key), "registry": encode_hex(registry)}
        answer = self.get(f"/v1/nonces/{contract}/{encode_hex(controller)}", wanted)
        with self._reading():
            value = answer["nonce"]
            return value if isinstance(value, int) else decode_quantity(str(value))

    def submit(self, operations: Sequence[SignedOperation]) -> list[Outcome]:
        """Hand signed operations over, at most 100 a request; returns their first states, in order. Idempotent."""
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), BATCH_MAX):
            chunk = [operation_to_json(signed) for signed in operations[start : start + BATCH_MAX]]
            body: object = chunk[0] if len(chunk) == 1 else chunk
            answer = self._request(
                "POST", "/v1/operations", json=body, headers={"Authorization": f"Bearer {self._bearer()}"}
            )
            with self._reading():
                outcomes += [outcome_from_json(entry) for entry in answer["operations"]]
        if len(outcomes) != len(operations):
            raise LedgerUnavailableError(
                f"the node at {self.url} answered for another number of operations", url=self.url
            )
        return outcomes

    def publish(self, list_id: bytes, forms: Mapping[str, Any]) -> dict[str, Any]:
        """Hand over every form of a signed status list. Raises NodeRefusedError, LedgerUnavailableError."""
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        return self._request("PUT", f"/status/{encode_hex(list_id)}", json=dict(forms), headers=headers)

    def outcome(self, operation_id: str) -> Outcome:
        """Ask for one operation's state."""
        return outcome_from_json(self.get(f"/v1/operations/{operation_id}"))

    def wait(
        self,
        outcomes: Sequence[Outcome],
        *,
        until: Literal["mined", "final"] = "final",
        timeout_s: float = FINAL_TIMEOUT_S,
        on_change: Callable[[int, int], None] | None = None,
    ) -> list[Outcome]:
        """Wait until every operation is settled (or `mined`); `on_change(done, total)` is told as they get there.

        Raises LedgerUnavailableError when `timeout_s` is over: the node keeps the operations, to be waited for again.
        """
        latest = list(outcomes)
        enough = SETTLED | {"mined"} if until == "mined" else SETTLED
        deadline = time.monotonic() + timeout_s
        pause = _POLL_FIRST_S
        while True:
            open_ones = [position for position, outcome in enumerate(latest) if outcome.state not in enough]
            if on_change is not None:
                on_change(len(latest) - len(open_ones), len(latest))
            if not open_ones:
                return latest
            if time.monotonic() >= deadline:
                first = latest[open_ones[0]]
                raise LedgerUnavailableError(
                    f"{len(open_ones)} of {len(latest)} operations are not final after {timeout_s:.0f} s "
                    f"(the first is {first.state}): "
                    "the node still has them; ask again later with the same command, nothing is done twice",
                    ids=[latest[position].id for position in open_ones],
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_SLOWEST_S)
            for position in open_ones:
                latest[position] = self.outcome(latest[position].id)
                if latest[position].state not in enough:
                    break  # the node works in order: what was sent later is not done before this one

    def run(self, operations: Sequence[SignedOperation], **waiting: Any) -> list[Outcome]:
        """Submit, wait until final, and raise for the first one that did not take effect."""
        outcomes = self.wait(self.submit(operations), **waiting)
        for outcome in outcomes:
            require_effect(outcome)
        return outcomes

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET a JSON object. Raises NodeRefusedError, LedgerUnavailableError."""
        return self._request("GET", path, params=dict(params or {}))

    def find(self, path: str) -> dict[str, Any] | None:
        """GET something that may not be there: 404 is None, everything else is an error."""
        try:
            return self.get(path)
        except NodeRefusedError as error:
            if error.status == 404:
                return None
            raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn an answer of another shape into what it is: no answer of a node."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, MalformedValueError) as error:
            raise LedgerUnavailableError(
                f"what answers at {self.url} is not a node that this client understands ({error!r})", url=self.url
            ) from None

    def _bearer(self) -> str:
        if self._token is None:
            if self._token_file is None:
                raise InvalidProfileError(
                    "relaying needs an API token and the profile names no token_file: "
                    "ask the node's operator for one (`mapae-node tokens create <name>`) and set token_file"
                )
            try:
                self._token = self._token_file.read_text(encoding="ascii").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidProfileError(f"the token file {self._token_file} cannot be read: {error}") from None
        return self._token

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            with self._http.stream(method, path, **options) as response:
                body = _bounded(response, self.url)
                status = response.status_code
        except httpx.HTTPError as error:
            raise LedgerUnavailableError(
                f"the node at {self.url} does not answer ({type(error).__name__}: {error})", url=self.url
            ) from error
        if status >= 400:
            raise _refusal(status, body, self.url)
        try:
            return parse_object(body, max_bytes=BODY_MAX_BYTES)
        except ParsingError as error:
            raise LedgerUnavailableError(
                f"what answers at {self.url} is not a node: {error.detail}", url=self.url, path=path
            ) from None


def _bounded(response: httpx.Response, url: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise LedgerUnavailableError(f"the node at {url} answered more than {BODY_MAX_BYTES} bytes", url=url)
    return bytes(body)


def _refusal(status: int, body: bytes, url: str) -> NodeRefusedError | LedgerUnavailableError:
    try:
        problem = parse_json(body, max_bytes=BODY_MAX_BYTES)
    except ParsingError:
        problem = None
    if not isinstance(problem, dict):
        if status >= 500:
            return LedgerUnavailableError(f"the node at {url} answered HTTP {status}", url=url, status=status)
        return NodeRefusedError(f"the node at {url} answered HTTP {status} without a reason", status=status)
    evidence = {key: value for key, value in problem.items() if key not in {"type", "title", "detail", "status"}}
    detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
    if status == 503:
        return LedgerUnavailableError(detail, url=url, status=status, problem=evidence)
    return NodeRefusedError(
        detail, status=status, problem_type=str(problem.get("type", "about:blank")), problem=evidence
    )
