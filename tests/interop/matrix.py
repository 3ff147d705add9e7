"""docs/interop-matrix.md: what this run found, one row a package and direction, in the same bytes each time."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.interop.peers import ROOT, versions

PAGE = ROOT / "docs" / "interop-matrix.md"
OURS_TO_THEIRS = "ours → theirs"
THEIRS_TO_OURS = "theirs → ours"
HEAD = """# Interoperability

Written by `make interop UPDATE=1`; `make interop` fails where it finds anything else. Tests: `tests/interop/`.

- "accepted; changed: refused": run twice, as issued and with something changed.
- "Ours" verifies with the whole plan (`Verifier.verify`): issuer, accreditation and status are on a simulated ledger.
- "Theirs" verifies with our DID documents, contexts and signed lists handed in.
- Resolution, registration and VC-API: a real node on a real ledger.

| what | package | version | direction | result | note |
|---|---|---|---|---|---|
"""
FINDINGS_HEAD = """
## Where they leave the standard

Each was reproduced in this run. What we refuse, we refuse for the reason given here.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """One pair that was tried."""

    what: str
    package: str
    direction: str
    result: str = "accepted; changed: refused"
    note: str = ""


@dataclass(slots=True)
class Matrix:
    """Rows and findings of one run."""

    rows: list[Row] = field(default_factory=list)
    findings: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, *row: str) -> None:
        """Keep a row of the table."""
        self.rows.append(Row(*row))

    def found(self, package: str, what: str, *, standard: str) -> None:
        """Keep a finding: what a package does, and the sentence of the standard that it leaves."""
        self.findings[package + what] = (f"`{package}` {versions()[package]}: {what}", standard)

    def page(self) -> str:
        """Return the whole page."""
        known = versions()
        rows = sorted(self.rows, key=lambda row: (row.what, row.package, row.direction))
        lines = [
            f"| {row.what} | `{row.package}` | {known[row.package]} | {row.direction} | {row.result} | {row.note} |\n"
            for row in rows
        ]
        found = [f"- {text}\n  {standard}\n" for _, (text, standard) in sorted(self.findings.items())]
        return HEAD + "".join(lines) + FINDINGS_HEAD + "".join(found)

    def write(self, path: Path = PAGE) -> None:
        """Put the page where it is read."""
        path.write_text(self.page(), encoding="utf-8")
