"""The gate and the phone before it: show a code, judge it by the one plan, remember what was used, challenge.

- All gates of a group share one memory: `GateMemory` within one process, `adapters.gate_memory` on one machine.
- A memory never forgets a code that could still be used: a full one makes the verdict undetermined.
- What a screenshot can do in its window, and what only a radio with distance bounding would stop: docs/gate-qr.md.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Final, Generic, TypedDict, TypeVar

from registry_client.core.formats.gate_cwt import (
    CHALLENGE_LENGTH,
    NONCE_LENGTH,
    make_gate_code,
    parse_gate_code,
    require_group,
)
from registry_client.core.gate import REMEMBER_S, GateChallenge, GateCheck, ReplayMemory
from registry_client.core.keys import Signer
from registry_client.core.policy import Policy
from registry_client.core.report import Report
from registry_client.core.times import to_seconds
from registry_client.errors import HolderMismatchError, UndeterminedError
from registry_client.verifier import AsyncVerifier, Verifier

CODE_RENEWED_S: Final = 15
"""Seconds after which a phone shows a new code."""
MEMORY_MAX: Final = 65_536
"""Codes remembered at once: a thousand people a second through one group, for a minute."""


class _Question(TypedDict):
    """What a gate asks its verifier, beside the code."""

    policy: Policy
    challenge: GateCheck
    service: str | None


class GateMemory:
    """Used codes of one gate group, in this process. Thread-safe; about 150 bytes a code."""

    def __init__(self, *, limit: int = MEMORY_MAX) -> None:
        """Remember at most `limit` codes at once."""
        self._limit = limit
        self._used: OrderedDict[bytes, int] = OrderedDict()
        self._lock = Lock()

    @property
    def count(self) -> int:
        """Codes remembered now."""
        return len(self._used)

    def remember(self, key: bytes, *, at: int) -> bool:
        """Note a used code; False if it was used within `REMEMBER_S`. Raises UndeterminedError when full."""
        with self._lock:
            self._forget(at)
            if key in self._used:
                return False
            if len(self._used) >= self._limit:
                raise UndeterminedError("the gate's memory is full; wait a minute", limit=self._limit)
            self._used[key] = at
            return True

    def _forget(self, at: int) -> None:
        """Drop what is too old from the front. A clock set back keeps codes for longer, never for less."""
        while self._used:
            key, used_at = next(iter(self._used.items()))
            if used_at >= at - REMEMBER_S:
                return
            del self._used[key]


def show_pass(text: str, *, signer: Signer, group: str, created: datetime, nonce: bytes | None = None) -> str:
    """Return the code that a phone shows: its pass with a fresh proof for one gate group.

    `text`: the pass as it was issued. `nonce`: of the gate's challenge; None makes a random number of the phone's own.
    Raises HolderMismatchError if the pass is bound to another key, ParsingError, MalformedValueError.
    """
    credential = parse_gate_code(text.strip()).credential
    if credential.holder_key != signer.public_key:
        raise HolderMismatchError("the pass is bound to another key than this phone's")
    number = secrets.token_bytes(NONCE_LENGTH) if nonce is None else nonce
    return make_gate_code(text, signer=signer, group=group, nonce=number, created=to_seconds(created))


Judge = TypeVar("Judge", bound=Verifier | AsyncVerifier)


class _Lane(Generic[Judge]):
    """What a gate is, whichever verifier judges for it."""

    def __init__(
        self,
        verifier: Judge,
        *,
        group: str,
        policy: Policy,
        memory: ReplayMemory,
        owner: str | None = None,
        service: str | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Judge by `policy`. `service`: the service code that limits what is taken; `owner`: DID of its verifier."""
        self._verifier: Judge = verifier
        self.group = require_group(group)
        self._owner = owner
        self._policy = policy
        self._memory = memory
        self._service = service
        self._random = random

    def challenge(self, *, as_of: datetime) -> GateChallenge:
        """Return a new challenge to show; one for each passage, good for a minute."""
        return GateChallenge(self.group, self._random(CHALLENGE_LENGTH), to_seconds(as_of))

    def _question(self, challenge: GateChallenge | None) -> _Question:
        return {
            "policy": self._policy,
            "challenge": GateCheck(self.group, self._owner, self._memory, challenge),
            "service": self._service,
        }


class Gate(_Lane[Verifier]):
    """One gate, or many lanes of one group in one process."""

    def scan(self, code: str, *, as_of: datetime, challenge: GateChallenge | None = None) -> Report:
        """Judge what the camera read. Never raises for hostile input; a naive `as_of` is a TypeError.

        `challenge`: the one that the gate shows; None for the window mode. A code that was judged is used up, whatever
        the verdict, once its signatures held: the phone makes a new one within seconds.
        """
        return self._verifier.verify(code, as_of=as_of, **self._question(challenge))


class AsyncGate(_Lane[AsyncVerifier]):
    """The same, awaited: many lanes of one group on one event loop. The memory is asked without waiting."""

    async def scan(self, code: str, *, as_of: datetime, challenge: GateChallenge | None = None) -> Report:
        """Judge what the camera read, exactly as `Gate.scan` does."""
        return await self._verifier.verify(code, as_of=as_of, **self._question(challenge))
