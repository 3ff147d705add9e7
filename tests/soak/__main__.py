"""`python -m tests.soak --minutes 60 --report docs/soak.md`: run one soak and report it; 0 if nothing was wrong."""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

from tests.soak.faults import FAULTS
from tests.soak.plan import Plan
from tests.soak.report import summary, write_report
from tests.soak.run import Soak, soak
from tests.soak.screen import Screen


def main() -> int:
    parser = argparse.ArgumentParser(description="A system under load with faults all the time, and an account of it.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--rate", type=float, default=4.0, help="turns of clients a second")
    parser.add_argument("--seed", type=int, default=1, help="of the dice")
    parser.add_argument(
        "--fault", action="append", default=[], choices=sorted(FAULTS), help="only this one; repeatable"
    )
    parser.add_argument("--folder", type=Path, help="where its files go; a new one under the system's own for such")
    parser.add_argument("--report", type=Path, help="also write the report here, as Markdown")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="mapae-soak-"))
    plan = Plan(given.minutes, folder, seed=given.seed, rate=given.rate, faults=tuple(given.fault))
    seen: list[Soak] = []

    def watch(running: Soak) -> None:
        seen.append(running)
        Screen(running).start()

    try:
        done = soak(plan, watch)
    except Exception:
        traceback.print_exc()
        print(f"the soak itself failed; its files are in {folder}", file=sys.stderr)
        return 2
    wrong = write_report(done, given.report)
    print(summary(done))
    print(f"files: {folder}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
