"""What a gate expects of the code on a phone: its group, a moment or its own challenge, and that it is the first time.

- Window mode: the phone adds a random number of its own; a code is good for `WINDOW_S` seconds around the gate's clock,
  once in a gate group.
- Challenge mode, for high security: the gate shows a challenge, and takes only a code that carries it.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from registry_client.core import cbor
from registry_client.core.base45 import decode_base45, encode_base45
from registry_client.core.formats.gate_cwt import CHALLENGE_LENGTH, require_group
from registry_client.core.jose import require_time
from registry_client.core.presentation import audience_of
from registry_client.errors import MalformedValueError, ParsingError

WINDOW_S: Final = 30
"""Seconds by which a code may be older or younger than the gate's clock."""
REMEMBER_S: Final = 2 * WINDOW_S
"""Seconds for which a used code is remembered: the longest that the window can let it live."""
CHALLENGE_S: Final = 60
"""Seconds for which a gate waits for the answer to its challenge."""
CHALLENGE_PREFIX: Final = "GQC1:"
CHALLENGE_TEXT_MAX_LENGTH: Final = 160  # characters


class ReplayMemory(Protocol):
    """What a gate group remembers. One memory for all gates of a group, or a code can be used once at each."""

    def remember(self, key: bytes, *, at: int) -> bool:
        """Note a used code, in one step with the look-up: True if it is the first time within `REMEMBER_S`.

        `key`: the digest of the credential and the code's number, at most 48 bytes. `at`: unix seconds.
        Raises UndeterminedError if the memory can take no more.
        """
        ...


class GateChallenge(NamedTuple):
    """What a gate shows in challenge mode. It is not signed: whoever relays it is outside what a QR code can stop."""

    group: str
    nonce: bytes
    issued_at: int
    """Unix seconds by the gate's clock."""

    def to_text(self) -> str:
        """Return what the gate's own QR code says."""
        return CHALLENGE_PREFIX + encode_base45(cbor.encode([self.group, self.nonce, self.issued_at]))


def parse_challenge(text: str) -> GateChallenge:
    """Read a gate's challenge. Raises ParsingError, MalformedValueError."""
    if len(text) > CHALLENGE_TEXT_MAX_LENGTH or not text.startswith(CHALLENGE_PREFIX):
        raise ParsingError(f"a gate's challenge starts with {CHALLENGE_PREFIX}", length=len(text))
    value = cbor.decode(decode_base45(text[len(CHALLENGE_PREFIX) :]))
    if type(value) is not list or len(value) != 3:
        raise MalformedValueError("a gate's challenge is [gate group, number, time]")
    group, nonce, issued_at = value
    if type(nonce) is not bytes or len(nonce) != CHALLENGE_LENGTH:
        raise MalformedValueError(f"a gate's challenge has {CHALLENGE_LENGTH} bytes")
    return GateChallenge(require_group(group), nonce, require_time(issued_at, "time"))


@dataclass(frozen=True, slots=True)
class GateCheck:
    """What one scan is judged by; stands where other formats have the nonce and audience that were asked for."""

    group: str
    verifier: str | None
    """DID that the gates and their service code belong to; None where no service limits what is taken."""
    memory: ReplayMemory
    challenge: GateChallenge | None = None
    """None: window mode."""

    @property
    def audience(self) -> str:
        """The verifier as other presentations name it; empty where there is none."""
        return "" if self.verifier is None else audience_of(self.verifier)
