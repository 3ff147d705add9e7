"""What operations cost stays below the ceilings of DESIGN.md section 4, and is what the snapshot in git says."""

import json

import pytest

from tests.contracts.gas import DOCUMENT, SNAPSHOT, render_document, render_snapshot
from tests.support.gas import complaints, measure

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, int]]:
    return measure()


def test_every_operation_is_below_its_ceiling(figures: dict[str, dict[str, int]]) -> None:
    assert list(complaints(figures)) == []


def test_the_snapshot_is_what_is_measured(figures: dict[str, dict[str, int]]) -> None:
    committed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert committed == figures, "run `python -m tests.contracts.gas --update` and look at the difference"
    assert SNAPSHOT.read_text(encoding="utf-8") == render_snapshot(figures)


def test_the_document_shows_the_snapshot(figures: dict[str, dict[str, int]]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert render_document(text, figures) == text, "run `python -m tests.contracts.gas --update`"


def test_a_figure_above_its_ceiling_is_named(figures: dict[str, dict[str, int]]) -> None:
    dear = {ledger: {what: gas * 10 for what, gas in row.items()} for ledger, row in figures.items()}
    found = list(complaints(dear))
    assert any(line.startswith("update (secp256k1)") for line in found)
    assert any("a signature adds" in line for line in found)
    assert any("one transaction may use" in line for line in found)
    missing = {ledger: {} for ledger in figures}
    assert any("None gas" in line for line in complaints(missing))
