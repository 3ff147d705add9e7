"""Which DIDs an event concerns: everybody it names, and the owner of the list or type that it changes."""

from collections.abc import Callable
from typing import Final

from node.domain.event import LedgerEvent

_NAMED: Final = ("id", "agency", "guardian", "owner", "grantor", "reporter", "sponsor", "verifier", "actingFor")
"""Event fields that hold the 20-byte id of a DID."""
_NOBODY: Final = bytes(20)


def subjects_of(event: LedgerEvent, owner_of: Callable[[str, bytes], bytes | None]) -> tuple[bytes, ...]:
    """Return the ids (20 bytes) of the DIDs an event concerns, each once, in the order of its fields.

    `owner_of(kind, key)`: who owns a status list (kind `list`) or a credential type (kind `type`), None if unknown.
    """
    found: dict[bytes, None] = {}
    for name in _NAMED:
        value = event.fields.get(name)
        if isinstance(value, bytes) and len(value) == len(_NOBODY) and value != _NOBODY:
            found[value] = None
    for field, kind in (("list", "list"), ("typeId", "type")):
        key = event.fields.get(field)
        if isinstance(key, bytes) and (owner := owner_of(kind, key)) is not None:
            found[owner] = None
    return tuple(found)
