"""`make bench`: run every benchmark, print its ratios, write docs/benchmarks.md with the machine's description."""

import importlib
import sys
from pathlib import Path

from tests.bench.report import Table, machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHMARKS = ("resolve", "verify")
HEAD = """# Benchmarks

Written by `make bench`. Each table is one run, with the rivals measured in turn with us on the same machine.
Read the ratios; the absolute figures belong to this machine.
"""


def page(tables: list[Table]) -> str:
    """The whole of docs/benchmarks.md."""
    parts = [HEAD, *(table.markdown() for table in tables)]
    parts.append("## The machine\n\n" + "\n".join(f"- {line}" for line in machine()) + "\n")
    return "\n".join(parts)


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all; the page is written only when all were run."""
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"bench: unknown {', '.join(sorted(unknown))}; known are {', '.join(BENCHMARKS)}")
    tables = []
    for name in names or BENCHMARKS:
        table = importlib.import_module(f"tests.bench.{name}").measure()
        print(table.text() + "\n", flush=True)
        tables.append(table)
    if not names:
        PAGE.write_text(page(tables))
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
