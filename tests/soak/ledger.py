"""The embedded ledger whose clock a file can move: `python -m tests.soak.ledger HOME PORT OFFSET_FILE RELAYER...`.

All but the wall clock is the product: the same supervisor, the same start, the same ends.
"""

import sys
import time
from pathlib import Path

from node.embedded import commands
from node.embedded.supervisor import LedgerOptions


def offset_clock(path: Path) -> float:
    """The wall clock, moved by the seconds that stand in the file."""
    try:
        return time.time() + float(path.read_text())
    except (OSError, ValueError):
        return time.time()


def main(home: str, port: str, offset: str, *relayers: str) -> int:
    file = Path(offset)
    options = LedgerOptions(port=int(port), relayers=relayers, wall_clock=lambda: offset_clock(file))
    return commands.run(Path(home), options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
