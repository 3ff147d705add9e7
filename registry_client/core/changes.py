"""What a node's stream says: server-sent events taken apart, and a move of the ledger as a value. Pure and bounded.

- A stream is bytes from somebody else: a line or an event beyond its bound ends it with LedgerUnavailableError.
- `reset`: what changed is not named, so everything read before may be old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from registry_client.core.did import parse_mapae
from registry_client.core.encoding import decode_hex
from registry_client.core.strict_json import parse_object
from registry_client.errors import InvalidInputError, LedgerUnavailableError, RegistryError

EVENT_MAX: Final = 1024 * 1024  # bytes
NAMES_MAX: Final = 4_096
HEAD: Final = "head"


@dataclass(frozen=True, slots=True)
class Change:
    """One move of the ledger. `before` and `block_number`: heads before and after; `final`: the newest final block.

    `dids`, `lists`, `types`: ids (20 and 32 bytes) of what has to be read again.
    """

    id: str
    before: int
    block_number: int
    final: int
    dids: frozenset[bytes] = frozenset()
    lists: frozenset[bytes] = frozenset()
    types: frozenset[bytes] = frozenset()
    is_reset: bool = False
    is_reorg: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was read before is touched."""
        return not (self.is_reset or self.dids or self.lists or self.types)


class EventReader:
    """Takes bytes of a stream as they come and gives whole changes; remembers the last id."""

    def __init__(self, network: str, *, last_id: str = "") -> None:
        """`network`: whose DIDs are expected. `last_id`: where the reader was before."""
        self.network, self.last_id = network, last_id
        self._rest = b""
        self._fields: dict[str, str] = {}
        self._length = 0

    def feed(self, data: bytes) -> Iterator[Change]:
        """Yield the changes that are complete now. Raises LedgerUnavailableError."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._bound(len(self._rest))
        for line in lines:
            change = self._line(line.removesuffix(b"\r"))
            if change is not None:
                yield change

    def restart(self) -> None:
        """Forget half an event: the connection is a new one."""
        self._rest, self._fields, self._length = b"", {}, 0

    def _line(self, line: bytes) -> Change | None:
        if not line:
            fields, self._fields, self._length = self._fields, {}, 0
            if fields.get("event") != HEAD or "data" not in fields:
                return None
            change = read_change(fields.get("id", ""), fields["data"], network=self.network)
            self.last_id = change.id
            return change
        self._length += len(line)
        self._bound(self._length)
        name, _, value = line.partition(b":")
        if name in {b"id", b"event", b"data"}:
            text = value.removeprefix(b" ").decode("utf-8", "replace")
            before = self._fields.get(name.decode())
            self._fields[name.decode()] = text if before is None or name != b"data" else f"{before}\n{text}"
        return None

    @staticmethod
    def _bound(length: int) -> None:
        if length > EVENT_MAX:
            raise LedgerUnavailableError("the node's stream sends events beyond any bound", limit=EVENT_MAX)


def read_change(event_id: str, data: str, *, network: str) -> Change:
    """Read one message. Raises LedgerUnavailableError for what is none."""
    try:
        value = parse_object(data.encode(), max_bytes=EVENT_MAX)
        place, before = value["ledger"], value["before"]
        dids = [parse_mapae(name) for name in _names(value, "dids")]
        if any(did.network != network for did in dids):
            raise InvalidInputError("a DID of another network")
        return Change(
            event_id[:64],
            _number(before["block_number"]),
            _number(place["block_number"]),
            _number(place["final"]),
            frozenset(did.did_id for did in dids),
            frozenset(decode_hex(name, length=32) for name in _names(value, "lists")),
            frozenset(decode_hex(name, length=32) for name in _names(value, "types")),
            is_reset=value["reset"] is not False,
            is_reorg=value["reorg"] is True,
        )
    except (RegistryError, KeyError, TypeError) as error:
        raise LedgerUnavailableError(f"the node's stream sent what is no change: {error}") from None


def _names(value: dict[str, Any], member: str) -> list[str]:
    names = value[member]
    if type(names) is not list or len(names) > NAMES_MAX or not all(type(name) is str for name in names):
        raise InvalidInputError(f"{member} is not a list of names")
    return names


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise InvalidInputError("a block number is not a number")
    return value
