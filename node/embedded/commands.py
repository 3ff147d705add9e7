"""What the command line calls: run the embedded ledger in the foreground, or check it while it is stopped.

Both return the exit code and print for people unless told otherwise; the node's CLI and `python -m node.embedded` add
nothing but the parsing of arguments.
"""

import json
import sys
from pathlib import Path

from node.embedded.anvil import die_with_parent
from node.embedded.check import check_ledger
from node.embedded.control import emit
from node.embedded.errors import EmbeddedLedgerError
from node.embedded.isolation import isolate
from node.embedded.process import run_ledger
from node.embedded.supervisor import LedgerOptions

INTERRUPTED = 130
"""Exit code after Ctrl-C during the start; once ready, Ctrl-C is a stop in order and exits 0."""


def run(
    home: Path, options: LedgerOptions | None = None, *, controlled: bool = False, parent: int | None = None
) -> int:
    """Run the ledger until it is told to stop; events go to stdout as JSON lines (`control`). Main thread only.

    `controlled`: calls come from stdin, and its end stops the ledger. `parent`: die at once if this process is gone.
    """
    if parent is not None:
        die_with_parent(parent)
    try:
        run_ledger(home, options or LedgerOptions(), controlled=controlled)
    except EmbeddedLedgerError as error:
        emit("failed", **error.as_report())
        sys.stderr.write(f"{error.heading.en}: {error.detail}\n{error.remedy.en}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def check(
    home: Path, *, replay: bool = False, as_json: bool = False, language: str = "en", isolated: bool = True
) -> int:
    """Check journal, snapshots and chain of hashes; print the report. 0: sound; 65: not; others: could not be checked.

    `replay`: also mine everything again in a fresh engine and compare every hash. `language`: `en` or `ko`.
    `isolated`: replay out of everybody's reach, which moves this process into a network of its own, for good.
    """
    try:
        if replay and isolated:
            # where the kernel refuses: the engine is a scratch one for some seconds, and every hash is compared
            isolate(home, *home.glob("*"))
        report = check_ledger(home, replay=replay)
    except EmbeddedLedgerError as error:
        text = json.dumps(error.as_report(), ensure_ascii=False) if as_json else _failure(error, language)
        sys.stdout.write(text + "\n")
        return error.exit_code
    sys.stdout.write((json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_text(language)) + "\n")
    return 0 if report.is_sound else 65


def _failure(error: EmbeddedLedgerError, language: str) -> str:
    if language == "ko":
        return f"{error.heading.ko}: {error.detail}\n{error.remedy.ko}"
    return f"{error.heading.en}: {error.detail}\n{error.remedy.en}"
