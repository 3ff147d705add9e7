"""Only `make interop` runs this folder: it needs an environment and npm packages that other suites do not."""

import os
from collections.abc import Iterator

import pytest

from tests.interop.matrix import Matrix
from tests.interop.parties import Parties, parties

collect_ignore_glob = [] if os.environ.get("MAPAE_INTEROP") else ["test_*.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-matrix", action="store_true", help="rewrite docs/interop-matrix.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The page is compared when everything else has been found."""
    items.sort(key=lambda item: item.path.name == "test_page.py")


@pytest.fixture(scope="session")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """Both sides, ready."""
    with parties(tmp_path_factory.mktemp("peers")) as both:
        yield both


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    """What was found in this run."""
    return Matrix()
