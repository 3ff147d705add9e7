"""docs/strictness.md and the vectors of docs/conformance.md: every test that is named exists, no item is lost."""

import ast
import re
from fnmatch import fnmatch
from functools import cache

import pytest

from tests.support.paths import ROOT, VECTORS

PAGE = (ROOT / "docs" / "strictness.md").read_text(encoding="utf-8")
CONFORMANCE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!refused|---)(.+?) \| (`.+`) \|$", PAGE, re.MULTILINE)
NAMED = sorted({name for _, cell in ROWS for name in re.findall(r"`([^`]+)`", cell)})
DEMANDED = """proofPurpose|relationship|another DID|removed before signing|compromised key|duplicate members|2\\^53
surrogates
`alg` none|another algorithm|key from the header|over-long, padded|high s|duplicate disclosure|unreferenced disclosure
reserved claim|_sd_alg|stale key binding|from the future|wrong `aud`|wrong `nonce`|wrong `sd_hash`|wrong `typ`
list of another issuer|another purpose|out of range|unsigned list|rolled back|not accredited for at signing time
service code allows|RDF would drop|expired or premature|another `typ`|`crit`|prefix|beyond the basic plane"""
"""What must be refused by name, as parts of the first column."""
VECTOR_ROWS = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", CONFORMANCE[CONFORMANCE.index("## Vectors") :], re.MULTILINE)
FILES = sorted(str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*") if path.is_file())


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file, those inside classes too."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert test.startswith("test_")
    assert test in names_in(file), name


@pytest.mark.parametrize("part", DEMANDED.replace("\n", "|").split("|"))
def test_every_demand_has_a_row(part: str) -> None:
    assert any(re.search(part, item) for item, _ in ROWS), part


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 40
    assert len({item for item, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize("file", FILES)
def test_every_vector_is_used_or_its_disuse_explained(file: str) -> None:
    matching = [said for pattern, said in VECTOR_ROWS if fnmatch(file, pattern)]
    assert matching, f"{file}: docs/conformance.md says nothing about it"
    assert all(re.search(r"`[a-z_/]+\.py::test_\w+`", said) or said.startswith("not used: ") for said in matching)


@pytest.mark.parametrize(("pattern", "said"), VECTOR_ROWS)
def test_every_row_about_vectors_is_about_some(pattern: str, said: str) -> None:
    for name in re.findall(r"`([a-z_/]+\.py::test_\w+)`", said):
        file, _, test = name.partition("::")
        assert test in names_in(file), name
    if not said.startswith("not kept here: "):
        assert any(fnmatch(file, pattern) for file in FILES), pattern
