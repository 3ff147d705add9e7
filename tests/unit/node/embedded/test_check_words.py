"""The check of a ledger speaks Korean: every finding and every damage of a journal, with its numbers."""

import ast
import re

import pytest

from node.embedded.check import CheckReport, Finding
from node.embedded.check_words import FOUND, SUBJECTS, in_korean
from tests.support.paths import ROOT

HANGUL = re.compile(r"[가-힣]")


def text_of(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def raised():
    """Details of damaged journals, and of findings that are written where they are made."""
    for name in ("journal", "check"):
        for node in ast.walk(ast.parse((ROOT / "node" / "embedded" / f"{name}.py").read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [item.value for item in node.keywords if item.arg == "detail"]
            given += node.args[:1] if node.func.id.endswith("Error") else []
            yield from filter(None, map(text_of, given))


@pytest.mark.parametrize("text", sorted(set(raised())))
def test_every_finding_has_its_korean(text):
    if text == "{} {}":  # a snapshot's name, and what came of loading it
        text = "{} loads"
    assert HANGUL.search(in_korean(text.replace("{}", "7"))), text


@pytest.mark.parametrize(("english", "korean"), FOUND)
def test_numbers_are_kept(english, korean):
    assert {int(place) for place in re.findall(r"\{(\d)\}", korean)} == set(range(english.count("{}")))


def test_a_report_in_korean_has_no_english_sentence(tmp_path):
    found = (
        Finding("journal", ok=True, detail="nothing was ever written"),
        Finding("snapshot", ok=False, detail="s-7 holds a block that the journal does not", remedy=("x", "지우세요")),
    )
    text = CheckReport(tmp_path, found).as_text("ko")
    assert "정상 저널" in text
    assert "이상 스냅샷" in text
    assert not re.search(r"\b(the|was|that)\b", text)
    assert CheckReport(tmp_path, found).as_text("en").startswith("ok  journal    nothing was ever written")
    assert set(SUBJECTS) >= {finding.what for finding in found}
