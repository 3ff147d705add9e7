"""The page says what this run found. Runs last (conftest.py): it needs the whole run."""

import pytest

from tests.interop.matrix import PAGE


def test_the_page_is_what_this_run_found(request: pytest.FixtureRequest, matrix) -> None:
    if request.config.getoption("--update-matrix"):
        matrix.write()
    assert PAGE.read_text(encoding="utf-8") == matrix.page(), "run `make interop UPDATE=1` and read what changed"
