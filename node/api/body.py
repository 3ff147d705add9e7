"""Request bodies: bounded while they are read, strict I-JSON when they are whole."""

from typing import Any, Final

from fastapi import Request
from starlette.exceptions import HTTPException

from node.services.operations import BATCH_MAX
from registry_client.core.strict_json import parse_json
from registry_client.errors import InvalidInputError

ONE_MAX: Final = 256 * 1024  # bytes
MANY_MAX: Final = 2 * 1024 * 1024  # bytes
_DEPTH_MAX: Final = 16


async def read_operations(request: Request) -> list[dict[str, Any]]:
    """Read one operation or an array of up to 100. Raises ParsingError, InvalidInputError, HTTPException(413, 415)."""
    _require_json(request, "operations are application/json")
    raw = await _read(request, max_bytes=MANY_MAX)
    value = parse_json(raw, max_bytes=MANY_MAX, max_depth=_DEPTH_MAX)
    values = value if isinstance(value, list) else [value]
    if len(raw) > ONE_MAX and not isinstance(value, list):
        raise HTTPException(413, f"one operation has at most {ONE_MAX} bytes")
    if not 1 <= len(values) <= BATCH_MAX:
        raise InvalidInputError(f"a request carries 1 to {BATCH_MAX} operations", count=len(values))
    if not all(isinstance(item, dict) for item in values):
        raise InvalidInputError("an operation is a JSON object")
    return values


async def read_object(request: Request, *, max_bytes: int) -> dict[str, Any]:
    """Read one JSON object. Raises ParsingError, InvalidInputError, HTTPException(413, 415)."""
    _require_json(request, "a request is application/json")
    value = parse_json(await _read(request, max_bytes=max_bytes), max_bytes=max_bytes, max_depth=_DEPTH_MAX)
    if not isinstance(value, dict):
        raise InvalidInputError("a request is a JSON object")
    return value


def _require_json(request: Request, refusal: str) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise HTTPException(415, refusal)


async def _read(request: Request, *, max_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise HTTPException(413, f"a request has at most {max_bytes} bytes")
    pieces, length = [], 0
    async for piece in request.stream():
        length += len(piece)
        if length > max_bytes:
            raise HTTPException(413, f"a request has at most {max_bytes} bytes")
        pieces.append(piece)
    return b"".join(pieces)
