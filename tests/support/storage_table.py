"""docs/storage.md, read as a client would: which slot holds what, and how a word is taken apart.

`h(k, s)` = keccak256(abi.encode(k, s)); bytesN keys are left-aligned in 32 bytes, numbers right-aligned.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support.keys import keccak256

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "storage.md"
SECTION = re.compile(r"^### (\w+)$", re.MULTILINE)
LAYOUT_ID = re.compile(r"Layout id `0x([0-9a-f]{64})`")
BITS = re.compile(r"(\d+)\.\.(\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """Bits of a slot: `offset` slots after the first; `low`..`high` counted from the lowest bit."""

    name: str
    offset: int
    low: int
    high: int


@dataclass(slots=True)
class Variable:
    """One state variable; `keys`: types of a mapping's keys; `parts`: of its value, empty name if it is one."""

    slot: int
    keys: tuple[str, ...] = ()
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    layout_id: bytes
    variables: dict[str, Variable]


@cache
def layouts() -> dict[str, Layout]:
    """Parse the tables of every contract."""
    text = DOCUMENT.read_text(encoding="utf-8")
    tables = text[text.index("## Tables") :]
    pieces = SECTION.split(tables)[1:]
    return {name: _layout(body) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _layout(body: str) -> Layout:
    found = LAYOUT_ID.search(body)
    if not found:
        raise ValueError("a contract has no layout id")
    variables: dict[str, Variable] = {}
    current = Variable(0)
    for row in re.findall(r"^\| (.+?) \| (.*?) ?\| (.+?) \| (.+?) \|$", body, re.MULTILINE)[1:]:
        place, bits, what, kind = (cell.strip() for cell in row)
        if place.isdigit():
            current = variables[what.strip("`")] = Variable(int(place))
            current.parts[""] = _part("", 0, bits or "255..0")
        elif place.startswith("`h("):
            current.keys = tuple(re.findall(r"`([^`]+)`", kind))
            width = re.search(r"`uint(\d+)`", what)
            current.parts[""] = _part("", 0, f"{int(width[1]) - 1}..0" if width else "255..0")
        elif place.startswith("+"):
            name = re.search(r"`(\w+)`", what)
            if name and BITS.match(bits):
                current.parts[name[1]] = _part(name[1], int(place), bits)
    return Layout(bytes.fromhex(found[1]), variables)


def _part(name: str, offset: int, bits: str) -> Part:
    found = BITS.match(bits)
    return Part(name, offset, int(found[2]), int(found[1])) if found else Part(name, offset, 0, 255)


def word_of_key(kind: str, key: int | bytes | str) -> bytes:
    """A mapping's key as 32 bytes: bytesN and Controller left-aligned, numbers and addresses right-aligned."""
    if isinstance(key, int):
        return key.to_bytes(32, "big")
    raw = bytes.fromhex(key[2:]) if isinstance(key, str) else key
    return raw.rjust(32, b"\0") if kind == "address" else raw.ljust(32, b"\0")


def slot_of(contract: str, variable: str, *keys: int | bytes | str) -> int:
    """Slot of a variable, or of a mapping's value under `keys`."""
    found = layouts()[contract].variables[variable]
    slot = found.slot
    for kind, key in zip(found.keys, keys, strict=True):
        slot = int.from_bytes(keccak256(word_of_key(kind, key) + slot.to_bytes(32, "big")), "big")
    return slot


def pack(contract: str, variable: str, **values: int | bytes | str) -> dict[int, int]:
    """Words of a value by their offset, zero words left out; `values` by part, or `value` where there is only one."""
    parts = layouts()[contract].variables[variable].parts
    words: dict[int, int] = {}
    for name, value in values.items():
        part = parts["" if name == "value" else name.rstrip("_")]
        number = value if isinstance(value, int) else int.from_bytes(_raw(value), "big")
        if number >> (part.high - part.low + 1):
            raise ValueError(f"{contract}.{variable}.{name} does not fit into its bits")
        words[part.offset] = words.get(part.offset, 0) | number << part.low
    return {offset: word for offset, word in words.items() if word}


def _raw(value: bytes | str) -> bytes:
    return bytes.fromhex(value[2:]) if isinstance(value, str) else value
