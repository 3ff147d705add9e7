"""The contracts' ABIs, as the client ships them: what decodes events and refusals."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from node.domain.event import EventCodec
from node.domain.refusal import ErrorCodec

CONTRACTS: Final = (
    "AccreditationRegistry",
    "Council",
    "DidRegistry",
    "Directory",
    "IssuanceLog",
    "Roles",
    "SchemaRegistry",
    "ServiceRegistry",
    "StatusRegistry",
)


@cache
def load_abis() -> dict[str, Sequence[dict[str, Any]]]:
    """Return {contract name: ABI}, from registry_client/abi."""
    folder = resources.files("registry_client.core").joinpath("..", "abi")
    return {name: _abi(json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))) for name in CONTRACTS}


def _abi(loaded: Any) -> Sequence[dict[str, Any]]:
    items: list[dict[str, Any]] = loaded["abi"] if isinstance(loaded, dict) else loaded
    return items


@cache
def event_codec() -> EventCodec:
    """Return the decoder of every event."""
    return EventCodec(load_abis())


@cache
def error_codec() -> ErrorCodec:
    """Return the decoder of every refusal."""
    return ErrorCodec(load_abis())
