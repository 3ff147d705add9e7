"""What a watch has told, in one small file: nothing is missed after a restart, and nothing told twice knowingly.

- `position`: the last event that was looked at. `conditions`: ids of conditions that hold and were told. `pending`:
  alerts that were found and are not handed over yet; `shown`: how many of those were written out. All of it changes in
  one write, at once or not at all.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from registry_client.adapters.operation_files import write_private_json
from registry_client.core.strict_json import parse_object
from registry_client.errors import InvalidInputError, InvalidProfileError

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
_VERSION: Final = 1


@dataclass(slots=True)
class WatchState:
    """The state of one watch. `network`: its chain id; another ledger's state is refused."""

    path: Path
    network: str
    block: int = -1
    log_index: int = -1
    conditions: set[str] = field(default_factory=set)
    pending: list[dict[str, Any]] = field(default_factory=list)
    shown: int = 0
    """How many of `pending`, the oldest, were written out already: they wait for the webhook alone."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever looked at."""
        return self.block < 0

    def save(self) -> None:
        """Write the file, durably. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {
            "watch": _VERSION,
            "network": self.network,
            "position": [self.block, self.log_index],
            "conditions": sorted(self.conditions),
            "pending": self.pending,
            "shown": self.shown,
        }
        write_private_json(document, self.path, replace=True)


def load_state(path: Path, *, network: str) -> WatchState:
    """Read a state, or begin one. Raises InvalidProfileError for a file that is none, or of another ledger."""
    try:
        with path.open("rb") as stream:
            value = parse_object(stream.read(FILE_MAX_BYTES), max_bytes=FILE_MAX_BYTES)
        block, log_index = (int(number) for number in value["position"])
        pending = list(value["pending"])
        shown = min(max(int(value.get("shown", 0)), 0), len(pending))
        conditions = set(map(str, value["conditions"]))
        state = WatchState(path, str(value["network"]), block, log_index, conditions, pending, shown)
    except FileNotFoundError:
        return WatchState(path, network)
    except (InvalidInputError, KeyError, TypeError, ValueError):
        raise InvalidProfileError(f"{path} is not the state of a watch: name another with --state") from None
    if state.network != network:
        raise InvalidProfileError(f"{path} is the state of a watch over {state.network}, not over {network}")
    return state
