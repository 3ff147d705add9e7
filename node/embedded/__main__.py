"""`python -m node.embedded run|check HOME`: the embedded ledger as a process of its own."""

import argparse
import sys
from pathlib import Path

from node.embedded import commands
from node.embedded.errors import HeartbeatError
from node.embedded.heartbeat import Heartbeat
from node.embedded.supervisor import LedgerOptions


def main(arguments: list[str] | None = None) -> int:
    """Parse the arguments and call the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m node.embedded", description="Mapae's embedded ledger.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="run it in the foreground; events are printed as JSON lines")
    run.add_argument("home", type=Path, help="the ledger's folder; created if missing")
    run.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    run.add_argument("--relayer", action="append", default=[], metavar="ADDRESS", help="let this sender in; repeatable")
    run.add_argument(
        "--heartbeat",
        type=_heartbeat,
        default=Heartbeat(),
        metavar="SECONDS",
        help="mine an empty block when the newest is this old; 0 for never (default 600)",
    )
    run.add_argument("--controlled", action="store_true", help="take calls from stdin; its end stops the ledger")
    run.add_argument("--parent", type=int, metavar="PID", help="die with this process")
    check = verbs.add_parser("check", help="check journal, snapshots and hashes of a stopped ledger")
    check.add_argument("home", type=Path, help="the ledger's folder")
    check.add_argument("--replay", action="store_true", help="also mine everything again and compare every hash")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.add_argument("--language", choices=("en", "ko"), default="en")
    given = parser.parse_args(arguments)
    if given.verb == "check":
        return commands.check(given.home, replay=given.replay, as_json=given.json, language=given.language)
    options = LedgerOptions(port=given.port, relayers=tuple(given.relayer), heartbeat=given.heartbeat)
    return commands.run(given.home, options, controlled=given.controlled, parent=given.parent)


def _heartbeat(text: str) -> Heartbeat:
    try:
        return Heartbeat.parse(text)
    except HeartbeatError as error:
        raise argparse.ArgumentTypeError(f"{error.detail}. {error.remedy.en}") from error


if __name__ == "__main__":
    sys.exit(main())
