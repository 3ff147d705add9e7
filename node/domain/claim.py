"""A claim: what a contract must answer if a fact of the index is true. Facts are judged by the ledger's state alone."""

from dataclasses import dataclass
from typing import Any

from registry_client.core import abi_codec


@dataclass(frozen=True, slots=True)
class Claim:
    """One question to one contract and the answer that the index expects.

    `subject`: kind and key, for people. `function`: `name(type,...)`; `outputs`: the types of its answer.
    """

    subject: str
    address: bytes
    function: str
    arguments: tuple[Any, ...]
    outputs: tuple[str, ...]
    expected: tuple[Any, ...]

    def call_data(self) -> bytes:
        """Return the call's bytes."""
        types = abi_codec.split_types(self.function.partition("(")[2][:-1])
        return abi_codec.selector(self.function) + abi_codec.encode(types, self.arguments)

    def answer_of(self, data: bytes) -> tuple[Any, ...]:
        """Decode what the contract answered. Raises AbiError."""
        return abi_codec.decode(self.outputs, data)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where index and ledger part; values as text. `question` names the view, or what of the index alone is wrong."""

    subject: str
    question: str
    index: str
    ledger: str


def as_text(value: Any) -> str:
    """Write a value for people: bytes as hex, long ones cut."""
    if isinstance(value, bytes):
        text = "0x" + value.hex()
        return text if len(text) <= 66 else f"{text[:66]}... ({len(value)} bytes)"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(as_text(item) for item in value[:16]) + (", ..." if len(value) > 16 else "") + ")"
    return str(value)
