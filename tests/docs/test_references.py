"""What the documents point at exists: links, and paths of the repository in code marks."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TREE_PATH = re.compile(r"`((?:contracts|docs|registry_client|scripts|tests)/[\w./-]+|node/[\w/-]+\.py)`")
"""`node/...` is a folder of the tree and of a home: there only modules are meant."""
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
QUOTED_TEST = re.compile(r'`(tests/[\w./-]+)` "([^"]+)"')
ANCHOR = re.compile(r"\]\(#([^)\s]+)\)")
NAMED = re.compile(r'^<a id="([a-z-]+)"></a>$', re.MULTILINE)


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_points_at_exists(page: Path) -> None:
    text = page.read_text()
    missing = [target for target in LINK.findall(text) if not (page.parent / target).exists()]
    missing += [target for target in TREE_PATH.findall(text) if not (ROOT / target).exists()]
    headings = {slug(heading) for heading in HEADING.findall(text)}
    headings |= set(NAMED.findall(text))
    missing += [f"#{target}" for target in ANCHOR.findall(text) if target not in headings]
    assert not missing


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    decisions = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]
    assert decisions
    assert not [name for name in decisions if name not in index]


def test_every_test_of_the_resolution_checklist_is_there() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text()
    section = page[page.index("## DID Resolution") : page.index("## DID Registration")]
    named = re.findall(r"`(?:(tests/[\w./-]+\.py)::)?(test_\w+)`", section)
    assert len(named) > 30
    default = "tests/conformance/test_resolution.py"
    assert not [(path, name) for path, name in named if f"def {name}(" not in (ROOT / (path or default)).read_text()]


@pytest.mark.parametrize("page", ["threat-model.md", "security-review.md"])
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    named = QUOTED_TEST.findall((ROOT / "docs" / page).read_text())
    assert named
    assert not [(path, title) for path, title in named if title not in (ROOT / path).read_text()]
