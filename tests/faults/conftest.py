"""What the files of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.support import Scene
from tests.integration.node_support import admitted
from tests.support.chain import Registry
from tests.support.fault_proxy import fault_proxy


@pytest.fixture
def scene(registry: Registry, tmp_path: Path) -> Iterator[Scene]:
    """A registry, an agency, and a proxy between a node and the ledger."""
    with fault_proxy(registry.ledger.url) as proxy:
        yield Scene(registry, admitted(registry, "ministry"), proxy, tmp_path)
