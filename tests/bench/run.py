"""`make bench`: run every benchmark, print its ratios, write docs/benchmarks.md with the machine's description."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.recorded import LARGEST
from tests.bench.report import Table, machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHMARKS = ("resolve", "verify", "rdf", "gate", "many", "rebuild", "serve", "anchoring", "curves")
HEAD = """# Benchmarks

Written by `make bench`. Each table is one run, with the rivals measured in turn with us on the same machine.
Read the ratios; the absolute figures belong to this machine.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio to reach: where it stands in a table, and on which side of `value` it has to be."""

    what: str
    row: str
    column: str
    value: float
    at_least: bool = False

    def judge(self, table: Table) -> tuple[str, str, str, str]:
        """What, the target, the figure measured, and whether it was reached."""
        (cells,) = [row for row in table.rows if row[0] == self.row]
        shown = cells[table.columns.index(self.column)].split(" ")[0]
        figure = float(shown.replace(",", ""))
        reached = figure >= self.value if self.at_least else figure <= self.value
        return self.what, f"{'>=' if self.at_least else '<='} {self.value:,g}", shown, "yes" if reached else "no"


_RESOLVE = "resolve from the chain, times fewer ms than did:ethr,"
_VERIFY = "x one ES256 check (middle half)"
_RDF = "x pyld alone (middle half)"
_REBUILD = f"{LARGEST:,} DIDs, every log proved"
_GATE_ENVELOPE = "gate QR, text to two good signatures"
TARGETS = {
    "resolve": (
        Target(f"{_RESOLVE} 10 changes", "10", "theirs / ours", 5, at_least=True),
        Target(f"{_RESOLVE} 100 changes", "100", "theirs / ours", 100, at_least=True),
        Target(f"{_RESOLVE} 1,000 changes", "1,000", "theirs / ours", 1000, at_least=True),
        Target("resolve after 1,000 changes, against after 1", "1,000", "ours / ours after 1", 1.5),
    ),
    "verify": (
        Target("SD-JWT VC + KB, in raw checks", "ours, SD-JWT VC + KB, envelope", _VERIFY, 3.3),
        Target("vc+jwt, in raw checks", "ours, vc+jwt ES256, envelope", _VERIFY, 1.3),
        Target("Data Integrity ES256, in raw checks", "ours, Data Integrity ecdsa-jcs-2019, envelope", _VERIFY, 1.6),
        Target("Data Integrity Ed25519, in raw checks", "ours, Data Integrity eddsa-jcs-2022, envelope", _VERIFY, 2.0),
    ),
    "rdf": (
        Target("Data Integrity ecdsa-rdfc, in pyld alone", "ours, Data Integrity ecdsa-rdfc-2019", _RDF, 1.0),
        Target("Data Integrity eddsa-rdfc, in pyld alone", "ours, Data Integrity eddsa-rdfc-2022", _RDF, 1.0),
    ),
    "gate": (
        Target("gate QR, text to two good signatures, in raw checks", _GATE_ENVELOPE, _VERIFY, 3.3),
        Target("gate QR, text to verdict, in raw checks", "gate QR, text to verdict", _VERIFY, 3.3),
    ),
    "rebuild": (
        Target("index rebuild, events a second", _REBUILD, "events a second, wall", 20_000, at_least=True),
        Target("index rebuild, memory against a tenth of the history", _REBUILD, "x memory at a tenth", 1.2),
    ),
    "serve": (
        Target("resolve through the node, in fixed bytes", "the node", "x fixed bytes", 0.6, at_least=True),
        Target("resolve through the node, p99 at half load, ms", "the node", "p99 at half load, ms", 5.0),
    ),
    "anchoring": (
        Target("anchoring, of raw transactions of the same gas", "through the node", "x straight", 0.8, at_least=True),
    ),
    "curves": (),
    "many": (Target("verify_many, two processes against one", "2", "x one process (middle half)", 1.7, at_least=True),),
}


def judged(tables: dict[str, Table]) -> Table:
    """Every target beside what this run measured."""
    rows = [target.judge(table) for name, table in tables.items() for target in TARGETS[name]]
    return Table(title="Targets", columns=("what", "target", "this run", "reached"), rows=tuple(rows))


def page(tables: list[Table]) -> str:
    """The whole of docs/benchmarks.md."""
    parts = [HEAD, *(table.markdown() for table in tables)]
    parts.append("## The machine\n\n" + "\n".join(f"- {line}" for line in machine()) + "\n")
    return "\n".join(parts)


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all; the page is written only when all were run."""
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"bench: unknown {', '.join(sorted(unknown))}; known are {', '.join(BENCHMARKS)}")
    tables = {}
    for name in names or BENCHMARKS:
        tables[name] = importlib.import_module(f"tests.bench.{name}").measure()
        print(tables[name].text() + "\n", flush=True)
    summary = judged(tables)
    print(summary.text())
    if not names:
        PAGE.write_text(page([*tables.values(), summary]))
        print(f"\nwritten: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
