"""Fixtures of every suite: real ledgers and a deployed registry, put back as it was after each test.

- `ledger` / `founded`: one anvil (hardfork osaka, with the P-256 precompile) and one registry for the session.
- `registry`: the same registry; what the test did to it is undone afterwards.
- `registry_without_precompile`: the same on a ledger (cancun) where P-256 runs in Solidity.
- `database`: stores of a node, on SQLite and again on PostgreSQL (`postgresql`: a server for the session).
- Heavy imports stay inside: a unit test pays for none of this.
- `long_form`: `--long` was given; a fault is then tried at every point instead of a sample of them.
- Generated examples are the same in every run: a red run is a change of ours. MAPAE_SEARCH=1 looks for new ones.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.support.anvil import Anvil
    from tests.support.chain import Registry
    from tests.support.databases import Database
    from tests.support.postgresql import Cluster

settings.register_profile("same", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("search" if os.environ.get("MAPAE_SEARCH") else "same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch for what takes minutes."""
    parser.addoption(
        "--long", action="store_true", default=False, help="try faults at every point, not at a sample of them"
    )


@pytest.fixture
def long_form(request: pytest.FixtureRequest) -> bool:
    """Whether the long form was asked for."""
    return bool(request.config.getoption("--long"))


def _restored(registry: "Registry") -> Iterator["Registry"]:
    snapshot = registry.ledger.snapshot()
    try:
        yield registry.copy()
    finally:
        registry.ledger.revert(snapshot)


@pytest.fixture(scope="session")
def ledger() -> Iterator["Anvil"]:
    """An anvil of our own, P-256 precompile present; mines every transaction at once, takes no fees."""
    from tests.support.anvil import anvil

    with anvil(hardfork="osaka") as running:
        yield running


@pytest.fixture(scope="session")
def founded(ledger: "Anvil") -> "Registry":
    """A registry fresh from its deployment. Shared: do not write to it, take `registry` for that."""
    from tests.support.chain import found

    return found(ledger)


@pytest.fixture
def registry(founded: "Registry") -> Iterator["Registry"]:
    """A registry to write to; the next test finds it as this one did."""
    yield from _restored(founded)


@pytest.fixture(scope="session")
def founded_without_precompile() -> Iterator["Registry"]:
    """A registry on a ledger that has no P-256 precompile. Shared: do not write to it."""
    from tests.support.anvil import anvil
    from tests.support.chain import found

    with anvil(hardfork="cancun", chain_id=31_338) as running:
        yield found(running)


@pytest.fixture
def registry_without_precompile(founded_without_precompile: "Registry") -> Iterator["Registry"]:
    """The same to write to."""
    yield from _restored(founded_without_precompile)


@pytest.fixture(scope="session")
def postgresql() -> Iterator["Cluster"]:
    """A PostgreSQL server of our own."""
    from tests.support.postgresql import cluster

    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Database"]:
    """Empty stores, once on each database."""
    from tests.support.databases import Database

    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    made = Database(tmp_path, server, server.create() if server else "")
    try:
        yield made
    finally:
        made.close()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their argument: keys are made anew for each process, and workers must agree on the names."""
    return argname if isinstance(val, str | bytes) and len(val) > 24 else None
