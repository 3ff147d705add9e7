"""Files that are handed over: a credential with its receipt, an answer with its receipts.

- A delivery is {"format", "credential", "receipt"}; an answer is {"presentation", "receipts"}. Bare ones of either kind
  (SD-JWT or JWT text, a gate code, or a JSON document) are read as well: they simply carry no receipt.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry_client.cli.output import to_json
from registry_client.errors import InvalidInputError, ParsingError

FILE_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Handed:
    """What came in one file: SD-JWT, JWT or gate code text or a JSON document; the receipts beside it (parsed JSON)."""

    content: str | dict[str, Any]
    receipts: tuple[Mapping[str, Any], ...] = ()


def read_handed(path: Path) -> Handed:
    """Read a credential or an answer from a file, `-` for standard input. Raises OSError, InvalidInputError.

    What is of no known form is handed on as text: whoever judges it says why it is rejected.
    """
    from registry_client.core.formats.gate_cwt import is_gate_code
    from registry_client.core.formats.sd_jwt import is_sd_jwt
    from registry_client.core.formats.vc_jwt import is_compact_jws
    from registry_client.core.strict_json import parse_object

    data = _read(path)
    text = data.decode("utf-8", errors="replace").strip()
    if is_sd_jwt(text) or is_gate_code(text) or is_compact_jws(text):
        return Handed(text)
    try:
        value = parse_object(data, max_bytes=FILE_MAX_BYTES)
    except ParsingError:
        return Handed(text)
    for name in ("credential", "presentation"):
        content = value.get(name)
        if isinstance(content, str | dict):
            return Handed(content, _receipts(value))
    return Handed(value)


def write_private(path: Path, document: object) -> None:
    """Write a file that only its owner may read: credentials are personal data. An existing file is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else to_json(document)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    temporary.replace(path)


def _receipts(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    given = value.get("receipts", [value["receipt"]] if value.get("receipt") is not None else [])
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        raise InvalidInputError("receipts are a list of JSON objects")
    return tuple(given)


def _read(path: Path) -> bytes:
    import sys

    if str(path) == "-":
        data = sys.stdin.buffer.read(FILE_MAX_BYTES + 1)
    else:
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
    return data
